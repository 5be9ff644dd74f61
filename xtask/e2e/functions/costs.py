"""Counts what a check-in asks of AWS on a deployment: one through the bucket, one with its picture in the request, each of
somebody whom it marks. Prints how often each function was called, and what its log says that it sent.

On AWS it makes two organizations with two people each; they have to be removed by hand.
"""

import argparse
import secrets
import time
from collections import Counter
from functools import partial

import journal
import people
import pictures
import sink
import web
import world
from deployment import FUNCTIONS, Deployment, invoke, wait_for


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deployment", help="deployment.json")
    deployment = Deployment.read(parser.parse_args().deployment)
    known = world.begin(deployment)
    for name, way in [("through the bucket", through_the_bucket), ("with the picture in the request", direct)]:
        count(known, name, way)


def count(known, name, way):
    """The second check-in of a day, whose session is there, in an organization of its own."""
    deployment = known.deployment
    organization = f"costs-{secrets.token_hex(4)}"
    made = {"id": organization, "zone": "UTC"}
    known.ask("admin", "POST", "/v1/orgs", made).was(201)
    tokens = {role: people.signed_in(deployment, role, organization)["access"] for role in ["admin", "kiosk"]}
    ask = lambda role, *rest: web.ask(deployment, rest[0], f"/v1/orgs/{organization}{rest[1]}", tokens[role], *rest[2:])
    for portrait in [pictures.GRACE, pictures.ASTRONAUT]:
        person = {"name": "Somebody", "email": f"{secrets.token_hex(4)}@example.org", "consent": world.CONSENT}
        attendee = ask("admin", "POST", "/attendees", person).was(201).json["id"]
        path = f"/attendees/{attendee}/faces"
        ask("admin", "POST", path, portrait, pictures.content_type(portrait)).was(201)
    told(known, direct(deployment, ask, pictures.GRACE))

    since = time.time()
    told(known, way(deployment, ask, pictures.ASTRONAUT))
    print(f"\n{deployment.repository}, {name}")
    for function in FUNCTIONS:
        done = [entry for entry in journal.entries(deployment, function, since) if "took_ms" in entry]
        calls = Counter()
        for entry in done:
            for call in filter(None, entry.get("calls", "").split(", ")):
                operation, times = call.rsplit(" ", 1)
                calls[operation] += int(times)
        sent = ", ".join(f"{operation} {times}" for operation, times in sorted(calls.items()))
        took = "+".join(str(entry["took_ms"]) for entry in done)
        print(f"  {function}: called {len(done)} times ({took} ms): {sent or 'nothing'}")


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
