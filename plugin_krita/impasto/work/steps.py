"""Work in small steps on the thread that draws Krita's windows: generators that wait without blocking.

A step that yields None goes on when the windows have had their turn; one that yields a function f gives it a callback,
f(resume), and goes on with what `resume(value)` or `resume(error=…)` brings.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator
from typing import Any

from ..guard import attempt, later


class Task:
    """Runs a generator to its end; `failed` hears what went wrong, as an exception and its trace."""

    def __init__(self, work: Generator, failed: Callable[[Exception, str], None]) -> None:
        self._work, self._failed = work, failed
        self.over = self._stepping = False
        later(0, self.step)

    def step(self, value: Any = None, error: Exception | None = None) -> None:
        """Take the next step."""
        if self.over:
            return
        self._stepping = True
        try:
            wanted = self._work.send(value) if error is None else self._work.throw(error)
            self._stepping = False
            if self.over:  # it was stopped meanwhile
                self._work.close()
            elif wanted is None:
                later(0, self.step)
            else:
                wanted(self.step)
        except StopIteration:
            self.over = True
        except Exception as problem:
            self.over = True
            attempt(self._failed, problem, traceback.format_exc())

    def stop(self) -> None:
        """Go no further."""
        if not self.over:
            self.over = True
            if not self._stepping:  # Krita lets Qt go on inside some of its calls, and this may be one
                self._work.close()
