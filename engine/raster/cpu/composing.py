"""Regions composed: the paint of each cut by its share and laid over that of the regions behind it, in one sweep.

What `engine.painting.render` otherwise does layer by layer, without ever having a layer: only the tiles where a
region shows are painted, and of these only the pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.cpu.tiles import blank, place_pixels, walk_down
from impasto.engine.raster.layout import *

_PLACE, _TOP, _LEFT, _HEIGHT, _WIDTH = range(5)  # columns of `Masks.boxes`


@dataclass(frozen=True, eq=False)
class Masks:
    """Which pixels of a canvas belong to which of K regions, back to front; of each a crop.

    pixels: uint8, the crops one after the other, row by row; boxes: (K, 5) int64, where each crop begins among the
    pixels, its first row and column on the canvas, its height and width.
    """

    pixels: np.ndarray
    boxes: np.ndarray

    @classmethod
    def of(cls, crops: Iterable[tuple[int, int, np.ndarray]]) -> Masks:
        """From the first row, the first column and the pixels (h, w) uint8 of each crop."""
        crops = list(crops)
        ends = np.cumsum([0] + [pixels.size for _, _, pixels in crops])
        boxes = [(e, top, left, *pixels.shape) for e, (top, left, pixels) in zip(ends[:-1], crops, strict=True)]
        flat = [np.ravel(pixels) for _, _, pixels in crops]
        return cls(np.concatenate(flat), np.array(boxes, np.int64).reshape(-1, 5))

    def tiles(self, height: int, width: int) -> tuple[np.ndarray, int]:
        """The number of each region's tile at each place of a canvas, -1 where it shows nothing: (K, places) int32.

        Also how many there are.
        """
        places = -(-height // TILE_H) * -(-width // TILE_W)
        tile_of = np.full((len(self.boxes), places), -1, np.int32)
        return tile_of, number_tiles(self.pixels, self.boxes, width, tile_of)


@kernel
def number_tiles(pixels, boxes, width, tile_of):
    """Number the tiles that regions have, region by region, in `tile_of` (K, places); returns how many there are."""
    across = (width + TILE_W - 1) // TILE_W
    count = 0
    for k in range(boxes.shape[0]):
        top, left, tall, wide = boxes[k, _TOP], boxes[k, _LEFT], boxes[k, _HEIGHT], boxes[k, _WIDTH]
        for y in range(tall):
            at = boxes[k, _PLACE] + y * wide
            row = (top + y) // TILE_H * across
            for x in range(wide):
                if pixels[at + x] > 0:
                    tile_of[k, row + (left + x) // TILE_W] = 0
        for place in range(tile_of.shape[1]):
            if tile_of[k, place] == 0:
                tile_of[k, place] = count
                count += 1
    return count


@inner
def read_crop(tile, plane, pixels, box, ty, tx, rows, columns):
    """What a crop, one of `Masks.boxes`, has on a tile, into a plane of its; nothing elsewhere."""
    for i in range(TILE_PX):
        tile[plane + i] = Z
    y0 = max(box[_TOP], ty)
    y1 = min(box[_TOP] + box[_HEIGHT], ty + rows)
    x0 = max(box[_LEFT], tx)
    x1 = min(box[_LEFT] + box[_WIDTH], tx + columns)
    for y in range(y0, y1):
        at = box[_PLACE] + (y - box[_TOP]) * box[_WIDTH] - box[_LEFT]
        for x in range(x0, x1):
            tile[plane + u8((y - ty) * TILE_W + x - tx)] = f4(pixels[at + x])


@inner
def take_share(tile, pixels, box, ty, tx, rows, columns):
    """A region's mask into BELOW1, added to the sum of those behind it in BELOW; its share into BELOW2."""
    read_crop(tile, BELOW1, pixels, box, ty, tx, rows, columns)
    for i in range(TILE_PX):
        tile[BELOW + i] += tile[BELOW1 + i]
        tile[BELOW2 + i] = tile[BELOW1 + i] / max(tile[BELOW + i], ONE)


@kernel
def compose_tiles(
    q, first_row, height, width, tile_of, tile_first, pair_stroke, pair_blocks, pixels, boxes, canvas, first, step
):
    """Lay the regions' paint over the canvas (height, width, 4), premultiplied, at the places first, first + step, …

    The other arguments are those of `engine.raster.cpu.tiles.paint_tiles`, of `Masks`, and what `number_tiles` found.
    """
    across = (width + TILE_W - 1) // TILE_W
    kept = np.empty(TILE_PX // BLOCK * KEPT, f4)
    tile = np.zeros(SCRATCH, f4)
    place_pixels(tile)
    for place in range(first, tile_of.shape[1], step):
        tx = (place % across) * TILE_W
        ty = (place // across) * TILE_H
        columns = min(TILE_W, width - tx)
        rows = min(TILE_H, height - ty)
        for y in range(rows):
            for x in range(columns):
                i = u8(y * TILE_W + x)
                for c in range(u8(4)):
                    tile[G0 + c * TILE_PX + i] = canvas[ty + y, tx + x, c]
        for i in range(TILE_PX):
            tile[BELOW + i] = Z
        for k in range(tile_of.shape[0]):
            t = tile_of[k, place]
            if t < 0:
                continue
            take_share(tile, pixels, boxes[k], ty, tx, rows, columns)
            blank(tile, columns, rows)
            for i in range(TILE_PX):
                tile[CLEAR + i] = tile[CLEAR + i] if tile[BELOW1 + i] > Z else Z
            walk_down(
                q, tile, f4(tx), f4(first_row + ty), tile_first[t], tile_first[t + 1], pair_stroke, pair_blocks, Z,
                kept, False, False,
            )  # fmt: skip
            for i in range(TILE_PX):
                share = tile[BELOW2 + i]
                alpha = ONE - tile[CLEAR + i]
                behind = ONE - alpha * share
                tile[G0 + i] = tile[G0 + i] * behind + tile[C0 + i] * share
                tile[G1 + i] = tile[G1 + i] * behind + tile[C1 + i] * share
                tile[G2 + i] = tile[G2 + i] * behind + tile[C2 + i] * share
                tile[G3 + i] = tile[G3 + i] * behind + alpha * share
        for y in range(rows):
            for x in range(columns):
                i = u8(y * TILE_W + x)
                for c in range(u8(4)):
                    canvas[ty + y, tx + x, c] = tile[G0 + c * TILE_PX + i]
