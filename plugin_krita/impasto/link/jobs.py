"""One job at the engine, from its request to its end. It outlives the connection: what was missed is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ..guard import on
from ..planes import Plane, room
from ..protocol import ProtocolError
from ..protocol.session import LAST, Told, said_error
from .carrying import Come
from .connection import CONNECTED, Connection
from .unwanted import UnwantedJobs

PART = 4 << 20  # bytes of a plane that are fetched at a time

Heard = Callable[[Any, list[bytes]], None]  # an `Event` and its frames


class Cancelled(Exception):
    """The job was cancelled; `event` is what the engine said last of it."""

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__("cancelled")
        self.event = event


class EngineJob:
    """A job; `heard` is told each of its events but the last."""

    def __init__(self, connection: Connection, unwanted: UnwantedJobs, heard: Heard) -> None:
        self.id, self.kind = "", ""
        self.paused = False
        self._connection, self._unwanted, self._heard = connection, unwanted, heard
        self._engine = ""  # the key of the one that has it
        self._told = Told()
        self._outcome: Any = None
        self._resume: Any = None
        self._gone = False
        self._ties = [on(connection.told, self._take), on(connection.changed, self._reattach)]

    @property
    def failed(self) -> bool:
        """Has the engine said that it cannot be done?"""
        return self._outcome is not None and self._outcome["event"] == "failed"

    def begin(self, kind: str, **fields: Any) -> Generator[Any, Any, dict[str, Any]]:
        """Hand the job in; returns the engine's answer. Raises ProtocolError."""

        def ask(resume: Callable[..., None]) -> None:
            def answered(value: Any = None, error: Any = None) -> None:
                if error is None and self._gone:  # nobody waits for it any more
                    self._unwanted.add(value[0]["job"], self._connection.key)
                resume(value, error)

            self._connection.asked(kind, **fields)(answered)

        answer, _ = yield ask
        self.id, self.kind, self._engine = answer["job"], kind, self._connection.key
        return answer

    def join(self, job: str) -> Generator[Any, Any, dict[str, Any]]:
        """Go on with a job that was begun before Krita was. Raises ProtocolError "job" if the engine has it no more."""
        self.id, self._engine = job, self._connection.key
        answer, _ = yield self._connection.asked("attach", job=job, since=0)
        self.kind, self.paused = answer["kind"], answer.get("paused") is True
        return answer

    def end(self) -> Generator[Any, Any, dict[str, Any]]:
        """Wait for it to end; returns what `done` says. Raises ProtocolError if it failed, Cancelled if it was."""
        if self._outcome is None:
            yield self._wait
        event: Any = self._outcome
        if event["event"] == "failed":
            raise said_error(event)
        if event["event"] == "cancelled":
            raise Cancelled(event)
        return event

    def fetched(self, file: str, size: int, offset: int = 0) -> Generator[Any, Any, bytearray]:
        """Fetch so many bytes of a file of its result; if the engine is lost meanwhile, again when it is back.

        Raises ProtocolError.
        """
        while True:
            try:
                return (yield self._connection.fetched(self.id, file, size, offset))
            except ProtocolError as error:
                if error.code not in ("lost", "absent"):
                    raise
            yield self._connection.back

    def fetched_plane(self, file: str, size: int, come: Come = lambda part: None) -> Generator[Any, Any, Plane]:
        """Fetch so many bytes of a whole picture, as `fetched` does; come: hears how much has been, 0 to 1."""
        plane = room(size)
        for begin in range(0, size, PART):
            part = yield from self.fetched(file, min(PART, size - begin), begin)
            plane[begin : begin + len(part)] = part
            come((begin + len(part)) / size)
        return plane

    def let_go(self, forget: bool) -> None:
        """Hear no more of it; forget: the engine is to stop it, if it has not ended, and may throw its result away."""
        self._gone = True
        while self._ties:
            self._ties.pop()()
        if forget and self.id:
            self._unwanted.add(self.id, self._engine)

    def _wait(self, resume: Callable[..., None]) -> None:
        self._resume = resume

    def _take(self, header: dict[str, Any], frames: list[bytes]) -> None:
        if not self.id or header.get("job") != self.id or self._outcome is not None:
            return
        if not self._told.is_new(header):
            return
        if header["event"] == "preview":
            self._connection.tell("seen", job=self.id, seq=header["seq"])
        if header["event"] == "paused":
            self.paused = header.get("on") is True
        if header["event"] not in LAST:
            self._heard(header, frames)
            return
        self._outcome = header
        if self._resume is not None:
            self._resume(header)

    def _reattach(self) -> None:
        if self.id and self._outcome is None and self._connection.state == CONNECTED:
            self._connection.asked("attach", job=self.id, since=self._told.since)(self._attached)

    def _attached(self, value: Any = None, error: Any = None) -> None:
        if error is None:
            self.paused = value[0].get("paused") is True
        if error is not None and getattr(error, "code", "") == "job" and self._resume is not None:
            resume, self._resume = self._resume, None
            resume(error=error)
