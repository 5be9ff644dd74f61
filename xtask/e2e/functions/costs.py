"""Counts what a check-in asks of AWS on a deployment, and what a thousand cost: through the bucket, and with the
picture in the request, each of somebody whom it marks. Prints how often each function was called, what its log says
that it sent, and what that costs at list prices (prices.py); and what the schedule asks for while nothing happens.

On AWS it makes two organizations with two people each; they have to be removed by hand. How many units of DynamoDB it
was, only CloudWatch says there.
"""

import argparse
import re
import secrets
import time
from collections import Counter
from functools import partial

import capacity
import journal
import people
import pictures
import prices
import sink
import web
import world
from deployment import FUNCTIONS, Deployment, invoke, wait_for

# What CloudWatch adds to each line.
LINE_BYTES = 26

BILLED = re.compile(r"^REPORT .*\bBilled Duration: (\d+) ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deployment", help="deployment.json")
    deployment = Deployment.read(parser.parse_args().deployment)
    known = world.begin(deployment)
    idle(known)
    for name, way in [("through the bucket", through_the_bucket), ("with the picture in the request", direct)]:
        counted = count(known, way, capacity.Units())
        if capacity.can_be_metered(deployment):
            # Once more: the proxy that looks at requests takes its time.
            with capacity.metered(deployment) as units:
                again = count(known, way, units)
            counted.reads, counted.writes = again.reads, again.writes
        show(f"{deployment.repository}, {name}", counted)


def idle(known):
    """What the schedule asks for where there is nothing to do."""
    found = known.ask("admin", "GET", "/v1/orgs").was(200).json["items"]
    for what in ["relay", "sweep"]:
        invoke(known.deployment, "relay", {"do": what})
        quiet(known)
        since = time.time()
        invoke(known.deployment, "relay", {"do": what})
        quiet(known)
        calls = sum((sent(entry) for entry in done(known, "relay", since)), Counter())
        print(f"a {what} with nothing to do, organizations {len(found)}: {spelt(calls)}")


def count(known, way, units):
    """The second check-in of a day, whose session is there, in an organization of its own, by functions that run."""
    deployment = known.deployment
    organization = f"costs-{secrets.token_hex(4)}"
    made = {"id": organization, "zone": "UTC"}
    known.ask("admin", "POST", "/v1/orgs", made).was(201)
    tokens = {role: people.signed_in(deployment, role, organization)["access"] for role in ["admin", "kiosk"]}
    requests = []

    def ask(role, method, path, *rest):
        requests.append(path)
        return web.ask(deployment, method, f"/v1/orgs/{organization}{path}", tokens[role], *rest)

    for portrait in [pictures.GRACE, pictures.ASTRONAUT]:
        person = {"name": "Somebody", "email": f"{secrets.token_hex(4)}@example.org", "consent": world.CONSENT}
        attendee = ask("admin", "POST", "/attendees", person).was(201).json["id"]
        path = f"/attendees/{attendee}/faces"
        ask("admin", "POST", path, portrait, pictures.content_type(portrait)).was(201)
    told(known, way(deployment, ask, pictures.GRACE))

    since = time.time()
    requests.clear()
    units.clear()
    told(known, way(deployment, ask, pictures.ASTRONAUT))
    uploads = requests.count("/uploads")
    counted = prices.Counted(requests=len(requests), uploads=uploads, reads=units.reads, writes=units.writes)
    for function in FUNCTIONS:
        lines = journal.lines(deployment, function, since)
        counted.took[function] = [int(found[1]) for found in map(BILLED.match, lines) if found]
        counted.calls[function] = sum((sent(entry) for entry in done(known, function, since)), Counter())
        counted.log_bytes += sum(len(line.encode()) + LINE_BYTES for line in lines)
    return counted


def show(title, counted):
    """What was counted, and what a thousand cost."""
    print(f"\n{title}")
    for function, took in counted.took.items():
        times = "+".join(map(str, took))
        print(f"  {function}: called {len(took)} times ({times} ms): {spelt(counted.calls[function])}")
    rows = prices.rows(counted)
    for what, amount, dollars in rows:
        print(f"  {what:<40}{amount:>20}{dollars:>10.4f} $")
    print(f"  {'a thousand check-ins':<60}{sum(dollars for *_, dollars in rows):>10.4f} $")


def done(known, function, since):
    """What a function wrote at the end of each call."""
    return [entry for entry in journal.entries(known.deployment, function, since) if "calls" in entry]


def sent(entry):
    """How often it asked for what of AWS."""
    calls = (call.rsplit(" ", 1) for call in entry["calls"].split(", ") if call)
    return Counter({operation: int(times) for operation, times in calls})


def spelt(calls):
    return ", ".join(f"{operation} {times}" for operation, times in sorted(calls.items())) or "nothing"


def through_the_bucket(deployment, ask, picture):
    """As a kiosk does whose question finds the answer at once."""
    since = time.time()
    form = ask("kiosk", "POST", "/uploads", {"content_type": pictures.content_type(picture)}).was(201).json
    web.upload(form, picture)
    decided = lambda: any("took_ms" in entry for entry in journal.entries(deployment, "ingest", since))
    wait_for("a decision", decided)
    ask("kiosk", "GET", f"/check-ins/{form['check_in']}").was(200)
    return form["check_in"]


def direct(deployment, ask, picture):
    answer = ask("kiosk", "POST", "/check-ins", picture, pictures.content_type(picture)).was(200)
    return answer.json["id"]


def told(known, check_in):
    """Waits until somebody was told of a check-in, and nothing is under way any more."""
    world.relay(known)
    event = sink.event_of(known.deployment, check_in)
    wait_for("a notification", partial(world.times_told, known, event))
    quiet(known)


def quiet(known):
    """Waits until nothing is under way any more."""
    busy = lambda: [len(journal.entries(known.deployment, function)) for function in FUNCTIONS]
    before = busy()
    while True:
        time.sleep(2)
        now = busy()
        if now == before:
            return
        before = now


if __name__ == "__main__":
    main()
