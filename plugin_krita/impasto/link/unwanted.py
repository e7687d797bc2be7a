"""Jobs that nobody wants any more, remembered until the engine that has them has heard of it."""

from __future__ import annotations

from typing import Any

from ..easel.unwanted import UnwantedNotes
from ..guard import later, on
from ..protocol.session import LAST
from .connection import CONNECTED, Connection

AGAIN = 1000  # milliseconds


class UnwantedJobs:
    """Cancels and forgets them, now or when their engine is there again, even if Krita ends before."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._notes = connection, UnwantedNotes("krita")
        self._jobs: dict[str, str] = {}  # ids, and the keys of their engines
        on(connection.changed, self._connected)
        on(connection.told, self._told)

    def __contains__(self, job: str) -> bool:
        """Is it one of them?"""
        return job in self._jobs

    def add(self, job: str, engine: str) -> None:
        """A job's id, and the public key of the engine that has it."""
        self._jobs[job] = engine
        self._notes.add(job, engine)
        self._ask(job)

    def _connected(self) -> None:
        if self._connection.state == CONNECTED:
            self._jobs.update(self._notes.kept())
            for job in list(self._jobs):
                self._ask(job)

    def _told(self, header: dict[str, Any], frames: list[bytes]) -> None:
        if header["event"] in LAST and header["job"] in self._jobs:
            self._ask(header["job"])

    def _ask(self, job: str) -> None:
        """The engine forgets nothing before it has ended.

        `_told` asks again then, and time does where this Krita does not hear of that: it asks for no events of what
        was cancelled while the engine was not there.
        """
        connection = self._connection
        if connection.state != CONNECTED or connection.key != self._jobs.get(job):
            return

        def cancelled(value: Any = None, error: Any = None) -> None:
            if error is None:
                connection.asked("forget", job=job)(forgotten)
            elif error.code == "job":  # it has none of this name
                self._over(job)

        def forgotten(value: Any = None, error: Any = None) -> None:
            if error is None:
                self._over(job)
            elif error.code == "job":  # it is being painted still
                later(AGAIN, lambda: self._ask(job))

        connection.asked("cancel", job=job)(cancelled)

    def _over(self, job: str) -> None:
        self._jobs.pop(job, None)
        self._notes.drop(job)
