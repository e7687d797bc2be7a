"""Jobs on disk: what was asked for, how far it is, and what came of it. Nothing here is lost with a process.

A job is a folder: request.mp and the planes it came with; checkpoint.impasto while it is painted; the files of its
result; and outcome.mp, written last, that says how it ended. A folder without an outcome is a job that has to go on.
What is not understood (damaged, or made by a newer Impasto) is set aside in the folder `damaged`, never thrown away.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from impasto.engine.daemon.records import OUTCOME, REQUEST, NotUnderstood, read, read_record, write
from impasto.engine.errors import ImpastoError

log = logging.getLogger("impasto.daemon")

RESULTS_SECONDS = 7 * 24 * 3600.0  # seconds that a result waits to be fetched
RESULTS_BYTES = 4 << 30  # bytes of all results that wait
DAMAGED = "damaged"  # the folder of jobs that were not understood
TIP = "tip.raw"  # the file of a brush's tip that came with a job
RESULT = "result.impasto"  # the file of a job's painting
TURN = "turn.mp"  # when the job is to be done, if its client has said so
UNREAD = ".unread"  # the suffix of a checkpoint that was not
_JOB = re.compile("[0-9a-f]{32}")
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")


class Spool:
    """The folder of jobs and uploads of one daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.uploads, self.damaged = folder, folder / "uploads", folder / DAMAGED
        self._aside: dict[str, tuple[str | None, str]] = {}  # by job: whose it is, if that is known, and why
        shutil.rmtree(self.uploads, ignore_errors=True)  # half of a picture is of no use to anybody
        for pattern in ("new-*", "gone-*"):  # never acknowledged; forgotten
            for path in folder.glob(pattern):
                shutil.rmtree(path, ignore_errors=True)
        self.uploads.mkdir(parents=True, mode=0o700)

    def accept(self, request: dict[str, Any], planes: dict[str, Path]) -> str:
        """Keep a job, its planes moved in by file name, and return its id; it is on disk when this returns, and
        `request` says when it was accepted.

        Raises ImpastoError if the disk is full or cannot be written.
        """
        job = uuid.uuid4().hex
        place = self.folder / f"new-{job}"
        try:
            place.mkdir(mode=0o700)
            for name, path in planes.items():
                path.replace(place / name)
            request["accepted"] = time.time()
            write(place / REQUEST, request)
            place.replace(self.folder / job)
            _sync_folder(self.folder)
        except (OSError, ImpastoError) as error:
            shutil.rmtree(place, ignore_errors=True)
            why = error.strerror if isinstance(error, OSError) else "it could not be written"
            raise ImpastoError(f"the job cannot be kept ({why}); free space on the engine's disk") from error
        return job

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

    def end(self, job: str, outcome: dict[str, Any]) -> None:
        """Say how a job ended; what it was made from goes."""
        place = self.path(job)
        write(place / OUTCOME, {**outcome, "ended": time.time()})
        for path in place.iterdir():
            used_up = path.suffix == UNREAD and outcome["event"] == "done"
            if (path.suffix == ".raw" and path.name in INPUTS) or path.name == "checkpoint.impasto" or used_up:
                path.unlink(missing_ok=True)

    def forget(self, job: str) -> None:
        """Throw a job away, or what somebody has left of it."""
        if not _JOB.fullmatch(job):
            return
        place, gone = self.folder / job, self.folder / f"gone-{job}"
        try:
            place.replace(gone)  # in one step, so that half of a job is never taken for a damaged one
        except OSError:
            gone = place
        shutil.rmtree(gone, ignore_errors=True)

    def jobs(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
        """Every job with its request and outcome, the oldest first.

        Those that are not understood are set aside and kept, see `why_aside`; one that is by now comes back.
        """
        self._take_back()
        yield from self._understood(self._set_aside)
        if self._aside:
            log.warning("%d jobs are set aside in spool/%s", len(self._aside), DAMAGED)

    def why_aside(self, job: str, client: str) -> str:
        """Why a client's job was set aside; nothing if it was not. One that is too damaged to say whose it is, is
        anybody's who knows its id."""
        owner, why = self._aside.get(job, (None, ""))
        return why if owner in (None, client) else ""

    def _understood(
        self, otherwise: Callable[[Path, NotUnderstood], None]
    ) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:  # fmt: skip
        found = []
        for place in [path for path in self.folder.iterdir() if _JOB.fullmatch(path.name)]:
            try:
                request, outcome = read_record(place)
                found.append((float(request["accepted"]), place.name, request, outcome))
            except (OSError, ImpastoError):
                continue  # it cannot be read now: another time perhaps
            except NotUnderstood as error:
                otherwise(place, error)
        for _, job, request, outcome in sorted(found, key=lambda f: f[:2]):
            yield job, request, outcome

    def _set_aside(self, place: Path, error: NotUnderstood) -> None:
        try:
            place.rmdir()  # what is empty holds nothing of anybody's
            return
        except OSError:
            self._aside[place.name] = error.client, error.why
        try:
            self.damaged.mkdir(mode=0o700, exist_ok=True)
            place.rename(self.damaged / place.name)
            log.warning("job set aside", extra={"job": place.name, "why": error.why})
        except OSError as problem:  # so it stays where it is
            log.error("job cannot be set aside: %s", problem.strerror, extra={"job": place.name, "why": error.why})

    def _take_back(self) -> None:
        """Look again at all that was set aside: a newer Impasto may understand it."""
        for place in [*self.damaged.iterdir()] if self.damaged.is_dir() else []:
            try:
                read_record(place)
                place.rename(self.folder / place.name)
                log.info("job understood now", extra={"job": place.name})
            except OSError:
                self._aside[place.name] = None, "it cannot be read now"
            except NotUnderstood as error:
                self._aside[place.name] = error.client, error.why

    def read(self, job: str, file: str, offset: int, size: int) -> bytes:
        """A part of a file of a job's result. Raises ImpastoError if there is no such file or part."""
        if not _FILE.fullmatch(file) or file in INPUTS:
            raise ImpastoError(f"there is no file {file!r} of this job")
        try:
            with (self.path(job) / file).open("rb") as stream:
                stream.seek(offset)
                data = stream.read(size)
        except OSError as error:
            raise ImpastoError(f"there is no file {file!r} of this job") from error
        if len(data) != size:
            raise ImpastoError(f"{file} ends before byte {offset + size}")
        return data

    def clean(self) -> list[str]:
        """Throw away results that waited too long, and the oldest if all are too large; returns the jobs."""
        ended = [(job, outcome) for job, _, outcome in self._understood(_leave_alone) if outcome is not None]
        gone, now = [], time.time()
        sizes = {job: sum(p.stat().st_size for p in self.path(job).iterdir()) for job, _ in ended}
        total = sum(sizes.values())
        for job, outcome in sorted(ended, key=lambda e: float(e[1].get("ended", 0))):
            if now - float(outcome.get("ended", 0)) > RESULTS_SECONDS or total > RESULTS_BYTES:
                total -= sizes[job]
                self.forget(job)
                gone.append(job)
        return gone


INPUTS = {
    "picture.raw",
    "masks.raw",
    "selection.raw",
    "mask.raw",
    "painting.raw",
    "resume.raw",
    TIP,
    TURN,
    REQUEST,
    OUTCOME,
}


def _leave_alone(_: Path, __: NotUnderstood) -> None:
    """What is not understood is nothing to the cleaning."""


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system lets one."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
