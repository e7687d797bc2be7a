"""Which strokes are to be replaced: of no use, or of less than elsewhere, or outside their region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.painter.optimizer import useless
from impasto.engine.painter.rule import Interest
from impasto.engine.painter.targets import Target
from impasto.engine.painting.strokes import Strokes, middles
from impasto.engine.shapes import Indices, RegionOf

if TYPE_CHECKING:
    from impasto.engine.raster.devices import Raster

f4 = np.float32
WANTED = 0.5  # power of how much closer strokes are to lie, by which one there is worth more
LEAVES = 0.08  # share of a stroke's paint outside its region, above which `filter` replaces it


def idle(
    strokes: Strokes, target: Target, raster: Raster, share: float, region: RegionOf | None,
    rule: Interest | None = None,
) -> Indices:  # fmt: skip
    """Indices of the strokes that are of no use, at most a share of them; by a rule, those of more use elsewhere.

    region: as `raster` has it.
    """
    if share == 0:
        return np.zeros(0, np.intp)
    wanted = None if rule is None else rule.looked_at(*middles(strokes.table).T) ** f4(WANTED)
    tiles = target.goal(1).region_tiles[0]
    return useless(raster, strokes.table, target.colours, tiles, share, region=region, wanted=wanted)


def leaving(strokes: Strokes, rows: tuple[int, ...], target: Target, raster: Raster) -> Indices:
    """Indices of the strokes of some regions, numbered `rows`, that leave theirs."""
    gone = []
    for row, own in zip(rows, target.own, strict=True):
        index = np.flatnonzero(strokes.region == row)
        outside = np.ones((target.height, target.width), f4)
        outside[own.top : own.bottom, own.left : own.right] = own.pixels <= 0
        stray, paint = raster.strays(strokes.table[index], outside)
        gone.append(index[stray > LEAVES * np.maximum(paint, 1e-9)])
    return np.concatenate(gone)
