"""Batches of the stream of which a part fails: the emulator does not look at what a function reports, we do."""

import json
import secrets
from collections import Counter
from datetime import datetime, timezone

import proxy
import sink
import journal
from deployment import changed, expect, invoke, invoke_and_listen
from world import times_told

# Not JSON, no event, an event of nobody.
POISON = [b"poison", b'{"specversion":"1.0"}', b""]


def exactly_the_failed_items_of_a_batch_are_reported(world):
    deployment = world.deployment
    good, passing, also_good = (stranger(deployment.home) for _ in range(3))
    order = [written(good), POISON[0], written(passing), POISON[1], written(also_good), POISON[2]]
    batch, numbers = sink.batch(deployment, order)
    fails = lambda body: passing["data"]["check_in"].encode() in body
    with proxy.before(deployment.endpoint, fails) as address:
        with changed(deployment, "notify", {"AWS_ENDPOINT_URL_SNS": address, "AWS_ENDPOINT_URL_SESV2": address}):
            failed = sink.failed(invoke(deployment, "notify", batch))
    expected = [numbers[n] for n in [1, 2, 3, 5]]
    expect(sorted(failed) == expected, f"failed {failed} instead of {expected}")
    expect([times_told(world, event) for event in (good, passing, also_good)] == [1, 0, 1], "the wrong were told")

    again, numbers = sink.batch(deployment, [written(event) for event in (good, passing, also_good)])
    expect(sink.failed(invoke(deployment, "notify", again)) == [], "what passed fails for ever")
    expect([times_told(world, event) for event in (good, passing, also_good)] == [1, 1, 1], "told twice, or not")


def arrivals_and_strangers_are_counted_by_group_and_minute(world):
    # An organization that nobody else counts for.
    organization = f"counted-{secrets.token_hex(3)}"
    events = [
        record(organization, "maths", "present", "2026-03-02T08:00:10Z"),
        record(organization, "maths", "present", "2026-03-02T08:00:50Z"),
        record(organization, "maths", "late", "2026-03-02T08:20:00Z"),
        record(organization, "music", "present", "2026-03-02T08:00:30Z"),
        record(organization, "music", "absent", "2026-03-02T09:00:00Z"),
        stranger(organization),
    ]
    batch, numbers = sink.batch(world.deployment, [*map(written, events), POISON[0]])
    answer, lines = invoke_and_listen(world.deployment, "analytics", batch)
    expect(sink.failed(answer) == [numbers[-1]], f"failed {answer}")
    counts, minutes = Counter(), set()
    for entry in journal.measurements(filter(None, map(journal.parsed, lines))):
        expect(entry["Organization"] == organization, f"the entry {entry}")
        told = entry["_aws"]
        expect(told["CloudWatchMetrics"][0]["Namespace"] == "Attendance", f"the entry {entry}")
        for metric in ["Arrivals", "Late", "Strangers"]:
            counts[metric, entry.get("Group")] += entry.get(metric, 0)
        minutes.add(datetime.fromtimestamp(told["Timestamp"] / 1000, timezone.utc).strftime("%H:%M"))
    arrivals = {group: counts["Arrivals", group] for group in ["maths", "music"]}
    expect(arrivals == {"maths": 3, "music": 1}, f"the arrivals {counts}")
    expect(counts["Late", "maths"] == 1 and counts["Late", "music"] == 0, f"the late {counts}")
    strangers = sum(times for (metric, _), times in counts.items() if metric == "Strangers")
    expect(strangers == 1, f"the strangers {counts}")
    expect({"08:00", "08:20"} <= minutes, f"the minutes {minutes}")


def written(event):
    return json.dumps(event).encode()


def stranger(organization):
    check_in = f"e2e-{secrets.token_hex(8)}"
    return event(organization, f"{check_in}:0:stranger", "stranger", {"check_in": check_in, "face": 0}, check_in)


def record(organization, group, status, at):
    session, attendee = f"{group}.2026-03-02.0", "019340f0-0000-7000-8000-000000000001"
    data = {"session": session, "attendee": attendee, "status": status, "at": at, "version": 1}
    return event(organization, f"{session}:{attendee}:v1-{secrets.token_hex(4)}", "record", data, None, at)


def event(organization, id, kind, data, check_in, time="2026-03-02T08:00:00Z"):
    made = {
        "specversion": "1.0", "id": id, "source": f"/attendance/orgs/{organization}", "time": time,
        "datacontenttype": "application/json", "type": f"attendance.{kind}.v1", "data": data,
    }  # fmt: skip
    return made | ({"correlationid": check_in} if check_in else {})
