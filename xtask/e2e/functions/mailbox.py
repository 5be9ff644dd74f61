"""Queues, and what people were told: through SNS, read by queues of our own; through SES, read from the emulator."""

import json
import secrets
import urllib.request


class Mailbox:
    """A queue, and all that was taken from it so far."""

    def __init__(self, deployment, address):
        self.sqs = deployment.aws("sqs")
        self.address = address
        self.taken = []

    def messages(self):
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.address,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return self.taken
            for message in answer["Messages"]:
                self.taken.append(message)
                self.sqs.delete_message(QueueUrl=self.address, ReceiptHandle=message["ReceiptHandle"])


def listen(deployment, topic):
    """Subscribes a queue of our own to a topic."""
    sqs, name = deployment.aws("sqs"), f"heard-{deployment.name}-{secrets.token_hex(4)}"
    address = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    sqs.set_queue_attributes(QueueUrl=address, Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    deployment.aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return Mailbox(deployment, address)


def mails(deployment):
    """Every mail that the emulator's SES was given."""
    with urllib.request.urlopen(f"{deployment.endpoint}/_ministack/ses/messages", timeout=10) as answer:
        return [mail for mails in json.load(answer)["messages"].values() for mail in mails]
