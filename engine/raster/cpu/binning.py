"""From strokes to pairs: which blocks of which tiles each stroke can touch, sorted by tile, in stroke order."""

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.layout import *

# How much a stroke turns: its bend (how far the control point lies from the chord's middle) and a tenth of its
# taper and of its reach, over the chord's length. Above each limit the search starts from twice as many chords;
# below the first from two. Set so that 1 % of painted strokes are off by .02 anywhere.
TURNS = (f4(0.35), f4(0.42), f4(0.6), f4(1.5))
TAPER_LIMIT = f4(0.6)  # radii's difference over the chord's length; above, 8 chords at least
LEAST = f4(0.1)  # pixels of the canvas; less bend or taper than that does not matter


@inner
def chords(s, length, pixel):
    """s[BENT]. length: from end to end; pixel: the canvas's, as below."""
    bend = HALF * np.sqrt(s[C2X] * s[C2X] + s[C2Y] * s[C2Y])
    taper = abs(s[DR])
    reach = min(max(s[R], s[R] + s[DR]) + HALF / s[IW], length)
    turn = bend + f4(0.1) * (min(taper, length) + reach)
    n = Z
    least = LEAST * pixel
    if bend > least and turn > TURNS[0] * length:
        n = f4(4)
        for k in range(1, 4):
            if turn > TURNS[k] * length:
                n += n
    if taper > least and taper > TAPER_LIMIT * length:
        n = max(n, f4(8))
    return n


@kernel
def prepare(table, scale, shift_x, shift_y, pixel, edges, absorbs, q, n0, n1):
    """Fill q (N, PREPARED) for strokes n0..n1: pixel units, edge width and chords.

    On a lattice, units are its own pixels: scale of them to a canvas unit, places moved by the shifts, and a pixel of
    the canvas, which no edge is narrower than, is `pixel` of them wide. edges: (N, 2), each stroke's softness and edge,
    or (1, 2), those of all; absorbs: whether a stroke's colour is what it lets through, and kept as what it absorbs.
    """
    for n in range(n0, n1):
        p = table[n]
        s = q[n]
        x0 = p[0] * scale
        y0 = p[1] * scale
        x1 = p[2] * scale
        y1 = p[3] * scale
        x2 = p[4] * scale
        y2 = p[5] * scale
        s[X] = x0 + shift_x
        s[Y] = y0 + shift_y
        s[C1X] = TWO * (x1 - x0)
        s[C1Y] = TWO * (y1 - y0)
        s[C2X] = x0 - TWO * x1 + x2
        s[C2Y] = y0 - TWO * y1 + y2
        s[R] = p[6] * scale
        s[DR] = (p[7] - p[6]) * scale
        s[OP] = p[8]
        s[DOP] = p[9] - p[8]
        for k in range(10, 13):
            s[k] = -np.log(max(p[k], DEEPEST)) if absorbs else p[k]
        soft = edges[n if edges.shape[0] > 1 else 0]
        s[IW] = ONE / (max(soft[0] * scale, pixel) + soft[1] * HALF * (p[6] + p[7]) * scale)
        mx = HALF * s[C1X] + QUARTER * s[C2X]
        my = HALF * s[C1Y] + QUARTER * s[C2Y]
        ex = x2 - x0 - mx
        ey = y2 - y0 - my
        s[MX] = x0 + mx + shift_x
        s[MY] = y0 + my + shift_y
        s[TX] = s[C1X] + s[C2X]
        s[TY] = s[C1Y] + s[C2Y]
        im = ONE / (mx * mx + my * my + TINY)
        ie = ONE / (ex * ex + ey * ey + TINY)
        s[FOOT0] = QUARTER * im
        s[FOOT1] = QUARTER * ie
        s[UNEVEN0] = -QUARTER * im * (s[C2X] * mx + s[C2Y] * my)
        s[UNEVEN1] = QUARTER * ie * (s[C2X] * ex + s[C2Y] * ey)
        square = s[TX] * s[TX] + s[TY] * s[TY]
        s[CONE] = s[DR] / np.sqrt(max(square - s[DR] * s[DR], f4(0.01) * square) + TINY)
        length = np.sqrt((x2 - x0) * (x2 - x0) + (y2 - y0) * (y2 - y0))
        s[BENT] = chords(s, length, pixel)


@inner
def columns_within(left, right, first, last):
    """Which of the columns first..last lie between two places, in pixels from the middle of column 0's first one."""
    width = f4(1 / TILE_W)
    return max(int((left - f4(TILE_W - 1)) * width), first), min(int(max(right, Z) * width), last)


@inner
def widen_by_disc(cx, cy, r, first, last, rows):
    """Widen the rows (columns, 2) of each column first..last by those of a disc."""
    begin, end = columns_within(cx - r, cx + r, first, last)
    for column in range(begin, end + 1):
        left = f4(column * TILE_W)
        dx = max(left - cx, cx - left - f4(TILE_W - 1), Z)
        if dx < r:
            h = np.sqrt(r * r - dx * dx)
            rows[column, 0] = min(rows[column, 0], cy - h)
            rows[column, 1] = max(rows[column, 1], cy + h)


@inner
def widen_by_segment(ax, ay, bx, by, first, last, rows):
    """Widen the rows (columns, 2) of each column first..last by those of a segment."""
    dx = bx - ax
    steep = abs(dx) <= f4(1e-3)
    rise = Z if steep else (by - ay) / dx
    low = min(ax, bx)
    high = max(ax, bx)
    begin, end = columns_within(low, high, first, last)
    for column in range(begin, end + 1):
        left = f4(column * TILE_W)
        if high < left or low > left + f4(TILE_W - 1):
            continue
        ya = ay if steep else ay + (max(low, left) - ax) * rise
        yb = by if steep else ay + (min(high, left + f4(TILE_W - 1)) - ax) * rise
        rows[column, 0] = min(rows[column, 0], ya, yb)
        rows[column, 1] = max(rows[column, 1], ya, yb)


@kernel
def bin_strokes(
    q, region, tile_of, first_row, first_column, height, width, n0, n1, counts, offsets, tiles, blocks
):  # fmt: skip
    """Find the pairs of strokes n0..n1, in stroke order; grow `tiles` and `blocks` as needed and return them.

    offsets[n - n0] becomes the first pair of stroke n; counts[tile] how many pairs each tile got. A stroke is
    cut into capsules (pieces of the curve, straight within a quarter pixel, with their largest radius), and their
    exact extents in a column of tiles give the rows. The canvas shows `height` rows from first_row on and
    `width` columns from first_column on. Stroke n belongs to region[n], whose tiles tile_of[region[n]] numbers; where
    that is negative, the region has none.
    """
    across = (width + TILE_W - 1) // TILE_W
    corner = f4(first_column) + HALF
    rows = np.empty((across, 2), f4)  # of each column of tiles, what a stroke covers: from, to
    m = 0
    for n in range(n0, n1):
        offsets[n - n0] = m
        s = q[n]
        bow = np.sqrt(s[C2X] * s[C2X] + s[C2Y] * s[C2Y])
        pieces = 1
        while pieces < 32 and bow > f4(pieces * pieces):  # a piece's sagitta is bow / (4 pieces²)
            pieces *= 2
        if abs(s[DR]) > ONE:
            pieces = max(pieces, 4)
        slack = HALF / s[IW] + f4(0.25) * bow / f4(pieces * pieces) + f4(0.01)
        pad = max(s[R], s[R] + s[DR]) + slack
        x2 = s[X] + s[C1X] + s[C2X]
        x1 = s[X] + HALF * s[C1X]
        left = min(s[X], x2, x1) - pad
        right = max(s[X], x2, x1) + pad
        left -= f4(first_column)
        right -= f4(first_column)
        if not (right > Z and left < f4(width)):
            continue
        first = int(max(left, Z)) // TILE_W
        last = min(int(min(right, f4(width))) // TILE_W, across - 1)
        for column in range(first, last + 1):
            rows[column, 0] = f4(1e9)
            rows[column, 1] = f4(-1e9)
        part = ONE / f4(pieces)
        ax = s[X] - corner
        ay = s[Y]
        before = s[R]
        r = s[R]
        for k in range(pieces + 1):
            after = s[R] + min(f4(k + 1) * part, ONE) * s[DR]
            widen_by_disc(ax, ay, max(before, r, after) + slack, first, last, rows)
            if k == pieces:
                break
            t = f4(k + 1) * part
            bx = s[X] - corner + t * (s[C1X] + t * s[C2X])
            by = s[Y] + t * (s[C1Y] + t * s[C2Y])
            scale = (max(r, after) + slack) / np.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay) + TINY)
            nx = (ay - by) * scale
            ny = (bx - ax) * scale
            widen_by_segment(ax + nx, ay + ny, bx + nx, by + ny, first, last, rows)
            widen_by_segment(ax - nx, ay - ny, bx - nx, by - ny, first, last, rows)
            ax = bx
            ay = by
            before = r
            r = after
        for column in range(first, last + 1):
            lo = rows[column, 0]
            hi = rows[column, 1]
            lo -= f4(first_row)
            hi -= f4(first_row)
            if not (hi >= HALF and lo <= f4(height) - HALF):
                continue
            row = int(np.ceil(max(lo - HALF, Z)))
            end = min(int(np.floor(min(hi, f4(height)) - HALF)) + 1, height)
            while row < end:
                band = row // TILE_H
                top = band * TILE_H
                stop = min(end, top + TILE_H)
                tile = tile_of[region[n], band * across + column]
                if tile < 0:
                    row = stop
                    continue
                if m == tiles.shape[0]:
                    more = np.empty(2 * m, np.int32)
                    more[:m] = tiles
                    tiles = more
                    wider = np.empty(2 * m, np.uint64)
                    wider[:m] = blocks
                    blocks = wider
                tiles[m] = tile
                a = u8((row - top) // BLOCK_ROWS)
                b = u8((stop - top + BLOCK_ROWS - 1) // BLOCK_ROWS)
                blocks[m] = (a << BLOCK_BITS) | b
                counts[tile] += 1
                m += 1
                row = stop
    offsets[n1 - n0] = m
    return tiles, blocks


@kernel
def sort_pairs(
    tiles, blocks, offsets, cursor, n0, n1, first_pair, pair_stroke, pair_blocks, stroke_pairs, stroke_first
):
    """Write the pairs of strokes n0..n1 tile by tile; `cursor[tile]` is where this range's next pair goes."""
    for n in range(n0, n1):
        stroke_first[n] = first_pair + offsets[n - n0]
        for k in range(offsets[n - n0], offsets[n - n0 + 1]):
            p = cursor[tiles[k]]
            cursor[tiles[k]] = p + 1
            pair_stroke[p] = n
            pair_blocks[p] = blocks[k]
            stroke_pairs[first_pair + k] = p
