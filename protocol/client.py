"""A small client that waits: connect, paint, listen, fetch. For programs; Krita's plugin has its own event loop."""

from __future__ import annotations

import time
import zlib
from collections import deque
from pathlib import Path
from typing import Any

import zmq

from . import NEWEST_VERSION, OLDEST_VERSION, ProtocolError, agreed
from .codec import pack, unpack
from .keys import is_key, own_keys, read_public
from .limits import CHUNK_BYTES
from .places import home, read_runtime

WINDOW = 8  # chunks on their way at a time
SILENCE = 30.0  # seconds after which one asks whether the daemon is there
LAST = ("done", "failed", "cancelled")  # events that end a job


class Client:
    """One connection to a daemon.

    address: such as tcp://127.0.0.1:5000, or None for this user's own daemon; server_key: its public key as text, a
    file of it, or None for this user's own; folder: of the keys; timeout: seconds to wait for an answer.

    Raises ProtocolError: "absent" if no daemon runs, "unreachable" if it does not answer, "version" if one side has
    to be updated.
    """

    def __init__(self, address: Any = None, server_key: Any = None, folder: Any = None, timeout: float = 10.0) -> None:
        self.folder, self.timeout = Path(str(folder or home())), timeout
        self._asked = (address, server_key)
        self._socket = None
        self._number = 0
        self._events = deque()
        self._answers = {}
        self._told = {}  # job: the number of its last event
        self._version = NEWEST_VERSION
        self._heard = time.monotonic()
        self.hello = {}  # what the daemon said of itself
        self.connect()

    def connect(self) -> None:
        """Connect, also anew after the daemon was started again, perhaps at another address."""
        self.close()
        address, key = self._asked
        if address is None or key is None:
            runtime = read_runtime(self.folder)
            if address is None:
                if runtime is None:
                    raise ProtocolError("absent", "no engine is running", "start one with: impasto serve --detach")
                address = runtime["address"]
            if key is None:
                if runtime is None:
                    raise ProtocolError("keys", "the engine's public key is not known", "give it")
                key = runtime["key"]
        if not is_key(str(key)):
            key = read_public(key)
        public, secret = own_keys("client", self.folder)
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVHWM, 1000)
        socket.setsockopt(zmq.MAXMSGSIZE, 64 << 20)
        socket.curve_serverkey = str(key).encode("ascii")
        socket.curve_publickey, socket.curve_secretkey = public.encode("ascii"), secret.encode("ascii")
        self._socket, self.address, self._version = socket, str(address), NEWEST_VERSION
        try:
            socket.connect(self.address)
            self.hello = self.ask("hello", versions=[OLDEST_VERSION, NEWEST_VERSION], client="python")
            self._version = agreed(self.hello.get("versions"))
        except zmq.ZMQError as error:
            self.close()
            raise ProtocolError(
                "address", f"{self.address} is no address", "give one such as tcp://127.0.0.1:5570"
            ) from error
        except ProtocolError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up; jobs go on."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._events.clear()
        self._answers.clear()

    def __enter__(self):
        """For `with`."""
        return self

    def __exit__(self, *_):
        """Hang up."""
        self.close()

    def ask(self, kind, frames=(), timeout=None, **fields):
        """Send a request and wait for its answer, a map. Raises ProtocolError for what the daemon refuses."""
        return self._answer(self._send(kind, frames, fields), timeout)[0]

    def put(self, data, packed=False):
        """Hand over bytes (any buffer) in chunks; returns the name by which a job can use them."""
        view = memoryview(data).cast("B")
        self._number += 1
        name = f"p{self._number}-{int(time.time() * 1000) % 10**9}"
        waiting = deque()
        for offset in range(0, len(view), CHUNK_BYTES):
            chunk = view[offset : offset + CHUNK_BYTES]
            how = "no"
            if packed and len(smaller := zlib.compress(chunk, 1)) < len(chunk):
                chunk, how = smaller, "zlib"
            fields = {"plane": name, "offset": offset, "total": len(view), "packed": how}
            waiting.append(self._send("put", (chunk,), fields))
            if len(waiting) >= WINDOW:
                self._answer(waiting.popleft())
        while waiting:
            self._answer(waiting.popleft())
        return name

    def start(self, kind, **fields):
        """Begin a job (paint, repaint, render, segment); returns its id once the daemon has it on disk."""
        return self.ask(kind, **fields)["job"]

    def attach(self, job, since=0):
        """Hear of a job again after a reconnect, from the event after number `since` on."""
        self._told[job] = since
        return self.ask("attach", job=job, since=since)

    def events(self, job: str) -> Any:
        """Yield (header, frames) of a job's events as they come, until it is done, failed or cancelled.

        Raises ProtocolError "lost" if the daemon is gone: connect and attach again.
        """
        while True:
            found = self.next_event(job, 1.0)
            if found is not None:
                yield found
                if found[0].get("event") in LAST:
                    return

    @property
    def is_local(self) -> bool:
        """Is the daemon on this machine? Then nothing is gained by packing."""
        return "//127." in self.address or "//localhost" in self.address or "//[::1]" in self.address

    def next_event(self, job: str, seconds: float) -> Any:
        """The next (header, frames) of a job that comes within so many seconds, or None.

        Raises ProtocolError "lost" if the daemon has been silent for long and does not answer.
        """
        found = next((k for k, (header, _) in enumerate(self._events) if header.get("job") == job), None)
        if found is None:
            if self._receive(seconds):
                self._heard = time.monotonic()
            elif time.monotonic() - self._heard > SILENCE:
                try:  # which also brings what was missed, if it had lost patience with this client
                    self.ask("attach", timeout=5.0, job=job, since=self._told.get(job, 0))
                except ProtocolError as error:
                    raise ProtocolError(
                        "lost", "the engine does not answer any more", "its jobs are kept: connect and attach again"
                    ) from error
                self._heard = time.monotonic()
            return None
        header, frames = self._events[found]
        del self._events[found]
        if header.get("seq", 0) <= self._told.get(job, 0):
            return None  # told before
        self._told[job] = header["seq"]
        if header.get("event") in LAST:
            del self._told[job]
        if header.get("event") == "preview":
            self._send("seen", (), {"job": job, "seq": header.get("seq", 0)})
        return header, frames

    def fetch(self, job, file, size):
        """The `size` bytes of a file of a job's result."""
        data, waiting = bytearray(size), deque()
        at = 0
        for offset in range(0, size, CHUNK_BYTES):
            wanted = min(CHUNK_BYTES, size - offset)
            waiting.append(self._send("fetch", (), {"job": job, "file": file, "offset": offset, "size": wanted}))
            if len(waiting) >= WINDOW:
                at = self._take(data, at, waiting.popleft())
        while waiting:
            at = self._take(data, at, waiting.popleft())
        if at != size:
            raise ProtocolError("damaged", f"{file} came incomplete", "fetch it again")
        return data

    def _take(self, data, at, number):
        _, frames = self._answer(number)
        chunk = frames[0]
        data[at : at + len(chunk)] = chunk
        return at + len(chunk)

    def _send(self, kind, frames, fields):
        if self._socket is None:
            raise ProtocolError("lost", "the connection is closed", "connect again")
        self._number += 1
        try:
            self._socket.send_multipart(
                pack(kind, self._number, fields, frames, self._version), zmq.NOBLOCK, copy=False
            )
        except zmq.Again as error:
            raise self._unreachable() from error
        return self._number

    def _answer(self, number, timeout=None):
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while number not in self._answers:
            left = end - time.monotonic()
            if left <= 0 or not (self._receive(left) or end > time.monotonic()):
                raise self._unreachable()
        header, frames = self._answers.pop(number)
        if header.get("kind") == "error":
            texts = [str(header.get(name) or "") for name in ("code", "sentence", "remedy")]
            raise ProtocolError(*texts)
        return header, frames

    def _unreachable(self):
        return ProtocolError(
            "unreachable", f"the engine at {self.address} does not answer",
            "see that it runs (impasto serve status) and that this client's key is allowed there",
        )  # fmt: skip

    def _receive(self, seconds):
        """Wait for one message; says whether one came."""
        if self._socket is None or not self._socket.poll(int(max(seconds, 0) * 1000)):
            return False
        parts = self._socket.recv_multipart(copy=True)
        try:
            header, frames = unpack(parts)
        except ProtocolError:
            return True  # whoever it is, it is not our daemon's word
        if header.get("kind") == "event":
            if not isinstance(header.get("job"), str) or not isinstance(header.get("seq"), int):
                return True  # it only wanted to know whether somebody is there
            self._events.append((header, frames))
        elif isinstance(header.get("id"), int):
            self._answers[header["id"]] = (header, frames)
        return True
