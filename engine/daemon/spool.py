"""Jobs on disk: what was asked for, how far it is, and what came of it. Nothing here is lost with a process.

A job is a folder: request.mp and the planes it came with; checkpoint.impasto while it is painted; the files of its
result; and outcome.mp, written last, that says how it ended. A folder without an outcome is a job that has to go on.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.protocol import ProtocolError
from impasto.protocol.messages import JOBS, REQUESTS, checked_fields

RESULTS_SECONDS = 7 * 24 * 3600.0  # seconds that a result waits to be fetched
RESULTS_BYTES = 4 << 30  # bytes of all results that wait
_JOB = re.compile("[0-9a-f]{32}")
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")


class Spool:
    """The folder of jobs and uploads of one daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.uploads = folder, folder / "uploads"
        shutil.rmtree(self.uploads, ignore_errors=True)  # half of a picture is of no use to anybody
        for path in folder.glob("new-*"):
            shutil.rmtree(path, ignore_errors=True)
        self.uploads.mkdir(parents=True, mode=0o700)

    def accept(self, request: dict[str, Any], planes: dict[str, Path]) -> str:
        """Keep a job, its planes moved in by file name, and return its id; it is on disk when this returns.

        Raises ImpastoError if the disk is full or cannot be written.
        """
        job = uuid.uuid4().hex
        place = self.folder / f"new-{job}"
        try:
            place.mkdir(mode=0o700)
            for name, path in planes.items():
                path.replace(place / name)
            _write(place / "request.mp", {**request, "accepted": time.time()})
            place.replace(self.folder / job)
            _sync_folder(self.folder)
        except (OSError, ImpastoError) as error:
            shutil.rmtree(place, ignore_errors=True)
            why = error.strerror if isinstance(error, OSError) else "it could not be written"
            raise ImpastoError(f"the job cannot be kept ({why}); free space on the engine's disk") from error
        return job

    def path(self, job: str) -> Path:
        """A job's folder. Raises ImpastoError if there is none."""
        place = self.folder / job
        if not _JOB.fullmatch(job) or not place.is_dir():
            raise ImpastoError("there is no such job; it may have been forgotten")
        return place

    def request(self, job: str) -> dict[str, Any]:
        """What was asked for."""
        return _read(self.path(job) / "request.mp")

    def outcome(self, job: str) -> dict[str, Any] | None:
        """How it ended, or None if it did not yet."""
        path = self.path(job) / "outcome.mp"
        return _read(path) if path.exists() else None

    def end(self, job: str, outcome: dict[str, Any]) -> None:
        """Say how a job ended; what it was made from goes."""
        place = self.path(job)
        _write(place / "outcome.mp", {**outcome, "ended": time.time()})
        for path in place.iterdir():
            if (path.suffix == ".raw" and path.name in INPUTS) or path.name == "checkpoint.impasto":
                path.unlink(missing_ok=True)

    def forget(self, job: str) -> None:
        """Throw a job away, or what somebody has left of it."""
        if _JOB.fullmatch(job):
            shutil.rmtree(self.folder / job, ignore_errors=True)

    def jobs(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
        """Every job with its request and outcome, the oldest first; damaged ones are thrown away."""
        found = []
        for place in self.folder.iterdir():
            if not _JOB.fullmatch(place.name):
                continue
            try:
                request, outcome = self.request(place.name), self.outcome(place.name)
                _check(request, outcome)
                found.append((float(request["accepted"]), place.name, request, outcome))
            except FileNotFoundError:
                shutil.rmtree(place, ignore_errors=True)
            except (OSError, ImpastoError):
                continue  # it cannot be read now: another time perhaps
            except (ValueError, KeyError, TypeError, ProtocolError, msgpack.UnpackException):
                shutil.rmtree(place, ignore_errors=True)
        for _, job, request, outcome in sorted(found, key=lambda f: f[:2]):
            yield job, request, outcome

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
        ended = [(job, outcome) for job, _, outcome in self.jobs() if outcome is not None]
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
    "request.mp",
    "outcome.mp",
}


def _write(path: Path, value: dict[str, Any]) -> None:
    with atomic_write(path, overwrite=True) as file:
        file.write(bytes(msgpack.packb(value, use_bin_type=True) or b""))


def _read(path: Path) -> dict[str, Any]:
    value = msgpack.unpackb(path.read_bytes(), raw=False)
    if not isinstance(value, dict):
        raise ValueError("no map")
    return value


def _check(request: dict[str, Any], outcome: dict[str, Any] | None) -> None:
    """Is this a job as `accept` and `end` leave it? Raises one of the errors of damaged data."""
    rules, _ = REQUESTS[request["kind"]]
    request["fields"] = checked_fields(request["fields"], rules)  # fields that are new since then are added
    good = request["kind"] in JOBS and isinstance(request["client"], str) and math.isfinite(request["accepted"])
    if outcome is not None:
        good = good and outcome["event"] in ("done", "failed", "cancelled") and math.isfinite(outcome["ended"])
    if not good:
        raise ValueError("no job")


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
