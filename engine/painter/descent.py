"""How a group's strokes move: steps down the loss of a target, taken one by one, or several at a time by a GPU itself.

What moves strokes asks nowhere else on which device it is; `retry` chooses another one when memory is short.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.losses import Loss, PixelLoss
from impasto.engine.painter import whole_canvas
from impasto.engine.painter.optimizer import Moments, Optimizer
from impasto.engine.painter.targets import Target
from impasto.engine.raster.devices import free_gpu_memory, raster_class
from impasto.engine.raster.edges import StrokeEdge

if TYPE_CHECKING:
    from impasto.engine.raster.devices import Raster
    from impasto.engine.raster.triton.descent import RecordedSteps

f4 = np.float32
RECORDED_STEPS = 10  # steps that a GPU takes before it is asked for anything: the loss, a preview, to stop


class Descent:
    """Steps down a loss, one by one: on any device, with any loss.

    edges: how the strokes' edges fade while they move; stride: after how many iterations, counted from a phase's first,
    the painter may look at the strokes.
    """

    stride = 1

    def __init__(self, device: str, edges: StrokeEdge, loss: Loss, optimizer: Optimizer, threads: int | None) -> None:
        self._device, self._edges, self._loss, self._optimizer = device, edges, loss, optimizer
        self._threads = threads
        self._rasters: dict[tuple[int, int], Raster] = {}

    @property
    def side_by_side(self) -> int | None:
        """How many threads may render at the same time, None for the default: a GPU does one thing at a time."""
        return self._threads if self._device == "cpu" else 1

    def raster(self, height: int, width: int, **options: Any) -> Raster:
        """A canvas of this size; options as `CpuRaster` takes them."""
        return raster_class(self._device)(height, width, edges=self._edges, threads=self._threads, **options)

    def raster_of(self, target: Target, interrupt: Callable[[], bool]) -> Raster:
        """This target's canvas, the same one each time."""
        size = target.height, target.width
        if size not in self._rasters:
            self._rasters[size] = self.raster(*size)
        self._rasters[size].interrupt = interrupt
        return self._rasters[size]

    def require_memory(self, strokes: int, largest: Callable[[], Target]) -> None:
        """Raise MemoryError if this many strokes are certain not to fit; `largest` makes the target that needs most."""

    def run(
        self, table: np.ndarray, moments: Moments, region: np.ndarray | None, target: Target, grounds: list[np.ndarray],
        rates: list[float], interrupt: Callable[[], bool],
    ) -> list[float]:  # fmt: skip
        """A step over each background (4,) at each rate, and the loss before each; table and moments change in place.

        table: (N, 13); region: (N,) int32, which of the target's regions each stroke belongs to; None if there is one.
        Raises Interrupted, and has then changed nothing since the last step.
        """
        raster, losses = self.raster_of(target, interrupt), []
        for ground, rate in zip(grounds, rates, strict=True):
            loss, gradient = self._loss_and_gradient(raster, table, ground, target, region)
            self._optimizer.step(table, moments, gradient, rate)
            losses.append(loss)
        return losses

    def _loss_and_gradient(
        self, raster: Raster, table: np.ndarray, ground: np.ndarray, target: Target, region: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        goal, tiles = target.colours, target.region_tiles
        if isinstance(self._loss, PixelLoss):
            return raster.loss_and_gradient(table, ground, goal, tiles, self._loss.mode, region=region)
        return whole_canvas.loss_and_gradient(raster, table, ground, goal, tiles, self._loss, region)


class RecordedDescent(Descent):
    """Steps that a GPU takes by itself, with a loss that its kernels know."""

    stride = RECORDED_STEPS

    def __init__(
        self, device: str, edges: StrokeEdge, loss: PixelLoss, optimizer: Optimizer, threads: int | None
    ) -> None:
        super().__init__(device, edges, loss, optimizer, threads)
        self._mode = loss.mode
        self._last: tuple[tuple[int, int, int], RecordedSteps] | None = None

    def require_memory(self, strokes: int, largest: Callable[[], Target]) -> None:
        """As `Descent.require_memory`; asks the GPU how much it has free."""
        from impasto.engine.raster.triton.descent import bytes_needed

        free, target = free_gpu_memory(), largest()
        needed = bytes_needed(strokes, len(target.region_tiles.place), target.height, target.width)
        if free is not None and needed > free:
            raise MemoryError(f"a GPU of {free >> 20} MB free is asked for {needed >> 20} MB")

    def run(
        self, table: np.ndarray, moments: Moments, region: np.ndarray | None, target: Target, grounds: list[np.ndarray],
        rates: list[float], interrupt: Callable[[], bool],
    ) -> list[float]:  # fmt: skip
        """As `Descent.run`; but raises Interrupted before anything has changed."""
        from impasto.engine.raster.triton.descent import RecordedSteps
        from impasto.engine.raster.triton.raster import TritonRaster

        key = target.height, target.width, len(table)
        if self._last is None or self._last[0] != key:
            self._last = None  # gives its memory back before the next one takes some
            steps = RecordedSteps(
                TritonRaster(target.height, target.width, edges=self._edges), len(table), target.colours,
                target.region_tiles, self._mode, self._optimizer.rules(), RECORDED_STEPS,
            )  # fmt: skip
            self._last = key, steps
        return self._last[1].run(
            table, moments.mean, moments.square, moments.age, region, np.array(grounds, f4), np.array(rates, f4),
            interrupt,
        )  # fmt: skip


def descent_on(device: str, edges: StrokeEdge, loss: Loss, optimizer: Optimizer, threads: int | None = None) -> Descent:
    """How strokes move on a device, "cpu" or "cuda"."""
    if device != "cpu" and isinstance(loss, PixelLoss):
        return RecordedDescent(device, edges, loss, optimizer, threads)
    return Descent(device, edges, loss, optimizer, threads)
