"""Ends of jobs: each is kept before it is told, and tried again as long as it cannot be."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from impasto.engine.daemon.disk_work import DiskWork
from impasto.engine.daemon.jobs import Job
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.spool import Spool
from impasto.engine.daemon.sums import Sums

log = logging.getLogger("impasto.daemon")

REMEMBERED = 20  # jobs that ended of which every event is remembered; of others the last one can be read again
AGAIN = 2.0  # seconds after which an end that could not be kept is tried again


class Ends:
    """Keeps how jobs ended, and tells those who listen."""

    def __init__(self, spool: Spool, listeners: Listeners, disk: DiskWork) -> None:
        self._spool, self._listeners, self._disk = spool, listeners, disk
        self._remembered: deque[Job] = deque()
        self._unkept: list[Job] = []
        self._tried = time.monotonic()

    @property
    def waiting(self) -> bool:
        """Is there an end that could not be kept yet?"""
        return bool(self._unkept)

    def end(self, job: Job, event: dict[str, Any], sums: dict[str, Sums] | None = None) -> None:
        """End a job by an event; sums: of the files of its result."""
        job.ending = event, sums or {}
        self._keep(job)

    def turn(self) -> None:
        """Try those again that could not be kept."""
        if self._unkept and time.monotonic() - self._tried > AGAIN:
            self._tried = time.monotonic()
            jobs, self._unkept = self._unkept, []
            for job in jobs:
                self._keep(job)

    def _keep(self, job: Job) -> None:
        assert job.ending is not None
        event, sums = job.ending
        self._disk.do(
            lambda: self._spool.end(job.record, job.id, event, sums), lambda kept, error: self._kept(job, kept, error)
        )

    def _kept(self, job: Job, kept: tuple[float, int], error: Exception | None) -> None:
        """It is on disk, or it is not: then nobody is told what may not be so after a restart."""
        assert job.ending is not None
        event, _ = job.ending
        if error is not None:
            log.error("an outcome could not be kept: %s", error, extra={"job": job.id})
            self._unkept.append(job)
            return
        job.ending, job.outcome, (job.at, job.size) = None, event["event"], kept
        log.info("job %s", event["event"], extra={"job": job.id, "seconds": event.get("seconds")})
        self._listeners.tell(job, event)
        self._listeners.dismiss(job)
        self._remembered.append(job)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popleft().events.clear()
