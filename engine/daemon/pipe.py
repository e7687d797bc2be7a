"""Messages between the daemon and its processes, over pipes: a length, a msgpack map, a length, raw bytes."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import struct
import sys
import traceback
from typing import IO, Any, BinaryIO, NoReturn

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
        raise ValueError("a message between daemon and process is too long")
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


def own_ends(nice: int) -> tuple[BinaryIO, BinaryIO]:
    """In a process of the daemon's: the pipes from and to the daemon.

    Whatever else is printed goes to the log, not between the messages. nice: how far it stands back.
    """
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(nice)  # the editor on the same machine comes first
    with contextlib.suppress(ValueError):  # Ctrl-C is for the daemon, which then ends its processes
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()  # a crash in somebody's library is explained, too
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return source, out


def end(error: BaseException) -> NoReturn:
    """Say why, and end the process, whatever its other threads are doing; the daemon quotes the last line."""
    try:
        traceback.print_exc()
        said = "".join(traceback.format_exception_only(error)).strip()
        if "\n" in said:
            print(" ".join(said.split()), file=sys.stderr)
        sys.stderr.flush()
    finally:
        os._exit(1)  # an ordinary end would close the pipe that a thread is reading, and wait for that for ever
