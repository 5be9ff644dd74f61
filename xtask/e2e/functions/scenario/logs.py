"""What the functions wrote down in all of this."""

import json
from collections import Counter

import sink
import journal
from deployment import FUNCTIONS, expect, wait_for

# The beginning of every token.
TOKEN = "eyJ"


def a_check_in_is_found_by_its_id_in_the_logs_of_every_function_on_its_way(world):
    for called in ["grace", "stranger"]:
        check_in = world.check_ins[called]
        for function in ["api", "ingest", "relay", "notify"]:
            of_it = lambda: any(correlation(entry) == check_in for entry in journal.entries(world.deployment, function))
            wait_for(f"a line of {function} about {called}'s check-in {check_in}", of_it, 5)


def nothing_personal_is_in_any_log(world):
    for function in FUNCTIONS:
        text = "\n".join(journal.lines(world.deployment, function))
        expect(text, f"{function} logged nothing at all")
        for secret in [*world.personal, TOKEN]:
            expect(secret not in text, f"{secret!r} is in the log of {function}")


def what_is_measured_is_what_happened(world):
    source = f"/attendance/orgs/{world.deployment.home}"
    happened = {event["id"]: event for event in sink.events(world.deployment) if event["source"] == source}.values()
    arrived = [event["data"]["status"] in ("present", "late") for event in happened if "status" in event["data"]]
    strangers = [event for event in happened if event["type"] == "attendance.stranger.v1"]

    def measured():
        counts = Counter()
        for entry in journal.measurements(journal.entries(world.deployment, "analytics")):
            if entry["Organization"] == world.deployment.home:
                counts.update({metric: entry.get(metric, 0) for metric in ["Arrivals", "Strangers"]})
        return counts

    wanted = (sum(arrived), len(strangers))
    is_so = lambda: (measured()["Arrivals"], measured()["Strangers"]) == wanted
    try:
        wait_for("the count", is_so, 5)
    finally:
        expect(is_so(), f"{measured()} were measured, {wanted[0]} arrivals and {wanted[1]} strangers happened")


def nothing_failed_that_was_not_made_to(world):
    messages = [message for queue in world.failures for message in queue.messages()]
    # Where a queue has both, a picture that can't be used says which, and a call that failed does not.
    letters = [letter["Body"] for letter in world.dead_letters.messages()]
    messages += [letter for letter in letters if "record" not in json.loads(letter)]
    expect(not messages, f"functions gave up: {messages}")


def correlation(entry):
    """Where a line stands in spans, the innermost counts as the line itself."""
    spans = [entry, entry.get("fields", {}), entry.get("span", {}), *entry.get("spans", [])]
    return next((part["correlation"] for part in spans if "correlation" in part), None)
