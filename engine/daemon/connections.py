"""The connections themselves: what each has brought that was not taken yet, who holds too much, and which have ended.

ZeroMQ counts whole messages, so one that never ends, or one from each of hundreds of connections, would be held without
any limit. The system knows how many bytes a connection has brought, and the daemon how many of these it has taken: the
rest is in memory, and a connection that has more there than any message takes is cut. What goes out is counted alike.
(Where the system does not count, which is all but Linux, nothing is cut for that.)
"""

from __future__ import annotations

import logging
import math
import socket
import struct
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

import zmq
from zmq.utils.monitor import parse_monitor_message

from impasto.engine.daemon.memory import give_back
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_HEADER_BYTES, MOST_FRAMES

log = logging.getLogger("impasto.daemon")

MOST_BACKLOG = MOST_FRAMES * CHUNK_BYTES + 4 * LARGEST_HEADER_BYTES  # bytes that one connection may have here, untaken
MOST_BACKLOG_ALL = 96 << 20  # of all connections of a key together; those that have not said whose they are, likewise
MOST_OUTGOING = 24 << 20  # bytes on their way to all connections of a key
MOST_MUTE = 200  # connections that have not said anything yet
MOST_PEERS = 16  # connections of one client's key
MOST_REFUSED = 8  # more of them that come in, to be told that they are too many
NEW = 10.0  # seconds in which a connection is expected to say something
ANSWERED = 1.0  # seconds that a connection has for hearing why it is closed
TIDY = 2.0  # seconds after which memory that much was held in goes back to the system
BUSY, QUIET = 0.01, 0.05  # seconds between two looks: while bytes come, and else
_FRAME = 33  # bytes that CURVE adds to a frame, apart from its length
_COUNTS = struct.Struct("<120xQQ")  # of Linux' tcp_info: bytes that were acknowledged there, and that came here
_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED


@dataclass
class Wire:
    """One connection; peer: the other end's address, which tells it from a later one with the same descriptor."""

    peer: object
    since: float
    key: str = ""
    identity: bytes = b""
    taken: int = 0
    arrived: int = 0
    handed: int = 0  # to be sent
    acknowledged: int = 0
    cut_at: float | None = None

    @property
    def backlog(self) -> int:
        """Bytes that have come and were not taken."""
        return max(0, self.arrived - self.taken)

    @property
    def outgoing(self) -> int:
        """Bytes that were handed over and have not reached the other side."""
        return max(0, self.handed - self.acknowledged)


class Connections:
    """All connections of a ROUTER, looked at by a thread of its own between `start` and `close`.

    counts: where it is counted how many were cut.
    """

    def __init__(self, router: zmq.Socket, counts: Counter[str]) -> None:
        self._router, self._counts = router, counts
        self._monitor = router.get_monitor_socket(_EVENTS)
        self._lock, self._closing = threading.RLock(), threading.Event()
        self._there: dict[int, Wire] = {}  # by file descriptor
        self._of: dict[bytes, Wire] = {}  # by routing id, those that have said something
        self._ended: list[bytes] = []
        self._new: dict[str, list[float]] = {}  # when connections of a key came in that have not said anything
        self._thread = threading.Thread(target=self._watch, name="connections", daemon=True)

    def start(self) -> None:
        """Begin to look after them."""
        self._thread.start()

    def close(self) -> None:
        """Look after them no longer."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._router.disable_monitor()

    def took(self, descriptor: int, identity: bytes, key: str, frames: list[int]) -> None:
        """Note that a message was taken: over which connection it came, whose it is, and its frames' bytes."""
        with self._lock:
            found = self._there.get(descriptor)
            if found is None or found.identity != identity:
                self._hear()  # it may be a new one whose predecessor had the same descriptor
                found = self._there.get(descriptor)
            if found is None or found.identity not in (b"", identity):  # it has ended since
                self._ended.append(identity)
                return
            if not found.identity and self._new.get(key):
                self._new[key].pop()
            found.key, found.identity = key, identity
            self._of[identity] = found
            found.taken += _on_the_wire(frames)
            if found.taken > found.arrived:
                self._count(descriptor, found)
            if found.backlog < MOST_BACKLOG >> 8:  # heartbeats, which nobody takes
                found.taken = found.arrived

    def may_send(self, identity: bytes, size: int) -> bool:
        """Is there room for so many bytes more on the way to this client?"""
        with self._lock:
            to = self._of.get(identity)
            out = 0 if to is None else sum(other.outgoing for other in self._there.values() if other.key == to.key)
            return not out or out + size <= MOST_OUTGOING

    def sent(self, identity: bytes, frames: list[int]) -> None:
        """Note that a message was handed over to be sent; frames: their bytes."""
        with self._lock:
            if (to := self._of.get(identity)) is not None:
                to.handed += _on_the_wire(frames)

    def close_soon(self, identity: bytes) -> None:
        """Close a connection that was refused, once it had time to hear so."""
        with self._lock:
            if (found := self._of.get(identity)) is not None and found.cut_at is None:
                found.cut_at = time.monotonic() + ANSWERED

    def has_room(self, key: str) -> bool:
        """May one more connection of this key come in? Then it counts, and may be known by its first message.

        A few more than are served come in, so that they can be told so.
        """
        now = time.monotonic()
        with self._lock:
            self._hear()
            new = self._new[key] = [since for since in self._new.get(key, []) if now - since < NEW]
            keys = [found.key for found in self._there.values()]
            mute = max(0, keys.count("") - 1)  # but for the one that comes in now
            if keys.count(key) + min(len(new), mute) >= MOST_PEERS + MOST_REFUSED:
                return False
            new.append(now)
            return True

    def ended(self) -> list[bytes]:
        """The routing ids of connections that have ended since this was asked last."""
        with self._lock:
            self._hear()
            ended, self._ended = self._ended, []
            return ended

    # --- in the thread

    def _watch(self) -> None:
        most, arrived, tidy_at = 0, 0, math.inf
        while not self._closing.is_set():
            try:
                with self._lock:
                    self._hear()
                    self._look()
                    backlog = sum(found.backlog for found in self._there.values())
                    now = sum(found.arrived for found in self._there.values())
            except Exception:  # whatever it was, the next look may be better
                log.exception("the connections cannot be looked at")
                backlog = now = 0
            most = max(most, backlog)
            if most > MOST_BACKLOG >> 1 and backlog < most >> 2:  # ZeroMQ will have thrown it away in a moment
                most, tidy_at = 0, time.monotonic() + TIDY
            if time.monotonic() > tidy_at:
                tidy_at = math.inf
                give_back()
            self._closing.wait(BUSY if now != arrived else QUIET)
            arrived = now

    def _hear(self) -> None:
        """Note which connections there are by now."""
        while self._monitor.poll(0):
            event = parse_monitor_message(self._monitor.recv_multipart())
            descriptor = int(event["value"])
            if (gone := self._there.pop(descriptor, None)) is not None and gone.identity:
                self._ended.append(gone.identity)
                self._of.pop(gone.identity, None)
            if event["event"] == zmq.EVENT_ACCEPTED:
                self._there[descriptor] = Wire(_peer(descriptor), time.monotonic())

    def _look(self) -> None:
        """Cut those that hold too much, or were told to go."""
        now, of_key = time.monotonic(), defaultdict(list)
        for descriptor, found in self._there.items():
            self._count(descriptor, found)
            of_key[found.key].append((found.backlog, descriptor, found))
            if found.backlog > MOST_BACKLOG:
                self._cut(descriptor, found, "more in one message than any has")
            elif found.cut_at is not None and now > found.cut_at:
                self._cut(descriptor, found, "too many connections")
        for key, all_its in of_key.items():
            held = sum(backlog for backlog, _, _ in all_its)
            for backlog, descriptor, found in sorted(all_its, key=lambda one: -one[0]):
                if held <= MOST_BACKLOG_ALL:
                    break
                self._cut(descriptor, found, "more at once than a client may have")
                held -= backlog
            if not key:
                for _, descriptor, found in sorted(all_its, key=lambda one: -one[2].since)[: -MOST_MUTE or None]:
                    self._cut(descriptor, found, "too many that say nothing")

    def _count(self, descriptor: int, found: Wire) -> None:
        if (counted := _bytes(descriptor)) is not None:
            found.acknowledged, found.arrived = counted

    def _cut(self, descriptor: int, found: Wire, why: str) -> None:
        """Hang up; ZeroMQ notices that, and throws away what the connection had brought."""
        if _peer(descriptor) == found.peer:
            self._counts["cut"] += 1
            log.warning("a connection was cut", extra={"why": why, "bytes": found.backlog})
            _shut(descriptor)
        found.cut_at = time.monotonic() + 60.0


def _on_the_wire(frames: list[int]) -> int:
    return sum(size + _FRAME + (2 if size + _FRAME < 256 else 9) for size in frames)


def _peer(descriptor: int) -> object:
    """The address of the other end; None if there is none any more."""
    try:
        there = socket.socket(fileno=descriptor)
    except OSError:
        return None
    try:
        return there.getpeername()
    except OSError:
        return None
    finally:
        there.detach()


def _bytes(descriptor: int) -> tuple[int, int] | None:
    """How many bytes have reached the other end, and this one; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        there = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=descriptor)
    except OSError:
        return None
    try:
        counted = there.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _COUNTS.size)
        return _COUNTS.unpack(counted) if len(counted) == _COUNTS.size else None
    except OSError:
        return None
    finally:
        there.detach()


def _shut(descriptor: int) -> None:
    try:
        there = socket.socket(fileno=descriptor)
    except OSError:
        return
    try:
        there.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        there.detach()
