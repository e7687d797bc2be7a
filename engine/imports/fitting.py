"""From closed outlines back to strokes: the disc that moves and grows so that its envelope is the outline.

Least squares by Levenberg and Marquardt, of many outlines at once, of the distances |q − B(t)| − r(t) at the nearest t.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

f8 = np.float64
SAMPLES = 64  # points of an outline that are looked at
ROUNDS = 40
_AT_ONCE = 256  # outlines
_COARSE, _FINER = 17, 7  # places along a curve that are tried first, and halvings around the best of them
_GOOD = 1e-8  # of an outline's size, squared, by which it may be missed
_IDLE = 3  # rounds that gain next to nothing
_ON_CURVE = 8  # points of each piece of an outline


def sampled(outlines: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """`SAMPLES` points (SAMPLES, 2), evenly along runs of cubic curves (S, 4, 2), where they are not inside others."""
    t = np.linspace(0, 1, _ON_CURVE, endpoint=False)[:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1)
    polygons = [np.einsum("tk,skx->stx", weights, curves).reshape(-1, 2) for curves in outlines]
    ends = [np.concatenate([polygon, polygon[:1]]) for polygon in polygons]
    steps = [np.linalg.norm(np.diff(polygon, axis=0), axis=1) for polygon in ends]
    whole = sum(step.sum() for step in steps)
    found = []
    for k, (polygon, step) in enumerate(zip(ends, steps, strict=True)):
        count = max(4, round(4 * SAMPLES * step.sum() / whole)) if whole > 0 else SAMPLES
        at = np.linspace(0, step.sum(), count, endpoint=False)
        along = np.concatenate([[0.0], step.cumsum()])
        points = np.stack([np.interp(at, along, polygon[:, axis]) for axis in (0, 1)], 1)
        for other in (each for j, each in enumerate(polygons) if j != k):
            points = points[~_inside(points, other)]
        found.append(points)
    points = np.concatenate(found)
    if not len(points):
        points = polygons[0]
    return points[np.linspace(0, len(points), SAMPLES, endpoint=False).astype(int)]


def area(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of polygons (N, n, 2), without sign: (N,)."""
    x, y = points[..., 0], points[..., 1]
    return np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2


def guessed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A first guess (N, 8) of strokes, x0 y0 x1 y1 x2 y2 r0 r2, with outlines through points (N, n, 2)."""
    middle = points.mean(1, keepdims=True)
    apart = points - middle
    _, axes = np.linalg.eigh(apart.transpose(0, 2, 1) @ apart)
    local = apart @ axes[:, :, ::-1]  # along the longer axis, and across it
    u, v = local[..., 0], local[..., 1]
    low, high = u.min(1), u.max(1)
    long = high - low
    wide = (v.max(1) - v.min(1)).clip(1e-9)
    radius = np.minimum(np.minimum(area(points) / np.maximum(long, 1e-9), wide) / 2, long / 2 * 0.99)

    def across(from_: float, to: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the middle of the outline is in a part of its length, and half of how wide it is there."""
        inside = (u >= low[:, None] + from_ * long[:, None]) & (u <= low[:, None] + to * long[:, None])
        top = np.where(inside, v, -np.inf).max(1)
        bottom = np.where(inside, v, np.inf).min(1)
        known = np.isfinite(top) & np.isfinite(bottom)
        return np.where(known, (top + bottom) / 2, 0), np.where(known, (top - bottom) / 2, radius)

    (v0, r0), (v1, _), (v2, r2) = across(0, 0.25), across(0.4, 0.6), across(0.75, 1)
    r0, r2 = (np.clip(each, radius * 0.3, radius * 1.7) for each in (r0, r2))
    u0, u2 = low + r0, np.maximum(high - r2, low + r0)
    flat = np.stack([u0, v0, (u0 + u2) / 2, 2 * v1 - (v0 + v2) / 2, u2, v2], 1).reshape(-1, 3, 2)
    back = flat @ axes[:, :, ::-1].transpose(0, 2, 1) + middle
    return np.concatenate([back.reshape(-1, 6), r0[:, None], r2[:, None]], 1)


def fitted(
    points: NDArray[np.float64], starts: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strokes (N, 8) with outlines through points (N, n, 2), and by how much they miss them (N,), root mean square.

    starts: first guesses (N, 8); each outline is fitted from the two best of its own.
    """
    found, missed = np.empty((len(points), 8)), np.empty(len(points))
    for begin in range(0, len(points), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        guesses = np.stack([start[some] for start in starts])
        costs = np.stack([_cost(_distance(points[some], guess)[0]) for guess in guesses])
        order, rows = np.argsort(costs, axis=0), np.arange(len(points[some]))
        strokes, cost = _descended(points[some], guesses[order[0], rows])
        poor = rows[cost > _GOOD * np.ptp(points[some], axis=1).max(1) ** 2]
        if len(starts) > 1 and len(poor):
            others, costs = _descended(points[some][poor], guesses[order[1, poor], poor])
            better = costs < cost[poor]
            strokes[poor[better]], cost[poor[better]] = others[better], costs[better]
        found[some], missed[some] = strokes, np.sqrt(cost)
    return found, missed


def _descended(
    points: NDArray[np.float64], strokes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size = np.ptp(points, axis=1).max(1)[:, None].clip(1e-12)
    middle = points.mean(1)
    shift = np.concatenate([np.tile(middle, 3), np.zeros((len(points), 2))], 1)
    points, strokes = (points - middle[:, None]) / size[..., None], (strokes - shift) / size
    damping = np.full(len(points), 1e-3)
    off, t, way = _distance(points, strokes)
    cost = _cost(off)
    left, idle = np.flatnonzero(cost > _GOOD), np.zeros(len(points), int)
    for _ in range(ROUNDS):
        if not len(left):
            break
        tried = _step(strokes[left], off[left], t[left], way[left], damping[left])
        new_off, new_t, new_way = _distance(points[left], tried)
        new_cost = _cost(new_off)
        better, little = new_cost < cost[left], new_cost > 0.99 * cost[left]
        some = left[better]
        strokes[some], cost[some] = tried[better], new_cost[better]
        off[some], t[some], way[some] = new_off[better], new_t[better], new_way[better]
        damping[left] = np.where(better, damping[left] * 0.3, damping[left] * 4)
        idle[left] = np.where(little, idle[left] + 1, 0)
        left = left[(cost[left] > _GOOD) & (idle[left] < _IDLE)]
    return strokes * size + shift, cost * size[:, 0] ** 2


def _step(
    strokes: NDArray[np.float64], off: NDArray[np.float64], t: NDArray[np.float64], way: NDArray[np.float64],
    damping: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Strokes a step further."""
    b = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t * t], -1)
    points = -(b[..., None] * way[..., None, :]).reshape(*t.shape, 6)
    slopes = np.concatenate([points, t[..., None] - 1, -t[..., None]], -1)
    # what lies inside of its own stroke, where an outline overlaps itself, must not count for much
    usual = 3 * np.sqrt(_cost(off))[:, None] + 1e-9
    weighted = slopes / (1 + (off / usual) ** 2)[..., None]
    matrix = weighted.transpose(0, 2, 1) @ slopes
    diagonal = matrix[:, range(8), range(8)]
    matrix[:, range(8), range(8)] = diagonal + damping[:, None] * (diagonal + 0.1) + 1e-9
    pull = (weighted * off[..., None]).sum(1)
    found = strokes - np.linalg.solve(matrix, pull[..., None])[..., 0]
    found[:, 6:] = np.abs(found[:, 6:])
    return found


def _cost(off: NDArray[np.float64]) -> NDArray[np.float64]:
    return (off * off).mean(-1)


def _distance(
    points: NDArray[np.float64], strokes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """How far points (N, n, 2) are beyond strokes (N, 8): (N, n), at which t, and the way (N, n, 2) out from there."""
    corners, radii = strokes[:, None, :6].reshape(-1, 1, 3, 2), strokes[:, None, 6:]

    def off(t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        s = t[..., None]
        way = points - ((1 - s) ** 2 * corners[:, :, 0] + 2 * s * (1 - s) * corners[:, :, 1] + s * s * corners[:, :, 2])
        return np.sqrt((way * way).sum(-1)) - (radii[..., 0] + t * (radii[..., 1] - radii[..., 0])), way

    shape = points.shape[:2]
    best_t, best = np.zeros(shape), np.full(shape, np.inf)
    tries = [np.full(shape, k / (_COARSE - 1)) for k in range(_COARSE)]
    for t in tries:
        value = off(t)[0]
        closer = value < best
        best_t[closer], best[closer] = t[closer], value[closer]
    step = 0.5 / (_COARSE - 1)
    for _ in range(_FINER):
        for sign in (-1, 1):
            t = (best_t + sign * step).clip(0, 1)
            value = off(t)[0]
            closer = value < best
            best_t[closer], best[closer] = t[closer], value[closer]
        step /= 2
    _, way = off(best_t)
    length = np.sqrt((way * way).sum(-1, keepdims=True))
    return best, best_t, way / np.maximum(length, 1e-12)


def _inside(points: NDArray[np.float64], polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) which points lie inside of a polygon (m, 2)."""
    a, b = polygon, np.roll(polygon, -1, 0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (crosses & (x < at)).sum(1) % 2 == 1
