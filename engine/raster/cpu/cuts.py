"""Which pixels of a canvas each of several regions has, and how much of them: for kernels that cut as they lay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impasto.engine.raster.layout import TILE_H, TILE_W

f4 = np.float32
Cut = tuple[int, int, NDArray[np.float32]]  # of a region: first row and column, and its share of each pixel


def moved(cut: Cut | None, down: int, left: int, width: int) -> Cut | None:
    """A cut as it lies on a part of the canvas, `down` rows lower, from column `left` on and `width` wide."""
    if cut is None:
        return None
    top, column, share = cut
    a = min(max(left - column, 0), share.shape[1])
    b = min(max(left + width - column, a), share.shape[1])
    return top + down, column + a - left, share[:, a:b]


def tiles_of(
    cuts: Sequence[Cut | None], height: int, width: int, stray: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each region's tiles (K, places), the pixels of all cuts, and where each lies among them, (K, 6).

    stray: pixels further than their own place that some look for their share.
    """
    down, across = -(-height // TILE_H), -(-width // TILE_W)
    tile_of = np.full((len(cuts), down * across), -1, np.int32)
    boxes = np.zeros((len(cuts), 6), np.int64)
    pixels: list[np.ndarray] = []
    count = place = 0
    for k, cut in enumerate(cuts):
        shown = np.ones((down, across), bool)
        if cut is not None:
            top, left, share = cut
            boxes[k] = place, top, left, *share.shape, 1
            place += share.size
            pixels.append(np.ravel(share))
            shown[:] = False
            rows, columns = np.nonzero(share.any(1))[0] + top, np.nonzero(share.any(0))[0] + left
            if len(rows) and len(columns):
                some = np.zeros((down * TILE_H, across * TILE_W), bool)
                for dy, dx in ((0, 0), (stray, 0), (-stray, 0), (0, stray), (0, -stray))[: 5 if stray else 1]:
                    y, x = top + dy, left + dx
                    a, b = max(y, 0), max(x, 0)
                    here = share[a - y : max(len(some) - y, 0), b - x : max(some.shape[1] - x, 0)] > 0
                    some[a : a + here.shape[0], b : b + here.shape[1]] |= here
                shown = some.reshape(down, TILE_H, across, TILE_W).any((1, 3))
        flat = np.flatnonzero(shown)
        tile_of[k, flat] = count + np.arange(len(flat))
        count += len(flat)
    return tile_of, np.concatenate(pixels) if pixels else np.zeros(1, f4), boxes
