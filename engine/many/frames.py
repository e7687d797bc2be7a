"""Messages between a process and those that it started: how many parts, and each with its length (see `plain`)."""

from __future__ import annotations

import struct
from typing import IO, Any

from impasto.engine.many import plain

_NUMBER = struct.Struct("<Q")


def write(pipe: IO[bytes], message: Any) -> None:
    """Send one."""
    text, blobs = plain.packed(message)
    parts = [text, *blobs]
    pipe.write(_NUMBER.pack(len(parts)))
    for part in parts:
        pipe.write(_NUMBER.pack(len(part)))
        pipe.write(part)
    pipe.flush()


def read(pipe: IO[bytes]) -> list[bytes] | None:
    """The parts of the next one, or None at the end."""
    head = _exactly(pipe, _NUMBER.size)
    if head is None:
        return None
    parts: list[bytes] = []
    for _ in range(_NUMBER.unpack(head)[0]):
        length = _exactly(pipe, _NUMBER.size)
        part = None if length is None else _exactly(pipe, _NUMBER.unpack(length)[0])
        if part is None:
            return None
        parts.append(part)
    return parts


def said(parts: list[bytes]) -> Any:
    """What a message's parts say. Raises ImpastoError for what makes no sense."""
    return plain.unpacked(parts[0], parts[1:])


def _exactly(pipe: IO[bytes], length: int) -> bytes | None:
    data = pipe.read(length)
    return data if len(data) == length else None
