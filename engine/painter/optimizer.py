"""The optimiser of the stroke table: Adam with a step size per column and per stroke, and what strokes may become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.painter.adam import adam_step
from impasto.engine.painter.rule import values_at
from impasto.engine.painting.strokes import R0, R2, middles
from impasto.engine.parallel import in_parts
from impasto.engine.raster.layout import DEEPEST
from impasto.engine.raster.region_tiles import RegionTiles
from impasto.engine.shapes import Colours, Each, Indices, Map, Numbers, Plane, RegionOf, Table, Which
from impasto.engine.styles.style import Learning, Shape

if TYPE_CHECKING:
    from impasto.engine.raster.devices import Raster
    from impasto.engine.raster.triton.descent import Rules

f4 = np.float32
BETAS = (0.7, 0.7)  # of Adam: what it keeps of the mean, and of the mean square, from step to step
LATTICE_BETAS = (0.9, 0.9)  # each lattice sees only a part, and a finish only settles: to be remembered longer
STEP_SIZE = (1.5 / 512, 12 / 512)  # canvas units: the radii between which steps grow with the stroke
AT_A_TIME = 2048  # strokes that a thread moves
USELESS, OF_LITTLE_USE = 0.1, 0.6  # a stroke is of less than so much of the median worth
_ALL = np.ones((1, 1), f4)  # of the smallest radius, everywhere
CANVAS_MARGIN = 0.03  # how far control points may leave the canvas, canvas units


@dataclass
class Moments:
    """Adam's memory of each stroke: mean and mean square of the gradients (N, 13), steps taken (N,).

    seen: (N, 13), the gradient of what senses saw when they last looked; None if there are none, or they have not yet.
    """

    mean: Numbers
    square: Numbers
    age: RegionOf
    seen: Numbers | None = None

    @staticmethod
    def zeros(n: int) -> Moments:
        """The memory of n strokes that have not moved yet."""
        return Moments(np.zeros((n, 13), f4), np.zeros((n, 13), f4), np.zeros(n, np.int32))

    def take(self, index: Indices | Which) -> Moments:
        """The memory of some strokes."""
        seen = None if self.seen is None else self.seen[index]
        return Moments(self.mean[index], self.square[index], self.age[index], seen)

    def join(self, other: Moments) -> Moments:
        """The memory of these strokes and then the others."""
        seen = None
        if self.seen is not None or other.seen is not None:  # strokes that nobody has seen have no slope
            seen = np.concatenate([np.zeros_like(m.mean) if m.seen is None else m.seen for m in (self, other)])
        return Moments(
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.square, other.square]),
            np.concatenate([self.age, other.age]),
            seen,
        )


class Optimizer:
    """Moves strokes down a gradient and keeps them within what the style allows.

    extent: (width, height) of the canvas in canvas units; absorbs: whether strokes let through what is beneath; margin:
    how far control points may leave the canvas, likewise; straight: whether the style's strokes are.
    """

    def __init__(
        self, shape: Shape, learning: Learning, extent: tuple[float, float], *, absorbs: bool = False,
        margin: float = CANVAS_MARGIN,
    ) -> None:  # fmt: skip
        w, h = extent
        self._absorbs, darkest = absorbs, float(DEEPEST) if absorbs else 0.0
        low = [-margin] * 6 + [shape.smallest] * 2 + [shape.opacity[0]] * 2 + [darkest] * 3
        high = [w + margin, h + margin] * 3 + [shape.largest] * 2 + [shape.opacity[1]] * 2 + [1.0] * 3
        self._low, self._high = np.array(low, f4), np.array(high, f4)
        self._bend = f4(0 if shape.straight else shape.bend)
        self._taper, self.straight = f4(shape.taper), shape.straight
        rates = [learning.position] * 6 + [learning.radius] * 2 + [learning.opacity] * 2 + [learning.colour] * 3
        self._rates = np.array(rates, f4)

    def step(
        self, table: Table, moments: Moments, gradient: Table, rate: float,
        betas: tuple[float, float] = BETAS, threads: int | None = 1, finest: Map | None = None,
    ) -> None:  # fmt: skip
        """One step, in place: table (N, 13) against gradient (N, 13), all steps scaled by `rate`.

        finest: (h, w) spread over the canvas, what share of the smallest radius strokes may have there; None for all.
        """
        rates, finest = self._rates * f4(rate), _ALL if finest is None else finest

        def move(part: slice) -> None:
            adam_step(
                table, gradient, moments.mean, moments.square, moments.age, rates, f4(STEP_SIZE[0]), f4(STEP_SIZE[1]),
                self._low, self._high, finest, self._bend, self._taper, self._absorbs, f4(betas[0]), f4(betas[1]),
                part.start, min(part.stop, len(table)),
            )  # fmt: skip

        in_parts(len(table), AT_A_TIME, move, threads)

    def rules(self, betas: tuple[float, float], finest: float = 1.0) -> Rules:
        """The same as data, for a GPU that takes its steps by itself. Imports torch and triton.

        finest: what share of the smallest radius any stroke may have; `at_least` sees to each one's.
        """
        from impasto.engine.raster.triton.descent import Rules

        low = self._low.copy()
        low[R0 : R2 + 1] *= f4(finest)
        return Rules(self._rates, low, self._high, STEP_SIZE, float(self._bend), float(self._taper), betas)

    def at_least(self, table: Table, finest: Map) -> None:
        """Make the strokes no finer, in place, than each may be; finest: as for `step`."""
        low = self._low[R0] * values_at(finest, *middles(table).T)[:, None]
        table[:, R0 : R2 + 1] = np.maximum(table[:, R0 : R2 + 1], low)


def try_step() -> None:
    """One step of one stroke, so that the kernel is compiled."""
    whole = Optimizer(Shape(), Learning(), (1.0, 1.0))
    whole.step(np.full((1, 13), 0.5, f4), Moments.zeros(1), np.ones((1, 13), f4), 1.0)


def useless(
    raster: Raster,
    table: Table,
    target: Colours,
    weight: Plane | RegionTiles,
    share: float,
    *,
    region: RegionOf | None = None,
    wanted: Each | None = None,
) -> Indices:
    """Indices of at most `share` of the strokes, the most useless first: without them the picture is no worse.

    A stroke's worth is the exact growth of the L1 if it alone were removed; a stroke of less than a tenth of the median
    worth counts as useless. It is L1 whatever the style minimises: what matters is whether anything shows, no loss of
    whole canvases could be asked once for each stroke, and another loss would give other paintings than so far.
    wanted: what each is worth besides, 1 for as usual, if strokes are to go where that is more; then those of less
    than six tenths go, as there is a better place for them.
    """
    background = np.append(np.average(target.reshape(3, -1), axis=1), 1).astype(f4)
    worth = raster.removal_costs(table, background, target, weight, region=region)
    least = (USELESS if wanted is None else OF_LITTLE_USE) * np.median(worth)
    worth = worth if wanted is None else worth * wanted
    order = np.argsort(worth, kind="stable")[: int(share * len(table))]
    return order[worth[order] <= least]
