"""From a kiosk's photo to the record, the event and the notification."""

import random
from functools import partial
from urllib.parse import quote_plus

import pictures
import sink
from deployment import at_once, expect, invoke, wait_for
from world import offer, outcome, records_of, register, relay, times_told


def the_home_organization_is_there_for_its_admin(world):
    home = world.ask("admin", "GET", world.home).was(200).json
    expect((home["id"], home["zone"]) == (world.deployment.home, world.deployment.zone), f"the organization {home}")
    again = {"id": world.deployment.home, "zone": "UTC"}
    world.ask("admin", "POST", "/v1/orgs", again).was(409, "exists")


def a_face_is_enrolled_through_the_api(world):
    grace = register(world, "grace", "zxroll-1")
    faces = f"{world.home}/attendees/{grace['id']}/faces"
    world.ask("admin", "POST", faces, pictures.GRACE, "image/jpeg").was(201)
    enrolled = world.ask("admin", "GET", f"{world.home}/attendees/{grace['id']}").was(200).json
    expect(enrolled["enrolment"] == "active", f"the enrolment is {enrolled['enrolment']}")


def a_kiosk_uploads_a_photo_and_learns_who_it_is(world):
    check_in, key = offer(world, pictures.GRACE)
    expect(key.startswith("checkins/") and check_in in key, f"the key {key}")
    world.check_ins["grace"] = check_in
    answer = outcome(world, check_in).was(200).json
    face = answer["faces"][0]
    expect(face["outcome"] == "marked", f"the outcome {answer}")
    expect(face["name"] == world.attendees["grace"]["name"], f"the name {face['name']}")
    records = records_of(world, "grace")
    expect([record["check_in"] for record in records] == [check_in], f"the records {records}")
    relay(world)
    event = sink.event_of(world.deployment, check_in)
    expect(event["type"] == "attendance.record.v1", f"the event {event}")
    wait_for("a notification", lambda: times_told(world, event) == 1)


def a_stranger_raises_the_operators_alert(world):
    check_in, _ = offer(world, pictures.ASTRONAUT)
    world.check_ins["stranger"] = check_in
    answer = outcome(world, check_in).was(200).json
    expect([face["outcome"] for face in answer["faces"]] == ["stranger"], f"the outcome {answer}")
    relay(world)
    event = sink.event_of(world.deployment, check_in)
    expect(event["type"] == "attendance.stranger.v1", f"the event {event}")
    wait_for("an alert", lambda: times_told(world, event) == 1)
    strangers = world.ask("operator", "GET", f"{world.home}/strangers").was(200).json["items"]
    expect([stranger["id"] for stranger in strangers] == [check_in], f"the strangers {strangers}")


def the_same_event_five_times_in_disorder_and_at_once_makes_one_record_one_event_and_one_notification(world):
    deployment = world.deployment
    check_in, key = offer(world, pictures.ASTRONAUT)
    other, other_key = offer(world, pictures.GRACE)
    world.check_ins["astronaut"] = check_in
    deliveries = [partial(invoke, deployment, "ingest", uploaded(deployment, of)) for of in [key, other_key] * 5]
    random.Random(7).shuffle(deliveries)
    at_once(*deliveries)

    faces = outcome(world, check_in).was(200).json["faces"]
    expect([face["outcome"] for face in faces] == ["marked"], f"the outcome {faces}")
    faces = outcome(world, other).was(200).json["faces"]
    expect([face["outcome"] for face in faces] == ["already-marked"], f"the other outcome {faces}")
    for called, marked_by in [("astronaut", check_in), ("grace", world.check_ins["grace"])]:
        records = records_of(world, called)
        seen = [(record["check_in"], record["version"]) for record in records]
        expect(seen == [(marked_by, 1)], f"the records of {called}: {records}")

    # Whatever else relays at this moment, be it the stream or a schedule.
    at_once(*[partial(invoke, deployment, "relay", {"do": "relay"})] * 3)
    event = sink.event_of(deployment, check_in)
    ids = {event["id"] for event in sink.events(deployment, check_in)}
    expect(ids == {event["id"]}, f"the events {ids}")
    expect(not sink.events(deployment, other), "an event of a check-in that changed nothing")
    everything_is_told_again(deployment)
    for called in ["grace", "astronaut"]:
        event = sink.event_of(deployment, world.check_ins[called])
        times = times_told(world, event)
        expect(times == 1, f"{called} was told {times} times")


def everything_is_told_again(deployment):
    """Gives the whole stream to `notify` once more, thrice at once and in disorder, until nothing is left to tell."""
    payloads = [record["Data"] for record in sink.records(deployment)]

    def told():
        batches = [sink.batch(deployment, random.sample(payloads, len(payloads)))[0] for _ in range(3)]
        return not any(map(sink.failed, at_once(*[partial(invoke, deployment, "notify", batch) for batch in batches])))

    wait_for("the end of telling", told)


def uploaded(deployment, key):
    """The event that S3 calls `ingest` with for an object."""
    seen = deployment.aws("s3").head_object(Bucket=deployment.bucket, Key=key)
    thing = {"key": quote_plus(key, safe="/"), "size": seen["ContentLength"], "eTag": seen["ETag"].strip('"')}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": deployment.region,
        "eventTime": seen["LastModified"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "eventName": "ObjectCreated:Post",
        "userIdentity": {"principalId": "EXAMPLE"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "EXAMPLE", "x-amz-id-2": "EXAMPLE"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "check-ins",
            "bucket": {
                "name": deployment.bucket,
                "ownerIdentity": {"principalId": "EXAMPLE"},
                "arn": f"arn:aws:s3:::{deployment.bucket}",
            },
            "object": thing | {"sequencer": "0055AED6DCD90281E5"},
        },
    }
    return {"Records": [record]}
