"""How a group's strokes move: steps down the loss of a target, taken one by one, or several at a time by a GPU itself.

What moves strokes asks nowhere else on which device it is; `retry` chooses another one when memory is short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.losses import Loss, PixelLoss
from impasto.engine.painter import whole_canvas
from impasto.engine.painter.drawn_flow import DrawnFlow
from impasto.engine.painter.optimizer import BETAS, LATTICE_BETAS, Moments, Optimizer
from impasto.engine.painter.rule import FINEST
from impasto.engine.painter.seeing import Sight
from impasto.engine.painter.targets import Goal
from impasto.engine.raster.devices import free_gpu_memory, raster_class
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.shapes import Ground, Map, RegionOf, Table

if TYPE_CHECKING:
    from impasto.engine.raster.devices import Raster
    from impasto.engine.raster.triton.descent import RecordedSteps

f4 = np.float32
RECORDED_STEPS = 10  # steps that a GPU takes before it is asked for anything: the loss, a preview, to stop


@dataclass(frozen=True, eq=False)
class Step:
    """A step of a descent: its number since the phase began, the background (4,) under the strokes, and its rate."""

    number: int
    ground: Ground
    rate: float


def betas_on(goal: Goal) -> tuple[float, float]:
    """How long Adam remembers."""
    return LATTICE_BETAS if goal.stride > 1 or goal.calm else BETAS


class Descent:
    """Steps down a loss, one by one: on any device, with any loss.

    edges: how the strokes' edges fade while they move; rhythm: after how many iterations, counted from a phase's first,
    the painter may look at the strokes.
    """

    rhythm = 1

    def __init__(self, device: str, edges: StrokeEdge, loss: Loss, optimizer: Optimizer, threads: int | None) -> None:
        self._device, self._edges, self._loss, self._optimizer = device, edges, loss, optimizer
        self._threads = threads
        self._raster: Raster | None = None

    @property
    def side_by_side(self) -> int | None:
        """How many threads may render at the same time, None for the default: a GPU does one thing at a time."""
        return self._threads if self._device == "cpu" else 1

    def raster(self, height: int, width: int, **options: Any) -> Raster:
        """A canvas of this size; options as `CpuRaster` takes them."""
        return raster_class(self._device)(height, width, edges=self._edges, threads=self._threads, **options)

    def _raster_of(self, goal: Goal, interrupt: Callable[[], bool]) -> Raster:
        """This goal's canvas, the same one as the last time if that was like it."""
        size, last = (goal.height, goal.width), self._raster
        if last is None or size != (last.height, last.width) or goal.stride != last.lattice.stride:
            last = self.raster(*size, scale=goal.scale, lattice=goal.lattices[0])
        last.interrupt, self._raster = interrupt, last
        return last

    def require_memory(self, strokes: int, goal: Callable[[], Goal]) -> None:
        """Raise MemoryError if this many strokes are certain not to fit; `goal` makes what they are fitted to."""

    def run(
        self, table: Table, moments: Moments, region: RegionOf | None, goal: Goal, steps: list[Step],
        interrupt: Callable[[], bool], sight: Sight | None = None, finest: Map | None = None,
        flow: DrawnFlow | None = None,
    ) -> list[float]:  # fmt: skip
        """Take the steps, and tell the loss before each, of pixels alone; table and moments change in place.

        table: (N, 13); region: (N,) int32, which of the goal's regions each stroke belongs to; None if there is one;
        sight: what counts besides pixels. It is looked at every so many steps, so that resuming is exact.
        finest: (h, w) spread over the canvas, what share of the smallest radius strokes may have there; None for all.
        flow: one that somebody has drawn, which strokes are not to leave.
        Raises Interrupted, and has then changed nothing since the last step.
        """
        raster, losses = self._raster_of(goal, interrupt), []
        for step in steps:
            turn = step.number % len(goal.lattices)
            raster.lattice = goal.lattices[turn]
            if sight is not None and (moments.seen is None or step.number % sight.every == 0):
                moments.seen = sight.slope(self.raster, table, step.ground, region, interrupt)
            loss, gradient = self._loss_and_gradient(raster, table, step.ground, goal, turn, region)
            if sight is not None:
                gradient += moments.seen
            self._optimizer.step(table, moments, gradient, step.rate, betas_on(goal), self._threads, finest)
            if flow is not None:
                flow.keep(table, self._optimizer.straight)
            losses.append(loss)
        return losses

    def _loss_and_gradient(
        self, raster: Raster, table: np.ndarray, ground: np.ndarray, goal: Goal, turn: int, region: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        colours, tiles = goal.colours[turn], goal.region_tiles[turn]
        if isinstance(self._loss, PixelLoss):
            return raster.loss_and_gradient(
                table, ground, colours, tiles, self._loss.mode, region=region, caution=goal.caution
            )
        return whole_canvas.loss_and_gradient(raster, table, ground, colours, tiles, self._loss, region)


class RecordedDescent(Descent):
    """Steps that a GPU takes by itself, with a loss that its kernels know."""

    rhythm = RECORDED_STEPS

    def __init__(
        self, device: str, edges: StrokeEdge, loss: PixelLoss, optimizer: Optimizer, threads: int | None
    ) -> None:
        super().__init__(device, edges, loss, optimizer, threads)
        self._mode = loss.mode
        self._last: tuple[tuple[Goal, int, float], RecordedSteps] | None = None

    def require_memory(self, strokes: int, goal: Callable[[], Goal]) -> None:
        """As `Descent.require_memory`; asks the GPU how much it has free."""
        from impasto.engine.raster.triton.descent import bytes_needed

        free, largest = free_gpu_memory(), goal()
        tiles, lattices = len(largest.region_tiles[0].place), len(largest.lattices)
        needed = bytes_needed(strokes, tiles, largest.height, largest.width, lattices)
        if free is not None and needed > free:
            raise MemoryError(f"a GPU of {free >> 20} MB free is asked for {needed >> 20} MB")

    def run(
        self, table: Table, moments: Moments, region: RegionOf | None, goal: Goal, steps: list[Step],
        interrupt: Callable[[], bool], sight: Sight | None = None, finest: Map | None = None,
        flow: DrawnFlow | None = None,
    ) -> list[float]:  # fmt: skip
        """As `Descent.run`, with pixels alone to look at; but raises Interrupted before anything has changed.

        The device knows one smallest radius for all strokes; each one's own is seen to at the end, and so is the flow.
        """
        from impasto.engine.raster.triton.descent import RecordedSteps
        from impasto.engine.raster.triton.raster import TritonRaster

        lowest = 1.0 if finest is None else FINEST
        key = goal, len(table), lowest
        if self._last is None or self._last[0] != key:
            self._last = None  # gives its memory back before the next one takes some
            raster = TritonRaster(
                goal.height, goal.width, edges=self._edges, scale=goal.scale, lattice=goal.lattices[0]
            )
            recorded = RecordedSteps(
                raster, len(table), goal.colours, goal.region_tiles, goal.lattices, self._mode,
                self._optimizer.rules(betas_on(goal), lowest), RECORDED_STEPS, caution=goal.caution,
            )  # fmt: skip
            self._last = key, recorded
        losses = self._last[1].run(
            table, moments.mean, moments.square, moments.age, region, np.array([step.ground for step in steps], f4),
            np.array([step.rate for step in steps], f4),
            np.array([step.number % len(goal.lattices) for step in steps], np.int32), interrupt,
        )  # fmt: skip
        if finest is not None:
            self._optimizer.at_least(table, finest)
        if flow is not None:
            flow.keep(table, self._optimizer.straight)
        return losses


def descent_on(
    device: str, edges: StrokeEdge, loss: Loss, optimizer: Optimizer, threads: int | None = None, *, sees: bool = False
) -> Descent:
    """How strokes move on a device, "cpu" or "cuda"; sees: whether more than pixels counts."""
    if device != "cpu" and isinstance(loss, PixelLoss) and not sees:
        return RecordedDescent(device, edges, loss, optimizer, threads)
    return Descent(device, edges, loss, optimizer, threads)
