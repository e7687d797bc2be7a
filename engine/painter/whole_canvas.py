"""Losses that no kernel knows are shown whole canvases, one for each region, and carried back to the strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import Loss
from impasto.engine.raster.region_tiles import RegionTiles
from impasto.engine.shapes import Colours, Ground, RegionOf, Table

if TYPE_CHECKING:
    from impasto.engine.raster.devices import Raster

f4 = np.float32


def loss_and_gradient(
    raster: Raster, table: Table, background: Ground, target: Colours, region_tiles: RegionTiles,
    loss: Loss, region: RegionOf | None = None,
) -> tuple[float, Table]:  # fmt: skip
    """The losses of all regions' canvases added up, and the gradient (N, 13).

    Arguments are those of `CpuRaster.loss_and_gradient`; nothing is left out by a threshold.

    Raises ImpastoError if what the loss gives is no number, or no gradient of the canvas.
    """
    ground = np.append(background[:3], 0).astype(f4)  # clear: only strokes are paint to what spilling costs
    total, gradient = 0.0, np.zeros((len(table), 13), f4)
    for k in range(len(region_tiles.tile_of)):
        one = region_tiles.only(k)
        if not len(one.place):
            continue
        mine = slice(None) if region is None else np.flatnonzero(region == k)
        weight, spill = one.planes(raster.height, raster.width)
        canvas = raster.forward(table[mine], ground)
        seen = weight > 0
        value, slope = loss.value_and_gradient(np.where(seen, canvas[:3], target), target, weight)
        slope = np.asarray(slope)
        if slope.shape != target.shape or not (np.isfinite(value) and np.isfinite(slope).all()):
            raise ImpastoError(
                f"the style's loss gave {value} and a gradient {slope.shape}; numbers and {target.shape} are needed"
            )
        back = np.concatenate([np.where(seen, slope, 0), spill[None]]).astype(f4)
        gradient[mine] = raster.backward(table[mine], ground, back, one)
        total += float(value) + float((spill * canvas[3]).sum(dtype=np.float64))
    return total, gradient
