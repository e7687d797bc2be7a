"""Numbers that only grow and ages that no clock can turn back: counted while the daemon runs, and kept.

A computer's clock may be set back or ahead between two looks at it, and while an engine is off nobody can tell a
holiday from that. So nothing is decided by it: events and jobs are numbered by the starts of the daemon, and a result's
age is the time that a daemon has run beside it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path

from impasto.engine.daemon.records import NotUnderstood, is_time, read, write
from impasto.engine.errors import ImpastoError

log = logging.getLogger("impasto.daemon")

COUNTERS = ("counters.mp", "counters-2.mp")  # of each other a copy, should one be damaged
PER_START = 1 << 32  # numbers that belong to one start


class Counters:
    """The counters of a spool, in two files of it. A new one is of the next start, once it has `begun`."""

    def __init__(self, spool: Path) -> None:
        self._paths = [spool / name for name in COUNTERS]
        kept = max(map(_kept, self._paths), key=lambda each: (each.get("start", -1), each.get("seconds", 0)))
        # with no file, a number beyond those of older Impastos, which were milliseconds of the day they started on
        self.start = int(kept.get("start", time.time() * 1000 // PER_START))
        self._seconds, self._since = float(kept.get("seconds", 0.0)), time.monotonic()
        self._next = 0

    @property
    def seconds(self) -> float:
        """How long daemons have run on this spool."""
        return self._seconds + time.monotonic() - self._since

    @property
    def first(self) -> int:
        """The number before the first one of this start, larger than all of earlier starts."""
        return self.start * PER_START

    def next(self) -> int:
        """A number larger than all before."""
        self._next += 1
        return self.first + self._next

    def begin(self, numbers: Iterable[int], seconds: Iterable[float]) -> None:
        """Begin the next start, after all that is known from elsewhere, should both files have been lost.

        numbers: of jobs; seconds: at which some ended.
        """
        self.start = max(self.start, *(number // PER_START for number in numbers), 0) + 1
        self._seconds = max(self._seconds, *seconds, 0.0)
        self.keep()

    def keep(self) -> None:
        """Keep the counters; what is not kept of the time is not counted."""
        try:
            for path in self._paths:
                write(path, {"start": self.start, "seconds": self.seconds})
        except (ImpastoError, OSError) as error:  # a full disk; another time
            log.error("counters cannot be kept: %s", error)


def _kept(path: Path) -> dict[str, float]:
    try:
        found = read(path)
    except FileNotFoundError:
        return {}
    except (OSError, NotUnderstood) as error:
        log.warning("%s cannot be read (%s)", path.name, error)
        return {}
    sound = isinstance(found.get("start"), int) and is_time(found.get("seconds"))
    return {"start": found["start"], "seconds": found["seconds"]} if sound and found["start"] >= 0 else {}
