"""Work in small steps on the thread that draws Krita's windows: generators that wait without blocking.

A step that yields None goes on when the windows have had their turn; one that yields a function f gives it a callback,
f(resume), and goes on with what `resume(value)` or `resume(error=…)` brings.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from ..guard import attempt, later

Steps = Generator[Any, Any, None]

_ready: deque[Callable[[], None]] = deque()  # steps that are due, one in each turn of the event loop


class Task:
    """Runs a generator to its end; `failed` hears what went wrong, as an exception and its trace."""

    def __init__(self, work: Generator, failed: Callable[[Exception, str], None]) -> None:
        self._work, self._failed = work, failed
        self.over = self._stepping = False
        _soon(self.step)

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
                _soon(self.step)
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


def _soon(step: Callable[[], None]) -> None:
    """Take a step when the windows, and the steps that were due before, have had their turn."""
    _ready.append(step)
    if len(_ready) == 1:
        later(0, _next)


def _next() -> None:
    step = _ready.popleft()
    if _ready:  # before the step: Krita lets Qt go on inside some of its calls
        later(0, _next)
    step()
