"""Drops that a full brush flicks over the sheet: strokes that nobody laid, of what colour lies where they come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impasto.engine.pictures.noise import hashed
from impasto.engine.wash.rows import seeded

f4 = np.float32
_TOLD = 1 << 41  # to chance
_MOST = 6  # drops of a flick
_SHOWN = 0.25, 1.6  # absorbances between which paint is wet enough to be flicked, and not so dark that it would show
_SHARE = 0.6  # of them that a drop has


def drops(absorbed: NDArray[np.float32], count: int, seed: int) -> NDArray[np.float32]:
    """Strokes (M, 13) of `count` flicks over a sheet that absorbs so much, (h, w, 3), of whatever size."""
    h, w = absorbed.shape[:2]
    scale = max(h, w)
    flicks = hashed(seeded(_TOLD + np.arange(count), seed), 8)
    rows = []
    for n, flick in enumerate(flicks):
        y, x = (0.05 + 0.9 * flick[0]) * h, (0.05 + 0.9 * flick[1]) * w
        colour = absorbed[min(int(y), h - 1), min(int(x), w - 1)]
        if not _SHOWN[0] < colour.max() < _SHOWN[1]:
            continue
        chance = hashed(seeded(_TOLD + count + np.arange(_MOST) + _MOST * n, seed), 10)
        for one in chance[: 2 + int(flick[2] * (_MOST - 1))]:
            angle = 2 * np.pi * flick[3] + 0.6 * (one[0] + one[1] - 1)
            far = 0.005 + 0.065 * one[2]
            r = 0.0011 * np.exp(0.5 * (one[3:7].sum() - 2) * np.sqrt(3))
            cx, cy = x / scale + far * np.cos(angle), y / scale + far * np.sin(angle)
            long = 0.5 * r * one[7]
            dx, dy = long * np.cos(angle), long * np.sin(angle)
            place = (cx - dx, cy - dy, cx, cy, cx + dx, cy + dy)
            rows.append((*place, r, r, 1.0, 1.0, *np.exp(-_SHARE * colour)))
    return np.array(rows, f4).reshape(-1, 13)
