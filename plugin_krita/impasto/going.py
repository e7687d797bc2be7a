"""Jobs that go on, noted on disk: should Krita end before they do, they are offered again.

A note is a file in Impasto's home, as the jobs are, and on disk at once; Krita's own settings are written when it sees
fit. As long as the Krita of a note lives, a lock tells others that the job is looked after.
"""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

from protocol import ProtocolError
from protocol.messages import Each, Fields, Text, checked_fields
from protocol.places import home, private_folder, write_private

from .connection import CONNECTED
from .history import RECIPE, read_json
from .qt import QtCore

MOST_BYTES = 1 << 19  # of a note
KEPT = 8 * 24 * 3600  # seconds; the engine keeps results for seven days

NOTE = {
    "job": Text(32, 32),
    "kind": Text(words=("paint", "repaint")),
    "region": Text(60),  # the name of the region that a repaint makes
    "above": Text(60),  # the unique id of what its layers lie above
    "file": Text(4096),  # of the document; empty if it had none
    "name": Text(200),  # what to call the document
    "recipe": Fields(RECIPE),
    "planned": Each(Each(Text(200), 2), 4096),  # group (or nothing) and name of each layer
    "parts": Each(Text(60), 4097),  # the unique ids of their group and of them
}


class Going:
    """The note of one job, as long as this Krita looks after it."""

    def __init__(self, job: str) -> None:
        self._path = _folder() / f"{job}.json"
        self._lock = _lock(self._path)
        self.ours = self._lock.tryLock(0)  # else another Krita was faster

    def keep(self, note: dict[str, Any]) -> None:
        """Write it down, or anew; if that cannot be, painting is worth more."""
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(note))

    def let_go(self, drop: bool) -> None:
        """It needs no looking after any more; drop: nor ever again."""
        if drop and self.ours and self._path.exists():
            self._path.unlink()
        self._lock.unlock()


class Offers:
    """Which of the jobs that were left alone can be gone on with."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.note: dict[str, Any] | None = None  # the one that is offered
        self.state = ""
        self._asking = False
        model.connection.changed.connect(self.look)

    def look(self) -> None:
        """Ask the engine which it knows, if there are any."""
        connection = self._model.connection
        if connection.state != CONNECTED or self._asking:
            return
        notes = abandoned()
        if not notes:
            self._offer(None)
            return

        def listed(value: Any = None, error: Any = None) -> None:
            self._asking = False
            if error is None:
                states = {job["job"]: job["state"] for job in value[0]["jobs"]}
                known = [(note, states[note["job"]]) for note in notes if note["job"] in states]
                self._offer(*next(((n, s) for n, s in known if s in ("waiting", "running", "done")), (None,)))

        self._asking = True
        connection.asked("list")(listed)

    def forget(self) -> None:
        """The user does not want it."""
        if self.note is not None:
            job = self.note["job"]
            for kind in ("cancel", "forget"):
                self._model.connection.tell(kind, job=job)
            Going(job).let_go(drop=True)
            self.look()

    def _offer(self, note: dict[str, Any] | None, state: str = "") -> None:
        if (note, state) != (self.note, self.state):
            self.note, self.state = note, state
            self._model.changed.emit()


def abandoned() -> list[dict[str, Any]]:
    """Notes of Kritas that are no more, the newest first; what is too old or broken is thrown away."""
    found = []
    for path in _folder().glob("*.json"):
        lock = _lock(path)
        if not lock.tryLock(0):
            continue
        try:
            stat = path.stat()
            if stat.st_size > MOST_BYTES or time.time() - stat.st_mtime > KEPT:
                raise ProtocolError("damaged", "too large or too old")
            found.append((stat.st_mtime, checked_fields(read_json(path.read_bytes()), NOTE)))
        except ProtocolError:
            path.unlink()
        except OSError:
            pass
        finally:
            lock.unlock()
    return [note for _, note in sorted(found, key=lambda pair: -pair[0])]


def _folder() -> Path:
    folder = home() / "krita"
    private_folder(folder)
    return folder


def _lock(path: Path) -> Any:
    lock = QtCore.QLockFile(str(path.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # held until its process has ended
    return lock
