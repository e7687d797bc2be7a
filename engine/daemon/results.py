"""What came of jobs: read as it was kept, thrown away, and set aside where it turns out to be damaged."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from impasto.engine.daemon.aside import DAMAGED
from impasto.engine.daemon.disk_work import DiskWork, Later
from impasto.engine.daemon.jobs import Job
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.records import NotUnderstood
from impasto.engine.daemon.spool import RESULTS_BYTES, RESULTS_SECONDS, Spool
from impasto.engine.daemon.sums import Damaged, check
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError

log = logging.getLogger("impasto.daemon")
T = TypeVar("T")

MOST_KEPT = 500  # jobs of one client; of those that ended, the oldest make way


class Results:
    """Those of all `jobs`, by id, which are the book's: what is forgotten leaves it."""

    def __init__(self, jobs: dict[str, Job], spool: Spool, listeners: Listeners, disk: DiskWork) -> None:
        self._jobs, self._spool, self._listeners, self._disk = jobs, spool, listeners, disk

    def outcome(self, job: Job) -> dict[str, Any] | None:
        """The event that ended a job, unless it is among those remembered. Raises as `read`."""
        if job.outcome is None or job.events:
            return None
        return self._whole(job, lambda: self._spool.outcome(job.id))

    def read(self, job: Job, file: str, offset: int, size: int) -> bytes:
        """A part of a file of the result.

        Raises ProtocolError "job" if there is none or it is damaged, ImpastoError as `Spool.part`.
        """
        if job.outcome is None:
            raise ProtocolError("job", "this job has no result", "wait until it is done")
        return self._whole(job, lambda: self._spool.part(job.id, file, offset, size))

    def painting(self, job: Job, use: Callable[[Path], Any]) -> Later:
        """What `use` answers of the file of a job's painting, once all of that was checked, which may take its time.

        Answers ProtocolError "job" if it is damaged, and raises it if there is none.
        """
        if job.outcome is None:
            raise ProtocolError("job", "this job has no painting", "wait until it is painted")
        try:
            file, sums = self._whole(job, lambda: self._spool.painting(job.id))
        except (ImpastoError, OSError) as error:
            raise ProtocolError("job", str(error)) from error
        later = Later()

        def looked_through(_: None, error: Exception | None) -> None:
            try:
                if error is not None:
                    self._whole(job, partial(_raise, error))
                later.is_(use(file))
            except ProtocolError as refused:
                later.is_(refused)
            except (ImpastoError, OSError) as refused:
                later.is_(ProtocolError("job", str(refused)))

        self._disk.do(lambda: None if sums is None else check(file, sums), looked_through)
        return later

    def forget(self, job: Job) -> Later:
        """Throw a job and its result away: done once nothing can bring it back.

        Raises ProtocolError "job" if it has not ended.
        """
        if job.outcome is None:
            raise ProtocolError("job", "this job is not done yet", "cancel it first")
        later = Later()

        def gone(_: None, error: Exception | None) -> None:
            if error is not None:
                later.is_(unkept(error))
                return
            self._jobs.pop(job.id, None)
            self._listeners.dismiss(job)
            later.is_({})
            self._disk.do(lambda: self._spool.sweep(job.id))

        self._disk.do(lambda: self._spool.forget(job.id), gone)
        return later

    def _whole(self, job: Job, read: Callable[[], T]) -> T:
        """What is read of a job; one that turns out to be damaged is set aside, and said to be."""
        try:
            return read()
        except (Damaged, NotUnderstood) as error:
            self._spool.set_aside(job.id, job.client, str(error), getattr(error, "file", None))
            self._drop(job)
            raise aside(str(error)) from error

    def make_way(self, client: str) -> None:
        """Let go of a client's oldest results if it has too many."""
        jobs = [job for job in self._jobs.values() if job.client == client]
        for job in [job for job in jobs if job.outcome is not None][: max(0, len(jobs) + 1 - MOST_KEPT)]:
            self._throw_away(job)

    def _throw_away(self, job: Job) -> None:
        """Forget a job of which nobody asked that; should that fail it is there again at the next start."""
        self._drop(job)
        self._disk.do(lambda: self._spool.forget(job.id))
        self._disk.do(lambda: self._spool.sweep(job.id))

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        self._listeners.dismiss(job)

    def clean(self) -> None:
        """Forget results that have waited for too long, and the oldest of a client whose are too large together."""
        ended = [job for job in self._jobs.values() if job.outcome is not None]
        ended.sort(key=lambda job: (job.at, job.record.ended))
        now, total = self._spool.counters.seconds, Counter[str]()
        for job in ended:
            total[job.client] += job.size
        for job in ended:
            if now - job.at > RESULTS_SECONDS or total[job.client] > RESULTS_BYTES:
                total[job.client] -= job.size
                self._throw_away(job)
        self._disk.do(self._spool.counters.keep)

    def set_aside(self, job: Job, why: str, file: str | None) -> None:
        """A job cannot be painted since what it is made from is damaged: it is kept, and said."""

        def done(_: None, __: Exception | None) -> None:
            said = aside(why)
            failed = {"event": "failed", "code": "job", "sentence": said.sentence, "remedy": said.remedy}
            self._listeners.tell(job, failed)
            self._drop(job)

        self._disk.do(lambda: self._spool.set_aside(job.id, job.client, why, file), done)


def _raise(error: Exception) -> None:
    raise error


def aside(why: str) -> ProtocolError:
    """What a client is told of a job that was set aside."""
    remedy = f"it is kept in spool/{DAMAGED} of the engine's home, and looked at again whenever that starts"
    return ProtocolError("job", f"this job is set aside: {why}", remedy)


def unkept(error: Exception) -> ProtocolError:
    """What a client is told when something is not on disk."""
    if isinstance(error, ImpastoError):
        sentence, _, remedy = str(error).partition("; ")
        return ProtocolError("disk", sentence, remedy or "free space there")
    log.error("something could not be kept", exc_info=error)
    return ProtocolError("bug", f"the engine made a mistake ({type(error).__name__})", "its log tells more")
