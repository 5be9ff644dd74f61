"""What the scenarios know of one another: who is registered, and what was heard."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import mailbox
import people
import pictures
import web
from deployment import OPERATORS, Deployment, expect, invoke, wait_for
from mailbox import Mailbox

CONSENT = "My face may be used to record my attendance."


@dataclass
class World:
    deployment: Deployment
    # Of each role somebody's tokens: `access`, `id` and `refresh`.
    tokens: dict = field(default_factory=dict)
    # Attendees by what the scenarios call them.
    attendees: dict = field(default_factory=dict)
    # What must stand in no log.
    personal: list = field(default_factory=list)
    # Check-ins by what the scenarios call them.
    check_ins: dict = field(default_factory=dict)
    # Queues that hear what is published to the topics.
    heard: dict = field(default_factory=dict)
    dead_letters: Mailbox | None = None
    failures: list = field(default_factory=list)

    @property
    def home(self):
        return f"/v1/orgs/{self.deployment.home}"

    def ask(self, role, method, path, body=None, content_type="application/json"):
        return web.ask(self.deployment, method, path, self.tokens[role]["access"], body, content_type)


def begin(deployment):
    world = World(deployment)
    world.tokens = {role: people.signed_in(deployment, role) for role in ["admin", "operator", "kiosk", "attendee"]}
    world.dead_letters = Mailbox(deployment, deployment.dead_letters)
    world.failures = [Mailbox(deployment, at) for at in deployment.failures]
    world.heard = {kind: mailbox.listen(deployment, topic) for kind, topic in deployment.topics.items()}
    return world


def register(world, called, external_id):
    """Registers an attendee with a consent, whose name and addresses are easily found again."""
    mark = secrets.token_hex(4)
    person = {
        "name": f"Zxname {called.title()}", "external_id": external_id, "email": f"zxmail-{called}-{mark}@example.org",
        "attributes": {"branch": f"zxbranch-{mark}"}, "consent": CONSENT,
    }  # fmt: skip
    world.personal += [person["name"], external_id, person["email"], f"zxbranch-{mark}", CONSENT]
    made = world.ask("admin", "POST", f"{world.home}/attendees", person).was(201).json
    world.attendees[called] = made
    return made


def offer(world, picture, **how):
    """A kiosk uploads a picture straight to the bucket, and answers the check-in and the object's key."""
    wanted = {"content_type": pictures.content_type(picture)} | how
    form = world.ask("kiosk", "POST", f"{world.home}/uploads", wanted).was(201).json
    sent = web.upload(form, picture)
    expect(sent.status in (200, 201, 204), f"the bucket refused the upload: {sent.status} {sent.body!r}")
    return form["check_in"], form["fields"]["key"]


def outcome(world, check_in):
    """What the kiosk is told of a check-in, once there is something to tell."""

    def decided():
        answer = world.ask("kiosk", "GET", f"{world.home}/check-ins/{check_in}")
        return answer.was(404, "not-found") and None if answer.status == 404 else answer

    return wait_for(f"a decision about {check_in}", decided)


def relay(world):
    """What a schedule does where no stream of the repository says that something is pending."""
    if world.deployment.repository != "dynamodb":
        invoke(world.deployment, "relay", {"do": "relay"})


def records_of(world, called):
    """The records of an attendee, of yesterday to tomorrow."""
    now = datetime.now(timezone.utc)
    first, last = ((now + timedelta(days=days)).date() for days in (-1, 1))
    path = f"{world.home}/reports?from={first}&to={last}&attendee={world.attendees[called]['id']}"
    return world.ask("operator", "GET", path).was(200).json["items"]


def times_told(world, event):
    """How often somebody was told of an event."""
    if world.deployment.notifier == "sns":
        messages = [message for heard in world.heard.values() for message in heard.messages()]
        ids = [message["MessageAttributes"]["message_id"]["StringValue"] for message in messages]
        return sum(id.rpartition(":")[0] == event["id"] for id in ids)
    data = event["data"]
    addresses = {person["id"]: person["email"] for person in world.attendees.values()}
    to = addresses.get(data.get("attendee"), OPERATORS)
    about = data.get("at") or data["check_in"]
    return sum(to in mail["To"] and about in mail["BodyText"] for mail in mailbox.mails(world.deployment))
