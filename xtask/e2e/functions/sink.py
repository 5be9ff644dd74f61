"""What reached the stream, and the batches that Lambda makes of it."""

import base64
import json
import time

from deployment import wait_for


def records(deployment):
    """Everything that the stream holds, as its consumers get it."""
    kinesis = deployment.aws("kinesis")
    found = []
    for shard in kinesis.list_shards(StreamName=deployment.stream)["Shards"]:
        position = kinesis.get_shard_iterator(
            StreamName=deployment.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while position:
            answer = kinesis.get_records(ShardIterator=position, Limit=1000)
            found += answer["Records"]
            is_end = not answer["Records"] and answer["MillisBehindLatest"] == 0
            position = None if is_end else answer.get("NextShardIterator")
    return found


def events(deployment, check_in=None):
    """The events that the stream holds, or those of one check-in."""
    read = [json.loads(record["Data"]) for record in records(deployment)]
    return [event for event in read if check_in is None or event.get("correlationid") == check_in]


def event_of(deployment, check_in):
    """The first event of a check-in, once it is there."""
    return wait_for(f"an event of {check_in}", lambda: next(iter(events(deployment, check_in)), None))


def batch(deployment, payloads):
    """An event of Lambda's with these bytes as records, and their sequence numbers."""
    numbers = [f"{49600000000000000000000000000000000000000000000000000000 + n}" for n in range(len(payloads))]
    made = [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "default",
                "sequenceNumber": number,
                "data": base64.b64encode(payload).decode(),
                "approximateArrivalTimestamp": round(time.time(), 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-000000000000:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/attendance",
            "awsRegion": deployment.region,
            "eventSourceARN": f"arn:aws:kinesis:{deployment.region}:000000000000:stream/{deployment.stream}",
        }
        for number, payload in zip(numbers, payloads)
    ]
    return {"Records": made}, numbers


def failed(answer):
    """The sequence numbers that an answer reports."""
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]
