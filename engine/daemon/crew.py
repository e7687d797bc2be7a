"""The workers: one always, and more while several keys want something painted, so that nobody waits for another's job.

Each paints one job at a time and the system gives them their turns, so a long job goes on, to the same bits, while a
short one is done beside it. Where others than the owner come in, one more than have work is kept ready meanwhile; each
further worker is let go when it has had nothing to do for a while.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import zmq

from impasto.engine.daemon.worker_process import WorkerProcess

MOST_WORKERS = 4  # at a time
IDLE = 60.0  # seconds without a job and without a reason after which a further worker is let go


class Crew:
    """The workers, the first of which is always there.

    What they say arrives at `sockets`. threads: of each; checkpoint_every, device: as `WorkerProcess` takes them.
    """

    def __init__(
        self, context: zmq.Context, threads: int | None, checkpoint_every: float | None = None, device: str = "auto"
    ) -> None:
        names = ["worker", *(f"worker-{k}" for k in range(2, MOST_WORKERS + 1))]
        self._workers = [
            WorkerProcess(context, threads, checkpoint_every, device, name=name, rests=bool(k))
            for k, name in enumerate(names)
        ]
        self._needed = [time.monotonic()] * MOST_WORKERS
        self._busy: set[WorkerProcess] = set()

    @property
    def sockets(self) -> list[zmq.Socket]:
        """Where what they say arrives, to be polled together with the daemon's own."""
        return [worker.socket for worker in self._workers]

    @property
    def device(self) -> str:
        """What is painted on."""
        return self._workers[0].device

    @property
    def preparing(self) -> str | None:
        """What the first worker is doing before it can paint; None once it can."""
        return self._workers[0].preparing

    @property
    def trouble(self) -> str:
        """Why no worker starts; nothing as long as there is hope."""
        return "" if any(worker.ready for worker in self._workers) else self._workers[0].trouble

    @property
    def places(self) -> int:
        """How many more jobs could be painted at the same time, were all workers there."""
        return MOST_WORKERS - len(self._busy)

    def free(self) -> WorkerProcess | None:
        """A worker that can begin a job now, if there is one."""
        return next((w for w in self._workers if w.ready and w not in self._busy), None)

    def take(self, worker: WorkerProcess) -> None:
        """A job is handed to this one."""
        self._busy.add(worker)

    def heard(self) -> Iterator[tuple[WorkerProcess, dict[str, Any], bytes]]:
        """What the workers have said since the last time, each in turn."""
        for worker in self._workers:
            while (told := worker.heard()) is not None:
                yield worker, *told

    def done(self, worker: WorkerProcess) -> None:
        """It has its job no more."""
        self._busy.discard(worker)

    def mind(self, wanted: int, waits: bool) -> None:
        """Look after each worker.

        wanted: how many should be there; waits: does any job wait?
        """
        now, wanted = time.monotonic(), min(max(wanted, 1), MOST_WORKERS)
        for k, worker in enumerate(self._workers):
            if k < wanted or worker in self._busy:
                self._needed[k] = now
                worker.rests = False
            elif k and not worker.rests and now - self._needed[k] > IDLE:
                worker.rest()
            if not worker.rests:
                worker.mind(waits)

    def close(self) -> None:
        """End them all; their jobs go on from their checkpoints another time."""
        for worker in self._workers:
            worker.close()
