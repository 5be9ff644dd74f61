"""What a schedule has done."""

from datetime import datetime, timedelta, timezone

import sink
from deployment import expect, invoke, wait_for
from world import records_of, register, times_told


def a_sweep_closes_a_session_and_marks_the_absent(world):
    register(world, "absent", "zxroll-3")
    now = datetime.now(timezone.utc)
    # After the organization was made, or nobody could have come.
    closes = now + timedelta(seconds=2)
    slot = {
        "number": 0, "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        "opens": f"{now - timedelta(minutes=5):%H:%M:%S}", "closes": f"{closes:%H:%M:%S}", "marks_absent": True,
    }  # fmt: skip
    group = {"id": "swept", "zone": "UTC", "timetable": [slot]}
    world.ask("admin", "POST", f"{world.home}/groups", group).was(201)
    member = f"{world.home}/groups/swept/members/{world.attendees['absent']['id']}"
    expect(world.ask("admin", "PUT", member).status in (200, 201, 204), "no member was added")
    wait_for("the session's end", lambda: datetime.now(timezone.utc) > closes)
    invoke(world.deployment, "relay", {"do": "sweep"})

    records = records_of(world, "absent")
    seen = [(record["group"], record["status"], record["method"]["by"]) for record in records]
    expect(seen == [("swept", "absent", "sweep")], f"the records {records}")
    # A sweep relays too: nobody else has to.
    of_them = lambda event: event["data"].get("attendee") == world.attendees["absent"]["id"]
    event = wait_for("the event", lambda: next(filter(of_them, sink.events(world.deployment)), None))
    expect(event["data"]["status"] == "absent", f"the event {event}")
    wait_for("the notification", lambda: times_told(world, event) == 1)
