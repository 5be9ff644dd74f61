"""A deployment of the functions, as its description says where everything is, and how it is asked."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import boto3
from botocore.config import Config

# How long anything may take that happens by itself, in seconds.
PATIENCE = 30

# What is deployed.
FUNCTIONS = ["api", "ingest", "relay", "notify", "analytics"]

# The roles that a group of the home organization is made for.
ROLES = ["admin", "operator", "kiosk", "attendee"]

# Where operators get their mails, where they get mails.
OPERATORS = "operators@example.org"


class Wrong(Exception):
    """Something is not as it has to be."""


@dataclass(frozen=True)
class Deployment:
    """What `deployment.json` says."""

    name: str
    repository: str
    region: str
    # The address of the API, to which `/v1/...` is added.
    api: str
    bucket: str
    stream: str
    # Addresses of queues: pictures that can't be used, and what functions gave up.
    dead_letters: str
    failures: list
    pool: str
    # The pages' app client, and where it lets people come back to.
    client: str
    redirect: str
    # The origin of the pages where people sign in.
    sign_in: str
    home: str = "default"
    # The home organization's zone.
    zone: str = "Asia/Kolkata"
    # `sns` or `ses`.
    notifier: str = "sns"
    # ARNs by name: `operators`, `attendees`; empty with SES.
    topics: dict = field(default_factory=dict)
    # Function names by what they are: `api`, `ingest`, ...
    functions: dict = field(default_factory=dict)
    # Where AWS is, unless it is AWS itself.
    endpoint: str | None = None
    rekognition: str | None = None

    @staticmethod
    def read(path):
        return Deployment(**json.loads(Path(path).read_text()))

    def write(self, path):
        Path(path).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @property
    def issuer(self):
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.pool}"

    @property
    def keys_address(self):
        """Where the pool's public keys are."""
        return (
            f"{self.endpoint}/{self.pool}/.well-known/jwks.json"
            if self.endpoint
            else f"{self.issuer}/.well-known/jwks.json"
        )

    def aws(self, service):
        return client(service, self.region, self.endpoint)


@cache
def client(service, region, endpoint):
    """A client of one service. An emulator's credentials are the same everywhere."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if endpoint else {}
    patience = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 3}, max_pool_connections=32)
    return boto3.client(service, region_name=region, endpoint_url=endpoint, config=patience, **credentials)


def invoke(deployment, function, event):
    """Calls a function, and answers what it answers; one that fails is wrong."""
    answer = deployment.aws("lambda").invoke(FunctionName=deployment.functions[function], Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise Wrong(f"{function} failed: {payload}")
    return payload


def invoke_and_listen(deployment, function, event):
    """Calls a function, and answers what it answers and the end of what it wrote meanwhile."""
    answer = deployment.aws("lambda").invoke(
        FunctionName=deployment.functions[function], Payload=json.dumps(event), LogType="Tail"
    )
    return json.loads(answer["Payload"].read()), base64.b64decode(answer.get("LogResult", "")).decode().splitlines()


@contextmanager
def changed(deployment, function, variables):
    """Gives a function other environment variables for as long as this lasts."""
    lambdas, name = deployment.aws("lambda"), deployment.functions[function]
    before = lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    configure(lambdas, name, before | variables)
    try:
        yield
    finally:
        configure(lambdas, name, before)


def configure(lambdas, name, variables):
    lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    state = lambda: lambdas.get_function_configuration(FunctionName=name)["LastUpdateStatus"]
    wait_for(f"an update of {name}", lambda: state() == "Successful")


def at_once(*calls):
    """Does things at the same time, and answers what each answered."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [done.result() for done in [threads.submit(call) for call in calls]]


def expect(holds, complaint):
    if not holds:
        raise Wrong(complaint)


def wait_for(what, probe, seconds=PATIENCE):
    """Asks again and again until the answer is something, and answers it."""
    ends = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        expect(time.monotonic() < ends, f"{what} did not happen within {seconds} s")
        time.sleep(0.1)
