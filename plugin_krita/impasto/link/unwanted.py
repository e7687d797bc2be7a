"""Jobs that nobody wants any more, remembered until the engine that has them has heard of it."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import Any

from ..guard import on
from ..protocol import ProtocolError
from ..protocol.keys import is_key
from ..protocol.places import home, private_folder, write_private
from ..protocol.session import LAST
from .connection import CONNECTED, Connection

KEPT = 8 * 24 * 3600  # seconds; the engine keeps results for seven days
SUFFIX = ".unwanted"
_JOB = re.compile(r"[0-9a-f]{32}")


class UnwantedJobs:
    """Cancels and forgets them, now or when their engine is there again, even if Krita ends before.

    Each is a file in Impasto's home with the engine's public key in it, since another engine knows nothing of the job.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._jobs: dict[str, str] = {}  # ids, and the keys of their engines
        on(connection.changed, self._connected)
        on(connection.told, self._told)

    def __contains__(self, job: str) -> bool:
        """Is it one of them?"""
        return job in self._jobs

    def add(self, job: str, engine: str) -> None:
        """A job's id, and the public key of the engine that has it."""
        self._jobs[job] = engine
        with contextlib.suppress(OSError, ProtocolError):  # then only this Krita remembers
            write_private(_folder() / (job + SUFFIX), engine)
        self._ask(job)

    def _connected(self) -> None:
        if self._connection.state == CONNECTED:
            self._jobs.update(_kept())
            for job in list(self._jobs):
                self._ask(job)

    def _told(self, header: dict[str, Any], frames: list[bytes]) -> None:
        if header["event"] in LAST and header["job"] in self._jobs:
            self._ask(header["job"])

    def _ask(self, job: str) -> None:
        """The engine forgets nothing that is still being painted: `_told` asks again once that has ended."""
        connection = self._connection
        if connection.state != CONNECTED or connection.key != self._jobs[job]:
            return

        def cancelled(value: Any = None, error: Any = None) -> None:
            if error is None:
                connection.asked("forget", job=job)(forgotten)
            elif error.code == "job":  # it has none of this name
                self._over(job)

        def forgotten(value: Any = None, error: Any = None) -> None:
            if error is None:
                self._over(job)

        connection.asked("cancel", job=job)(cancelled)

    def _over(self, job: str) -> None:
        self._jobs.pop(job, None)
        with contextlib.suppress(OSError, ProtocolError):
            (_folder() / (job + SUFFIX)).unlink()


def _kept() -> dict[str, str]:
    """Those of any Krita, from disk."""
    found = {}
    with contextlib.suppress(OSError, ProtocolError):
        for path in _folder().glob("*" + SUFFIX):
            with path.open(encoding="utf-8", errors="replace") as file:
                engine = file.read(100).strip()
            if _JOB.fullmatch(path.stem) and is_key(engine):
                found[path.stem] = engine
            if time.time() - path.stat().st_mtime > KEPT:
                path.unlink()
    return found


def _folder() -> Path:
    """Where notes of jobs lie, too (see work/resume.py). Raises ProtocolError "home"."""
    folder = home() / "krita"
    private_folder(folder)
    return folder
