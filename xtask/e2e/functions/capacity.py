"""What requests to DynamoDB cost in request units, told from the requests as they pass a proxy: an emulator does not
say.

Every read of ours is consistent, of items far below 4 KB: one unit each. A write costs one a KB, in a transaction two;
what is only deleted or looked at counts as one KB.
"""

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import proxy
from deployment import FUNCTIONS, changed


@dataclass
class Units:
    reads: int = 0
    writes: int = 0

    def clear(self):
        self.reads = self.writes = 0

    def add(self, body):
        """Adds what a request costs; the proxy asks whether it is to fail, and it is not."""
        asked = json.loads(body)
        if "TransactItems" in asked:
            self.writes += sum(2 * kilobytes(next(iter(action.values()))) for action in asked["TransactItems"])
        elif "RequestItems" in asked:
            for wanted in asked["RequestItems"].values():
                if "Keys" in wanted:
                    self.reads += len(wanted["Keys"])
                else:
                    self.writes += sum(kilobytes(next(iter(action.values()))) for action in wanted)
        elif "KeyConditionExpression" in asked or is_get(asked):
            self.reads += 1
        else:
            self.writes += kilobytes(asked)
        return False


def is_get(asked):
    return "Key" in asked and "ConsistentRead" in asked


def kilobytes(write):
    """Each that was begun."""
    return max(1, -(-size({"M": write.get("Item", {})}) // 1024))


def size(value):
    """Of a value: what it says and what its parts are called, without the names of types."""
    [(kind, said)] = value.items()
    if kind == "M":
        return sum(len(name) + size(part) for name, part in said.items())
    if kind == "L":
        return sum(map(size, said))
    return sum(len(str(part).encode()) for part in (said if isinstance(said, list) else [said]))


def can_be_metered(deployment):
    """AWS itself is behind no proxy of ours."""
    return deployment.repository == "dynamodb" and deployment.endpoint is not None


@contextmanager
def metered(deployment):
    """Counts the request units of all functions."""
    units = Units()
    with proxy.before(deployment.endpoint, units.add) as address, ExitStack() as stack:
        for function in FUNCTIONS:
            stack.enter_context(changed(deployment, function, {"AWS_ENDPOINT_URL_DYNAMODB": address}))
        yield units
