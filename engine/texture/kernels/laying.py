"""One textured stroke on one tile: where a pixel lies on the brush, what the bristles left there, how high.

Every loop but the strip's vectorises: no branches, no powers; see `engine.raster.cpu.coverage`.
"""

import numpy as np

from impasto.engine.compiling import inner
from impasto.engine.raster.cpu.nearest import search, unit
from impasto.engine.raster.layout import *
from impasto.engine.texture.kernels.columns import *

REACH = f4(1.12)  # radii from its curve beyond which nothing of a stroke lies


@inner
def place(s, e, ox, oy, tile, j, t):
    """From t* to places on the brush: HERE pixels along, SIDE radii aside, WIDE the radius. Is any of it to be seen?

    Beyond the ends the brush goes on straight, so that bristles run through them.
    """
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    r0 = s[R]
    dr = s[DR]
    sa = e[SA]
    sb = e[SB]
    sc = e[SC]
    long = e[LENGTH]
    shown = Z
    for i in range(BLOCK):
        u = t[HERE + i]
        dx = tile[PX + j + i] - x0 - u * (c1x + u * c2x)
        dy = tile[PY + j + i] - y0 - u * (c1y + u * c2y)
        gx = c1x + TWO * u * c2x
        gy = c1y + TWO * u * c2y
        inv = ONE / np.sqrt(gx * gx + gy * gy + TINY)
        r = max(r0 + dr * u, f4(0.1))
        v = (gx * dy - gy * dx) * inv / r
        here = u * (sa + u * (sb + u * sc)) + (gx * dx + gy * dy) * inv
        t[WIDE + i] = r
        t[SIDE + i] = v
        t[HERE + i] = here
        near = (abs(v) < REACH) & (here > -r) & (here < long + r)
        shown += ONE if near & ((tile[CLEAR + j + i] + tile[THROUGH + j + i]) * tile[CUT + j + i] > Z) else Z
    return shown > HALF


@inner
def look_up(e, strip, t):
    """MARK and MIX of a block: the strip at its places, linear across, smooth along."""
    row = e[ROW]
    column = e[COLUMN]
    per_radius = e[PER_RADIUS]
    per_pixel = e[PER_PIXEL]
    level = np.int32(e[STRIP]) << 16
    for i in range(BLOCK):
        y = row + per_radius * t[SIDE + i]
        x = column + per_pixel * t[HERE + i]
        fy = np.floor(y)
        fx = np.floor(x)
        iy = np.int32(fy)
        ix = np.int32(fx)
        y -= fy
        x -= fx
        x = x * x * (THREE - TWO * x)
        ya = level + ((iy & np.int32(255)) << 8)
        yb = level + (((iy + np.int32(1)) & np.int32(255)) << 8)
        xa = (ix & np.int32(127)) << 1
        xb = ((ix + np.int32(1)) & np.int32(127)) << 1
        p0 = u8(ya + xa)
        p1 = u8(ya + xb)
        p2 = u8(yb + xa)
        p3 = u8(yb + xb)
        top = strip[p0] + x * (strip[p1] - strip[p0])
        low = strip[p2] + x * (strip[p3] - strip[p2])
        t[MARK + i] = top + y * (low - top)
        p0 += u8(1)
        p1 += u8(1)
        p2 += u8(1)
        p3 += u8(1)
        top = strip[p0] + x * (strip[p1] - strip[p0])
        low = strip[p2] + x * (strip[p3] - strip[p2])
        t[MIX + i] = top + y * (low - top)


@inner
def bristled(s, e, tile, j, t):
    """What the brush left: opacity into WIDE, height into HERE, how much is dragged along into MIX, tone into TONE."""
    op = s[OP]
    dop = s[DOP]
    sides = e[SIDES]
    ends = e[ENDS]
    rag = e[RAGGED]
    start = e[START]
    lift = e[LIFT]
    long = e[LENGTH]
    per_length = ONE / long
    dry0 = e[DRY]
    run = e[RUN]
    since = e[FROM]
    bite = e[BITE]
    sharp = e[SHARP]
    per_rest = ONE / (f4(1.15) - since)
    pick = e[PICK]
    near = e[NEAR]
    tip_ = e[TIP]
    square = e[SQUARE]
    body = e[BODY]
    furrow = e[FURROW]
    ridge = e[RIDGE]
    per_wall = e[WALL]
    blob = e[BLOB]
    # the raggedest edges are drawn in, so that no bristle leaves what is looked at
    rag0 = rag * HALF + max(rag * HALF - (REACH - ONE), Z)
    for i in range(BLOCK):
        n = t[MARK + i]
        m = t[MIX + i]
        here = t[HERE + i]
        v = t[SIDE + i]
        r = t[WIDE + i]
        grain = tile[GRAIN + j + i] - HALF
        w = min(abs(v), f4(1.2))
        w2 = w * w
        tip = np.sqrt(max(ONE - w2 + square * (w2 - w2 * w2 * w2 * w2), Z)) * tip_ * r
        side = r * (ONE - w + rag * (n + HALF * bite * bite * grain) - rag0)
        ahead = long + tip - here - lift * r * (ONE - n)
        behind = here + tip - start * r * (ONE - n)
        a = unit(side * sides + HALF) * unit(ahead * ends + HALF) * unit(behind * ends + HALF)
        part = unit(here * per_length)
        gone = max((part - since) * per_rest, Z)
        dry = dry0 + run * gone * gone  # the share of bristles without paint
        wet = unit((n + bite * grain * unit(dry * THREE) - dry) * sharp + HALF)
        cut = unit((tile[CUT + j + i] - HALF) * f4(4) + HALF + TWO * (n - HALF) * f4(0.75))
        close = (w < REACH) & (here > -r) & (here < long + r)  # as in `place`: a pixel's bits depend on no other
        a = min(a * (op + dop * part) * wet, ONE) * cut if close else Z
        wall = max(ONE - abs(w - f4(0.86)) * per_wall, Z)
        wall *= unit((v if v > Z else ONE - m) * f4(0.8) + m - f4(0.35))  # one side is stronger, and none unbroken
        end = max(ONE - abs(ahead / r - f4(0.22)) * f4(4), Z)
        high = f4(0.7) * (ONE - w2 * w2) + furrow * (n - HALF) + (ridge * wall * wall) * (HALF + n)
        t[WIDE + i] = a
        t[HERE + i] = body * wet * (high + blob * end * end * n)
        t[MIX + i] = pick * unit(ONE - max(here, Z) * near) * unit(f4(1.6) * (ONE - m) - f4(0.1))
        t[TONE + i] = m - HALF


@inner
def plain(s, ox, oy, tile, j, t):
    """Opacity, into WIDE, of a stroke without texture, as `coverage.lay` has it; it has no height and drags nothing."""
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    r0 = s[R]
    dr = s[DR]
    op = s[OP]
    dop = s[DOP]
    iw = s[IW]
    shown = Z
    for i in range(BLOCK):
        u = t[HERE + i]
        dx = x0 - tile[PX + j + i] + u * (c1x + u * c2x)
        dy = y0 - tile[PY + j + i] + u * (c1y + u * c2y)
        f = unit((r0 + dr * u - np.sqrt(dx * dx + dy * dy + TINY)) * iw + HALF)
        a = min((op + dop * u) * f * f * (THREE - TWO * f), ONE) * tile[CUT + j + i]
        t[WIDE + i] = a
        t[HERE + i] = Z
        t[SIDE + i] = Z
        t[MARK + i] = HALF
        t[MIX + i] = Z
        t[TONE + i] = Z
        shown += a
    return shown > Z


@inner
def lay(s, e, strip, ox, oy, tile, j, t):
    """Lay one stroke behind what is on a block; opacity stays in WIDE and what could still be seen in TONE."""
    search(s, ox, oy, tile, j, t)
    if e[PLAIN] > HALF:
        if not plain(s, ox, oy, tile, j, t):
            return False
    else:
        if not place(s, e, ox, oy, tile, j, t):
            return False
        look_up(e, strip, t)
        bristled(s, e, tile, j, t)
    for i in range(BLOCK):
        a = t[WIDE + i]
        clear = tile[CLEAR + j + i]
        t[WIDE + i] = ONE if (clear - clear * a < OPEN) & (a > Z) & (clear > Z) else a
    for c in range(3):
        own0 = s[RED + c]
        marked = e[MARKED + c]
        mixed = e[MIXED + c]
        k0 = e[CARRIED + 3 * c]
        k1 = e[CARRIED + 3 * c + 1]
        k2 = e[CARRIED + 3 * c + 2]
        plane = C0 + u8(c) * TILE_PX + j
        for i in range(BLOCK):
            v = t[SIDE + i]
            own = own0 + marked * (t[MARK + i] - HALF) + mixed * t[TONE + i]
            own += t[MIX + i] * (k0 + v * (k1 + v * k2) - own)
            tile[plane + i] += tile[CLEAR + j + i] * t[WIDE + i] * unit(own)
    sinks = ONE - e[KEEP]
    for i in range(BLOCK):
        a = t[WIDE + i]
        clear = tile[CLEAR + j + i]
        through = tile[THROUGH + j + i]
        tile[HIGH + j + i] += max(through - THIN, Z) * a * t[HERE + i]
        t[TONE + i] = clear
        clear -= clear * a
        through -= through * a * sinks
        tile[CLEAR + j + i] = clear
        tile[THROUGH + j + i] = through if (clear > Z) | (through > THIN) else Z
    return True
