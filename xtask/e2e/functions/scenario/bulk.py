"""Many are enrolled by putting their photos into the bucket."""

import sink
from deployment import expect, wait_for
from pictures import ASTRONAUT
from world import register, relay

from scenario.refusal import dead_letter


def an_object_below_an_attendee_is_enrolled(world):
    person = register(world, "astronaut", "zxroll-2")
    # S3 writes a colon otherwise in its events.
    put(world, f"enrolments/{world.deployment.home}/{person['id']}/front:1.png", ASTRONAUT, "image/png")
    address = f"{world.home}/attendees/{person['id']}"
    is_enrolled = lambda: world.ask("admin", "GET", address).was(200).json["enrolment"] == "active"
    wait_for("the enrolment", is_enrolled)
    relay(world)
    of_them = lambda event: event["type"] == "attendance.enrolment.v1" and event["data"]["attendee"] == person["id"]
    wait_for("the enrolment's event", lambda: any(map(of_them, sink.events(world.deployment))))


def an_object_below_nobody_is_a_dead_letter(world):
    key = f"enrolments/{world.deployment.home}/nobody-here/1.png"
    put(world, key, ASTRONAUT, "image/png")
    expect(dead_letter(world, key)["reason"], "no reason")


def put(world, key, picture, content_type):
    world.deployment.aws("s3").put_object(
        Bucket=world.deployment.bucket, Key=key, Body=picture, ContentType=content_type
    )
