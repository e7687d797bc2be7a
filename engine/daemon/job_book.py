"""The book of all jobs: which wait, which one is painted, how the others ended. On disk it is the spool."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

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

    def __init__(self, spool: Spool, worker: WorkerProcess, listeners: Listeners) -> None:
        self._spool, self._worker, self._listeners = spool, worker, listeners
        self._jobs: dict[str, Job] = {}
        self._queue = Queue()
        self._paused: dict[str, Job] = {}  # jobs that are not to be done for the time being
        self._running: Job | None = None
        for id, asked, outcome in spool.jobs():
            # its events are newer than all that were told before
            self._jobs[id] = Job(id, asked["client"], asked["kind"], asked, outcome, int(time.time() * 1000))
        for job in sorted([job for job in self._jobs.values() if job.outcome is None], key=lambda job: self._turn(job)):
            job.paused = spool.turn(job.id, 0)[1]
            self._line_up(job)
            log.info("job goes on", extra={"job": job.id})

    # --- for clients

    def waiting(self, client: str | None = None) -> int:
        """How many jobs wait, of one client or in all, those that are paused included."""
        return self._queue.count(client) + sum(client in (None, job.client) for job in self._paused.values())

    def accept(
        self, client: str, kind: str, fields: dict[str, Any], planes: dict[str, Path], listener: bytes
    ) -> dict[str, Any]:
        """Take a job on: all of it is on disk when this returns its id and position, as a client is told them.

        planes: what it came with, by file name; listener: the connection that will hear of it. Raises ImpastoError if
        it cannot be kept.
        """
        asked = {"client": client, "kind": kind, "fields": fields}
        id = self._spool.accept(asked, planes)
        self._make_way(client)
        job = self._jobs[id] = Job(id, client, kind, asked)
        job.listeners.add(listener)
        self._queue.add(job)
        position = self._queue.position(job) + (self._running is not None)
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
        state = "running" if self._running is job else "waiting" if job.outcome is None else job.outcome["event"]
        label = job.request["fields"].get("label", "")
        return {"job": job.id, "kind": job.kind, "state": state, "label": label, "seq": job.seq, "paused": job.paused}

    def listed(self, client: str) -> list[dict[str, Any]]:
        """All jobs of a client, described."""
        return [self.described(job) for job in self._jobs.values() if job.client == client]

    def cancel(self, job: Job) -> None:
        """End a job, soon if it is being painted; one that has ended stays as it is."""
        if self._queue.remove(job) or self._paused.pop(job.id, None) is not None:
            self._end(job, {"event": "cancelled"})
        elif self._running is job:
            job.cancelled = True
            self._worker.cancel(job.id)

    def pause(self, job: Job, on: bool) -> None:
        """Do not do a job for the time being (what is being painted stops soon, and goes on from there), or again.

        Raises ProtocolError "disk" if that cannot be kept.
        """
        if job.outcome is not None or job.paused == on:
            return
        self._keep_turn(job, self._turn(job), on)
        job.paused = on
        if self._running is job:
            if on:
                self._worker.pause(job.id)
        elif on:
            self._queue.remove(job)
            self._paused[job.id] = job
        elif self._paused.pop(job.id, None) is not None:
            self._queue.add(job)
        self._listeners.tell(job, {"event": "paused", "on": on})

    def arrange(self, jobs: list[Job]) -> None:
        """Do one client's jobs in this order, as far as they wait. Raises ProtocolError "disk" if it cannot be kept."""
        waiting = [job for job in {job.id: job for job in jobs}.values() if job.outcome is None]
        for job, turn in zip(waiting, sorted(map(self._turn, waiting)), strict=True):
            self._keep_turn(job, turn, job.paused)
        self._queue.arrange(waiting)

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
        return self._running is not None or self.waits

    def is_heard(self, identity: bytes) -> bool:
        """Does this connection listen to any job?"""
        return any(identity in job.listeners for job in self._jobs.values())

    def start_next(self) -> None:
        """Hand the next job to the worker if it has nothing to do."""
        if self._running is not None or not self._worker.ready or (job := self._queue.next()) is None:
            return
        try:
            folder = self._spool.path(job.id)
        except ImpastoError as error:  # somebody tidied up
            self._end(job, {"event": "failed", "code": "disk", "sentence": str(error), "remedy": "send it again"})
            return
        self._running = job
        self._worker.begin(job.id, folder, job.request)
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
        elif kind == "paused":
            self._running = None
            self._line_up(job, front=True)
        elif kind in ("done", "failed", "cancelled"):
            self._running = None
            self._end(job, event)
        else:
            self._listeners.tell(job, event)

    def clean(self) -> None:
        """Forget results that have waited for too long, or are too large together."""
        for id in self._spool.clean():
            self._jobs.pop(id, None)

    def _line_up(self, job: Job, front: bool = False) -> None:
        if job.paused:
            self._paused[job.id] = job
        else:
            self._queue.add(job, front)

    def _turn(self, job: Job) -> float:
        return self._spool.turn(job.id, float(job.request["accepted"]))[0]

    def _keep_turn(self, job: Job, turn: float, paused: bool) -> None:
        try:
            self._spool.keep_turn(job.id, turn, paused)
        except (ImpastoError, OSError) as error:
            raise ProtocolError("disk", "it cannot be noted", "free space on the engine's disk") from error

    def _died(self, why: str) -> None:
        """The worker did: its job is painted again, unless it is to blame. If none starts any more, none is painted."""
        job, self._running = self._running, None
        if job is not None:
            job.deaths += 1
            if job.cancelled:
                self._end(job, {"event": "cancelled"})
            elif job.deaths >= MOST_DEATHS:
                self._fail(job, f"painting this ended the engine's worker three times ({why})", "see its log")
            else:
                self._line_up(job, front=True)
        while self._worker.trouble and (job := self._queue.next()) is not None:
            sentence = f"the engine cannot paint, since its worker does not start ({self._worker.trouble})"
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
