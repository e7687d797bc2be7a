"""What carries a client's messages: a socket of this process, or of another one that has pyzmq, over pipes.

The second is for editors whose Python loads no compiled packages: `relay.py` is run by the engine's.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import struct
import subprocess
import threading
import time
from typing import Any

from . import ProtocolError

MOST_PARTS, MOST_PART = 8, 64 << 20  # of a message over a pipe; bytes
AHEAD = 64  # messages that have come and were not taken yet
_BEGIN = 20.0  # seconds in which a relay has to say that it is there


class SocketWire:
    """A socket of this process. Raises ProtocolError "address" for what is none, "keys" as `client_socket` does."""

    def __init__(self, key: str, address: str, folder: Any) -> None:
        import zmq

        from .keys import client_socket

        self._zmq, self._socket = zmq, client_socket(key, address, folder)
        try:
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self._socket.close()
            raise _no_address(address) from error

    def send(self, parts: list[Any]) -> bool:
        """Send a message; False if too many wait already."""
        try:
            self._socket.send_multipart(parts, self._zmq.NOBLOCK, copy=False)
        except self._zmq.Again:
            return False
        return True

    def receive(self, seconds: float) -> Any:
        """The next message that comes within so many seconds, or None."""
        if not self._socket.poll(int(max(seconds, 0) * 1000)):
            return None
        return self._socket.recv_multipart(copy=True)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class PipeWire:
    """The socket of a relay. `command` starts the engine's Python with `impasto`, such as [python, "-I", "-m"].

    Raises ProtocolError as `SocketWire` does, and "relay" if the other process does not run.
    """

    def __init__(self, command: list[str], environment: Any, key: str, address: str, folder: Any) -> None:
        try:
            self._process: Any = subprocess.Popen(
                [*command, "impasto.protocol.relay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=environment, cwd=str(folder),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except OSError as error:
            raise _no_relay(command[0], error.strerror or str(error)) from error
        self._come: queue.Queue[Any] = queue.Queue(AHEAD)
        threading.Thread(target=self._listen, daemon=True).start()
        wanted = {"key": key, "address": address, "folder": str(folder)}
        answer = None
        with contextlib.suppress(ProtocolError):  # one that ends at once is lost to the client, but never was a relay
            if self.send([json.dumps(wanted).encode("utf-8")]):
                answer = _read_answer(self.receive(_BEGIN))
        if answer is None or answer.get("code"):
            self.close()
            if answer is None:
                raise _no_relay(command[0], "it did not answer")
            raise ProtocolError(*(str(answer.get(name) or "") for name in ("code", "sentence", "remedy")))

    def send(self, parts: list[Any]) -> bool:
        """See `SocketWire`. A relay that has ended is noticed when something is to be received."""
        try:
            write_message(self._process.stdin, parts)
        except (OSError, ValueError):
            return False
        return True

    def receive(self, seconds: float) -> Any:
        """See `SocketWire`. Raises ProtocolError "lost" if the relay has ended."""
        end = time.monotonic() + max(seconds, 0)
        try:
            found = self._come.get(timeout=max(end - time.monotonic(), 0.001))
        except queue.Empty:
            return None
        if found is None:
            self._come.put(None)  # it stays so
            raise ProtocolError("lost", "the connection is closed", "connect again")
        return found

    def close(self) -> None:
        """Hang up: a relay ends when nobody speaks to it any more."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        """In a thread, since pipes cannot be waited for with a limit on every system."""
        with contextlib.suppress(OSError, ValueError, EOFError):
            while True:
                self._come.put(read_message(self._process.stdout))
        self._come.put(None)


def write_message(file: Any, parts: list[Any]) -> None:
    """Write a message: how many parts, then each with its bytes before it. Raises OSError."""
    whole = [struct.pack("<I", len(parts))]
    for part in parts:
        view = memoryview(part).cast("B")
        whole += [struct.pack("<I", len(view)), view]
    for piece in whole:
        file.write(piece)
    file.flush()


def read_message(file: Any) -> list[bytes]:
    """Read one. Raises EOFError at the end, ValueError for what is none."""
    (count,) = struct.unpack("<I", _read(file, 4))
    if not 0 < count <= MOST_PARTS:
        raise ValueError("no message has so many parts")
    parts = []
    for _ in range(count):
        (size,) = struct.unpack("<I", _read(file, 4))
        if size > MOST_PART:
            raise ValueError("no part is so large")
        parts.append(_read(file, size))
    return parts


def _read(file: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = file.read(size - len(data))
        if not more:
            raise EOFError
        data = data + more if data else more
    return data


def _read_answer(parts: Any) -> Any:
    try:
        found = json.loads(parts[0].decode("utf-8"))
        return found if isinstance(found, dict) else None
    except (TypeError, ValueError, IndexError):
        return None


def _no_address(address: str) -> ProtocolError:
    return ProtocolError("address", f"{address} is no address", "give one such as tcp://127.0.0.1:5570")


def _no_relay(program: str, why: str) -> ProtocolError:
    return ProtocolError(
        "relay", f"{os.path.basename(program)}, which speaks with the engine, does not run ({why})",  # noqa: PTH119
        "install Impasto again",
    )  # fmt: skip
