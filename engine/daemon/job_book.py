"""The book of all jobs: which wait, which one is painted, how the others ended. On disk it is the spool."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.daemon.crew import Crew
from impasto.engine.daemon.jobs import Job, Queue
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.spool import DAMAGED, RESULT, Spool
from impasto.engine.daemon.worker_process import WorkerProcess
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError

log = logging.getLogger("impasto.daemon")

MOST_KEPT = 500  # jobs of one client; of those that ended, the oldest make way
MOST_DEATHS = 3  # of workers, before the job is to blame


class JobBook:
    """All jobs from being accepted until they are forgotten. What happens to them is told to `listeners`.

    It begins with the jobs in the spool: those without an outcome go on.
    """

    def __init__(self, spool: Spool, crew: Crew, listeners: Listeners) -> None:
        self._spool, self._crew, self._listeners = spool, crew, listeners
        self._jobs: dict[str, Job] = {}
        self._queue = Queue()
        self._running: dict[str, tuple[Job, WorkerProcess]] = {}
        for id, asked, outcome in spool.jobs():
            # its events are newer than all that were told before
            job = self._jobs[id] = Job(id, asked["client"], asked["kind"], asked, outcome, int(time.time() * 1000))
            if outcome is None:
                job.brought = spool.brought(id)
                self._queue.add(job)
                log.info("job goes on", extra={"job": id})

    # --- for clients

    def waiting(self, client: str | None = None) -> int:
        """How many jobs wait, of one client or in all."""
        return self._queue.count(client)

    def brought(self, client: str) -> int:
        """How many bytes the waiting jobs of a client came with."""
        return sum(job.brought for job in self._queue.of(client))

    def accept(
        self, client: str, kind: str, fields: dict[str, Any], planes: dict[str, Path], listener: bytes
    ) -> dict[str, Any]:
        """Take a job on: all of it is on disk when this returns its id and position, as a client is told them.

        planes: what it came with, by file name; listener: the connection that will hear of it. Raises ImpastoError if
        it cannot be kept.
        """
        asked = {"client": client, "kind": kind, "fields": fields}
        brought = sum(path.stat().st_size for path in planes.values())
        id = self._spool.accept(asked, planes)
        self._make_way(client)
        job = self._jobs[id] = Job(id, client, kind, asked, brought=brought)
        job.listeners.add(listener)
        self._queue.add(job)
        position = self._queue.position(job) + bool(self._running)
        log.info("job accepted", extra={"job": id, "kind": kind, "position": position})
        return {"job": id, "position": position}

    def own(self, client: str, id: str) -> Job:
        """A client's job. Raises ProtocolError "job" if it has none of this id."""
        job = self._jobs.get(id)
        if why := self._spool.why_aside(id, client):
            remedy = f"it is kept in spool/{DAMAGED} of the engine's home, and looked at again whenever that starts"
            raise ProtocolError("job", f"this job is set aside: {why}", remedy)
        if job is None or job.client != client:  # of others' jobs nobody learns, not even that they are there
            raise ProtocolError("job", "there is no such job", "it may have been forgotten")
        return job

    def described(self, job: Job) -> dict[str, Any]:
        """How a job is, as clients are told it."""
        state = "running" if job.id in self._running else "waiting" if job.outcome is None else job.outcome["event"]
        label = job.request["fields"].get("label", "")
        return {"job": job.id, "kind": job.kind, "state": state, "label": label, "seq": job.seq}

    def listed(self, client: str) -> list[dict[str, Any]]:
        """All jobs of a client, described."""
        return [self.described(job) for job in self._jobs.values() if job.client == client]

    def cancel(self, job: Job) -> None:
        """End a job, soon if it is being painted; one that has ended stays as it is."""
        if self._queue.remove(job):
            self._end(job, {"event": "cancelled"})
        elif job.id in self._running:
            job.cancelled = True
            self._running[job.id][1].cancel(job.id)

    def read(self, job: Job, file: str, offset: int, size: int) -> bytes:
        """A part of a file of the result. Raises ProtocolError "job" if there is none, ImpastoError as `Spool.read`."""
        if job.outcome is None:
            raise ProtocolError("job", "this job has no result", "wait until it is done")
        return self._spool.read(job.id, file, offset, size)

    def painting(self, job: Job) -> Path:
        """The file of a job's painting. Raises ProtocolError "job" if there is none."""
        try:
            file = self._spool.path(job.id) / RESULT
        except ImpastoError as error:
            raise ProtocolError("job", str(error)) from error
        if job.outcome is None or not file.is_file():
            raise ProtocolError("job", "this job has no painting", "wait until it is painted")
        return file

    def forget(self, job: Job) -> None:
        """Throw a job and its result away. Raises ProtocolError "job" if it has not ended."""
        if job.outcome is None:
            raise ProtocolError("job", "this job is not done yet", "cancel it first")
        self._spool.forget(job.id)
        del self._jobs[job.id]
        self._listeners.dismiss(job)

    def _make_way(self, client: str) -> None:
        """Let go of a client's oldest results if it has too many."""
        jobs = [job for job in self._jobs.values() if job.client == client]
        for job in [job for job in jobs if job.outcome is not None][: max(0, len(jobs) + 1 - MOST_KEPT)]:
            self._spool.forget(job.id)
            del self._jobs[job.id]

    # --- for the daemon's loop

    @property
    def waits(self) -> bool:
        """Does any job wait for the worker?"""
        return self._queue.count() > 0

    @property
    def busy(self) -> bool:
        """Is there anything to paint?"""
        return bool(self._running) or self.waits

    @property
    def workers(self) -> int:
        """How many workers would have something to do: a job that is painted, or one that may be beside those."""
        return len(self._running) + sum(map(self._may_start, self._queue.firsts()))

    @property
    def clients(self) -> set[str]:
        """Whose jobs are painted or wait."""
        return {job.client for job, _ in self._running.values()} | self._queue.clients

    def is_heard(self, identity: bytes) -> bool:
        """Does this connection listen to any job?"""
        return any(identity in job.listeners for job in self._jobs.values())

    def start_next(self) -> None:
        """Hand jobs to workers that have nothing to do."""
        while (worker := self._crew.free()) is not None and (job := self._queue.next(self._may_start)) is not None:
            try:
                folder = self._spool.path(job.id)
            except ImpastoError as error:  # somebody tidied up
                self._end(job, {"event": "failed", "code": "disk", "sentence": str(error), "remedy": "send it again"})
                continue
            self._running[job.id] = job, worker
            self._crew.take(worker)
            worker.begin(job.id, folder, job.request)
            self._listeners.tell(job, {"event": "begun"})

    def _may_start(self, job: Job) -> bool:
        """Not beside another of its client's, but for a short one beside a long one while there is room for others."""
        own = [other for other, _ in self._running.values() if other.client == job.client]
        return not own or (job.quick and not any(other.quick for other in own) and self._crew.places > 1)

    def worked(self, worker: WorkerProcess, event: dict[str, Any], data: bytes) -> None:
        """Note what a worker says of the job it has."""
        kind = event["event"]
        if kind == "died":
            self._died(worker, event["why"])
            return
        job, its = self._running.get(event.pop("job", ""), (None, None))
        if job is None or its is not worker:
            return
        if kind == "preview":
            pixels = np.frombuffer(data, np.uint8).reshape(event["height"], event["width"], 4)
            self._listeners.show(job, pixels)
        elif kind in ("done", "failed", "cancelled"):
            self._leave(worker)
            self._end(job, event)
        else:
            self._listeners.tell(job, event)

    def _leave(self, worker: WorkerProcess) -> Job | None:
        """A worker has its job no more, which is returned."""
        self._crew.done(worker)
        job = next((job for job, its in self._running.values() if its is worker), None)
        if job is not None:
            del self._running[job.id]
        return job

    def clean(self) -> None:
        """Forget results that have waited for too long, or are too large together."""
        for id in self._spool.clean():
            self._jobs.pop(id, None)

    def _died(self, worker: WorkerProcess, why: str) -> None:
        """A worker did: its job is painted again, unless it is to blame. If none starts any more, none is painted."""
        job = self._leave(worker)
        if job is not None:
            job.deaths += 1
            if job.cancelled:
                self._end(job, {"event": "cancelled"})
            elif job.deaths >= MOST_DEATHS:
                self._fail(job, f"painting this ended the engine's worker three times ({why})", "see its log")
            else:
                self._queue.add(job, front=True)
        while self._crew.trouble and (job := self._queue.next()) is not None:
            sentence = f"the engine cannot paint, since its worker does not start ({self._crew.trouble})"
            self._fail(job, sentence, "mend that (impasto serve logs tells more), and send it again")

    def _fail(self, job: Job, sentence: str, remedy: str) -> None:
        self._end(job, {"event": "failed", "code": "crash", "sentence": sentence, "remedy": remedy})

    def _end(self, job: Job, event: dict[str, Any]) -> None:
        job.outcome = event
        try:
            self._spool.end(job.id, event)
        except (ImpastoError, OSError) as error:
            log.error("an outcome could not be kept: %s", error, extra={"job": job.id})
        log.info("job %s", event["event"], extra={"job": job.id, "seconds": event.get("seconds")})
        self._listeners.tell(job, event)
        self._listeners.dismiss(job)
