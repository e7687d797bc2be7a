"""When memory does not suffice: paint on a smaller canvas, then on the CPU, and say so."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.painting.painting import Painting
from impasto.engine.raster.devices import lacks_memory

SMALLEST = 128  # pixels of the working canvas's longer side
GPU_SMALLEST = 0.5  # of the working size asked for; rather the CPU than a canvas smaller than that


class Paints(Protocol):
    """A painter, or what tells like one."""

    total: int

    @property
    def blank(self) -> Painting:
        """What it paints on, without a stroke."""
        ...

    def paint(self, cancelled: Callable[[], bool] = ...) -> Iterator[events.Event]:
        """Carry out the plan."""
        ...


@dataclass(frozen=True)
class Plan:
    """Where, and on a canvas of which longer side."""

    device: str
    working_size: int


def plans(device: str, working_size: int, shrink: bool = True) -> Iterator[Plan]:
    """What to try, one after the other: three quarters of the canvas each time, on the GPU down to half of it.

    The daemon chooses from it before a job begins (`engine.daemon.memory.fitted`), a painter when memory runs out.

    shrink: whether the canvas may be smaller at all; a painting that was begun keeps its own.
    """
    for where in ("cuda", "cpu") if device == "cuda" else ("cpu",):
        size = working_size
        floor = max(SMALLEST, round(GPU_SMALLEST * working_size)) if where == "cuda" else SMALLEST
        yield Plan(where, size)
        while shrink and size > floor:
            size = max(floor, size * 3 // 4)
            yield Plan(where, size)


class RetryingPainter:
    """A painter that begins again on the next of its plans when memory does not suffice.

    begin: makes the painter of a device and a working size. Raises what that raises; ImpastoError with the remedy
    if memory suffices for none of the plans.
    """

    def __init__(
        self, begin: Callable[[str, int], Paints], device: str, working_size: int, *, shrink: bool = True
    ) -> None:  # fmt: skip
        self._begin, self._left = begin, plans(device, working_size, shrink)
        self._asked = working_size
        self._told: list[str] = []
        self._plan = next(self._left)
        self._painter = self._begun()
        self.total = self._painter.total

    @property
    def blank(self) -> Painting:
        """What it paints on: the painting that it will be, without a stroke."""
        return self._painter.blank

    def paint(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[events.Event]:
        """As the painter's own; `Fitted` whenever it begins again."""
        while True:
            while self._told:
                yield events.Fitted(self._told.pop(0))
            try:
                yield from self._painter.paint(cancelled)
                return
            except Exception as error:
                if not lacks_memory(error):
                    raise
            del self._painter
            self._go_on()
            self._painter = self._begun()

    def _begun(self) -> Paints:
        while True:
            try:
                return self._begin(self._plan.device, self._plan.working_size)
            except Exception as error:
                if not lacks_memory(error):
                    raise
            self._go_on()

    def _go_on(self) -> None:
        """To the next plan; called outside of any `except`, whose error would keep all that was painted on alive."""
        before, self._plan = self._plan, next(self._left, self._plan)
        if before == self._plan:
            raise ImpastoError(
                f"memory does not suffice, not even for a canvas of {before.working_size} pixels; close other "
                "programs, or choose a smaller picture or fewer strokes"
            )
        release(before.device)
        self._told.append(sentence(before, self._plan, self._asked))


def sentence(before: Plan, after: Plan, asked: int) -> str:
    """What the user is told of a change of plans."""
    if before.device != after.device:
        return "painted on the CPU, since the GPU's memory is short"
    where = "the GPU's memory" if after.device == "cuda" else "memory"
    return f"painted at {after.working_size} instead of {asked} pixels, since {where} is short"


def release(device: str) -> None:
    """Give back what nobody uses any more."""
    gc.collect()
    if device == "cuda":
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
