"""What kiosks photograph: two people who are in the public domain, and what is no picture of anybody."""

import struct
import zlib
from pathlib import Path

PORTRAITS = Path(__file__).resolve().parents[3] / "attendance-local" / "testdata"

GRACE = (PORTRAITS / "grace_hopper.jpg").read_bytes()
ASTRONAUT = (PORTRAITS / "astronaut.png").read_bytes()

# A photo that broke off, and bytes that are no picture.
DAMAGED = GRACE[: len(GRACE) // 3]
NO_PICTURE = b"this is not a picture, whatever its name says\n" * 8


def faceless(size=240):
    """A PNG of a grey gradient."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x + y) % 256 for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def content_type(picture):
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
