"""The only room that touches the socket: requests and answers of the engine, as Qt's event loop brings them.

Nothing here waits. `asked`, `put` and `fetched` return functions for a task to yield (see steps.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import zmq

from ..easel.own_engine import OwnEngine
from ..easel.version import plugin_version
from ..easel.words import tr
from ..guard import attempt, later, on
from ..protocol import ProtocolError
from ..protocol.keys import client_socket
from ..protocol.limits import CHUNK_BYTES
from ..protocol.session import Fetch, JobEvent, Put, Session, ViewEvent
from ..qt import QObject, QSocketNotifier, QTimer, Signal, sip
from .carrying import WINDOW, Begin, Come, carried_out

PACKED = 512 << 10  # bytes that are packed at a time: the windows wait for it
TURN = 0.008  # seconds of messages before the windows get a turn
QUIET = 1.0  # seconds after which it is asked whether an engine that says nothing is there at all
SILENCE = 6.0  # seconds after which an engine that does not answer is lost
TRY_AGAIN = 1.0
STOPPED = "the engine has stopped"  # a problem that is compared; see `_said`


ABSENT, CONNECTING, CONNECTED = "absent", "connecting", "connected"


class Connection(QObject):
    """One connection to an engine, which is looked for again whenever it is lost."""

    changed = Signal()  # state or hello
    told = Signal(object, object)  # header and frames of a job's event
    viewed = Signal(object, object)  # the same, of a painting that is held or a medium's picture

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.state, self.problem = ABSENT, ""
        self.silent = False  # it is there, but does not answer
        self.key = ""  # of the engine it is, or was, connected to
        self.remote: Any = None  # (address, public key) of an engine elsewhere; None: this user's own
        self.own = OwnEngine()
        self._session = Session("krita")
        self.hello: dict[str, Any] = {}  # of the engine, also while it is lost
        self._socket: Any = None
        self._notifier: Any = None
        self._waiting: dict[int, Callable[..., None]] = {}
        self._until_back: list[Callable[..., None]] = []
        self._heard = self._tried = 0.0
        self._draining = False
        self._timer = QTimer(self)
        self._timer.setInterval(250)  # the notifier may miss an edge
        on(self._timer.timeout, self._tick)

    @property
    def version(self) -> int:
        """Of the protocol, as agreed on."""
        return self._session.version

    def lacks(self, feature: str) -> bool:
        """Is the engine one that does not list this feature? Of one that was not met yet nobody knows."""
        return bool(self.hello) and feature not in (self.hello.get("features") or ())

    def start(self) -> None:
        """Begin to look for the engine."""
        self._timer.start()

    def open(self) -> None:
        """Look for the engine, and connect to it."""
        self._tried = time.monotonic()
        try:
            there = self.remote or self._own_place()
            if there is None:
                self.silent = False
                self._become(ABSENT, STOPPED if self.own.stopped else "")
                return
            self._hang_up(ProtocolError("lost", tr("the connection was made again")))
            socket = client_socket(there[1], there[0])
        except ProtocolError as error:
            self._become(ABSENT, str(error))
            return
        try:
            socket.connect(there[0])
        except zmq.ZMQError as error:
            socket.close()
            self._become(ABSENT, tr("{address} cannot be reached ({error})").format(address=there[0], error=error))
            return
        self._socket, self._heard, self.key = socket, time.monotonic(), there[1]
        self._notifier = QSocketNotifier(sip.voidptr(int(socket.getsockopt(zmq.FD))), QSocketNotifier.Type.Read, self)
        on(self._notifier.activated, self._drain)
        self._session = Session("krita")
        self._become(CONNECTING, self.problem if self.silent else "")
        self._greet()

    def _own_place(self) -> Any:
        """Address and key of this user's own engine, or None."""
        found = self.own.look()
        return None if found is None else (found["address"], found["key"])

    def use(self, remote: Any) -> None:
        """Use the engine at (address, public key), or with None this user's own."""
        if remote != self.remote:
            self.remote, self.hello, self.silent = remote, {}, False
            self._lost(tr("another engine was chosen"))
            self.open()

    def close(self) -> None:
        """Hang up for good; jobs go on."""
        self._timer.stop()
        self._hang_up(ProtocolError("lost", tr("the connection was closed")))

    def asked(self, kind: str, frames: Any = (), **fields: Any) -> Begin:
        """A request, for a task to yield; it goes on with (header, frames) of the answer, or a ProtocolError."""

        def begin(resume: Callable[..., None]) -> None:
            if self._socket is None:
                why = _said(self.problem) or tr("no engine is running")
                resume(error=ProtocolError("absent", why, tr("start it in the docker")))
                return
            number, message = self._session.request(kind, fields, frames)
            self._waiting[number] = resume
            self._send(message)

        return begin

    def put(self, data: Any, come: Come = lambda part: None) -> Begin:
        """Hand over bytes; the task goes on with the plane's name. come: hears how much has arrived, 0 to 1."""

        remote = self.remote is not None  # over a network it is worth the while to pack
        return carried_out(self.asked, lambda: Put(data, remote, WINDOW, PACKED if remote else CHUNK_BYTES), come)

    def fetched(self, job: str, file: str, size: int, offset: int = 0) -> Begin:
        """Fetch so many bytes of a file of a job's result; the task goes on with them."""

        return carried_out(self.asked, lambda: Fetch(job, file, size, WINDOW, offset))

    def back(self, resume: Callable[..., None]) -> None:
        """For a task to yield: it goes on once an engine is connected."""
        if self.state == CONNECTED:
            resume()
        else:
            self._until_back.append(resume)

    def tell(self, kind: str, **fields: Any) -> None:
        """A request whose answer does not matter."""
        if self._socket is not None:
            self._send(self._session.request(kind, fields, heeded=False)[1])

    def _send(self, parts: list[Any]) -> None:
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK)
        except zmq.ZMQError as error:
            self._lost(str(error))
            return
        later(0, self._drain)  # sending may eat the notifier's edge

    def _drain(self, *_: Any) -> None:
        """Take the messages that are there, as long as the windows can wait."""
        if self._draining:  # Krita lets Qt go on inside some of its calls: what comes then has to wait for its turn
            return
        end = time.monotonic() + TURN
        self._draining = True
        try:
            while self._socket is not None and self._socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
                self._take(self._socket.recv_multipart(zmq.NOBLOCK))
                if time.monotonic() > end:
                    later(0, self._drain)
                    return
        finally:
            self._draining = False

    def _take(self, parts: list[bytes]) -> None:
        self._heard = time.monotonic()
        found = self._session.heard(parts)
        if isinstance(found, JobEvent):
            self.told.emit(*found)
        elif isinstance(found, ViewEvent):
            self.viewed.emit(*found)
        elif found is not None and (resume := self._waiting.pop(found.number, None)) is not None:
            attempt(resume, (found.header, found.frames) if found.error is None else None, found.error)

    def _greet(self) -> None:
        number, message = self._session.greeting()
        self._waiting[number] = self._greeted
        self._send(message)

    def _greeted(self, value: Any = None, error: Exception | None = None) -> None:
        if error is None:
            try:
                self._session.greeted(value[0])
            except ProtocolError as problem:
                error = problem
        if error is not None:
            self._lost(_strange(value, error))
            return
        self.hello, self.silent = value[0], False
        self._become(CONNECTED)
        waiting, self._until_back = self._until_back, []
        for resume in waiting:
            attempt(resume)

    def _tick(self) -> None:
        if self._draining:  # the engine may have said much meanwhile that is not heard yet: it is not silent
            return
        self._drain()
        now = time.monotonic()
        silent = now - self._heard
        if self.state == ABSENT:
            if now - self._tried > TRY_AGAIN:
                self.open()
        elif self.remote is None and not self.own.lives(in_doubt=silent > QUIET):
            self.silent = False
            self._lost(STOPPED)
        elif silent > SILENCE:
            self.silent = True
            self._lost(tr("the engine does not answer"))
        elif silent > SILENCE / 3 and self.state == CONNECTED:
            self.tell("ping")
        elif self.state == CONNECTED and self.hello.get("preparing") and now - self._tried > TRY_AGAIN:
            self._tried = now
            self._greet()

    def _lost(self, why: str) -> None:
        remedy = tr("start it again in the docker") if why == STOPPED else tr("it is looked for again")
        self._hang_up(ProtocolError("lost", _said(why), remedy))
        self._become(ABSENT, why)

    def _hang_up(self, error: ProtocolError) -> None:
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._notifier = None
        waiting, self._waiting = self._waiting, {}
        for resume in waiting.values():
            attempt(resume, None, error)

    def _become(self, state: str, problem: str = "") -> None:
        if (state, problem) != (self.state, self.problem) or state == CONNECTED:
            self.state, self.problem = state, problem
            self.changed.emit()


def _strange(answer: Any, error: Exception) -> str:
    """Why there is no talking to an engine; of one whose protocol is another, in versions that the artist knows."""
    if not isinstance(error, ProtocolError) or error.code != "version":
        return str(error)
    theirs = answer[0].get("engine") if answer else None  # one that has refused does not say
    return tr(
        "the engine that runs is Impasto {theirs}, and this plugin is {ours}: they do not understand each other; bring "
        "the older one up to date, then end the engine and start it again"
    ).format(theirs=theirs or tr("of another version"), ours=plugin_version())


def _said(problem: str) -> str:
    """A problem in the artist's language: all are, but the one that is compared."""
    return tr("the engine has stopped") if problem == STOPPED else problem
