"""Messages between the daemon and its worker, over pipes: a length, a msgpack map, a length, raw bytes."""

from __future__ import annotations

import struct
from typing import IO, Any

import msgpack

LONGEST = 1 << 30
_LENGTHS = struct.Struct("<II")


def write(pipe: IO[bytes], message: dict[str, Any], data: bytes | memoryview = b"") -> None:
    """Send one message."""
    header = bytes(msgpack.packb(message, use_bin_type=True) or b"")
    pipe.write(_LENGTHS.pack(len(header), len(data)) + header)
    if len(data):
        pipe.write(data)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message, or None at the end. Raises ValueError for what is none."""
    start = _exactly(pipe, _LENGTHS.size)
    if start is None:
        return None
    head, tail = _LENGTHS.unpack(start)
    if head > LONGEST or tail > LONGEST:
        raise ValueError("a message between daemon and worker is too long")
    header, data = _exactly(pipe, head), _exactly(pipe, tail)
    if header is None or data is None:
        return None
    return msgpack.unpackb(header, raw=False), data


def _exactly(pipe: IO[bytes], count: int) -> bytes | None:
    parts = []
    while count:
        part = pipe.read(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
