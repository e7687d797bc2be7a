"""How often the worker may be started again, and when it has to be said that it does not start."""

from __future__ import annotations

import time

TRIES = 3  # deaths without a job, each within a minute of its start, after which waiting jobs fail
YOUNG = 60.0  # seconds
AGAIN = 1.0  # seconds from a death to the next start
WANTED, UNWANTED = 2.0, 60.0  # the same after so many: while jobs wait, since it may be mended by now; and else


class Starts:
    """Keeps count of the starts of one worker after the other."""

    def __init__(self) -> None:
        self._began = self._died = -UNWANTED
        self._vain = 0  # in a row
        self.shaken = False  # the last one ended soon: the next should do only what it must
        self._why = ""

    @property
    def trouble(self) -> str:
        """Why workers do not start, as the last one put it; nothing as long as there is hope."""
        return self._why if self._vain >= TRIES else ""

    def due(self, wanted: bool) -> bool:
        """May the next one be started? wanted: do jobs wait?"""
        pause = AGAIN if self._vain < TRIES else WANTED if wanted else UNWANTED
        return time.monotonic() - self._died >= pause

    def began(self) -> None:
        """One is being started."""
        self._began = time.monotonic()

    def worked(self) -> None:
        """One has ended a job."""
        self._vain = 0

    def died(self, why: str, idle: bool) -> None:
        """One is no more; idle: it had no job, which might be to blame."""
        self._died, self._why = time.monotonic(), why
        self.shaken = self._died - self._began < YOUNG
        if idle:
            self._vain = self._vain + 1 if self.shaken else 1
