"""How a peer talks with `cargo xtask bench match`: one JSON object a line, as benches/README.md says."""

import json
import sys
import time

import numpy

EVERY_QUESTION = [("top", 1), ("threshold", 1), ("top", 64), ("threshold", 64)]


class Load:
    """A gallery, read into memory: a row is a template."""

    def __init__(self, command):
        self.rows, self.dimension = command["rows"], command["dimension"]
        self.threads = command["threads"]
        self.gallery = read(command["gallery"], self.rows, self.dimension)
        self.queries = read(command["queries"], -1, self.dimension)
        self.most, self.min_cosine = command["most"], command["min_cosine"]
        # Every person has so many templates, side by side: these are enough rows for the best `most` people.
        self.templates = command["templates"]
        self.enough = min(self.most * self.templates, self.rows)


class Contender:
    """`top(queries)` and `threshold(queries)` take an array of queries, and answer rows and cosines for each of them:
    two arrays, or lists of arrays. What they do is timed; turning rows into people afterwards is not."""

    def __init__(self, name, top=None, threshold=None, answers=None, exact=True):
        self.name, self.exact = name, exact
        self.questions = {"top": top, "threshold": threshold}
        self.answers = [answer for answer in answers or EVERY_QUESTION if self.questions[answer[0]]]


def read(path, rows, dimension):
    return numpy.fromfile(path, dtype="<f4", count=rows * dimension if rows >= 0 else -1).reshape(-1, dimension)


def serve(build):
    """Answers commands until told to leave; `build(load)` answers the contenders for a gallery."""
    answer({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "load":
            load, start = Load(command), time.perf_counter()
            contenders = {contender.name: contender for contender in build(load)}
            described = [{"name": c.name, "answers": c.answers, "exact": c.exact} for c in contenders.values()]
            answer({"contenders": described, "load_ms": (time.perf_counter() - start) * 1e3})
        elif command["do"] == "search":
            answer(search(contenders[command["contender"]], load, command))
        else:
            answer({})
            return


def search(contender, load, command):
    question = contender.questions[command["query"]]
    queries = load.queries[command["queries"]]
    times, found = [], []
    for part in [queries] if command["batch"] else [queries[i : i + 1] for i in range(len(queries))]:
        start = time.perf_counter()
        rows, cosines = question(part)
        times.append((time.perf_counter() - start) * 1e3)
        found.extend(people(load, *pair) for pair in zip(rows, cosines))
    if command["query"] == "top":
        found = [best[: load.most] for best in found]
    return {"ms": times, "found": found, "rescored": None}


def people(load, rows, cosines):
    """Everybody once, by her best row; -1 is no row."""
    best = {}
    for row, cosine in zip(numpy.asarray(rows).tolist(), numpy.asarray(cosines).tolist()):
        person = row // load.templates
        if row >= 0 and cosine > best.get(person, -2.0):
            best[person] = cosine
    return sorted(best.items(), key=lambda pair: -pair[1])


def best_of(scores, most):
    """The places of the largest scores, in no particular order."""
    places = numpy.argpartition(scores, -most)[-most:]
    return places, scores[places]


def reaching(scores, least):
    places = numpy.flatnonzero(scores >= least)
    return places, scores[places]


def of_each(scores, select, limit):
    """Selects for every query, of an array of scores with a row a query."""
    found = [select(row, limit) for row in scores]
    return [places for places, _ in found], [cosines for _, cosines in found]


def answer(value):
    print(json.dumps(value), flush=True)
