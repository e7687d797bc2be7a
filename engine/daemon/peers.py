"""Who is connected: what is sent to each, what waits for a slow one, and who is there no more."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import zmq

from impasto.engine.daemon.connections import MOST_PEERS, Connections
from impasto.engine.daemon.jobs import Canvas
from impasto.protocol import ProtocolError
from impasto.protocol.codec import pack

MOST_SENDING = 1000  # messages that wait for a slow connection: more than a job keeps events
MOST_SENDING_BYTES = 64 << 20  # of them, for all connections of one client
PATIENCE = 300.0  # seconds after which a silent connection is forgotten; its jobs are not


class Peer:
    """One connection: whose it is, when it was last heard, and what waits to be sent to it."""

    def __init__(self, key: str) -> None:
        self.key, self.heard = key, time.monotonic()
        self.waiting: deque[list[Any]] = deque()
        self.bytes = 0  # of what waits
        self.canvases: dict[str, Canvas] = {}
        self.last_preview = 0.0


class Peers:
    """Whoever is connected to a ROUTER; what is refused or given up is counted in `counts`."""

    def __init__(self, socket: zmq.Socket, connections: Connections, counts: Counter[str]) -> None:
        self._socket, self._connections, self._counts = socket, connections, counts
        self._peers: dict[bytes, Peer] = {}

    def known(self, identity: bytes, key: str) -> Peer:
        """The connection a message came from. Raises ProtocolError "limit" if its client has too many."""
        peer = self._peers.get(identity)
        if peer is None or peer.key != key:  # a forged name may be that of one who is gone
            if self._count(key) >= MOST_PEERS:
                self._find_gone(key)
            if self._count(key) >= MOST_PEERS:
                self._connections.close_soon(identity)
                raise ProtocolError("limit", f"over {MOST_PEERS} connections of one client", "close some")
            peer = self._peers[identity] = Peer(key)
        peer.heard = time.monotonic()
        return peer

    def keys(self) -> set[str]:
        """Whose connections there are."""
        return {peer.key for peer in self._peers.values()}

    def get(self, identity: bytes, key: str) -> Peer | None:
        """The connection of this name, if it is still this client's."""
        peer = self._peers.get(identity)
        return None if peer is None or peer.key != key else peer

    def leave(self, identity: bytes) -> None:
        """This connection has ended."""
        self._peers.pop(identity, None)

    def is_there(self, identity: bytes, key: str) -> bool:
        """Is the connection of this name still this client's? Asks it, for connections end without a word."""
        peer = self.get(identity, key)
        if peer is not None and not peer.waiting:
            self._sent(identity, pack("event", 0, {"event": "still"}))
        return self.get(identity, key) is not None

    def send(self, identity: bytes, parts: list[Any]) -> None:
        """Send now, or when the connection takes it; one that is too slow is given up."""
        peer = self._peers.get(identity)
        queued = peer is not None and len(peer.waiting) > 0  # what comes later must not overtake it
        if (queued or not self._sent(identity, parts)) and peer is not None:
            self._later(identity, peer, parts)

    def flush(self, listening: Callable[[bytes], bool]) -> bool:
        """Send what waits, and forget who has been silent for long and is not `listening`; is there more to send?"""
        now = time.monotonic()
        for identity, peer in list(self._peers.items()):
            while peer.waiting and self._sent(identity, peer.waiting[0]):
                peer.bytes -= _size(peer.waiting.popleft())
            if now - peer.heard > PATIENCE and not peer.waiting and not listening(identity):
                self._peers.pop(identity, None)
        return any(peer.waiting for peer in self._peers.values())

    def forget(self, job: str) -> None:
        """Let go of all previews of a job."""
        for peer in self._peers.values():
            peer.canvases.pop(job, None)

    def _sent(self, identity: bytes, parts: list[Any]) -> bool:
        """Was it sent, or is nobody there any more to send it to?"""
        if not self._connections.may_send(identity, _size(parts)):
            return False
        try:
            self._socket.send_multipart([identity, *parts], zmq.NOBLOCK, copy=False)
            self._connections.sent(identity, [len(part) for part in parts])
        except zmq.Again:
            return False
        except zmq.ZMQError:
            self._peers.pop(identity, None)
        return True

    def _later(self, identity: bytes, peer: Peer, parts: list[Any]) -> None:
        waiting = sum(p.bytes for p in self._peers.values() if p.key == peer.key)
        if len(peer.waiting) >= MOST_SENDING or waiting + _size(parts) > MOST_SENDING_BYTES:
            self._counts["too slow"] += 1
            self._peers.pop(identity, None)
            return
        peer.waiting.append(parts)
        peer.bytes += _size(parts)

    def _count(self, key: str) -> int:
        return sum(peer.key == key for peer in self._peers.values())

    def _find_gone(self, key: str) -> None:
        """Forget connections that have ended: which have is only known when something is sent to them."""
        for identity in [identity for identity, peer in self._peers.items() if peer.key == key]:
            self.is_there(identity, key)


def _size(parts: list[Any]) -> int:
    return sum(len(part) for part in parts)
