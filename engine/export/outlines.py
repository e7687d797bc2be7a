"""Strokes as closed outlines: what programs that know no brushes of varying width show in their place.

An outline is the envelope of a stroke's discs, two sides of cubic Bézier curves and two arcs. It runs where the stroke
covers half as much as where it covers most, so that a hard edge stands for a soft one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import R0, R2, T0, T2

f8 = np.float64
PIECES = (1, 2, 4, 8)  # curves a side may have
TRUE = 5e-5  # canvas units by which a side may be off
_STEEP = 0.995  # of a cone's sides; beyond it the larger disc swallows the smaller one
_SHARP = 2.0  # a bend whose radius is smaller than the stroke's, times this, is split in two
_STEP = 1e-4


@dataclass(frozen=True)
class Shown:
    """Strokes as flat shapes: radii (N, 2) at both ends, in canvas units, and opacities (N, 2) 0..1 there."""

    radii: NDArray[np.float64]
    opacities: NDArray[np.float64]


def shown(table: NDArray[np.float32], edges: NDArray[np.float64]) -> Shown:
    """Strokes (N, 13) as shapes with hard edges; edges: (N, 2), each one's softness, 1 pixel at least, and edge."""
    radii, opacity = table[:, [R0, R2]].astype(f8), table[:, [T0, T2]].astype(f8)
    wide = width_of_edges(radii, edges)
    most = np.minimum(opacity * _smooth(radii / wide + 0.5), 1)
    half = np.divide(most, 2 * opacity, out=np.full_like(most, 0.5), where=opacity > 0)
    return Shown(np.maximum(radii + (0.5 - _unsmooth(half)) * wide, 0), most)


def width_of_edges(radii: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 1) how wide strokes' edges are, in canvas units."""
    return (edges[:, 0] + edges[:, 1] * radii.mean(1))[:, None]


def beyond(most: NDArray[np.float64], opacity: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how many widths of its edge an outline lies beyond a stroke's radius; see `shown`."""
    half = np.divide(most, 2 * opacity, out=np.full_like(most, 0.5), where=opacity > 0)
    return 0.5 - _unsmooth(half)


def edges_of(painting: Painting, side: int) -> NDArray[np.float64]:
    """(N, 2) softness and edge of each stroke on a canvas whose longer side has so many pixels."""
    media = painting.media()
    kinds = np.array([(max(each.softness, 1 / side), each.edge) for each in media], f8)
    return kinds[painting.strokes.region if len(media) > 1 else np.zeros(len(painting.strokes), int)]


def paths(table: NDArray[np.floating], radii: NDArray[np.float64], scale: float, digits: int) -> list[str]:
    """The outlines of strokes (N, 13) with radii (N, 2), as the data of SVG paths; scale: pixels per canvas unit."""
    points = table[:, :6].astype(f8).reshape(-1, 3, 2)
    bent = _bends(points, radii)
    found = ["" for _ in points]
    whole = np.flatnonzero(np.isnan(bent))
    _describe(points[whole], radii[whole], whole, found, scale, digits)
    split = np.flatnonzero(~np.isnan(bent))
    for part in _halves(points[split], radii[split], bent[split]):
        _describe(*part, split, found, scale, digits)
    return found


def _smooth(u: NDArray[np.float64]) -> NDArray[np.float64]:
    u = u.clip(0, 1)
    return u * u * (3 - 2 * u)


def _unsmooth(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where smoothstep has a value."""
    return 0.5 - np.sin(np.arcsin((1 - 2 * value).clip(-1, 1)) / 3)


def _bends(points: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) where each curve bends most, if that is sharper than its stroke is wide, and else NaN."""
    a, b = points[:, 1] - points[:, 0], points[:, 0] - 2 * points[:, 1] + points[:, 2]
    squared = (b * b).sum(1)
    at = np.divide(-(a * b).sum(1), squared, out=np.full(len(points), np.nan), where=squared > 1e-12)
    speed = np.linalg.norm(a + at[:, None] * b, axis=1)
    cross = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        tight = 2 * speed**3 < _SHARP * radii.max(1) * cross
        tight |= speed < 1e-9
    return np.where((at > 0.02) & (at < 0.98) & tight, at, np.nan)


def _halves(
    points: NDArray[np.float64], radii: NDArray[np.float64], at: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The curves before and after a place of each."""
    t = at[:, None]
    first = points[:, 0] + t * (points[:, 1] - points[:, 0])
    last = points[:, 1] + t * (points[:, 2] - points[:, 1])
    middle, radius = first + t * (last - first), radii[:, 0] + at * (radii[:, 1] - radii[:, 0])
    return [
        (np.stack([points[:, 0], first, middle], 1), np.stack([radii[:, 0], radius], 1)),
        (np.stack([middle, last, points[:, 2]], 1), np.stack([radius, radii[:, 1]], 1)),
    ]


class _Sides:
    """Both sides of strokes, as points for any t; (N, …) alike."""

    def __init__(self, points: NDArray[np.float64], radii: NDArray[np.float64]) -> None:
        self._a, self._b = 2 * (points[:, 1] - points[:, 0]), points[:, 0] - 2 * points[:, 1] + points[:, 2]
        self._from, self._radii = points[:, 0], radii
        chord = points[:, 2] - points[:, 0]
        chord[~chord.any(1)] = (1, 0)
        self._chord = chord / np.linalg.norm(chord, axis=1)[:, None]

    def at(self, t: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The points (N, 2) on the left and on the right, and how steep the sides are there (N,)."""
        middle = self._from + t * (self._a + t * self._b)
        way = self._a + 2 * t * self._b
        speed = np.linalg.norm(way, axis=1)
        along = np.where(speed[:, None] > 1e-9, way / np.maximum(speed, 1e-9)[:, None], self._chord)
        grows = self._radii[:, 1] - self._radii[:, 0]
        steep = np.clip(grows / np.maximum(speed, 1e-9), -_STEEP, _STEEP)
        radius = np.maximum(self._radii[:, 0] + t * grows, 0)[:, None]
        aside = np.stack([-along[:, 1], along[:, 0]], 1) * np.sqrt(1 - steep * steep)[:, None]
        back = -steep[:, None] * along
        return middle + radius * (back + aside), middle + radius * (back - aside), steep

    def curves(self, pieces: int) -> NDArray[np.float64]:
        """(2, N, pieces, 4, 2) cubic curves along the left and the right side."""
        ends = [self.at(k / pieces)[:2] for k in range(pieces + 1)]
        slopes = []
        for k in range(pieces + 1):
            before, after = self.at(k / pieces - _STEP), self.at(k / pieces + _STEP)
            slopes.append([(after[side] - before[side]) / (2 * _STEP * 3 * pieces) for side in (0, 1)])
        return np.stack(
            [
                np.stack(
                    [
                        np.stack(
                            [ends[k][s], ends[k][s] + slopes[k][s], ends[k + 1][s] - slopes[k + 1][s], ends[k + 1][s]],
                            1,
                        )
                        for k in range(pieces)
                    ],
                    1,
                )
                for s in (0, 1)
            ]
        )

    def take(self, which: NDArray[np.intp]) -> _Sides:
        """Those of some strokes."""
        taken = object.__new__(_Sides)
        for name, value in vars(self).items():
            setattr(taken, name, value[which])
        return taken


def _describe(
    points: NDArray[np.float64], radii: NDArray[np.float64], places: NDArray[np.intp], found: list[str], scale: float,
    digits: int,
) -> None:  # fmt: skip
    """Add the paths of curves to those at some places of `found`."""
    left = np.arange(len(points))
    sides = _Sides(points, radii)
    for pieces in PIECES:
        some = sides.take(left)
        curves = some.curves(pieces)
        good = np.ones(len(left), bool)
        if pieces != PIECES[-1]:
            for k in range(pieces):
                middle = (curves[:, :, k] * np.array([1, 3, 3, 1])[:, None]).sum(2) / 8
                off = np.abs(middle - np.stack(some.at((k + 0.5) / pieces)[:2])).max((0, 2))
                good &= off < TRUE
        steep = np.stack([some.at(0.0)[2], some.at(1.0)[2]], 1)
        for row in np.flatnonzero(good):
            stroke = left[row]
            found[places[stroke]] += _path(curves[:, row] * scale, radii[stroke] * scale, steep[row], digits)
        left = left[~good]
        if not len(left):
            break


def _path(curves: NDArray[np.float64], radii: NDArray[np.float64], steep: NDArray[np.float64], digits: int) -> str:
    """One outline: along the left (pieces, 4, 2), around the end, back along the right, around the beginning."""
    there, back = curves[0], curves[1, ::-1, ::-1]

    def text(values: NDArray[np.float64]) -> str:
        return " ".join(f"{value:.{digits}f}" for value in values.ravel().tolist())

    def arc(radius: float, large: bool, to: NDArray[np.float64]) -> str:
        return f"A{radius:.{digits}f} {radius:.{digits}f} 0 {int(large)} 0 {text(to)}"

    return (
        f"M{text(there[0, 0])}C{text(there[:, 1:])}{arc(radii[1], steep[1] > 0, back[0, 0])}"
        f"C{text(back[:, 1:])}{arc(radii[0], steep[0] < 0, there[0, 0])}Z"
    )


def hulls(table: NDArray[np.floating], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strokes (N, 13) with radii (N, 2) as both ends' middles and a polygon of both sides: (N, 2 + 2 · 17, 2)."""
    points = table[:, :6].astype(f8).reshape(-1, 3, 2)
    sides = [_Sides(points, radii).at(k / 16)[:2] for k in range(17)]
    polygon = [left for left, _ in sides] + [right for _, right in reversed(sides)]
    return np.stack([points[:, 0], points[:, 2], *polygon], 1)
