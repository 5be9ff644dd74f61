"""The check-in that the documentation of `face_recognition` shows, with its defaults: HOG detector, 5-point model."""

import json
import sys
from pathlib import Path

import face_recognition
import numpy

from contender import serve

STORE = Path(sys.argv[1]) / "known.json"


def load():
    known = json.loads(STORE.read_text()) if STORE.exists() else []
    return [name for name, _ in known], numpy.array([vector for _, vector in known])


def enrol(people):
    global names, vectors
    known = []
    for person in people:
        picture = face_recognition.load_image_file(person["photo"])
        encodings = face_recognition.face_encodings(picture)
        if encodings:
            known.append((person["name"], encodings[0].tolist()))
    STORE.write_text(json.dumps(known))
    names, vectors = load()
    return len(known)


def largest(locations):
    return max(locations, key=lambda place: (place[2] - place[0]) * (place[1] - place[3]))


def nearest(encoding):
    distances = face_recognition.face_distance(vectors, encoding)
    best = int(numpy.argmin(distances))
    return names[best] if distances[best] <= 0.6 else None


def check_in(photo, stopwatch):
    picture = stopwatch.time("decode", lambda: face_recognition.load_image_file(photo))
    locations = stopwatch.time("detect all", lambda: face_recognition.face_locations(picture))
    if not locations:
        return None
    places = [largest(locations)]
    encodings = stopwatch.time("embed", lambda: face_recognition.face_encodings(picture, places))
    return stopwatch.time("match", lambda: nearest(encodings[0]))


names, vectors = load()
serve(enrol, check_in, whole=True)
