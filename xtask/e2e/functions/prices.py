"""What was counted of one check-in, at list prices in US dollars of us-east-1, as of July 2025. No free tier is taken
off."""

from dataclasses import dataclass, field

# Of each: what it is for, and the price of one.
SEARCH = 1.00 / 1_000  # Rekognition, group 1, the first million images a month
FUNCTION_CALL = 0.20 / 1e6
GB_SECOND = 0.0000166667
HTTP_API_CALL = 1.00 / 1e6  # for each 512 KB
CLOUDFRONT_CALL = 0.01 / 10_000
S3_WRITE = 0.005 / 1_000  # PUT, POST, LIST; DELETE costs nothing
S3_READ = 0.0004 / 1_000
WRITE_UNIT = 0.625 / 1e6
READ_UNIT = 0.125 / 1e6
KINESIS_UNIT = 0.014 / 1e6  # 25 KB of one record
SNS_CALL = 0.50 / 1e6
SNS_MAIL = 2.00 / 100_000
LOG_BYTE = 0.50 / 1e9

# As Terraform has it, in MB.
MEMORY = {"api": 512, "ingest": 512, "relay": 256, "notify": 256, "analytics": 128}

# A line of the gateway's access log.
ACCESS_LINE = 300

S3_WRITES = ["PutObject", "ListObjectsV2", "CopyObject", "CreateMultipartUpload"]
S3_READS = ["GetObject", "HeadObject"]


@dataclass
class Counted:
    """Of one check-in."""

    # Requests of a kiosk to the API, and uploads to the bucket.
    requests: int = 0
    uploads: int = 0
    # Of each function what it sent, such as `S3.GetObject`, and how often.
    calls: dict = field(default_factory=dict)
    # Of each function the milliseconds of its calls.
    took: dict = field(default_factory=dict)
    log_bytes: int = 0
    # Request units of DynamoDB.
    reads: int = 0
    writes: int = 0

    def of(self, service, *operations):
        names = [f"{service}.{operation}" for operation in operations]
        return sum(calls[name] for calls in self.calls.values() for name in names)


def rows(counted):
    """What it is, how much of it, and what a thousand check-ins cost of it."""
    searches = counted.of("Rekognition", "SearchUsersByImage")
    runs = sum(map(len, counted.took.values()))
    gb_seconds = sum(sum(took) * MEMORY[name] for name, took in counted.took.items()) / 1024 / 1000
    # What was uploaded, Rekognition reads itself.
    puts, gets = (counted.of("S3", *which) + counted.uploads for which in [S3_WRITES, S3_READS])
    told = counted.of("SNS", "Publish")
    notices = counted.of("SNS", "Publish", "Subscribe", "ListSubscriptionsByTopic")
    records = counted.of("Kinesis", "PutRecords")
    log_bytes = counted.log_bytes + ACCESS_LINE * counted.requests
    each = [
        ("Rekognition: SearchUsersByImage", f"{searches}", searches * SEARCH),
        ("SNS: messages, and the mails", f"{notices} calls, {told} mail", notices * SNS_CALL + told * SNS_MAIL),
        ("S3: writes and lists, reads", f"{puts}, {gets}", puts * S3_WRITE + gets * S3_READ),
        ("DynamoDB: units of writes, of reads", f"{counted.writes}, {counted.reads}",
         counted.writes * WRITE_UNIT + counted.reads * READ_UNIT),
        ("Lambda: calls", f"{runs}", runs * FUNCTION_CALL),
        ("Lambda: GB-seconds", f"{gb_seconds:.2f}", gb_seconds * GB_SECOND),
        ("API Gateway, and CloudFront before it", f"{counted.requests} each",
         counted.requests * (HTTP_API_CALL + CLOUDFRONT_CALL)),
        ("CloudWatch: logs", f"{log_bytes / 1000:.1f} KB", log_bytes * LOG_BYTE),
        ("Kinesis: payload units", f"{records}", records * KINESIS_UNIT),
    ]  # fmt: skip
    return [(what, amount, 1000 * dollars) for what, amount, dollars in each]
