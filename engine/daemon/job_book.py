"""The book of all jobs: which wait, which one is painted, how the others ended. On disk it is the spool."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.daemon.crew import Crew
from impasto.engine.daemon.discretion import Discretion
from impasto.engine.daemon.disk_work import DiskWork, Later
from impasto.engine.daemon.ends import Ends
from impasto.engine.daemon.jobs import Job, Queue
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.records import Record
from impasto.engine.daemon.results import Results, aside, unkept
from impasto.engine.daemon.spool import Spool
from impasto.engine.daemon.worker_process import WorkerProcess
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError

log = logging.getLogger("impasto.daemon")

MOST_DEATHS = 3  # of workers, before the job is to blame
_Turns = dict[str, tuple[Job, float, bool]]  # by id: a job, its turn, and whether it is paused


class JobBook:
    """All jobs from being accepted until they are forgotten. What happens to them is told to `listeners`.

    It begins with the jobs in the spool: those without an outcome go on. What has to be on disk is done by `disk`;
    that a job is accepted, ended or forgotten is told when it is.
    """

    def __init__(self, spool: Spool, crew: Crew, listeners: Listeners, disk: DiskWork, discretion: Discretion) -> None:
        self._discretion = discretion
        self._spool, self._crew, self._listeners, self._disk = spool, crew, listeners, disk
        self._jobs: dict[str, Job] = {}
        self._queue = Queue()
        self._ends = Ends(spool, listeners, disk)
        self.results = Results(self._jobs, spool, listeners, disk)
        self._running: dict[str, tuple[Job, WorkerProcess]] = {}
        self._paused: dict[str, Job] = {}  # jobs that are not to be done for the time being
        self._coming: Counter[str] = Counter()  # jobs that are being kept, by client
        self._coming_bytes: Counter[str] = Counter()  # and what they came with
        for id, record, size in spool.jobs():
            job = self._jobs[id] = Job(id, _slim(record), spool.counters.first)  # events newer than all told before
            if record.event is None:
                job.brought = sum(int(its[0]) for its in (record.planes or {}).values())
                job.turn, job.paused = spool.turn(id, float(record.number or record.accepted))
            else:
                job.outcome, job.at, job.size = record.event["event"], record.at, size
        for job in sorted([job for job in self._jobs.values() if job.outcome is None], key=lambda job: job.turn):
            self._line_up(job)
            log.info("job goes on", extra={"job": job.id})

    # --- for clients

    def waiting(self, client: str | None = None) -> int:
        """How many jobs wait, of one client or in all, those included that are paused or being kept."""
        coming = self._coming.total() if client is None else self._coming[client]
        return self._queue.count(client) + coming + sum(client in (None, job.client) for job in self._paused.values())

    def brought(self, client: str) -> int:
        """How many bytes the waiting jobs of a client came with."""
        paused = [job for job in self._paused.values() if job.client == client]
        return sum(job.brought for job in [*self._queue.of(client), *paused]) + self._coming_bytes[client]

    def accept(self, client: str, kind: str, fields: dict[str, Any], planes: dict[str, Path], listener: bytes) -> Later:
        """Take a job on: its id and position, as a client is told them, are there once all of it is on disk.

        planes: what it came with, by file name, moved away at once; listener: the connection that will hear of it.
        Raises ImpastoError if they cannot be moved.
        """
        brought = sum(path.stat().st_size for path in planes.values())
        id, later, number = self._spool.place(planes), Later(), self._spool.counters.next()
        asked = {"client": client, "kind": kind, "fields": fields, "number": number}
        urgent = fields.get("priority") == "preview"
        record = Record(client, kind, fields.get("label", ""), urgent, time.time(), number=number)
        self._coming[client] += 1
        self._coming_bytes[client] += brought

        def kept(_: None, error: Exception | None) -> None:
            self._coming[client] -= 1
            self._coming_bytes[client] -= brought
            if error is not None:
                later.is_(unkept(error))
                return
            self.results.make_way(client)
            job = self._jobs[id] = Job(id, record, self._spool.counters.first, brought=brought, turn=float(number))
            job.listeners.add(listener)
            self._queue.add(job)
            position = self._queue.position(job) + bool(self._running)
            log.info("job accepted", extra={"job": id, "kind": kind, "position": position})
            later.is_({"job": id, "position": position})

        self._disk.do(lambda: self._spool.accept(id, asked), kept)
        return later

    def own(self, client: str, id: str) -> Job:
        """A client's job. Raises ProtocolError "job" if it has none of this id."""
        job = self._jobs.get(id)
        if why := self._spool.why_aside(id, client):
            raise aside(why)
        if job is None or job.client != client:  # of others' jobs nobody learns, not even that they are there
            raise ProtocolError("job", "there is no such job", "it may have been forgotten")
        return job

    def described(self, job: Job) -> dict[str, Any]:
        """How a job is, as clients are told it."""
        painted = job.id in self._running or job.ending is not None
        state, label = job.outcome or ("running" if painted else "waiting"), job.record.label
        return {"job": job.id, "kind": job.kind, "state": state, "label": label, "seq": job.seq, "paused": job.paused}

    def listed(self, client: str) -> list[dict[str, Any]]:
        """All jobs of a client, described."""
        return [self.described(job) for job in self._jobs.values() if job.client == client]

    def cancel(self, job: Job) -> None:
        """End a job, soon if it is being painted; one that has ended stays as it is."""
        if self._queue.remove(job) or self._paused.pop(job.id, None) is not None:
            self._ends.end(job, {"event": "cancelled"})
        elif job.id in self._running:
            job.cancelled = True
            self._running[job.id][1].cancel(job.id)

    def pause(self, job: Job, on: bool) -> Later:
        """Do not do a job for the time being (what is being painted stops soon, and goes on from there), or again.

        Done once that is kept.
        """
        if job.outcome is not None or job.paused == on:
            nothing: _Turns = {}  # but what was asked for before may not be kept yet
            return _keep_turns(self._spool, self._disk, nothing, lambda: None)

        def kept() -> None:
            if job.outcome is not None:
                return
            if job.id in self._running:
                if on:
                    self._running[job.id][1].pause(job.id)
            elif on and self._queue.remove(job):
                self._paused[job.id] = job
            elif not on and self._paused.pop(job.id, None) is not None:
                self._queue.add(job)
            self._listeners.tell(job, {"event": "paused", "on": on})

        return _keep_turns(self._spool, self._disk, {job.id: (job, job.turn, on)}, kept)

    def arrange(self, jobs: list[Job]) -> Later:
        """Do one client's jobs in this order, as far as they wait. Done once that is kept."""
        waiting = [job for job in {job.id: job for job in jobs}.values() if job.outcome is None]
        turns = zip(waiting, sorted(job.turn for job in waiting), strict=True)
        wanted = {job.id: (job, turn, job.paused) for job, turn in turns}
        return _keep_turns(self._spool, self._disk, wanted, lambda: self._queue.arrange(waiting))

    # --- for the daemon's loop

    @property
    def waits(self) -> bool:
        """Does any job wait for the worker?"""
        return self._queue.count() > 0

    @property
    def busy(self) -> bool:
        """Is there anything to paint or to keep?"""
        return self.works or self._disk.busy

    @property
    def works(self) -> bool:
        """Are there jobs that have not ended? What is kept every now and then, such as the counters, is no work."""
        return bool(self._running) or self.waits or self._ends.waiting

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
        self._ends.turn()
        while (worker := self._crew.free()) is not None and (job := self._queue.next(self._may_start)) is not None:
            try:
                folder = self._spool.path(job.id)
            except ImpastoError as error:  # somebody tidied up
                failed = {"event": "failed", "code": "disk", "sentence": str(error), "remedy": "send it again"}
                self._ends.end(job, failed)
                continue
            self._running[job.id] = job, worker
            self._crew.take(worker)
            worker.begin(job.id, folder, job.kind)
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
        event = self._discretion.told(job.client, event)
        if kind == "preview":
            pixels = np.frombuffer(data, np.uint8).reshape(event["height"], event["width"], 4)
            self._listeners.show(job, pixels)
        elif kind == "paused":
            self._leave(worker)
            self._line_up(job, front=True)
        elif kind in ("done", "failed", "cancelled"):
            self._leave(worker)
            self._ends.end(job, event, event.pop("sums", {}))
        elif kind == "damaged":
            self._leave(worker)
            self.results.set_aside(job, event["why"], event["file"])
        else:
            self._listeners.tell(job, event)

    def _leave(self, worker: WorkerProcess) -> Job | None:
        """A worker has its job no more, which is returned."""
        self._crew.done(worker)
        job = next((job for job, its in self._running.values() if its is worker), None)
        if job is not None:
            del self._running[job.id]
        return job

    def _line_up(self, job: Job, front: bool = False) -> None:
        if job.paused:
            self._paused[job.id] = job
        else:
            self._queue.add(job, front)

    def _died(self, worker: WorkerProcess, why: str) -> None:
        """A worker did: its job is painted again, unless it is to blame. If none starts any more, none is painted."""
        job = self._leave(worker)
        if job is not None:
            job.deaths += 1
            if job.cancelled:
                self._ends.end(job, {"event": "cancelled"})
            elif job.deaths >= MOST_DEATHS:
                self._fail(job, f"painting this ended the engine's worker three times ({why})", "see its log")
            else:
                self._line_up(job, front=True)
        while self._crew.trouble and (job := self._queue.next()) is not None:
            sentence = f"the engine cannot paint, since its worker does not start ({self._crew.trouble})"
            self._fail(job, sentence, "mend that (impasto serve logs tells more), and send it again")

    def _fail(self, job: Job, sentence: str, remedy: str) -> None:
        self._ends.end(job, {"event": "failed", "code": "crash", "sentence": sentence, "remedy": remedy})


def _slim(record: Record) -> Record:
    """A record without what grows with a job."""
    return replace(record, fields={}, planes=None, sums=None, event=None)


def _keep_turns(spool: Spool, disk: DiskWork, wanted: _Turns, then: Callable[[], None]) -> Later:
    """Keep the turns of jobs and whether each is paused, and `then` do what follows; answered when that is so."""
    later, before = Later(), {id: (job, job.turn, job.paused) for id, (job, _, _) in wanted.items()}

    def note(turns: _Turns) -> None:
        for job, turn, paused in turns.values():
            job.turn, job.paused = turn, paused

    def work() -> None:
        for id, (job, turn, paused) in wanted.items():
            if job.outcome is None:
                spool.keep_turn(id, turn, paused)

    def kept(_: None, error: Exception | None) -> None:
        if error is None:
            then()
            later.is_({})
        else:
            log.warning("turns cannot be kept: %s", error)
            note(before)
            later.is_(ProtocolError("disk", "it cannot be noted", "free space on the engine's disk"))

    note(wanted)
    disk.do(work, kept)
    return later
