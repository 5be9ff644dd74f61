"""Pictures that can't be used, and faults that pass."""

import json
from urllib.parse import unquote_plus

import pictures
import proxy
import web
from deployment import changed, expect, invoke, wait_for
from world import offer, outcome

from scenario.check_in import uploaded

# Why each is refused, as the kiosk is told.
REFUSED = [
    ("image-damaged", pictures.DAMAGED),
    ("image-unsupported", pictures.NO_PICTURE),
    ("no-face", pictures.faceless()),
]


def a_picture_that_can_not_be_used_is_a_dead_letter_with_its_reason_and_the_kiosk_is_told_the_same(world):
    for code, picture in REFUSED:
        check_in, key = offer(world, picture)
        outcome(world, check_in).was(422, code)
        letter = dead_letter(world, key)
        expect(letter["reason"] == code, f"the reason {letter['reason']!r} instead of {code}")
        # It succeeds, so that Lambda does not call it again.
        invoke(world.deployment, "ingest", uploaded(world.deployment, key))


def a_form_takes_nothing_but_the_picture_that_it_was_made_for(world):
    form = world.ask("kiosk", "POST", f"{world.home}/uploads", {"content_type": "image/jpeg"}).was(201).json
    elsewhere = form["fields"] | {"key": form["fields"]["key"].replace(world.deployment.home, "other")}
    png = {name: "image/png" if value == "image/jpeg" else value for name, value in form["fields"].items()}
    for what, fields, size in [
        ("another place", elsewhere, 1000),
        ("another format", png, 1000),
        ("too large a picture", form["fields"], 16_000_000),
        ("an empty picture", form["fields"], 0),
    ]:
        expect(fields != form["fields"] or size != 1000, f"{what} is what was asked for")
        sent = web.upload(form | {"fields": fields}, pictures.GRACE[:1] * size)
        expect(sent.status in (400, 403), f"{what} was taken: {sent.status} {sent.body!r}")
    world.ask("kiosk", "GET", f"{world.home}/check-ins/{form['check_in']}").was(404, "not-found")


def a_fault_that_passes_is_tried_again(world):
    deployment = world.deployment
    calls = []

    def fails(_):
        calls.append(None)
        # More often than a client tries by itself.
        return len(calls) <= 6

    with proxy.before(deployment.rekognition, fails) as address:
        with changed(deployment, "ingest", {"AWS_ENDPOINT_URL_REKOGNITION": address}):
            check_in, _ = offer(world, pictures.GRACE)
            outcome(world, check_in).was(200)
    expect(len(calls) > 6, f"Rekognition was asked {len(calls)} times")


def dead_letter(world, key):
    """What the queue holds about an object: the event's record and the reason."""

    def found():
        letters = [json.loads(message["Body"]) for message in world.dead_letters.messages()]
        key_of = lambda letter: unquote_plus(letter["record"]["s3"]["object"]["key"])
        return next((letter for letter in letters if "record" in letter and key_of(letter) == key), None)

    return wait_for(f"a dead letter about {key}", found)
