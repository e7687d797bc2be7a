"""Chains as they are traced, and as strokes: chains of quadratic Béziers that end in points."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from impasto.engine.painter.tracing import kernels

f4 = np.float32
POINTS, MOST_LINES = 4_000_000, 200_000  # that are traced at a time
CURVES = 400_000
CLOSEST = 0.4  # pixels that a curve may be off in any case


@dataclass(frozen=True, eq=False)
class Traced:
    """Chains on a plane: points (M, 2) float32 pixels, where each of L lines ends in them, and the way along each.

    along: (M,) 0..1 from a line's first point to its last; line: (M,) which one.
    """

    points: np.ndarray
    ends: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """Where each line begins."""
        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1]])

    @property
    def counts(self) -> np.ndarray:
        """How many points each line has."""
        return self.ends - self.starts

    @property
    def line(self) -> np.ndarray:
        """Which line each point is of."""
        return np.repeat(np.arange(len(self.ends)), self.counts)

    @property
    def along(self) -> np.ndarray:
        """How far along its line each point is, 0..1."""
        line = self.line
        return ((np.arange(len(self.points)) - self.starts[line]) / np.maximum(self.counts[line] - 1, 1)).astype(f4)

    def of(self, plane: np.ndarray) -> np.ndarray:
        """What a plane (H, W) has at each point."""
        x, y = self.points[:, 0].astype(np.intp), self.points[:, 1].astype(np.intp)
        return plane[y.clip(0, plane.shape[0] - 1), x.clip(0, plane.shape[1] - 1)]

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Means (L,) of values (M,) along each line."""
        return np.add.reduceat(values, self.starts) / self.counts if len(self.ends) else np.zeros(0, f4)

    def take(self, which: np.ndarray) -> Traced:
        """Some of the lines: a boolean mask (L,)."""
        return Traced(self.points[which[self.line]], self.counts[which].cumsum())


@dataclass(frozen=True, eq=False)
class Chains:
    """Strokes of lines: table (N, 10) of x0 … y2 r0 r2 t0 t2, canvas units; owner (N,), the line each is a part of.

    worth: (L,) how much each line matters, comparable among all of a picture.
    """

    table: np.ndarray
    owner: np.ndarray
    worth: np.ndarray

    @classmethod
    def none(cls) -> Chains:
        """No lines."""
        return cls(np.zeros((0, 10), f4), np.zeros(0, np.int64), np.zeros(0, f4))

    @staticmethod
    def joined(parts: Iterable[Chains]) -> Chains:
        """All lines of the parts, in that order."""
        parts = [Chains.none(), *parts]
        firsts = np.cumsum([0, *(len(part.worth) for part in parts)])
        owners = [part.owner + first for part, first in zip(parts, firsts, strict=False)]
        tables, worths = [part.table for part in parts], [part.worth for part in parts]
        return Chains(np.concatenate(tables), np.concatenate(owners), np.concatenate(worths))

    def __len__(self) -> int:
        """How many strokes there are."""
        return len(self.table)

    def placed(self, origin: tuple[float, float], scale: float) -> Chains:
        """From pixels to canvas units."""
        table = self.table.copy()
        table[:, :8] /= scale
        table[:, 0:6:2] += f4(origin[0])
        table[:, 1:6:2] += f4(origin[1])
        return replace(self, table=table)

    def take(self, which: np.ndarray) -> Chains:
        """Those strokes for which a mask (N,) is True."""
        return replace(self, table=self.table[which], owner=self.owner[which])


@dataclass(frozen=True)
class Way:
    """How lines go. high, low: how much they have to be wanted to begin, and to go on; longest: pixels of a line;
    crest: how much they are pulled to where they are wanted most, 0..1; least_cos: cosine of the sharpest bend a pixel;
    tightest: most that they turn a pixel for long; keep, begin: of what lines are apart, how near one may come to
    another, and how near one may begin; over: pixels a line may leave its group; beside: whether lines are laid beside
    each other, from the first on; least: points of a line that is worth it.
    """

    high: float
    low: float
    longest: float
    crest: float = 0.0
    least_cos: float = 0.8
    tightest: float = 1.0
    keep: float = 0.62
    begin: float = 0.85
    over: float = 0.0
    beside: bool = False
    least: float = 4.0


def traced(
    want: np.ndarray, along: np.ndarray, patch: np.ndarray, apart: np.ndarray, seeds: np.ndarray, way: Way
) -> Traced:  # fmt: skip
    """Lines, see `kernels.trace`."""
    numbers = np.array(
        [
            way.high, way.low, way.crest, way.least_cos, way.tightest, way.longest, way.keep, way.begin, way.over,
            way.beside,
        ],
        f4,
    )  # fmt: skip
    room = int(min(POINTS, 4 * want.size)) + 4096
    points, ends = np.empty((room, 2), f4), np.zeros(MOST_LINES, np.int64)
    count = kernels.trace(
        np.ascontiguousarray(want, f4), np.ascontiguousarray(along, f4), np.ascontiguousarray(patch, np.int32),
        np.ascontiguousarray(apart, f4), seeds.astype(np.int64), numbers, points, ends,
    )  # fmt: skip
    ends = ends[:count]
    found = Traced(points[: ends[-1] if count else 0].copy(), ends.copy())
    return found.take(found.counts >= way.least)


def strokes_of(
    found: Traced,
    pen: np.ndarray,
    pressure: np.ndarray,
    worth: np.ndarray,
    *,
    knees: np.ndarray | None = None,
    tolerance: float = 0.6,
    pen_tolerance: float = 0.2,
    longest: float = 80,
    smooth: int = 4,
) -> Chains:
    """Traced lines as strokes, pixels. pen: (M,) half widths at the points; pressure: (L,) opacities; worth: (L,).

    knees: (L,) where in a line a curve ends in any case; tolerance: pixels that a curve may be off; pen_tolerance:
    and its width, relatively to the widest there is; longest: points of a curve; smooth: how often they are smoothed.
    """
    if not len(found.ends):
        return Chains.none()
    rows, owners = np.zeros((min(CURVES, len(found.points) + 16), 8), f4), np.zeros(CURVES, np.int64)
    widest = max(float(pen.max()), 1e-6)
    count = kernels.curves(
        found.points.copy(), found.ends, np.ascontiguousarray(pen / widest, f4),
        np.zeros(len(found.ends), f4) if knees is None else knees.astype(f4),
        float(max(tolerance, CLOSEST)), float(pen_tolerance), float(longest), int(smooth), rows, owners,
    )  # fmt: skip
    rows, owners = rows[:count], owners[:count]
    rows[:, 6:] *= f4(widest)
    table = np.concatenate([rows, np.repeat(pressure[owners][:, None], 2, 1)], 1).astype(f4)
    return Chains(table, owners, worth.astype(f4))
