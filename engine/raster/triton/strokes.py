"""From strokes to pairs on the GPU: prepared strokes, and the strips of tiles that each can touch.

A strip is ROWS rows of a tile, painted by one program of one warp. Every stroke counts its strips, a prefix sum makes
room for all, the strokes write their pairs, and a stable sort by strip keeps the order of painting: no atomics.
"""

# pyright: reportArgumentType=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
# (the language inside a kernel is Triton's, not Python's)

import triton.language as tl

from impasto.engine.raster import layout
from impasto.engine.raster.cpu import binning
from impasto.engine.raster.triton.compiling import kernel

X, Y, C1X, C1Y, C2X, C2Y, R, DR, OP, DOP, RED, GREEN, BLUE, IW = (tl.constexpr(k) for k in layout.STROKE)
HALF0X, HALF0Y, HALF1X, HALF1Y, INV0, INV1, AHEAD0, AHEAD1, WIDE = (tl.constexpr(k) for k in layout.GPU_SEARCH)
BENT = tl.constexpr(layout.BENT)
PREPARED = tl.constexpr(layout.PREPARED)

TURN_4, TURN_8, TURN_16, TURN_32 = (tl.constexpr(float(turn)) for turn in binning.TURNS)
TAPER_LIMIT = tl.constexpr(float(binning.TAPER_LIMIT))
LEAST = tl.constexpr(float(binning.LEAST))
TINY = tl.constexpr(float(layout.TINY))
DEEPEST = tl.constexpr(float(layout.DEEPEST))


@kernel
def ahead(dr, i):
    """How far ahead of its foot a tapered chord's nearest point lies; i = 1 / |chord|²."""
    slope = 0.5 * dr * tl.sqrt(i)
    return slope / tl.sqrt(tl.maximum(1.0 - slope * slope, 1e-4)) * i


@kernel
def chords(c2x, c2y, r, dr, iw, length, pixel):
    """0, or the number of chords to start from where two and one Newton step would not be exact enough.

    pixel: the canvas's, as in `prepare`.
    """
    bend = 0.5 * tl.sqrt(c2x * c2x + c2y * c2y)
    taper = tl.minimum(tl.abs(dr), length)
    turn = bend + 0.1 * (taper + tl.minimum(tl.maximum(r, r + dr) + 0.5 / iw, length))
    n = tl.where(turn > TURN_4 * length, 4.0, 0.0)
    n = tl.where(turn > TURN_8 * length, 8.0, n)
    n = tl.where(turn > TURN_16 * length, 16.0, n)
    n = tl.where(turn > TURN_32 * length, 32.0, n)
    least = LEAST * pixel
    n = tl.where(bend > least, n, 0.0)
    return tl.where((taper > least) & (taper > TAPER_LIMIT * length), tl.maximum(n, 8.0), n)


@kernel
def prepare(
    table, q, count, scale, shifts, phases, turn, pixel, softness, edge, BLOCK: tl.constexpr, ABSORBS: tl.constexpr
):
    """Fill q (N, PREPARED) from the table (N, 13): pixel units, edge width and chords.

    On a lattice, units are its own pixels: scale of them to a canvas unit, and a pixel of the canvas, which no edge is
    narrower than, is `pixel` of them wide. shifts (P, 2): by how much x and y are moved on each of P lattices; phases
    (turns,): which of them it is at each turn, of which turn (1,) tells the present one. ABSORBS: whether a stroke's
    colour is what it lets through, and kept as what it absorbs.
    """
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    live = n < count
    p = table + n * 13
    s = q + n * PREPARED
    shift = shifts + tl.load(phases + tl.load(turn)) * 2
    x0 = tl.load(p, live, 0.0) * scale
    y0 = tl.load(p + 1, live, 0.0) * scale
    x1 = tl.load(p + 2, live, 0.0) * scale
    y1 = tl.load(p + 3, live, 0.0) * scale
    x2 = tl.load(p + 4, live, 0.0) * scale
    y2 = tl.load(p + 5, live, 0.0) * scale
    r0 = tl.load(p + 6, live, 0.0)
    r2 = tl.load(p + 7, live, 0.0)
    opacity = tl.load(p + 8, live, 0.0)
    c1x = 2.0 * (x1 - x0)
    c1y = 2.0 * (y1 - y0)
    c2x = x0 - 2.0 * x1 + x2
    c2y = y0 - 2.0 * y1 + y2
    r = r0 * scale
    dr = (r2 - r0) * scale
    iw = 1.0 / (tl.maximum(softness * scale, pixel) + edge * 0.5 * (r0 + r2) * scale)
    mx = 0.5 * c1x + 0.25 * c2x
    my = 0.5 * c1y + 0.25 * c2y
    ex = x2 - x0 - mx
    ey = y2 - y0 - my
    im = 1.0 / (mx * mx + my * my + TINY)
    ie = 1.0 / (ex * ex + ey * ey + TINY)
    length = tl.sqrt((x2 - x0) * (x2 - x0) + (y2 - y0) * (y2 - y0))
    tl.store(s + X, x0 + tl.load(shift), live)
    tl.store(s + Y, y0 + tl.load(shift + 1), live)
    tl.store(s + C1X, c1x, live)
    tl.store(s + C1Y, c1y, live)
    tl.store(s + C2X, c2x, live)
    tl.store(s + C2Y, c2y, live)
    tl.store(s + R, r, live)
    tl.store(s + DR, dr, live)
    tl.store(s + OP, opacity, live)
    tl.store(s + DOP, tl.load(p + 9, live, 0.0) - opacity, live)
    for k in tl.static_range(3):
        colour = tl.load(p + 10 + k, live, 1.0)
        if ABSORBS:
            colour = -tl.log(tl.maximum(colour, DEEPEST))
        tl.store(s + RED + k, colour, live)
    tl.store(s + IW, iw, live)
    tl.store(s + HALF0X, mx, live)
    tl.store(s + HALF0Y, my, live)
    tl.store(s + HALF1X, ex, live)
    tl.store(s + HALF1Y, ey, live)
    tl.store(s + INV0, im, live)
    tl.store(s + INV1, ie, live)
    tl.store(s + AHEAD0, ahead(dr, im), live)
    tl.store(s + AHEAD1, ahead(dr, ie), live)
    tl.store(s + WIDE, tl.where(tl.abs(dr) >= length, 2.0, 0.0), live)
    tl.store(s + BENT, chords(c2x, c2y, r, dr, iw, length, pixel), live)


@kernel
def shape(s):
    """How a stroke's curve and radius go on from their beginnings: c1x, c1y, c2x, c2y, dr."""
    return tl.load(s + C1X), tl.load(s + C1Y), tl.load(s + C2X), tl.load(s + C2Y), tl.load(s + DR)


@kernel
def find_strips(
    q, region, tile_of, counts, ends, keys, owner, capacity, first_row, first_column, height, width, across, places,
    TILE_W: tl.constexpr, TILE_H: tl.constexpr, ROWS: tl.constexpr, REACH: tl.constexpr, CHUNK: tl.constexpr,
    FILL: tl.constexpr,
):  # fmt: skip
    """Count the strips that each stroke can touch, or (FILL) write its pairs: keys[k] the strip, owner[k] the stroke.

    One program per stroke; its pairs go to ends[n - 1]..ends[n], as far as there is room (capacity). A strip is hit
    if its middle is within REACH (half a strip's diagonal) of a capsule of the curve, and their boxes overlap.
    """
    n = tl.program_id(0)
    s = q + n * PREPARED
    x = tl.load(s + X) - first_column
    y = tl.load(s + Y) - first_row
    c1x, c1y, c2x, c2y, dr = shape(s)
    r0 = tl.load(s + R)
    bow = tl.sqrt(c2x * c2x + c2y * c2y)
    # pieces of the curve, straight within a quarter pixel: a piece's sagitta is bow / (4 pieces²)
    pieces = tl.where(bow > 1.0, 2, 1)
    pieces = tl.where(bow > 4.0, 4, pieces)
    pieces = tl.where(bow > 16.0, 8, pieces)
    pieces = tl.where(bow > 64.0, 16, pieces)
    pieces = tl.where(bow > 256.0, 32, pieces)
    pieces = tl.where(tl.abs(dr) > 1.0, tl.maximum(pieces, 4), pieces)
    share = 1.0 / pieces.to(tl.float32)
    slack = 0.5 / tl.load(s + IW) + 0.25 * bow * share * share + 0.01
    pad = tl.maximum(r0, r0 + dr) + slack
    x1 = x + 0.5 * c1x
    y1 = y + 0.5 * c1y
    x2 = x + c1x + c2x
    y2 = y + c1y + c2y
    left = tl.minimum(tl.minimum(x, x1), x2) - pad
    right = tl.maximum(tl.maximum(x, x1), x2) + pad
    top = tl.minimum(tl.minimum(y, y1), y2) - pad
    bottom = tl.maximum(tl.maximum(y, y1), y2) + pad
    seen = (right > 0.0) & (left < width) & (bottom > 0.0) & (top < height)
    # clamped before they become integers: a stroke may be far away
    c0 = tl.minimum(tl.maximum(left, 0.0), width - 1.0).to(tl.int32) // TILE_W
    c1 = tl.minimum(tl.maximum(right, 0.0), width - 1.0).to(tl.int32) // TILE_W
    s0 = tl.minimum(tl.maximum(top, 0.0), height - 1.0).to(tl.int32) // ROWS
    s1 = tl.minimum(tl.maximum(bottom, 0.0), height - 1.0).to(tl.int32) // ROWS
    wide = c1 - c0 + 1
    candidates = tl.where(seen, wide * (s1 - s0 + 1), 0)
    numbers = tile_of + tl.load(region + n) * places
    begin = tl.load(ends + n - 1, n > 0, 0) if FILL else 0
    found = 0
    for start in range(0, candidates, CHUNK):
        i = start + tl.arange(0, CHUNK)
        column = c0 + i % wide
        strip = s0 + i // wide
        mx = (column * TILE_W).to(tl.float32) + 0.5 * TILE_W
        my = (strip * ROWS).to(tl.float32) + 0.5 * ROWS
        near = i < 0
        ax = x
        ay = y
        ra = r0
        for k in range(1, pieces + 1):
            t = k * share
            bx = x + t * (c1x + t * c2x)
            by = y + t * (c1y + t * c2y)
            rb = r0 + t * dr
            r = tl.maximum(ra, rb) + slack
            dx = bx - ax
            dy = by - ay
            u = ((mx - ax) * dx + (my - ay) * dy) / (dx * dx + dy * dy + TINY)
            u = tl.minimum(tl.maximum(u, 0.0), 1.0)
            vx = ax + u * dx - mx
            vy = ay + u * dy - my
            near = near | (
                (vx * vx + vy * vy <= (r + REACH) * (r + REACH))
                & (mx + 0.5 * TILE_W >= tl.minimum(ax, bx) - r)
                & (mx - 0.5 * TILE_W <= tl.maximum(ax, bx) + r)
                & (my + 0.5 * ROWS >= tl.minimum(ay, by) - r)
                & (my - 0.5 * ROWS <= tl.maximum(ay, by) + r)
            )
            ax = bx
            ay = by
            ra = rb
        near = near & (i < candidates)
        parts = TILE_H // ROWS
        tile = tl.load(numbers + (strip // parts) * across + column, near, -1)
        hit = (near & (tile >= 0)).to(tl.int32)
        if FILL:
            k = begin + found + tl.cumsum(hit, 0) - 1
            room = (hit > 0) & (k < capacity)
            tl.store(keys + k, tile * parts + strip % parts, room)
            tl.store(owner + k, tl.zeros_like(hit) + n, room)
        found += tl.sum(hit, 0)
    if not FILL:
        tl.store(counts + n, found)
