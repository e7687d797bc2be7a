"""Which job is next: each client in turn, previews first; and what each client hears of its jobs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from impasto.engine.daemon.records import Record
from impasto.engine.daemon.sums import Sums
from impasto.protocol.messages import QUICK

MOST_WAITING = 100  # jobs of one client
KEPT_EVENTS = 500  # of a job, for those who attach later


@dataclass
class Job:
    """A job that has been accepted."""

    id: str
    record: Record  # without what was asked for, which is on disk until it is painted
    seq: int = 0  # number of the last event
    outcome: str | None = None  # the event that ended it, once that is on disk
    ending: tuple[dict[str, Any], dict[str, Sums]] | None = None  # that event and its files' sums, until it is
    at: float = 0.0  # second of the spool's counters in which it ended
    size: int = 0  # bytes of its result
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    listeners: set[bytes] = field(default_factory=set)
    cancelled: bool = False  # is to end
    paused: bool = False  # is not to be done until its client says so
    turn: float = 0.0  # of its client's jobs that wait, a smaller one goes first
    deaths: int = 0  # of workers, while they painted it
    brought: int = 0  # bytes of the planes that it came with

    @property
    def client(self) -> str:
        """The key of whoever asked."""
        return self.record.client

    @property
    def kind(self) -> str:
        """What was asked for, such as "paint"."""
        return self.record.kind

    @property
    def quick(self) -> bool:
        """Does somebody wait for it, who is not going to wait for a painting?"""
        return self.kind in QUICK

    def told(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event with its number, kept for those who attach later. Of progress only the last is kept."""
        self.seq += 1
        event = {**event, "job": self.id, "seq": self.seq}
        if event["event"] == "preview":
            return event  # pixels age fast
        if event["event"] == "progress" and self.events and self.events[-1]["event"] == "progress":
            self.events.pop()
        self.events.append(event)
        return event


class Queue:
    """Waiting jobs: clients take turns, whatever each asks for; a client's previews go before its others.

    It is the turn of who was served longest ago, or never.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[deque[Job], deque[Job]]] = {}
        self._served: dict[str, None] = {}  # clients, the one that was served last at the end

    @property
    def clients(self) -> set[str]:
        """Whose jobs wait."""
        return set(self._waiting)

    def add(self, job: Job, front: bool = False) -> None:
        """Put a job at the end of its client's (or at the front, if it was taken before)."""
        urgent, usual = self._waiting.setdefault(job.client, (deque(), deque()))
        line = urgent if job.record.urgent or job.quick else usual
        line.appendleft(job) if front else line.append(job)

    def arrange(self, jobs: list[Job]) -> None:
        """Of those of these jobs that wait, which are one client's, an earlier one in the list goes first."""
        for line in self._waiting.get(jobs[0].client, ()) if jobs else ():
            wanted = [job for job in jobs if job in line]
            for place, job in zip([k for k, job in enumerate(line) if job in wanted], wanted, strict=True):
                line[place] = job

    def next(self, may: Callable[[Job], bool] = lambda _: True) -> Job | None:
        """The next job that `may` be begun, which waits no more."""
        for client in self._turns():
            lines = self._waiting[client]
            line = next((line for line in lines if line and may(line[0])), None)
            if line is not None:
                job = line.popleft()
                self._served.pop(client, None)
                self._served[client] = None
                if not any(lines):
                    del self._waiting[client]
                return job
        return None

    def _turns(self) -> list[str]:
        """Clients whose jobs wait, in the order of their turns."""
        return [*(c for c in self._waiting if c not in self._served), *(c for c in self._served if c in self._waiting)]

    def firsts(self) -> list[Job]:
        """The job of each client that would be next."""
        return [next(line[0] for line in lines if line) for lines in self._waiting.values()]

    def remove(self, job: Job) -> bool:
        """Take a job out; says whether it waited."""
        for line in self._waiting.get(job.client, ()):
            if job in line:
                line.remove(job)
                if not any(self._waiting[job.client]):
                    del self._waiting[job.client]
                return True
        return False

    def count(self, client: str | None = None) -> int:
        """How many jobs wait, of one client or in all."""
        lines = self._waiting.values() if client is None else [self._waiting.get(client, ((), ()))]
        return sum(len(line) for pair in lines for line in pair)

    def of(self, client: str) -> list[Job]:
        """The waiting jobs of a client."""
        return [job for line in self._waiting.get(client, ()) for job in line]

    def position(self, job: Job) -> int:
        """How many jobs will be done before this one, at least: those of its own client, and one of each other's.

        Of its first job, those of whose turn comes before.
        """
        urgent, usual = self._waiting.get(job.client, (deque(), deque()))
        line = [*urgent, *usual]
        own, turns = line.index(job) if job in line else 0, self._turns()
        if own == 0 and job.client in turns:
            return turns.index(job.client)
        return own + sum(1 for client in turns if client != job.client)


class Canvas:
    """What one listener has seen of one job's preview, so that only what changed has to be sent."""

    def __init__(self) -> None:
        self._seen: np.ndarray | None = None
        self.pending: int | None = None  # the number of the preview that it has not acknowledged

    def changed(self, pixels: np.ndarray) -> tuple[int, int, np.ndarray] | None:
        """Where and what changed (y, x, pixels) since the last time, and remember it; None if nothing did."""
        if self._seen is None or self._seen.shape != pixels.shape:
            self._seen = pixels
            return 0, 0, pixels
        # four bytes at once
        rows = np.flatnonzero((self._seen.view(np.uint32) != pixels.view(np.uint32)).any((1, 2)))
        if not len(rows):
            return None
        top, bottom = rows[0], rows[-1] + 1
        columns = np.flatnonzero(
            (self._seen[top:bottom].view(np.uint32) != pixels[top:bottom].view(np.uint32)).any((0, 2))
        )
        left, right = columns[0], columns[-1] + 1
        self._seen = pixels
        return int(top), int(left), np.ascontiguousarray(pixels[top:bottom, left:right])
