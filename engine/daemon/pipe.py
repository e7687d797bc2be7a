"""Messages between the daemon and its processes, over pipes: a length, a msgpack map, a length, raw bytes."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import struct
import sys
import threading
import time
import traceback
from typing import IO, Any, BinaryIO, NoReturn

import msgpack

LONGEST = 1 << 30
LEAST_ADDRESSES = 512  # megabytes; with fewer, libraries fail while they are loaded, or try again for ever
ENOUGH_ADDRESSES = 4096  # torch alone takes a quarter of them
BEAT = 1.0  # seconds between two signs of life
_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG
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


class Teller:
    """Tells the daemon things from any thread; and from one of its own, that this process is alive and what it does.

    The event `alive` says how many seconds of processors were spent, by which one that waits for ever is known.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()
        threading.Thread(target=self._beat, daemon=True).start()

    def tell(self, message: dict[str, Any], data: bytes | memoryview = b"") -> None:
        """Send one message."""
        with self._lock:
            write(self._out, message, data)

    def _beat(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the daemon is gone, and `end_with_daemon` sees to that
            while True:
                self.tell({"event": "alive", "spent": time.process_time()})
                time.sleep(BEAT)
        os._exit(0)


def end_with_daemon() -> None:
    """Have the system end this process with the one that started it, however that ends and whatever this one does.

    Only Linux can. Elsewhere the end of the pipe from the daemon is what ends a process: there a moment later, and not
    while it is stopped.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def own_ends(nice: int) -> tuple[BinaryIO, Teller]:
    """In a process of the daemon's: the pipe from the daemon, and what tells it things.

    Whatever else is printed goes to the log, not between the messages. nice: how far it stands back.
    """
    if sys.platform == "linux":
        end_with_daemon()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(nice)  # the editor on the same machine comes first
    with contextlib.suppress(ValueError):  # Ctrl-C is for the daemon, which then ends its processes
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()  # a crash in somebody's library is explained, too
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if (space := _space()) is not None and space < LEAST_ADDRESSES:
        print(f"it may use only {space} MB of addresses and needs {LEAST_ADDRESSES}; see ulimit -v", file=sys.stderr)  # noqa: T201
        sys.stderr.flush()
        os._exit(1)
    return source, Teller(out)


def end(error: BaseException) -> NoReturn:
    """Say why, and end the process, whatever its other threads are doing; the daemon quotes the last line."""
    try:
        traceback.print_exc()
        said = "".join(traceback.format_exception_only(error)).strip()
        if "\n" in said:
            print(" ".join(said.split()), file=sys.stderr)  # noqa: T201
        if space := _space():
            print(f"{' '.join(said.split())} (it may use only {space} MB of addresses; see ulimit -v)", file=sys.stderr)  # noqa: T201
        sys.stderr.flush()
    finally:
        os._exit(1)  # an ordinary end would close the pipe that a thread is reading, and wait for that for ever


def _space() -> int | None:
    """Megabytes of addresses that this process may use, if that is little: then libraries fail in strange words."""
    try:
        import resource
    except ImportError:  # of other systems
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY or limit >> 20 > ENOUGH_ADDRESSES else limit >> 20
