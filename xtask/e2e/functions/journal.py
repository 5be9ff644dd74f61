"""What the functions logged."""

import json

from deployment import FUNCTIONS


def lines(deployment, function, since=0):
    """All lines of a function, the oldest first."""
    logs = deployment.aws("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{deployment.functions[function]}", startTime=int(since * 1000)
    )
    try:
        return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]
    except logs.exceptions.ResourceNotFoundException:
        return []


def entries(deployment, function, since=0):
    """The lines that are JSON objects: what the function itself wrote."""
    return [entry for entry in map(parsed, lines(deployment, function, since)) if entry is not None]


def parsed(line):
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def measurements(entries):
    """Those that are measurements in embedded metric format."""
    return [entry for entry in entries if "_aws" in entry]


def show(deployment, most=25):
    """Prints the end of every function's log."""
    for function in FUNCTIONS:
        print(f"--- {function}, its last lines ---")
        # What Lambda itself says of each call helps nobody.
        said = [line for line in lines(deployment, function) if not line.startswith(("START ", "END ", "REPORT "))]
        print("\n".join(said[-most:]) or "(nothing)")
