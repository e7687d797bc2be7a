"""Time as a painter sees it: how long it has painted, what is due, how long it still takes."""

import time
from collections import deque
from collections.abc import Iterable

REMEMBERED = 30
LITTLE = 1e-3  # of the whole: of what has hardly begun nobody knows how long it takes
SHARE = 0.2  # of the time, at most, for one of the things that are due: they are there for the painting's sake


class Clock:
    """Seconds painted over all sittings; `every` maps what may be due to its period in seconds, None for never.

    What is in `at_once` is due for the first time from the beginning.
    """

    def __init__(self, before: float, every: dict[str, float | None], at_once: Iterable[str] = ()) -> None:
        now = time.monotonic()
        self._begin = now - before
        self._every = every
        self._last = {what: now - (period or 0) * (what in at_once) for what, period in every.items()}
        self._done: set[str] = set()
        self._marks: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    @property
    def seconds(self) -> float:
        """Seconds painted so far."""
        return time.monotonic() - self._begin

    def due(self, what: str) -> bool:
        """Is it time for that again? If so, its period begins again."""
        every, now = self._every[what], time.monotonic()
        if every is None or now - self._last[what] < every:
            return False
        self._last[what] = now
        return True

    def done(self, what: str) -> None:
        """What was due is done: it is due again when its period is over, but never so soon that it takes over a fifth
        of the time; the first time counts for nothing, since much is loaded then. With a period of 0 it has been asked
        for at any price.
        """
        every, now = self._every[what], time.monotonic()
        if what not in self._done:
            self._done.add(what)
        elif every:
            took = now - self._last[what]
            self._last[what] = max(self._last[what], now + took * (1 / SHARE - 1) - every)

    def left(self, done: float, whole: float) -> float | None:
        """Seconds left at the pace of the last calls; done and whole in one relative unit. None if not yet known."""
        self._marks.append((time.monotonic(), done))
        (t0, d0), (t1, d1) = self._marks[0], self._marks[-1]
        return (whole - done) * (t1 - t0) / (d1 - d0) if d1 > max(d0, LITTLE * whole) else None
