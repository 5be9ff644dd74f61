"""What the functions have to show, one file a subject; `scenarios.py` says in which order."""
