"""Whole tiles of absorbing strokes: region by region and glaze by glaze, what each absorbs.

The bits of a pixel depend on no tile, band or thread.
"""

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.cpu.composing import read_crop
from impasto.engine.raster.cpu.tiles import place_pixels
from impasto.engine.raster.layout import *
from impasto.engine.wash.kernels.columns import *
from impasto.engine.wash.kernels.drawing import (
    dry_flat,
    dry_lines,
    dry_sticks,
    lay_flat,
    lay_line,
    lay_stick,
)
from impasto.engine.wash.kernels.washing import CRISP, dry_wash, lay_wash, look, take_margin

_IS_CUT = 5  # column of boxes
_NEVER = f4(-1e6)  # depth of what no stroke is near


@inner
def look_at_paper(tile, plane, noise, texels, ox, oy):
    """The paper's height at a tile's pixels; texels: to a pixel."""
    for i in range(TILE_PX):
        tile[plane + i] = look(noise, (oy + tile[PY + i]) * texels, (ox + tile[PX + i]) * texels)


@inner
def shake(tile, coarse, numbers, ox, oy):
    """Where lines are drawn by a hand that is not quite still."""
    per = numbers[SHAKE_PER]
    far = numbers[SHAKE]
    for i in range(TILE_PX):
        y = (oy + tile[PY + i]) * per
        x = (ox + tile[PX + i]) * per
        tile[JX + i] = tile[PX + i] + far * look(coarse, y, x)
        tile[JY + i] = tile[PY + i] + far * look(coarse, y + f4(171.3), x + f4(303.7))


@inner
def stray(tile, plane, pixels, box, far, first_row, ty, tx, tall, wide):
    """What a crop has on a tile, as `composing.read_crop`, looked up a little astray: borders wander as lines shake.

    first_row: of the canvas that rows count from; tall, wide: of the whole canvas, beyond which its border goes on.
    """
    top, left, rows, columns = box[1], box[2], box[3], box[4]
    for i in range(TILE_PX):
        y = far * (tile[JY + i] - tile[PY + i])
        x = far * (tile[JX + i] - tile[PX + i])
        fy = np.floor(y)
        fx = np.floor(x)
        iy = ty + int(i // u8(TILE_W)) + int(fy)
        ix = tx + int(i % u8(TILE_W)) + int(fx)
        y -= fy
        x -= fx
        total = Z
        for v in range(2):
            for u in range(2):
                at = min(max(iy + v, -first_row), tall - 1 - first_row) - top
                along = min(max(ix + u, 0), wide - 1) - left
                if (at >= 0) & (at < rows) & (along >= 0) & (along < columns):
                    w = (y if v else ONE - y) * (x if u else ONE - x)
                    total += w * f4(pixels[box[0] + at * columns + along])
        tile[plane + i] = total


@inner
def begin(tile, first, last):
    """Nothing is laid yet of a glaze, on the blocks first..last."""
    for plane in range(u8(6)):
        for i in range(first * BLOCK, last * BLOCK):
            tile[D0 + plane * TILE_PX + i] = Z
    for i in range(first * BLOCK, last * BLOCK):
        tile[DEEP + i] = _NEVER
        tile[LEFT + i] = Z
        tile[AX + i] = Z
        tile[AY + i] = Z
        tile[JOINT + i] = Z


@kernel
def absorb_tiles(
    q, e, glazes, melted, pool, coarse, frac, paper, coal, streaks, blooms, numbers, first_row, first_column, height,
    width, y0, y1, tile_of, tile_first, pair_stroke, pair_blocks, cuts, boxes, canvas, first, step,
):  # fmt: skip
    """Add what strokes absorb to a canvas (y1 - y0, width, 3), at the places first, first + step, …

    q, e: prepared strokes and their looks, glaze after glaze; glazes, melted, pool: of each glaze, and what its washes
    are when they have run into each other; coarse, frac, paper, coal, streaks: noises; y0, y1: which rows after the
    first of a tile, first_row, these are; tile_of (K, places): of regions; cuts, boxes (K, 6): each region's share of
    the pixels, and where it lies among them.
    """
    across = (width + TILE_W - 1) // TILE_W
    tile = np.zeros(TILE, f4)
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
        ox = f4(first_column + tx)
        oy = f4(first_row + ty)
        begun = False
        shaken = False
        toothed = False
        for k in range(tile_of.shape[0]):
            n = tile_of[k, place]
            if n < 0 or tile_first[n] == tile_first[n + 1]:
                continue
            if not begun:
                begun = True
                look_at_paper(tile, HIGH, paper, numbers[PER_PAPER], ox, oy)
                for i in range(u8(3) * TILE_PX):
                    tile[T0 + i] = Z
            for i in range(u8(3) * TILE_PX):
                tile[A0 + i] = Z
            p = tile_first[n]
            end = tile_first[n + 1]
            while p < end:
                glaze = int(e[pair_stroke[p], GLAZE])
                kind = glazes[glaze, KIND]
                a = TILE_PX // BLOCK
                b = u8(0)
                after = p
                while after < end and int(e[pair_stroke[after], GLAZE]) == glaze:
                    a = min(a, pair_blocks[after] >> BLOCK_BITS)
                    b = max(b, pair_blocks[after] & BLOCK_MASK)
                    after += 1
                begin(tile, a, b)
                if kind == LINE and not shaken:
                    shaken = True
                    shake(tile, coarse, numbers, ox, oy)
                if kind != FLAT_STROKE and not toothed:
                    toothed = True
                    look_at_paper(tile, COAL, coal, numbers[PER_COAL], ox, oy)
                for pair in range(p, after):
                    m = pair_stroke[pair]
                    b0 = pair_blocks[pair] >> BLOCK_BITS
                    b1 = pair_blocks[pair] & BLOCK_MASK
                    if kind == WASH:
                        lay_wash(q[m], e[m], coarse, numbers, ox, oy, tile, b0, b1, t)
                    elif kind == LINE:
                        lay_line(q[m], e[m], ox, oy, tile, b0, b1, t)
                    elif kind == STICK:
                        lay_stick(q[m], e[m], streaks, ox, oy, tile, b0, b1, t)
                    else:
                        lay_flat(q[m], e[m], ox, oy, tile, b0, b1, t)
                g = glazes[glaze]
                if kind == WASH:
                    dry_wash(tile, g, pool, melted[glaze], frac, blooms, numbers, ox, oy, a, b)
                elif kind == LINE:
                    dry_lines(tile, g, a, b)
                elif kind == STICK:
                    dry_sticks(tile, g, a, b)
                else:
                    dry_flat(tile, g, a, b)
                p = after
            if boxes[k, _IS_CUT]:
                if numbers[STRAY] > Z:
                    if not shaken:
                        shaken = True
                        shake(tile, coarse, numbers, ox, oy)
                    tall = int(numbers[TALL])
                    stray(tile, CUT, cuts, boxes[k], numbers[STRAY], first_row, ty, tx, tall, width)
                else:
                    read_crop(tile, CUT, cuts, boxes[k], ty, tx, rows, columns)
                for c in range(u8(3)):
                    for i in range(TILE_PX):
                        tile[T0 + c * TILE_PX + i] += tile[CUT + i] * tile[A0 + c * TILE_PX + i]
            else:
                for i in range(u8(3) * TILE_PX):
                    tile[T0 + i] += tile[A0 + i]
        if begun:
            for y in range(open0, open1):
                for x in range(columns):
                    i = u8(y * TILE_W + x)
                    pixel = canvas[ty + y - y0, tx + x]
                    pixel[0] += tile[T0 + i]
                    pixel[1] += tile[T1 + i]
                    pixel[2] += tile[T2 + i]


@kernel
def wet_tiles(
    q, e, glaze, coarse, frac, numbers, first_row, first_column, height, width, tile_first, pair_stroke, pair_blocks,
    planes, first, step,
):  # fmt: skip
    """One glaze of washes while it is wet, into planes (7, height, width): six of what it carries, and where it is."""
    across = (width + TILE_W - 1) // TILE_W
    tile = np.zeros(TILE, f4)
    t = np.zeros(PLACES, f4)
    place_pixels(tile)
    for place in range(first, tile_first.shape[0] - 1, step):
        if tile_first[place] == tile_first[place + 1]:
            continue
        tx = (place % across) * TILE_W
        ty = (place // across) * TILE_H
        ox = f4(first_column + tx)
        oy = f4(first_row + ty)
        begin(tile, u8(0), TILE_PX // BLOCK)
        for p in range(tile_first[place], tile_first[place + 1]):
            m = pair_stroke[p]
            b0 = pair_blocks[p] >> BLOCK_BITS
            b1 = pair_blocks[p] & BLOCK_MASK
            lay_wash(q[m], e[m], coarse, numbers, ox, oy, tile, b0, b1, t)
        if numbers[BORDER] > Z:
            for b in range(TILE_PX // BLOCK):
                take_margin(tile, glaze, numbers, frac, ox, oy, b * BLOCK)
        for y in range(min(TILE_H, height - ty)):
            for x in range(min(TILE_W, width - tx)):
                i = u8(y * TILE_W + x)
                wet = min(max(tile[DEEP + i] * CRISP + HALF, Z), ONE)
                for c in range(u8(6)):
                    planes[c, ty + y, tx + x] = tile[D0 + c * TILE_PX + i] * wet
                planes[6, ty + y, tx + x] = wet
