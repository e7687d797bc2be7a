"""The book of all jobs: which wait, which one is painted, how the others ended. On disk it is the spool."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from impasto.engine.daemon.aside import DAMAGED
from impasto.engine.daemon.disk_work import DiskWork, Later
from impasto.engine.daemon.ends import Ends
from impasto.engine.daemon.jobs import Job, Queue
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.records import NotUnderstood, Record
from impasto.engine.daemon.spool import RESULTS_BYTES, RESULTS_SECONDS, Spool
from impasto.engine.daemon.sums import Damaged
from impasto.engine.daemon.worker_process import WorkerProcess
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError

log = logging.getLogger("impasto.daemon")
T = TypeVar("T")

MOST_KEPT = 500  # jobs of one client; of those that ended, the oldest make way
MOST_DEATHS = 3  # of workers, before the job is to blame


class JobBook:
    """All jobs from being accepted until they are forgotten. What happens to them is told to `listeners`.

    It begins with the jobs in the spool: those without an outcome go on. What has to be on disk is done by `disk`;
    that a job is accepted, ended or forgotten is told when it is.
    """

    def __init__(self, spool: Spool, worker: WorkerProcess, listeners: Listeners, disk: DiskWork) -> None:
        self._spool, self._worker, self._listeners, self._disk = spool, worker, listeners, disk
        self._jobs: dict[str, Job] = {}
        self._queue = Queue()
        self._ends = Ends(spool, listeners, disk)
        self._running: Job | None = None
        self._coming: Counter[str] = Counter()  # jobs that are being kept, by client
        for id, record, size in spool.jobs():
            job = self._jobs[id] = Job(id, _slim(record))
            if record.event is None:
                self._queue.add(job)
                log.info("job goes on", extra={"job": id})
            else:
                job.outcome, job.at, job.size = record.event["event"], record.at, size
        for job in self._jobs.values():
            job.seq = spool.counters.first  # its events are newer than all that were told before

    # --- for clients

    def waiting(self, client: str | None = None) -> int:
        """How many jobs wait, of one client or in all."""
        coming = self._coming.total() if client is None else self._coming[client]
        return self._queue.count(client) + coming

    def accept(self, client: str, kind: str, fields: dict[str, Any], planes: dict[str, Path], listener: bytes) -> Later:
        """Take a job on: its id and position, as a client is told them, are there once all of it is on disk.

        planes: what it came with, by file name, moved away at once; listener: the connection that will hear of it.
        Raises ImpastoError if they cannot be moved.
        """
        id, later, number = self._spool.place(planes), Later(), self._spool.counters.next()
        asked = {"client": client, "kind": kind, "fields": fields, "number": number}
        urgent = fields.get("priority") == "preview"
        record = Record(client, kind, fields.get("label", ""), urgent, time.time(), number=number)
        self._coming[client] += 1

        def kept(_: None, error: Exception | None) -> None:
            self._coming[client] -= 1
            if error is not None:
                later.is_(_unkept(error))
                return
            self._make_way(client)
            job = self._jobs[id] = Job(id, record, self._spool.counters.first)
            job.listeners.add(listener)
            self._queue.add(job)
            position = self._queue.position(job) + (self._running is not None)
            log.info("job accepted", extra={"job": id, "kind": kind, "position": position})
            later.is_({"job": id, "position": position})

        self._disk.do(lambda: self._spool.accept(id, asked), kept)
        return later

    def own(self, client: str, id: str) -> Job:
        """A client's job. Raises ProtocolError "job" if it has none of this id."""
        job = self._jobs.get(id)
        if why := self._spool.why_aside(id, client):
            raise self._aside(why)
        if job is None or job.client != client:  # of others' jobs nobody learns, not even that they are there
            raise ProtocolError("job", "there is no such job", "it may have been forgotten")
        return job

    def described(self, job: Job) -> dict[str, Any]:
        """How a job is, as clients are told it."""
        painted = self._running is job or job.ending is not None
        state = job.outcome or ("running" if painted else "waiting")
        return {"job": job.id, "kind": job.kind, "state": state, "label": job.record.label, "seq": job.seq}

    def listed(self, client: str) -> list[dict[str, Any]]:
        """All jobs of a client, described."""
        return [self.described(job) for job in self._jobs.values() if job.client == client]

    def outcome(self, job: Job) -> dict[str, Any] | None:
        """The event that ended a job, unless it is among those remembered. Raises as `read`."""
        if job.outcome is None or job.events:
            return None
        return self._whole(job, lambda: self._spool.outcome(job.id))

    def cancel(self, job: Job) -> None:
        """End a job, soon if it is being painted; one that has ended stays as it is."""
        if self._queue.remove(job):
            self._ends.end(job, {"event": "cancelled"})
        elif self._running is job:
            job.cancelled = True
            self._worker.cancel(job.id)

    def read(self, job: Job, file: str, offset: int, size: int) -> bytes:
        """A part of a file of the result.

        Raises ProtocolError "job" if there is none or it is damaged, ImpastoError as `Spool.read`.
        """
        if job.outcome is None:
            raise ProtocolError("job", "this job has no result", "wait until it is done")
        return self._whole(job, lambda: self._spool.read(job.id, file, offset, size))

    def painting(self, job: Job) -> Path:
        """The file of a job's painting. Raises ProtocolError "job" if there is none or it is damaged."""
        if job.outcome is None:
            raise ProtocolError("job", "this job has no painting", "wait until it is painted")
        try:
            return self._whole(job, lambda: self._spool.painting(job.id))
        except (ImpastoError, OSError) as error:
            raise ProtocolError("job", str(error)) from error

    def forget(self, job: Job) -> Later:
        """Throw a job and its result away: done once nothing can bring it back.

        Raises ProtocolError "job" if it has not ended.
        """
        if job.outcome is None:
            raise ProtocolError("job", "this job is not done yet", "cancel it first")
        later = Later()

        def gone(_: None, error: Exception | None) -> None:
            if error is not None:
                later.is_(_unkept(error))
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
            raise self._aside(str(error)) from error

    def _aside(self, why: str) -> ProtocolError:
        remedy = f"it is kept in spool/{DAMAGED} of the engine's home, and looked at again whenever that starts"
        return ProtocolError("job", f"this job is set aside: {why}", remedy)

    def _make_way(self, client: str) -> None:
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

    # --- for the daemon's loop

    @property
    def waits(self) -> bool:
        """Does any job wait for the worker?"""
        return self._queue.count() > 0

    @property
    def busy(self) -> bool:
        """Is there anything to paint or to keep?"""
        return self._running is not None or self.waits or self._disk.busy or self._ends.waiting

    def is_heard(self, identity: bytes) -> bool:
        """Does this connection listen to any job?"""
        return any(identity in job.listeners for job in self._jobs.values())

    def start_next(self) -> None:
        """Hand the next job to the worker if it has nothing to do."""
        self._ends.turn()
        if self._running is not None or not self._worker.ready or (job := self._queue.next()) is None:
            return
        try:
            folder = self._spool.path(job.id)
        except ImpastoError as error:  # somebody tidied up
            self._ends.end(job, {"event": "failed", "code": "disk", "sentence": str(error), "remedy": "send it again"})
            return
        self._running = job
        self._worker.begin(job.id, folder, job.kind)
        self._listeners.tell(job, {"event": "begun"})

    def worked(self, event: dict[str, Any], data: bytes) -> None:
        """Note what the worker says of the job it has."""
        job = self._jobs.get(event.pop("job", ""))
        kind = event["event"]
        if kind == "died":
            self._died(event["why"])
        elif job is None or job is not self._running:
            return
        elif kind == "preview":
            pixels = np.frombuffer(data, np.uint8).reshape(event["height"], event["width"], 4)
            self._listeners.show(job, pixels)
        elif kind in ("done", "failed", "cancelled"):
            self._running = None
            self._ends.end(job, event, event.pop("sums", {}))
        elif kind == "damaged":
            self._running = None
            self._set_aside(job, event["why"], event["file"])
        else:
            self._listeners.tell(job, event)

    def clean(self) -> None:
        """Forget results that have waited for too long, or are too large together."""
        ended = [job for job in self._jobs.values() if job.outcome is not None]
        ended.sort(key=lambda job: (job.at, job.record.ended))
        total, now = sum(job.size for job in ended), self._spool.counters.seconds
        for job in ended:
            if now - job.at > RESULTS_SECONDS or total > RESULTS_BYTES:
                total -= job.size
                self._throw_away(job)
        self._disk.do(self._spool.counters.keep)

    def _died(self, why: str) -> None:
        """The worker did: its job is painted again, unless it is to blame. If none starts any more, none is painted."""
        job, self._running = self._running, None
        if job is not None:
            job.deaths += 1
            if job.cancelled:
                self._ends.end(job, {"event": "cancelled"})
            elif job.deaths >= MOST_DEATHS:
                self._fail(job, f"painting this ended the engine's worker three times ({why})", "see its log")
            else:
                self._queue.add(job, front=True)
        while self._worker.trouble and (job := self._queue.next()) is not None:
            sentence = f"the engine cannot paint, since its worker does not start ({self._worker.trouble})"
            self._fail(job, sentence, "mend that (impasto serve logs tells more), and send it again")

    def _fail(self, job: Job, sentence: str, remedy: str) -> None:
        self._ends.end(job, {"event": "failed", "code": "crash", "sentence": sentence, "remedy": remedy})

    def _set_aside(self, job: Job, why: str, file: str | None) -> None:
        """A job cannot be painted since what it is made from is damaged: it is kept, and said."""

        def done(_: None, __: Exception | None) -> None:
            said = self._aside(why)
            failed = {"event": "failed", "code": "damaged", "sentence": said.sentence, "remedy": said.remedy}
            self._listeners.tell(job, failed)
            self._drop(job)

        self._disk.do(lambda: self._spool.set_aside(job.id, job.client, why, file), done)


def _slim(record: Record) -> Record:
    """A record without what grows with a job."""
    return replace(record, fields={}, planes=None, sums=None, event=None)


def _unkept(error: Exception) -> ProtocolError:
    """What a client is told when something is not on disk."""
    if isinstance(error, ImpastoError):
        sentence, _, remedy = str(error).partition("; ")
        return ProtocolError("disk", sentence, remedy or "free space there")
    log.error("something could not be kept", exc_info=error)
    return ProtocolError("bug", f"the engine made a mistake ({type(error).__name__})", "its log tells more")
