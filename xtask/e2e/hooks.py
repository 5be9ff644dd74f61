"""What schemathesis sends as pictures: real ones, broken ones and what is none."""

from pathlib import Path

import schemathesis
from hypothesis import strategies

PORTRAITS = Path(__file__).resolve().parents[2] / "attendance-local" / "testdata"


def pictures(file: str, magic: bytes) -> strategies.SearchStrategy[bytes]:
    portrait = (PORTRAITS / file).read_bytes()
    return strategies.one_of(
        strategies.just(portrait),
        strategies.integers(0, len(portrait)).map(lambda length: portrait[:length]),
        strategies.binary(max_size=64).map(lambda rest: magic + rest),
        strategies.binary(max_size=64),
    )


schemathesis.openapi.media_type("image/jpeg", pictures("grace_hopper.jpg", b"\xff\xd8\xff"))
schemathesis.openapi.media_type("image/png", pictures("astronaut.png", b"\x89PNG\r\n\x1a\n"))
