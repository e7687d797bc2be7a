"""Shapes of a drawing as rows of the stroke table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.export.outlines import beyond, paths, shown, width_of_edges
from impasto.engine.export.writers.svg import SAME, colour_text, digits_of, opacity_text
from impasto.engine.imports.drawing import DrawnShape, SvgDrawing, colour_of, place, stops_of
from impasto.engine.imports.fitting import fitted, guessed, sampled
from impasto.engine.imports.pathdata import Matrix, outlines
from impasto.engine.imports.reader import Unreadable
from impasto.protocol.limits import MOST_STROKES

_LEAST = 1e-5  # canvas units; a shape that is smaller is none
_LIKE = 5e-5  # likewise, by which an outline may be off that was moved, turned or scaled as a whole
_FAR = 20.0  # likewise; beyond the canvas, where nothing is seen
_ROUND = 12  # turns a line is cut into at most, for each of its curves


@dataclass(frozen=True)
class Beside:
    """What strokes' edges are, and on which canvas they were written.

    edges: softness and edge of each region; side: pixels of the longer side when it was written; scale: units of the
    drawing in one canvas unit.
    """

    edges: NDArray[np.float64]
    side: int
    scale: float

    @classmethod
    def of(cls, recipe: dict[str, Any], side: Any, scale: float) -> Beside:
        """Read what a recipe, which nobody vouches for, says."""
        side = side if isinstance(side, int) and 1 <= side <= 65535 else max(1, min(round(scale), 65535))
        infos = recipe.get("regions")
        infos = infos if isinstance(infos, list | tuple) and infos else [recipe]
        edges = []
        for info in infos[:256]:
            values = [info.get(name) if isinstance(info, dict) else None for name in ("softness", "edge")]
            soft, edge = (value if isinstance(value, int | float) else 0.0 for value in values)
            edges.append((min(max(soft, 1 / side), 0.2), min(max(edge, 0.0), 2.0)))
        return cls(np.array(edges), side, scale)

    def of_strokes(self, region: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N, 2) for strokes of such regions (N,)."""
        return self.edges[np.minimum(region, len(self.edges) - 1)]


@dataclass
class FoundStrokes:
    """Strokes in painting order: the table (N, 13), regions and passes (N,), names, and the regions that were moved."""

    table: NDArray[np.float64]
    region: NDArray[np.int64]
    pass_index: NDArray[np.int64]
    names: list[str]
    moved: set[int] = field(default_factory=set)


@dataclass
class _Row:
    """A stroke on its way: its shape as drawn (8, canvas units), or the outline that it is to be found for.

    begin: where the outline does, which is beside the stroke's beginning if we wrote it; told: what we wrote of it;
    stored: the same, if nobody has touched its shape; lined: is it a line, not a filled shape?
    """

    shape: DrawnShape
    region: int
    pass_index: int
    drawn: NDArray[np.floating] | None = None
    outline: NDArray[np.float64] | None = None
    begin: NDArray[np.float64] | None = None
    guess: NDArray[np.float64] | None = None
    stored: NDArray[np.float32] | None = None
    told: NDArray[np.float32] | None = None
    lined: bool = False


def found_in(drawing: SvgDrawing, beside: Beside) -> FoundStrokes:
    """The strokes in a drawing."""
    rows = list(_rows(drawing, beside))
    left = [row for row in rows if row.drawn is None]
    if left:
        points = np.stack([row.outline for row in left if row.outline is not None])
        guess = guessed(points)
        known = np.stack([guess[k] if row.guess is None else row.guess for k, row in enumerate(left)])
        centred = known.copy()
        centred[:, :6] += np.tile(points.mean(1) - (known[:, 0:2] + known[:, 2:4] + known[:, 4:6]) / 3, 3)
        strokes, _ = fitted(points, [guess, known, centred])
        for row, stroke in zip(left, strokes, strict=True):
            row.drawn = stroke if row.begin is None else _from(row.begin, stroke)
    rows = [row for row in rows if row.drawn is not None and _is_near(row.drawn)]
    region = np.array([row.region for row in rows], np.int64)
    table = _table(drawing, rows, beside.of_strokes(region)) if rows else np.zeros((0, 13))
    moved = {row.region for row in rows if row.shape.moved}
    passes = np.array([row.pass_index for row in rows], np.int64)
    return FoundStrokes(table, region, passes, [row.shape.id for row in rows], moved)


def _is_near(drawn: NDArray[np.floating]) -> bool:
    """Can a painting hold this stroke? One that lies far beyond the canvas it cannot, and nobody would see it."""
    return bool(((drawn[:6] >= -4) & (drawn[:6] <= 5)).all() and drawn[6:8].max() <= 2)


def _rows(drawing: SvgDrawing, beside: Beside) -> Iterator[_Row]:
    """All strokes, those whose numbers still hold with their shape; in painting order."""
    assert drawing.box is not None
    corner, count = np.array(drawing.box[:2]), 0
    told = [_numbers(shape) for shape in drawing.shapes]
    regions = [_labels(shape) for shape in drawing.shapes]
    written = _written(told, np.array([region for region, _ in regions], np.int64), beside)
    same_canvas = not corner.any() and beside.scale == beside.side
    for shape, numbers, (region, of), path in zip(drawing.shapes, told, regions, written, strict=True):
        if shape.paint != "none":
            row = _Row(shape, region, of, told=numbers)
            if numbers is not None and same_canvas and shape.data == path and _is_still(shape.matrix):
                row.drawn = row.stored = numbers
            if row.stored is not None or _drawn(row, path, corner, beside):
                yield row
                count += 1
        for line in _lines(shape, corner, beside.scale):
            yield _Row(shape, region, of, drawn=line, lined=True)
            count += 1
            if count > MOST_STROKES:
                raise Unreadable(f"it has more than {MOST_STROKES:,} strokes")


def _written(
    told: list[NDArray[np.float32] | None], region: NDArray[np.int64], beside: Beside
) -> list[str]:  # fmt: skip
    """How we wrote the outlines of these strokes, where we did; "" elsewhere."""
    known = [k for k, numbers in enumerate(told) if numbers is not None]
    found = ["" for _ in told]
    if known:
        table = np.stack([numbers for numbers in told if numbers is not None])
        radii = shown(table, beside.of_strokes(region[known])).radii
        for k, path in zip(known, paths(table, radii, beside.side, digits_of(beside.side)), strict=True):
            found[k] = path
    return found


def _drawn(row: _Row, written: str, corner: NDArray[np.float64], beside: Beside) -> bool:
    """Give the row of a filled shape what is drawn if that is known, else its outline and a guess; False if empty."""
    runs = [(place(run.array(), row.shape.matrix) - corner) / beside.scale for run in outlines(row.shape.data)]
    if not runs or max(np.ptp(run.reshape(-1, 2), axis=0).max() for run in runs) < _LEAST:
        return False
    if not all(np.abs(run).max() <= _FAR for run in runs):
        return False
    begin = None
    if row.told is not None:
        before = [run.array() / beside.side for run in outlines(written)]
        radii = shown(row.told[None], beside.of_strokes(np.array([row.region]))).radii[0]
        stroke = np.concatenate([row.told[:6], radii]).astype(float)
        if [run.shape for run in before] == [run.shape for run in runs]:
            points = np.concatenate(before).reshape(-1, 2)
            turn, off = _alike(points, np.concatenate(runs).reshape(-1, 2))
            row.guess = _moved(stroke, turn)
            begin = row.guess[:2]
            if off < _LIKE:
                row.drawn = row.guess
                row.stored = row.told if np.abs(place(points, turn) - points).max() < _LEAST else None
                return True
        else:
            whole = row.shape.matrix.copy()
            whole[:, 2] = (whole[:, 2] - corner) / beside.scale
            whole[:, :2] *= beside.side / beside.scale
            row.guess = _moved(stroke, whole)
    row.outline, row.begin = sampled(runs), runs[0][0, 0] if begin is None else begin
    return True


def _alike(before: NDArray[np.float64], after: NDArray[np.float64]) -> tuple[Matrix, float]:
    """The move, turn and growth that best takes points (n, 2) to others, and by how much it misses one at most."""
    a, b = (points[:, 0] + 1j * points[:, 1] for points in (before, after))
    middle, to = a.mean(), b.mean()
    spread = (np.abs(a - middle) ** 2).sum()
    turn = ((a - middle).conj() * (b - to)).sum() / spread if spread > 0 else 1.0 + 0j
    shift = to - turn * middle
    off = float(np.abs(turn * a + shift - b).max())
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]), off


def _moved(stroke: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """A stroke of eight numbers where a matrix takes it."""
    growth = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    return np.concatenate([place(stroke[:6].reshape(3, 2), matrix).ravel(), stroke[6:] * growth])


def _from(begin: NDArray[np.float64], stroke: NDArray[np.floating]) -> NDArray[np.floating]:
    """A stroke from the end that is closer to a point."""
    first, last = (np.abs(stroke[k : k + 2] - begin).sum() for k in (0, 4))
    return stroke if first <= last else stroke[[4, 5, 2, 3, 0, 1, 7, 6]]


def _lines(shape: DrawnShape, corner: NDArray[np.float64], scale: float) -> Iterator[NDArray[np.float64]]:
    """The strokes of a line that is drawn: each cubic curve as quadratic ones."""
    if shape.line == "none" or shape.width <= 0:
        return
    radius = shape.width / 2 * np.sqrt(abs(np.linalg.det(shape.matrix[:, :2]))) / scale
    for run in outlines(shape.data):
        for curve in (place(run.array(), shape.matrix) - corner) / scale:
            if not np.abs(curve).max() <= _FAR:
                continue
            for part in _quadratic(curve):
                yield np.concatenate([part.ravel(), [radius, radius]])


def _quadratic(curve: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Quadratic curves (3, 2) that together are nearly a cubic one (4, 2)."""
    bulge = np.linalg.norm(curve[3] - 3 * curve[2] + 3 * curve[1] - curve[0])
    pieces = min(_ROUND, max(1, int(np.ceil((bulge / 36 / 5e-4 * np.sqrt(3)) ** (1 / 3)))))
    for k in range(pieces):
        part = _part(curve, k / pieces, (k + 1) / pieces)
        yield np.stack([part[0], (3 * (part[1] + part[2]) - part[0] - part[3]) / 4, part[3]])


def _part(curve: NDArray[np.float64], begin: float, end: float) -> NDArray[np.float64]:
    """A cubic curve (4, 2) from one place to another."""

    def at(t: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        s = 1 - t
        point = s**3 * curve[0] + 3 * s * s * t * curve[1] + 3 * s * t * t * curve[2] + t**3 * curve[3]
        a, b, c = np.diff(curve, axis=0)
        return point, s * s * a + 2 * s * t * b + t * t * c

    (p, v), (q, w) = at(begin), at(end)
    return np.stack([p, p + v * (end - begin), q - w * (end - begin), q])


def _table(drawing: SvgDrawing, rows: list[_Row], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The stroke table (N, 13): of what is drawn, and what we wrote of it where that is the same."""
    table = np.zeros((len(rows), 13))
    looks = [_look(drawing, row) for row in rows]
    drawn = np.stack([row.drawn[:8] for row in rows if row.drawn is not None])
    most = np.array([opacities for _, opacities in looks])
    opacity = most.copy()
    told = np.array([k for k, row in enumerate(rows) if row.told is not None], np.int64)
    if len(told):
        before = np.stack([row.told for row in rows if row.told is not None])
        was = shown(before, edges[told])
        same = np.array([_same_opacity(*pair) for pair in zip(was.opacities, most[told], strict=True)])
        opacity[told[same]], most[told[same]] = before[same][:, 8:10], was.opacities[same]
    lined = np.array([row.lined for row in rows])[:, None]
    out = np.where(lined, 0, beyond(most, opacity))
    mean = (drawn[:, 6:].mean(1) - out.mean(1) * edges[:, 0]) / (1 + out.mean(1) * edges[:, 1])
    wide = width_of_edges(np.maximum(mean, 0)[:, None], edges)
    table[:, :6], table[:, 6:8] = drawn[:, :6], np.maximum(drawn[:, 6:] - out * wide, 0)
    table[:, 8:10], table[:, 10:] = opacity, np.array([colour for colour, _ in looks])
    for k, row in enumerate(rows):
        if row.stored is not None:
            table[k, :8] = row.stored[:8]
        if row.told is not None and colour_text(row.told[10:]) == colour_text(table[k, 10:]):
            table[k, 10:] = row.told[10:]
    return table


def _same_opacity(was: NDArray[np.float64], now: NDArray[np.float64]) -> bool:
    if abs(was[0] - was[1]) < SAME:
        was = np.full(2, was.mean())
    return [opacity_text(value) for value in was] == [opacity_text(value) for value in now]


def _look(drawing: SvgDrawing, row: _Row) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """A stroke's colour, and its opacities at both ends."""
    shape = row.shape
    paint, opacity = (shape.line, shape.opacities[1]) if row.lined else (shape.paint, shape.opacities[0])
    match = re.match(r"url\(\s*['\"]?#([^'\")]+)", paint)
    if match is None:
        return colour_of(paint) or (0.0, 0.0, 0.0), (opacity, opacity)
    gradient = drawing.gradients.get(match[1])
    stops = [] if gradient is None else stops_of(drawing, gradient)
    if gradient is None or not stops:
        return (0.0, 0.0, 0.0), (0.0, 0.0)
    colour = tuple(np.mean([stops[0][0], stops[-1][0]], 0).tolist())
    first, last = stops[0][1] * opacity, stops[-1][1] * opacity
    if gradient.ends is not None and row.stored is None and row.drawn is not None and drawing.box is not None:
        ends = place(place(np.reshape(gradient.ends, (2, 2)), gradient.matrix), shape.matrix)
        ends = (ends - drawing.box[:2]) / max(drawing.box[2:])
        if _from(ends[0], row.drawn) is not row.drawn:
            first, last = last, first
    return colour, (first, last)  # type: ignore[return-value]


def _numbers(shape: DrawnShape) -> NDArray[np.float32] | None:
    """What we wrote of a stroke; None if we did not, or it cannot be."""
    if not shape.numbers or len(shape.numbers) > 400:
        return None
    try:
        with np.errstate(over="ignore"):
            found = np.array(shape.numbers.split(), np.float32)
    except ValueError:
        return None
    sound = found.shape == (13,) and np.isfinite(found).all() and np.abs(found).max() < 10 and found[6:].min() >= 0
    return found if sound else None


def _labels(shape: DrawnShape) -> tuple[int, int]:
    """Region and pass, as the stroke has them or else the groups it lies in."""
    match = re.fullmatch(r"(\d{1,5}) (\d{1,5})", shape.of)
    if match is not None:
        return int(match[1]), int(match[2])
    return shape.group[0] or 0, shape.group[1] or 0


def _is_still(matrix: Matrix) -> bool:
    return bool(np.abs(matrix - np.eye(2, 3)).max() < 1e-9)
