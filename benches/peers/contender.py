"""How a contender talks with `cargo xtask bench check-in`: one JSON object a line, as benches/README.md says."""

import json
import sys
import time


class Stopwatch:
    """Milliseconds per stage, added up over the portraits of a round."""

    def __init__(self):
        self.stages = {}

    def time(self, stage, work):
        start = time.perf_counter()
        result = work()
        self.stages[stage] = self.stages.get(stage, 0.0) + (time.perf_counter() - start) * 1e3
        return result


def serve(enrol, check_in, whole):
    """Answers commands until told to leave.

    `check_in(photo, stopwatch)` times its stages and answers a name, or None for nobody. With `whole`, the stages
    together are a check-in.
    """
    answer({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "enrol":
            answer({"enrolled": enrol(command["people"])})
        elif command["do"] == "round":
            answer(one_round(command["portraits"], check_in, whole))
        else:
            answer({"peak_mb": peak_mb()})
            return


def one_round(portraits, check_in, whole):
    stopwatch = Stopwatch()
    named = {"right": 0, "wrong": 0, "nobody": 0}
    for portrait in portraits:
        name = check_in(portrait["photo"], stopwatch)
        named["nobody" if name is None else "right" if name == portrait["name"] else "wrong"] += 1
    stages = dict(stopwatch.stages)
    if whole:
        stages["check-in"] = sum(stages.values())
    return {"stages": stages, "named": named if whole else None}


def peak_mb():
    try:
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None
    return int(peak.split()[1]) * 1024 / 1e6


def answer(value):
    print(json.dumps(value), flush=True)
