"""Jobs that go on, noted on disk: should Krita end before they do, they are offered again.

A note is a file in Impasto's home, as the jobs are, and on disk at once; Krita's own settings are written when it sees
fit. As long as the Krita of a note lives, a lock tells others that the job is looked after.
"""

from __future__ import annotations

import base64
import contextlib
import json
import time
from pathlib import Path
from typing import Any

from ..document.annotations import mask_bytes, mask_image
from ..document.history import RECIPE, png, read_json, read_png
from ..document.mask_math import bytes_of, grey
from ..guard import on
from ..link.connection import CONNECTED
from ..protocol import ProtocolError
from ..protocol.messages import Each, Fields, Text, checked_fields
from ..protocol.places import home, home_path, private_folder, write_private
from ..qt import ALPHA8, GREY, QImage, QtCore

FOLDER = "krita"  # in Impasto's home
MOST_BYTES = 1 << 19  # of a note
MOST_MASK = 1 << 17  # letters of a selection's mask in it
SIDES = (1024, 512, 256)  # pixels of its longer side; the last one fits whatever is selected
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
    "mask": Text(MOST_MASK, needed=False, default=""),  # what a repaint may change, see `written_mask`
    "parts": Each(Text(60), 4097),  # the unique ids of their group and of them
}


class ResumeNote:
    """The note of one job, as long as this Krita looks after it."""

    def __init__(self, job: str) -> None:
        self._path = home_path() / FOLDER / f"{job}.json"
        with contextlib.suppress(ProtocolError):
            _folder()
        self._lock = _lock(self._path)
        self.ours = self._lock.tryLock(0) or self._lock.error() != self._lock.LockError.LockFailedError
        # else another Krita was faster

    def keep(self, note: dict[str, Any]) -> None:
        """Write it down, over what was there; if it cannot be written, painting goes on without."""
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(note))

    def let_go(self, drop: bool) -> None:
        """It needs no looking after any more; drop: nor ever again."""
        if drop and self.ours:
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._lock.unlock()


def written_mask(source: Any) -> str:
    """The mask of a source as text, as large as the room for it allows: previews are cut by it in the next Krita."""
    text = ""
    for side in SIDES:
        scale = min(1.0, side / max(source.width, source.height))
        width, height = (max(1, round(edge * scale)) for edge in (source.width, source.height))
        small = grey(mask_bytes(mask_image(source, width, height)), width, height)
        text = base64.b64encode(png(small)).decode("ascii")
        if len(text) <= MOST_MASK:
            break
    return text


def read_mask(text: str, width: int, height: int) -> QImage:
    """A written mask as an image of alpha alone, of this size in pixels; a null image if it is broken."""
    try:
        small = read_png(base64.b64decode(text, validate=True), SIDES[0])
    except ValueError:
        return QImage()
    if small.isNull():
        return small
    data = bytes_of(small.convertToFormat(GREY).scaled(width, height))
    return QImage(data, width, height, width, ALPHA8).copy()


class Offers:
    """Which of the jobs that no Krita looks after can be continued."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self.note: dict[str, Any] | None = None  # the one that is offered
        self.state = ""
        self._asking = False
        on(plugin.connection.changed, self.look)

    def look(self) -> None:
        """Ask the engine which it knows, if there are any."""
        connection = self._plugin.connection
        if connection.state != CONNECTED or self._asking:
            return
        notes = abandoned()
        if not notes:
            self._offer(None)
            return

        unwanted = self._plugin.unwanted

        def listed(value: Any = None, error: Any = None) -> None:
            self._asking = False
            if error is None:
                states = {job["job"]: job["state"] for job in value[0]["jobs"]}
                known = [(n, states[n["job"]]) for n in notes if n["job"] in states and n["job"] not in unwanted]
                self._offer(*next(((n, s) for n, s in known if s in ("waiting", "running", "done")), (None,)))

        self._asking = True
        connection.asked("list")(listed)

    def forget(self) -> None:
        """The user does not want it."""
        if self.note is not None:
            job = self.note["job"]
            self._plugin.unwanted.add(job, self._plugin.connection.key)
            ResumeNote(job).let_go(drop=True)
            self._offer(None)
            self.look()

    def _offer(self, note: dict[str, Any] | None, state: str = "") -> None:
        if (note, state) != (self.note, self.state):
            self.note, self.state = note, state
            self._plugin.changed.emit()


def abandoned() -> list[dict[str, Any]]:
    """Notes of Kritas that are no more, the newest first; what is too old is thrown away.

    What is broken, or by a newer Impasto, is left alone.
    """
    found = []
    with contextlib.suppress(OSError, ProtocolError):
        for path in _folder().glob("*.json"):
            lock = _lock(path)
            if lock.tryLock(0):
                with contextlib.suppress(OSError, ProtocolError):
                    found += _read(path)
                lock.unlock()
    return [note for _, note in sorted(found, key=lambda pair: -pair[0])]


def _read(path: Path) -> list[tuple[float, dict[str, Any]]]:
    """A note and when it was written, unless it is too old. Raises OSError, and ProtocolError if it is none."""
    stat = path.stat()
    if time.time() - stat.st_mtime > KEPT:
        path.unlink()
        return []
    if stat.st_size > MOST_BYTES:
        raise ProtocolError("damaged", "too large")
    note = checked_fields(read_json(path.read_bytes()), NOTE)
    if note["job"] != path.stem:
        raise ProtocolError("damaged", "another job's")
    return [(stat.st_mtime, note)]


def _folder() -> Path:
    folder = home() / FOLDER
    private_folder(folder)
    return folder


def _lock(path: Path) -> Any:
    lock = QtCore.QLockFile(str(path.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # held until its process has ended
    return lock
