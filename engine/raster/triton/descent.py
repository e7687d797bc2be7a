"""The optimiser's loop on the GPU: strokes, Adam's memory and the goal stay there for as many steps as are asked for.

A step is some twenty launches that depend on nothing the host would have to look at: which background, which rate,
which of the canvas's lattices and where the loss goes, the device reads from lists by its own count of turns. So a step
is recorded once, as a CUDA graph, and played back. Room for pairs is planned with some to spare; a step for which it
does not suffice changes nothing, the count of turns tells, and it is taken again with more room. Bits therefore do not
depend on the room there was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.engine.raster.cpu.raster import NEARLY, Interrupted
from impasto.engine.raster.triton.placed import INTERPRETED, Placed, Turns, tensor
from impasto.engine.raster.triton.raster import (
    BLOCK,
    BYTES_PER_PAIR,
    PARTS,
    ROW,
    ROWS,
    TILE_W,
    TritonRaster,
)
from impasto.engine.raster.triton.step import adam, tick

if TYPE_CHECKING:
    from impasto.engine.raster.lattice import Lattice
    from impasto.engine.raster.region_tiles import RegionTiles

f4 = np.float32
SPARE = 1.5  # room for pairs, over those there are
LEAST_ROOM = 4096  # pairs
# Strips that a stroke touches by its outline, and strokes over a strip by their area. Measured on finished paintings:
STRIPS_EACH, DEPTH = 3.5, 12
AHEAD = 4  # steps that are launched before the first of them need be done, so that a cancel is obeyed soon


@dataclass(frozen=True)
class Rules:
    """What a stroke may become and how fast, as `engine.painter.optimizer.Optimizer` has it.

    rates, low, high (13,): each column's step and range; sizes: canvas units, see `adam.adam_step`; bend,
    taper: shares.
    """

    rates: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sizes: tuple[float, float]
    bend: float
    taper: float
    betas: tuple[float, float]


class RecordedSteps:
    """Steps down the loss of one target, for `count` strokes and at most `turns` steps at a time.

    The target is P lattices of one canvas, of the raster's stride, that take turns: colours (P, 3, H, W) and P region
    tiles, which have the same tiles at the same places; a pixel beyond the canvas weighs nothing. mode: as in
    `TritonRaster.loss_and_gradient`, and so caution; graphs: whether to record steps; without, every launch is the
    host's. Raises torch.OutOfMemoryError where the device's memory does not suffice, and ValueError for lattices that
    do not fit.
    """

    def __init__(
        self, raster: TritonRaster, count: int, colours: np.ndarray, region_tiles: Sequence[RegionTiles],
        lattices: Sequence[Lattice], mode: int, rules: Rules, turns: int,
        *, graphs: bool = True, caution: float = 1.0,
    ) -> None:  # fmt: skip
        if not len(colours) == len(region_tiles) == len(lattices) > 0:
            raise ValueError("each lattice has its colours and its region tiles")
        if any(lattice.stride != raster.lattice.stride for lattice in lattices):
            raise ValueError("lattices that take turns have the raster's stride")
        self._raster, self._count, self._mode, self._rules = raster, count, mode, rules
        self._caution, self._placed = caution, Placed.of(region_tiles, PARTS)
        self._target = tensor(colours)
        self._rates, self._low, self._high = (tensor(column) for column in (rules.rates, rules.low, rules.high))
        device = self._target.device
        self._table = torch.empty(count, 13, device=device)
        self._mean, self._square, self._gradient = (torch.empty_like(self._table) for _ in range(3))
        self._age, self._region = (torch.zeros(count, dtype=torch.int32, device=device) for _ in range(2))
        self._grounds = torch.zeros(turns, 4, device=device)
        self._step_rates = torch.zeros(turns, device=device)
        self._losses = torch.zeros(turns, dtype=torch.float64, device=device)
        self._loss = torch.zeros((), dtype=torch.float64, device=device)
        self._strip_loss = torch.zeros(self._placed.strips, device=device)
        self._turns = Turns.of(lattices, turns)
        self._pairs = torch.zeros(1, dtype=torch.int32, device=device)
        self._room = 0
        self._graphs = graphs and not INTERPRETED
        self._graph: torch.cuda.CUDAGraph | None = None
        self._warm = False

    def run(
        self,
        table: np.ndarray,
        mean: np.ndarray,
        square: np.ndarray,
        age: np.ndarray,
        region: np.ndarray | None,
        grounds: np.ndarray,
        rates: np.ndarray,
        phases: np.ndarray,
        interrupt: Callable[[], bool] | None = None,
    ) -> list[float]:
        """Take a step over each background (turns, 4) at each rate (turns,), and return the loss before each.

        phases (turns,): which of the lattices, 0..P-1, each step looks at. table, mean, square (N, 13) and age (N,)
        change in place, all at the end; region (N,) or None. Raises Interrupted if `interrupt` says so; nothing has
        changed then.
        """
        turns = len(rates)
        for mine, theirs in zip(self._state, (table, mean, square, age), strict=True):
            mine.copy_(torch.from_numpy(theirs))
        self._region.copy_(torch.from_numpy(np.zeros(self._count, np.int32) if region is None else region))
        self._grounds[:turns] = tensor(grounds)
        self._step_rates[:turns] = tensor(rates)
        self._turns.phases[:turns] = tensor(phases, np.int32)
        self._turns.now.zero_()
        if not self._room:
            self._make_room(self._needed())
        done = 0
        while done < turns:
            self._launch(turns - done, interrupt)
            done, pairs = int(self._turns.now), int(self._pairs)
            if done < turns:
                self._make_room(pairs)
        losses = self._losses[:turns].tolist()
        for mine, theirs in zip(self._state, (table, mean, square, age), strict=True):
            theirs[:] = mine.cpu().numpy()
        return losses

    @property
    def _state(self) -> tuple[torch.Tensor, ...]:
        return self._table, self._mean, self._square, self._age

    def _needed(self) -> int:
        """How many pairs there are now, on one lattice or another; waits for the device."""
        return len(self._raster.bin(self._table, self._placed, self._region).owner)

    def _make_room(self, pairs: int) -> None:
        self._graph, self._warm = None, False
        self._kept = self._moments = self._target[:0]  # given back before more is asked for
        room = max(LEAST_ROOM, int(SPARE * pairs))
        self._kept = torch.empty(room, 2, TILE_W * ROWS, device=self._target.device)
        self._moments = torch.zeros(room, ROW, device=self._target.device)
        self._room = room

    def _launch(self, turns: int, interrupt: Callable[[], bool] | None) -> None:
        """Launch `turns` steps, never too far ahead of the device."""
        marks: list[torch.cuda.Event] = []
        for _ in range(turns):
            if interrupt is not None and interrupt():
                raise Interrupted
            if self._graphs and self._warm and self._graph is None:
                self._record()
            if self._graph is not None:
                self._graph.replay()
            else:
                self._step()
            self._warm = True  # kernels are compiled and loaded, which a recording does not suffer
            if not INTERPRETED:
                marks.append(torch.cuda.Event())
                marks[-1].record()
                if len(marks) > AHEAD:
                    marks.pop(0).synchronize()

    def _record(self) -> None:
        """Record a step. Without torch.cuda.graph, which also collects garbage: that takes longer than many steps."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(stream):
                graph.capture_begin(capture_error_mode="thread_local")  # previews are rendered by another thread
                try:
                    self._step()
                finally:
                    graph.capture_end()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:  # a driver that cannot: then each launch is the host's
            self._graphs = False
            return
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = graph

    def _step(self) -> None:
        """All launches of one step."""
        raster, rules, n = self._raster, self._rules, self._count
        pairs = raster.bin(self._table, self._placed, self._region, self._room, self._turns)
        self._moments.zero_()
        raster.paint(
            pairs, self._mode, self._grounds, NEARLY, self._target, self._placed, turns=self._turns,
            kept=self._kept, moments=self._moments, losses=self._strip_loss, caution=self._caution,
        )  # fmt: skip
        torch.sum(self._strip_loss, 0, dtype=torch.float64, out=self._loss)
        raster.gathered(pairs, self._moments, self._gradient)
        adam[(-(-n // BLOCK),)](
            self._table, self._gradient, self._mean, self._square, self._age, self._rates, self._low, self._high,
            self._step_rates, self._turns.now, pairs.ends, self._room, n, *rules.sizes, rules.bend, rules.taper,
            *rules.betas, *(float(np.log(beta)) for beta in rules.betas), BLOCK=BLOCK, ABSORBS=raster.edges.absorbs,
        )  # fmt: skip
        self._pairs.copy_(pairs.ends[-1:])
        tick[(1,)](self._losses, self._loss, self._turns.now, pairs.ends, self._room, n, num_warps=1)


def bytes_needed(strokes: int, tiles: int, height: int, width: int, lattices: int = 1) -> int:
    """About how many bytes of the device's memory a descent takes: the pairs above all.

    tiles, height, width: of each of the lattices that take turns.
    """
    pairs = SPARE * (STRIPS_EACH * strokes + DEPTH * PARTS * tiles) + LEAST_ROOM
    pixels = 4 * 4 * height * width + 3 * 4 * tiles * PARTS * ROWS * TILE_W
    return int(pairs * BYTES_PER_PAIR + lattices * pixels + strokes * 13 * 4 * 6)
