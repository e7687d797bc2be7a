"""The door: messages come in here, are checked, and answered or refused. Whatever a client sends, the daemon lives."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Any

import zmq

from impasto.engine.daemon.connections import Connections
from impasto.engine.daemon.discretion import Discretion
from impasto.engine.daemon.disk_work import Later
from impasto.engine.daemon.peers import Peers
from impasto.engine.daemon.requests import Request, Requests
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError
from impasto.protocol.codec import pack
from impasto.protocol.codec import request as unpacked
from impasto.protocol.limits import LARGEST_HEADER_BYTES, MOST_FRAMES

log = logging.getLogger("impasto.daemon")


class Door:
    """Takes clients' messages from a socket and sends back what `requests` answers.

    counts: how often each kind of message came, and each error was answered; `heard`: when the last sound message came.
    """

    def __init__(
        self, socket: zmq.Socket, connections: Connections, peers: Peers, requests: Requests, discretion: Discretion,
        counts: Counter[str],
    ) -> None:  # fmt: skip
        self._socket, self._connections, self._peers = socket, connections, peers
        self._requests, self._discretion, self._counts = requests, discretion, counts
        self.heard = time.monotonic()

    def hear(self) -> bool:
        """Take one message; says whether there was one."""
        try:
            frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        try:
            key = str(frames[-1].get("User-Id"))
        except (zmq.ZMQError, ValueError):
            self._counts["stranger"] += 1
            return True
        sizes = [len(frame) for frame in frames[1:]]
        self._connections.took(int(frames[-1].get(zmq.SRCFD)), frames[0].bytes, key, sizes)
        parts = [frame.buffer if k else frame.bytes for k, frame in enumerate(frames[1:])]
        self._answer(frames[0].bytes, key, parts)
        return True

    def _answer(self, identity: bytes, key: str, parts: list[Any]) -> None:
        """Answer a message of the client that has this key; parts: its header, and frames not copied."""
        number = 0
        try:
            if (
                identity[:1] != b"\0"
            ):  # chosen by itself: events for one who is gone would go to the next one who takes the name
                raise ProtocolError("malformed", "a connection may not choose its own name", "set no routing id")
            if len(parts) > MOST_FRAMES or not parts or len(parts[0]) > LARGEST_HEADER_BYTES:
                raise ProtocolError("malformed", f"a message has 1 to {MOST_FRAMES} frames")
            try:
                _, kind, number, fields, data = unpacked(parts)
            except ProtocolError as error:
                self._requests.refused(identity, key, error.asked)
                raise
            self.heard = time.monotonic()
            peer = self._peers.known(identity, key)
            self._counts[kind] += 1
            answer = self._requests.answer(Request(identity, peer, kind, fields, data))
        except ProtocolError as error:
            self._refuse(identity, key, error.number or number, error)
        except ImpastoError as error:
            self._refuse(identity, key, number, ProtocolError("refused", str(error)))
        except Exception as error:
            log.exception("a message was not understood")
            self._refuse(
                identity, key, number, ProtocolError("bug", f"the engine made a mistake ({type(error).__name__})")
            )
        else:
            if isinstance(answer, Later):
                answer.then(lambda known: self._say(identity, key, number, known))
            else:
                self._say(identity, key, number, answer)

    def _say(self, identity: bytes, key: str, number: int, answer: Any) -> None:
        """Send an answer: fields, bytes for a frame, an error, or nothing."""
        if isinstance(answer, ProtocolError):
            self._refuse(identity, key, number, answer)
        elif answer is not None:
            fields, frames = ({}, [answer]) if isinstance(answer, bytes) else (answer, [])
            self._peers.send(identity, pack("ok", number, fields, frames))

    def _refuse(self, identity: bytes, key: str, number: int, error: ProtocolError) -> None:
        self._counts[f"refused: {error.code}"] += 1
        fields = {"code": error.code, "sentence": error.sentence, "remedy": error.remedy}
        self._peers.send(identity, pack("error", number, self._discretion.told(key, fields)))
