"""A look at an engine on another machine: is it there, and if not, why? For the settings' Test button.

A socket of its own, for one question; what libzmq tells of the handshake says more than silence does.
"""

from __future__ import annotations

import time
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from ..easel.addresses import checked_address, checked_key, sentence
from ..easel.words import tr
from ..guard import later, on
from ..protocol import ProtocolError
from ..protocol.keys import client_socket
from ..protocol.session import Answer, Session
from ..qt import QObject, QTimer, Signal

SECONDS = 5.0
LOOK = 50  # milliseconds


class Probe(QObject):
    """Asks once. `ended` says whether the engine answered, and in words what happened."""

    ended = Signal(bool, str)

    def __init__(self, address: str, key: str, parent: Any = None) -> None:
        super().__init__(parent)
        self._session = Session("krita")
        self._socket: Any = None
        self._met: set[str] = set()
        self._timer = QTimer(self)
        on(self._timer.timeout, self._look)
        try:
            self.address, key = checked_address(address), checked_key(key)
            self._open(key)
        except (ProtocolError, zmq.ZMQError) as error:
            words = sentence(error)
            later(0, lambda: self._end(False, words))
            return
        self._until = time.monotonic() + SECONDS
        self._timer.start(LOOK)

    def close(self) -> None:
        """Ask no longer."""
        self._timer.stop()
        if self._socket is not None:
            self._socket.disable_monitor()
            self._socket.close()
            self._socket = None

    def _open(self, key: str) -> None:
        self._socket = client_socket(key, self.address)
        self._events = self._socket.get_monitor_socket()
        self._socket.connect(self.address)
        self._socket.send_multipart(self._session.greeting()[1])

    def _look(self) -> None:
        while self._events.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            self._met.add(str(zmq.Event(recv_monitor_message(self._events)["event"]).name))
        if self._socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            self._answered(self._socket.recv_multipart())
        elif "HANDSHAKE_FAILED_AUTH" in self._met:
            self._end(False, tr("The engine is there, but does not let this Krita in. Copy the key below into a file "
                                "on its machine, and run there: impasto serve --allow FILE"))  # fmt: skip
        elif any(name.startswith("HANDSHAKE_FAILED") for name in self._met):
            self._end(False, tr("Something answers at {address}, but it has not this key. Take the letters of "
                                "server.key from the engine's machine.").format(address=self.address))  # fmt: skip
        elif time.monotonic() > self._until:
            self._end(False, self._silence())

    def _silence(self) -> str:
        if "CONNECTED" in self._met:
            return tr("Something answers at {address}, but it is no engine of Impasto.").format(address=self.address)
        if "CONNECT_DELAYED" not in self._met:
            words = tr("There is no machine called so: {address}. Is its name spelt right?")
            return words.format(address=self.address)
        return tr(
            "Nothing answers at {address} within {seconds} s. Does the engine run there, started with "
            "impasto serve --bind tcp://0.0.0.0:PORT, and does the firewall let this port through?"
        ).format(address=self.address, seconds=round(SECONDS))

    def _answered(self, parts: list[bytes]) -> None:
        found = self._session.heard(parts)
        if not isinstance(found, Answer):
            return  # no word of an engine: another may come
        hello = found.header
        try:
            if found.error is not None:
                raise found.error
            self._session.greeted(hello)
        except ProtocolError as error:
            self._end(False, tr("The engine is there, but this does not fit: {error}.").format(error=error))
            return
        devices = ", ".join(str(device.get("name")) for device in hello.get("devices", []))
        words = tr("Reached: Impasto {version} paints there on {devices}.")
        self._end(True, words.format(version=hello.get("engine", "?"), devices=devices))

    def _end(self, good: bool, words: str) -> None:
        self.close()
        self.ended.emit(good, words)
