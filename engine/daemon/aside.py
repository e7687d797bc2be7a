"""What was not understood, or is damaged: set aside in a folder of its own, said, and looked at again at each start."""

from __future__ import annotations

import logging
from pathlib import Path

from impasto.engine.daemon.records import NotUnderstood, read, read_record, write
from impasto.engine.daemon.sums import Damaged, check
from impasto.engine.errors import ImpastoError
from impasto.protocol.places import sync_folder

log = logging.getLogger("impasto.daemon")

DAMAGED = "damaged"  # the folder, in the spool
NOTE = "aside.mp"  # in the folder of a job of which a file is damaged: which one


class Aside:
    """Jobs of a spool that cannot be gone on with, as they are; whose they are is told to nobody else."""

    def __init__(self, spool: Path) -> None:
        self._spool, self._folder = spool, spool / DAMAGED
        self._jobs: dict[str, tuple[str | None, str]] = {}  # whose it is, if that is known, and why

    @property
    def count(self) -> int:
        """How many jobs these are."""
        return len(self._jobs)

    def why(self, job: str, client: str) -> str:
        """Why a client's job is here; nothing if it is not. One that is too damaged to say whose it is, is anybody's
        who knows its id."""
        owner, why = self._jobs.get(job, (None, ""))
        return why if owner in (None, client) else ""

    def unreadable(self, job: str) -> None:
        """A job cannot be read now: it stays where it is, another time perhaps."""
        self._jobs[job] = None, "it cannot be read now"

    def put(self, place: Path, client: str | None, why: str, damaged: str | None = None) -> None:
        """Set a job aside; damaged: the file of it that is not as its sums say."""
        try:
            place.rmdir()  # what is empty holds nothing of anybody's
            return
        except OSError:
            self._jobs[place.name] = client, why
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if damaged is not None:
                write(place / NOTE, {"file": damaged})
            place.rename(self._folder / place.name)
            sync_folder(self._folder)
            sync_folder(self._spool)
            log.warning("job set aside", extra={"job": place.name, "why": why})
        except (OSError, ImpastoError) as problem:  # so it stays where it is
            log.error("job cannot be set aside: %s", problem, extra={"job": place.name, "why": why})

    def take_back(self) -> None:
        """Look again at all that is here: a newer Impasto may understand it, somebody may have mended it."""
        self._jobs.clear()
        for place in [*self._folder.iterdir()] if self._folder.is_dir() else []:
            try:
                _look_again(place)
                place.rename(self._spool / place.name)
                log.info("job understood now", extra={"job": place.name})
            except OSError:
                self.unreadable(place.name)
            except NotUnderstood as error:
                self._jobs[place.name] = error.client, error.why


def _look_again(place: Path) -> None:
    """Raises NotUnderstood if a job still cannot be gone on with, OSError if it cannot be read now."""
    record = read_record(place)
    if not (place / NOTE).exists():
        return
    file, sums = read(place / NOTE).get("file"), record.planes if record.event is None else record.sums
    if sums and file in sums:
        try:
            check(place / file, sums[file])
        except Damaged as error:
            raise NotUnderstood(record.client, str(error)) from error
    (place / NOTE).unlink()
