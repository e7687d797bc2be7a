"""Whole tiles of textured strokes: region by region and stroke by stroke, front to back, until nothing shows through.

The bits of a pixel depend on no tile, band or thread: whatever ends early, ends by the pixel.
"""

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.cpu.composing import read_crop
from impasto.engine.raster.cpu.tiles import place_pixels
from impasto.engine.raster.layout import *
from impasto.engine.texture.kernels.columns import *
from impasto.engine.texture.kernels.laying import lay

_CUT = 5  # column of boxes, after those of `composing.Masks`: is the region cut?


@inner
def open_tile(tile, columns, first_open, last_open):
    """Nothing laid yet; what is beyond the canvas, or not among the rows that are wanted, is closed."""
    for i in range(TILE_PX):
        y = i // u8(TILE_W)
        inside = i % u8(TILE_W) < columns and first_open <= y < last_open
        tile[CLEAR + i] = ONE if inside else Z
        tile[THROUGH + i] = tile[CLEAR + i]
        tile[C0 + i] = Z
        tile[C1 + i] = Z
        tile[C2 + i] = Z
        tile[HIGH + i] = Z
        tile[CUT + i] = ONE


@inner
def take_grain(tile, ground, texels, top, left):
    """The ground's pattern, repeated and linear between its texels; texels: to a pixel."""
    mask = np.int32(ground.shape[0] - 1)
    for i in range(TILE_PX):
        y = (top + tile[PY + i]) * texels
        x = (left + tile[PX + i]) * texels
        iy = np.int32(np.floor(y))
        ix = np.int32(np.floor(x))
        y -= np.floor(y)
        x -= np.floor(x)
        ya = iy & mask
        yb = (iy + np.int32(1)) & mask
        xa = ix & mask
        xb = (ix + np.int32(1)) & mask
        high = ground[ya, xa] * (ONE - x) + ground[ya, xb] * x
        tile[GRAIN + i] = high + y * (ground[yb, xa] * (ONE - x) + ground[yb, xb] * x - high)


@inner
def still_to_lay(tile):
    """Could a stroke still be seen, or its relief?"""
    left = Z
    for i in range(TILE_PX):
        left += tile[CLEAR + i] + tile[THROUGH + i]
    return left > Z


@inner
def count_shown(tile, j, t, sums):
    """Add what is seen of a stroke on a block, and what is missing there of the picture, weighted by that."""
    w0 = Z
    w1 = Z
    w2 = Z
    w3 = Z
    for i in range(BLOCK):
        w = t[WIDE + i] * t[TONE + i]
        w0 += w
        w1 += w * tile[REST0 + j + i]
        w2 += w * tile[REST1 + j + i]
        w3 += w * tile[REST2 + j + i]
    sums[0] += w0
    sums[1] += w1
    sums[2] += w2
    sums[3] += w3


@inner
def any_pairs(tile_of, tile_first, place):
    """Does any stroke touch what lies at a place?"""
    found = False
    for k in range(tile_of.shape[0]):
        n = tile_of[k, place]
        found |= n >= 0 and tile_first[n + 1] > tile_first[n]
    return found


@kernel
def paint_textured(
    q, e, strip, ground, texels, weave, first_row, first_column, height, width, y0, y1, tile_of, tile_first,
    pair_stroke, pair_blocks, cuts, boxes, canvas, high, rest, sums, first, step,
):  # fmt: skip
    """Paint the places first, first + step, … of a canvas (y1 - y0, width, 4), premultiplied, over what is on it.

    q, e: prepared strokes and their textures; strip: flat; ground, texels, weave: its pattern, texels to a pixel, depth
    in pixels; y0, y1: which rows after the first of a tile, first_row, these are; tile_of (K, places): of regions, back
    to front, as in `composing`; cuts, boxes (K, 6): each region's share of the pixels, and where it lies among them;
    high (y1 - y0, width) or (0, 0): becomes the relief, pixels. With sums (pairs, 4), nothing is painted: they become
    what is seen of each stroke, and rest (y1, width, 3) weighted by it.
    """
    across = (width + TILE_W - 1) // TILE_W
    weighing = sums.shape[0] > 0
    tile = np.zeros(SCRATCH, f4)
    t = np.zeros(PLACES, f4)
    place_pixels(tile)
    for place in range(first, tile_of.shape[1], step):
        tx = (place % across) * TILE_W
        ty = (place // across) * TILE_H
        columns = min(TILE_W, width - tx)
        rows = min(TILE_H, height - ty)
        open0 = max(y0 - ty, 0)
        open1 = min(y1 - ty, rows)
        if open1 <= open0:
            continue
        if high.shape[0] == 0 and not any_pairs(tile_of, tile_first, place):
            continue
        ox = f4(first_column + tx)
        oy = f4(first_row + ty)
        open_tile(tile, columns, open0, open1)
        take_grain(tile, ground, texels, oy, ox)
        if weighing:
            for y in range(rows):
                for x in range(columns):
                    i = u8(y * TILE_W + x)
                    tile[REST0 + i] = rest[ty + y, tx + x, 0]
                    tile[REST1 + i] = rest[ty + y, tx + x, 1]
                    tile[REST2 + i] = rest[ty + y, tx + x, 2]
        for back in range(tile_of.shape[0]):
            k = tile_of.shape[0] - 1 - back
            n = tile_of[k, place]
            if n < 0:
                continue
            if boxes[k, _CUT]:
                read_crop(tile, CUT, cuts, boxes[k], ty, tx, rows, columns)
            else:
                for i in range(TILE_PX):
                    tile[CUT + i] = ONE
            unchecked = u8(0)
            for p in range(tile_first[n + 1] - 1, tile_first[n] - 1, -1):
                stroke = pair_stroke[p]
                for b in range(pair_blocks[p] >> BLOCK_BITS, pair_blocks[p] & BLOCK_MASK):
                    j = b * BLOCK
                    if lay(q[stroke], e[stroke], strip, ox, oy, tile, j, t) and weighing:
                        count_shown(tile, j, t, sums[p])
                    unchecked += u8(1)
                if unchecked >= TILE_PX // BLOCK:
                    unchecked = u8(0)
                    if not still_to_lay(tile):
                        break
        if weighing:
            continue
        for y in range(open0, open1):
            for x in range(columns):
                i = u8(y * TILE_W + x)
                clear = tile[CLEAR + i]
                pixel = canvas[ty + y - y0, tx + x]
                pixel[0] = tile[C0 + i] + clear * pixel[0]
                pixel[1] = tile[C1 + i] + clear * pixel[1]
                pixel[2] = tile[C2 + i] + clear * pixel[2]
                pixel[3] = ONE - clear + clear * pixel[3]
                if high.shape[0] > 0:
                    under = max(tile[THROUGH + i] - THIN, Z) * (tile[GRAIN + i] - HALF) * weave
                    high[ty + y - y0, tx + x] = tile[HIGH + i] + under


@kernel
def gather_sums(sums, stroke_pairs, stroke_first, gathered, n0, n1):
    """Each stroke's sums (N, 4), over its pairs in a fixed order."""
    for n in range(n0, n1):
        for c in range(4):
            gathered[n, c] = Z
        for k in range(stroke_first[n], stroke_first[n + 1]):
            for c in range(4):
                gathered[n, c] += sums[stroke_pairs[k], c]
