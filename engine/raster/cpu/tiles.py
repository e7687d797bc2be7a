"""Whole tiles: walk the strokes front to back, lay them down, take the loss, walk back for the gradients.

Keeping a tile's (opacity, t*, transmittance) of every visited stroke in cache between the two walks is what makes
the fused form fast: nothing is searched twice, and nothing is divided by 1 − opacity.
"""

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.cpu.coverage import absorbed_cost, lay, lay_bent, pixel_gradients, removal_cost, stray
from impasto.engine.raster.layout import *


@inner
def longest_walk(pair_blocks, tile_first, first, step):
    """How many blocks the fullest of the tiles first, first + step, … can visit."""
    blocks = u8(1)
    for tile in range(first, tile_first.shape[0] - 1, step):
        n = u8(0)
        for p in range(tile_first[tile], tile_first[tile + 1]):
            n += (pair_blocks[p] & BLOCK_MASK) - (pair_blocks[p] >> BLOCK_BITS)
        blocks = max(blocks, n)
    return blocks


@inner
def clear_moments(moments, first, last):
    """Pairs nobody sees have no gradient."""
    for p in range(first, last):
        for c in range(MOMENTS):
            moments[p, c] = Z


@inner
def place_pixels(tile):
    """The middles of a tile's pixels, from its corner."""
    for i in range(TILE_PX):
        tile[PX + i] = f4(i % u8(TILE_W)) + HALF
        tile[PY + i] = f4(i // u8(TILE_W)) + HALF


@inner
def blank(tile, columns, rows):
    """An untouched tile: all clear; pixels beyond the canvas are closed from the start."""
    for i in range(TILE_PX):
        inside = i % u8(TILE_W) < columns and i // u8(TILE_W) < rows
        tile[CLEAR + i] = ONE if inside else Z
        tile[C0 + i] = Z
        tile[C1 + i] = Z
        tile[C2 + i] = Z


@inner
def still_open(tile, threshold):
    """Does anything still shine through?"""
    n = Z
    for i in range(TILE_PX):
        n += ONE if tile[CLEAR + i] > threshold else Z
    return n > HALF


@inner
def let_through(tile, first, last):
    """Undo that the stroke just laid hides what is beneath (blocks first..last), but for how often it is covered."""
    for i in range(first * BLOCK, last * BLOCK):
        tile[COVERED + i] += tile[OPEN + i] - tile[CLEAR + i]
        tile[CLEAR + i] = tile[OPEN + i]


@inner
def walk_down(q, tile, ox, oy, first_pair, last_pair, pair_stroke, pair_blocks, threshold, kept, keep, absorbs):
    """Lay the tile's strokes front to back until it is closed; returns the first pair that was laid.

    Strokes that absorb never close it: C0..C2 are what they absorb in all.
    """
    if absorbs:
        for i in range(TILE_PX):
            tile[OPEN + i] = tile[CLEAR + i]
            tile[COVERED + i] = Z
    at = u8(0)
    unchecked = u8(0)
    for p in range(last_pair - 1, first_pair - 1, -1):
        s = q[pair_stroke[p]]
        first = pair_blocks[p] >> BLOCK_BITS
        last = pair_blocks[p] & BLOCK_MASK
        if s[BENT] > HALF:
            lay_bent(s, ox, oy, tile, first, last, kept, at)
        else:
            lay(s, ox, oy, tile, first, last, kept, at)
        if absorbs:
            let_through(tile, first, last)
        if keep:
            at += (last - first) * KEPT
        # looking at every pixel costs as much as a small stroke: not after each one
        unchecked += last - first
        if unchecked >= TILE_PX // BLOCK:
            unchecked = u8(0)
            if not still_open(tile, threshold):
                return p
    return first_pair


@inner
def read_gradient(tile, target, tx, ty, columns, rows):
    """Take the tile's part of a given dL/d(canvas)."""
    for y in range(rows):
        for x in range(columns):
            i = u8(y * TILE_W + x)
            tile[G0 + i] = target[0, ty + y, tx + x]
            tile[G1 + i] = target[1, ty + y, tx + x]
            tile[G2 + i] = target[2, ty + y, tx + x]
            tile[G3 + i] = target[3, ty + y, tx + x]


@inner
def take_loss(tile, target, weight, tx, ty, columns, rows, mode, caution):
    """The tile's loss against the target's colours; leaves its gradient in G0..G2 (for REMOVAL the difference).

    weight: the tile's own pixels (TILE_PX,); caution: what too dark costs, times what too light does.
    """
    loss = 0.0
    for k in range(3):
        g = G0 + u8(k) * TILE_PX
        c = C0 + u8(k) * TILE_PX
        for y in range(rows):
            for x in range(columns):
                i = u8(y * TILE_W + x)
                d = tile[c + i] - target[k, ty + y, tx + x]
                w = weight[i] * (caution if d < Z else ONE)
                if mode == L1:
                    loss += w * abs(d)
                    tile[g + i] = w if d > Z else (-w if d < Z else Z)
                elif mode == SMOOTH_L1:
                    bounded = min(max(d / SMOOTH, -ONE), ONE)
                    loss += w * bounded * (d - HALF * bounded * SMOOTH)
                    tile[g + i] = w * bounded
                elif mode == L2:
                    loss += w * d * d
                    tile[g + i] = TWO * w * d
                else:
                    loss += w * abs(d)
                    tile[g + i] = d
                    tile[G3 + i] = weight[i]
    return loss


@inner
def write_canvas(tile, canvas, tx, ty, columns, rows, background_alpha):
    """Copy the tile's colours and alpha to the canvas (4, H, W)."""
    for y in range(rows):
        for x in range(columns):
            i = u8(y * TILE_W + x)
            canvas[0, ty + y, tx + x] = tile[C0 + i]
            canvas[1, ty + y, tx + x] = tile[C1 + i]
            canvas[2, ty + y, tx + x] = tile[C2 + i]
            canvas[3, ty + y, tx + x] = ONE - tile[CLEAR + i] * (ONE - background_alpha)


@inner
def shut(tile, weight, spill):
    """Close the pixels that matter to no loss, so that the tile is closed when those that do are."""
    for i in range(TILE_PX):
        tile[CLEAR + i] = tile[CLEAR + i] if (weight[i] > Z) | (spill[i] > Z) else Z


@inner
def take_spill(tile, spill, absorbs):
    """What the paint on pixels of other regions costs; leaves its gradient in G3."""
    cost = 0.0
    for i in range(TILE_PX):
        tile[G3 + i] = spill[i]
        cost += spill[i] * (tile[COVERED + i] if absorbs else ONE - tile[CLEAR + i])
    return cost


@inner
def back_the_tile(tile, background, absorbs):
    """What lies under the strokes shows: where nothing hides it, or through what absorbs."""
    if absorbs:
        for i in range(TILE_PX):
            tile[C0 + i] = background[0] * np.exp(-tile[C0 + i])
            tile[C1 + i] = background[1] * np.exp(-tile[C1 + i])
            tile[C2 + i] = background[2] * np.exp(-tile[C2 + i])
        return
    for i in range(TILE_PX):
        tile[C0 + i] += tile[CLEAR + i] * background[0]
        tile[C1 + i] += tile[CLEAR + i] * background[1]
        tile[C2 + i] += tile[CLEAR + i] * background[2]


@inner
def begin_below(tile, background, backing, mode, absorbs):
    """What the way back begins with, beneath all strokes; of what absorbs G0..G2 become gradients of the absorbance."""
    if absorbs:
        for i in range(TILE_PX):
            if mode < REMOVAL:
                tile[G0 + i] *= -tile[C0 + i]
                tile[G1 + i] *= -tile[C1 + i]
                tile[G2 + i] *= -tile[C2 + i]
            if mode == GIVEN:
                tile[G3 + i] = Z  # however much is absorbed, it stays as opaque as it was
            tile[BELOW + i] = Z
        return
    for i in range(TILE_PX):
        if mode == REMOVAL:
            tile[BELOW + i] = background[0]
            tile[BELOW1 + i] = background[1]
            tile[BELOW2 + i] = background[2]
        else:
            tile[BELOW + i] = (
                tile[G0 + i] * background[0] + tile[G1 + i] * background[1]
                + tile[G2 + i] * background[2] + tile[G3 + i] * backing
            )  # fmt: skip


@inner
def paint(
    q, first_row, first_column, height, width, place, tile_first, pair_stroke, pair_blocks, background, threshold, mode,
    target, weight, spill, caution, absorbs, canvas, write, moments, tile_loss, first, step,
):  # fmt: skip
    """Paint the tiles first, first + step, …, in a kernel of its own for strokes that cover and for those that absorb.

    place: (tiles,) where each lies, counted row by row over the canvas; several may lie at one place, of different
    regions. target: (3, H, W) colours for the losses, (4, H, W) dL/d(canvas) for GIVEN; for the losses also the
    weight (tiles, TILE_PX) of the pixels, and what it costs to cover them, spill (tiles, TILE_PX), or (1, 1) if
    nothing; caution: see `take_loss`; absorbs: whether strokes hide nothing, but absorb; canvas (4, H, W)
    premultiplied, written if `write`; moments (pairs, MOMENTS); tile_loss (tiles,); background (4,) premultiplied. A
    tile is closed when no pixel's transmittance exceeds `threshold`.
    """
    across = (width + TILE_W - 1) // TILE_W
    backing = background[3] if mode == GIVEN else Z  # to a loss the background is no paint
    spilling = spill.shape[0] == place.shape[0] and spill.shape[1] == TILE_PX
    blocks = longest_walk(pair_blocks, tile_first, first, step)
    kept = np.empty((blocks if mode != FORWARD else TILE_PX // BLOCK) * KEPT, f4)
    lanes = np.empty(MOMENTS * BLOCK, f4)
    tile = np.zeros(SCRATCH, f4)
    place_pixels(tile)
    for t in range(first, tile_first.shape[0] - 1, step):
        tx = (place[t] % across) * TILE_W
        ty = (place[t] // across) * TILE_H
        ox = f4(first_column + tx)
        oy = f4(first_row + ty)
        columns = min(TILE_W, width - tx)
        rows = min(TILE_H, height - ty)
        blank(tile, columns, rows)
        if mode >= L1 and mode != STRAY:
            shut(tile, weight[t], spill[t] if spilling else weight[t])
        laid = walk_down(
            q, tile, ox, oy, tile_first[t], tile_first[t + 1], pair_stroke, pair_blocks, threshold, kept,
            mode != FORWARD, absorbs,
        )  # fmt: skip
        back_the_tile(tile, background, absorbs)
        if write:
            write_canvas(tile, canvas, tx, ty, columns, rows, background[3])
        if mode == FORWARD:
            continue
        clear_moments(moments, tile_first[t], laid)
        for i in range(u8(4) * TILE_PX):
            tile[G0 + i] = Z
        if mode == GIVEN:
            read_gradient(tile, target, tx, ty, columns, rows)
        elif mode == STRAY:
            for i in range(TILE_PX):
                tile[G0 + i] = ONE if i % u8(TILE_W) < columns and i // u8(TILE_W) < rows else Z
                tile[G3 + i] = weight[t, i]
        else:
            tile_loss[t] = take_loss(tile, target, weight[t], tx, ty, columns, rows, mode, caution)
            if spilling and mode < REMOVAL:
                tile_loss[t] += take_spill(tile, spill[t], absorbs)
        begin_below(tile, background, backing, mode, absorbs)
        at = u8(0)
        for p in range(laid, tile_first[t + 1]):
            at += ((pair_blocks[p] & BLOCK_MASK) - (pair_blocks[p] >> BLOCK_BITS)) * KEPT
        for p in range(laid, tile_first[t + 1]):
            s = q[pair_stroke[p]]
            a = pair_blocks[p] >> BLOCK_BITS
            b = pair_blocks[p] & BLOCK_MASK
            at -= (b - a) * KEPT
            if mode == REMOVAL and absorbs:
                moments[p, 0] = absorbed_cost(s, tile, a, b, kept, at, caution)
            elif mode == REMOVAL:
                moments[p, 0] = removal_cost(s, tile, a, b, kept, at)
            elif mode == STRAY:
                stray(tile, a, b, kept, at, moments[p])
            else:
                pixel_gradients(s, ox, oy, tile, a, b, kept, at, lanes, moments[p])
                if absorbs:
                    for i in range(a * BLOCK, b * BLOCK):
                        tile[BELOW + i] = Z


@kernel
def paint_tiles(
    q, first_row, first_column, height, width, place, tile_first, pair_stroke, pair_blocks, background, threshold, mode,
    target, weight, spill, caution, canvas, write, moments, tile_loss, first, step,
):  # fmt: skip
    """`paint`, of strokes that cover; caution is of no matter."""
    paint(
        q, first_row, first_column, height, width, place, tile_first, pair_stroke, pair_blocks, background, threshold,
        mode, target, weight, spill, ONE, False, canvas, write, moments, tile_loss, first, step,
    )  # fmt: skip


@kernel
def absorb_tiles(
    q, first_row, first_column, height, width, place, tile_first, pair_stroke, pair_blocks, background, threshold, mode,
    target, weight, spill, caution, canvas, write, moments, tile_loss, first, step,
):  # fmt: skip
    """`paint`, of strokes that absorb."""
    paint(
        q, first_row, first_column, height, width, place, tile_first, pair_stroke, pair_blocks, background, threshold,
        mode, target, weight, spill, caution, True, canvas, write, moments, tile_loss, first, step,
    )  # fmt: skip


@kernel
def gather_gradients(q, moments, stroke_pairs, stroke_first, scale, edge, absorbs, gradient, n0, n1):
    """Sum each stroke's pairs in a fixed order and turn the moments into dL/d(table) (N, 13), canvas units."""
    s = np.empty(MOMENTS, f4)
    for n in range(n0, n1):
        for c in range(MOMENTS):
            s[c] = Z
        for k in range(stroke_first[n], stroke_first[n + 1]):
            p = stroke_pairs[k]
            for c in range(MOMENTS):
                s[c] += moments[p, c]
        g = gradient[n]
        for c in range(2):
            g[c] = (s[c] - TWO * s[2 + c] + s[4 + c]) * scale
            g[2 + c] = TWO * (s[2 + c] - s[4 + c]) * scale
            g[4 + c] = s[4 + c] * scale
        wider = HALF * edge * s[13]
        g[6] = (s[6] - s[7] + wider) * scale
        g[7] = (s[7] + wider) * scale
        g[8] = s[8] - s[9]
        g[9] = s[9]
        for c in range(3):
            g[10 + c] = -s[10 + c] * np.exp(q[n, RED + c]) if absorbs else s[10 + c]
