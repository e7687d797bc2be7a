"""Jobs on disk: what was asked for, how far it is, and what came of it. Nothing here is lost with a process.

A job is a folder: request.mp and the planes it came with; checkpoint.impasto while it is painted; the files of its
result; and outcome.mp, written last, that says how it ended. A folder without an outcome is a job that has to go on.
Each way on is one rename: a folder appears with all that is in it, an outcome stands beside a whole result, a job that
is forgotten first takes another name. So a cut after any call leaves a job that is whole, or none.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import stat
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from impasto.engine.daemon.aside import DAMAGED, Aside
from impasto.engine.daemon.counters import Counters
from impasto.engine.daemon.records import (
    OUTCOME,
    REQUEST,
    NotUnderstood,
    Record,
    outcome_of,
    read,
    read_record,
    write,
)
from impasto.engine.daemon.sums import Sums, checked, kept
from impasto.engine.errors import ImpastoError
from impasto.engine.files import disk_trouble
from impasto.protocol.places import sync_folder

log = logging.getLogger("impasto.daemon")

RESULTS_SECONDS = 7 * 24 * 3600.0  # seconds of a running daemon that a result waits to be fetched
RESULTS_BYTES = 4 << 30  # bytes of all results of a client that wait
TIP = "tip.raw"  # the file of a brush's tip that came with a job
RESULT = "result.impasto"  # the file of a job's painting
CHECKPOINT = "checkpoint.impasto"  # the file of a painting that is not done
TURN = "turn.mp"  # when the job is to be done, if its client has said so
UNREAD = ".unread"  # the suffix of a checkpoint that was not
KNOWN = 8  # jobs whose sums are remembered
_JOB = re.compile("[0-9a-f]{32}")
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")
INPUTS = {
    "picture.raw",
    "before.raw",
    "memory.raw",
    "masks.raw",
    "selection.raw",
    "mask.raw",
    "detail.raw",
    "flow.raw",
    "painting.raw",
    "drawn.raw",
    "resume.raw",
    TIP,
    TURN,
    REQUEST,
    OUTCOME,
}


class Spool:
    """The folder of jobs and uploads of one daemon. Raises ImpastoError if it is not as it has to be."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.uploads = folder, folder / "uploads"
        self._aside = Aside(folder)
        self._known: OrderedDict[str, dict[str, Sums] | None] = OrderedDict()  # sums by job, the one used last is last
        if os.path.lexists(self.uploads) and not stat.S_ISDIR(self.uploads.lstat().st_mode):
            raise ImpastoError(f"{self.uploads} is in the way, it is no folder; move it elsewhere, then start again")
        try:
            _remove(self.uploads)  # half of a picture is of no use to anybody
            self.uploads.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise ImpastoError(
                f"{self.uploads} cannot be emptied ({error.strerror}); make it writable, then start again"
            ) from error
        for pattern in ("new-*", "gone-*"):  # never acknowledged; forgotten
            for path in folder.glob(pattern):
                shutil.rmtree(path, ignore_errors=True)
        self.counters = Counters(folder)

    def place(self, planes: dict[str, Path]) -> str:
        """Begin a job by moving its planes in, by file name; returns its id. Raises ImpastoError."""
        job = uuid.uuid4().hex
        place = self.folder / f"new-{job}"
        with _keeping(place):
            place.mkdir(mode=0o700)
            for name, path in planes.items():
                path.replace(place / name)
        return job

    def accept(self, job: str, request: dict[str, Any]) -> None:
        """Keep a job whose planes are in place; it is on disk when this returns.

        Raises ImpastoError if the disk is full or cannot be written.
        """
        place = self.folder / f"new-{job}"
        with _keeping(place):
            sums = {path.name: kept(path) for path in place.iterdir()}
            write(place / REQUEST, {**request, "sums": sums, "accepted": time.time()})
            place.replace(self.folder / job)
            sync_folder(self.folder)

    def keep_turn(self, job: str, turn: float, paused: bool) -> None:
        """Note when a job is to be done: a smaller `turn` goes first; paused: not until its client says so."""
        write(self.path(job) / TURN, {"turn": turn, "paused": paused})

    def turn(self, job: str, usual: float) -> tuple[float, bool]:
        """What was noted last, see `keep_turn`; `usual` and False if nothing was, or it cannot be read."""
        try:
            found = read(self.path(job) / TURN)
        except (OSError, ImpastoError, NotUnderstood):
            return usual, False
        turn = found.get("turn")
        return float(turn) if isinstance(turn, (int, float)) else usual, found.get("paused") is True

    def path(self, job: str) -> Path:
        """A job's folder. Raises ImpastoError if there is none."""
        place = self.folder / job
        if not _JOB.fullmatch(job) or not place.is_dir():
            raise ImpastoError("there is no such job; it may have been forgotten")
        return place

    def end(self, record: Record, job: str, event: dict[str, Any], sums: dict[str, Sums]) -> tuple[float, int]:
        """Say how a job ended; what it was made from goes. Returns when that was, and the bytes that stay.

        sums: of the files of its result, which are on disk; others do not stay. A job whose folder is gone has nothing
        that could come back. Raises ImpastoError if it cannot be kept, and then the job goes on at the next start.
        """
        place, at = self.folder / job, self.counters.seconds
        if not place.is_dir():
            return at, 0
        for path in place.iterdir():  # what was begun; on a full disk that makes room for the outcome
            if path.name not in sums and is_result(path.name):
                with contextlib.suppress(OSError):
                    _remove(path)
        write(place / OUTCOME, outcome_of(record, event, at, sums))
        return at, self._tidy(place, event)

    def _tidy(self, place: Path, event: dict[str, Any]) -> int:
        """Throw away what an ended job needs no more; returns the bytes of what stays."""
        size = 0
        for entry in os.scandir(place):
            used_up = entry.name.endswith(UNREAD) and event["event"] == "done"
            used_up |= entry.name.endswith(".raw") and entry.name in INPUTS
            with contextlib.suppress(OSError):  # then it stays
                if used_up or entry.name == CHECKPOINT or entry.name.endswith(".tmp"):
                    _remove(place / entry.name)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
        return size

    def forget(self, job: str) -> None:
        """Throw a job away; nothing brings it back when this returns. Its files go by `sweep`.

        Raises ImpastoError if that cannot be: then it is there as it was.
        """
        place = self.folder / job
        if not _JOB.fullmatch(job) or not place.exists():
            return
        try:
            place.replace(self.folder / f"gone-{job}")  # in one step, so that half of a job never comes back
        except OSError as error:
            raise ImpastoError(
                f"the job cannot be forgotten ({error.strerror}); make the engine's disk writable"
            ) from error
        sync_folder(self.folder)
        self._known.pop(job, None)

    def sweep(self, job: str) -> None:
        """Free what a forgotten job took on the disk."""
        shutil.rmtree(self.folder / f"gone-{job}", ignore_errors=True)

    def jobs(self) -> Iterator[tuple[str, Record, int]]:
        """Every job, in the order they came, with the bytes of what is kept of those that have ended.

        Those that are not understood are set aside and kept, see `why_aside`; one that is by now comes back.
        """
        self._aside.take_back()
        found = []
        for place in [path for path in self.folder.iterdir() if _JOB.fullmatch(path.name)]:
            try:
                record = read_record(place)
                found.append((place.name, record, 0 if record.event is None else self._tidy(place, record.event)))
            except (OSError, ImpastoError):
                self._aside.unreadable(place.name)
            except NotUnderstood as error:
                self._aside.put(place, error.client, error.why)
        self.counters.begin((record.number for _, record, _ in found), (record.at for _, record, _ in found))
        yield from sorted(found, key=lambda each: (each[1].number, each[1].accepted, each[0]))
        if self._aside.count:
            log.warning("%d jobs are set aside in spool/%s", self._aside.count, DAMAGED)

    def why_aside(self, job: str, client: str) -> str:
        """Why a client's job was set aside; nothing if it was not."""
        return self._aside.why(job, client)

    def set_aside(self, job: str, client: str, why: str, file: str | None = None) -> None:
        """Set a job aside that turned out to be damaged; file: the one that is, if it has sums."""
        self._known.pop(job, None)
        self._aside.put(self.folder / job, client, why, file)

    def outcome(self, job: str) -> dict[str, Any]:
        """The event that ended a job. Raises ImpastoError if it cannot be read now, NotUnderstood if it is damaged."""
        return self._ended(job).event or {}

    def part(self, job: str, file: str, offset: int, size: int) -> bytes:
        """A part of a file of a job's result, as it was kept.

        Raises ImpastoError if there is no such file or part, and Damaged or NotUnderstood if it is not as it was.
        """
        sums = self._sums(job)
        if not _FILE.fullmatch(file) or not is_result(file) or (sums is not None and file not in sums):
            raise ImpastoError(f"there is no file {file!r} of this job")
        path = self.path(job) / file
        try:
            if sums is not None:
                data = checked(path, sums[file], offset, size)
            else:  # of an Impasto that kept none
                with path.open("rb") as stream:
                    stream.seek(offset)
                    data = stream.read(size)
        except OSError as error:
            raise ImpastoError(f"there is no file {file!r} of this job") from error
        if len(data) != size:
            raise ImpastoError(f"{file} ends before byte {offset + size}")
        return data

    def painting(self, job: str) -> tuple[Path, Sums | None]:
        """The file of a job's painting, and its sums, if there are any: whoever uses it checks it. Raises as `part`."""
        sums, path = self._sums(job), self.path(job) / RESULT
        if not path.is_file() if sums is None else RESULT not in sums:
            raise ImpastoError("this job has no painting; wait until it is painted")
        return path, None if sums is None else sums[RESULT]

    def _sums(self, job: str) -> dict[str, Sums] | None:
        if job not in self._known:
            self._known[job] = self._ended(job).sums
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)
        self._known.move_to_end(job)
        return self._known[job]

    def _ended(self, job: str) -> Record:
        try:
            return read_record(self.path(job))
        except OSError as error:
            raise ImpastoError(f"the job cannot be read now ({error.strerror}); see to the engine's disk") from error


def is_result(file: str) -> bool:
    """Is a file of this name in a job's folder one of its result?"""
    return file not in {*INPUTS, CHECKPOINT} and not file.endswith(UNREAD) and not file.startswith(".")


@contextlib.contextmanager
def _keeping(place: Path) -> Iterator[None]:
    """Write what a job consists of: if that fails, nothing of it stays, and ImpastoError says why."""
    try:
        yield
    except (OSError, ImpastoError) as error:
        shutil.rmtree(place, ignore_errors=True)
        cause = error if isinstance(error, OSError) else error.__cause__
        why, remedy = disk_trouble(cause)
        raise ImpastoError(f"the job cannot be kept ({why}); {remedy}") from error


def _remove(path: Path) -> None:
    """Throw away a file, a link or a folder, if there is one. Raises OSError, which names it, if that cannot be."""
    try:
        if stat.S_ISDIR(path.lstat().st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()
    except FileNotFoundError:
        pass
