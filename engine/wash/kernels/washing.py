"""Washes on a tile: a stroke's wandering outline and what it carries, and a glaze as it dries.

Outlines wander by a noise that is added to the distance from them; far inside, where nothing of it is felt, it is not
looked up. All is a function of place: no pixel asks another.
"""

import numpy as np

from impasto.engine.compiling import inner
from impasto.engine.raster.cpu.nearest import FAR, search, unit
from impasto.engine.raster.layout import *
from impasto.engine.wash.kernels.columns import *

CRISP = f4(1 / 1.4)  # of an outline, 1 / pixels
JOINED = f4(4)  # times as deep is what lies between edges that face each other
COARSE = f4(0.6)  # of granulation, that follows the paper's bumps; the rest follows its tooth
SEEN = f4(3)  # reaches of a rim beyond which it is not seen


@inner
def look(noise, y, x):
    """A noise at a place, in texels; it wraps around."""
    mask = np.int32(noise.shape[0] - 1)
    fy = np.floor(y)
    fx = np.floor(x)
    iy = np.int32(fy)
    ix = np.int32(fx)
    y -= fy
    x -= fx
    ya = iy & mask
    yb = (iy + np.int32(1)) & mask
    xa = ix & mask
    xb = (ix + np.int32(1)) & mask
    top = noise[ya, xa] * (ONE - x) + noise[ya, xb] * x
    low = noise[yb, xa] * (ONE - x) + noise[yb, xb] * x
    return top + y * (low - top)


@inner
def smooth(x):
    """A step from 0 to 1 over -½..½."""
    e = unit(x + HALF)
    return e * e * (THREE - TWO * e)


@inner
def carry(e, tile, j, t, planes):
    """Add what a stroke carries, FREE times each of its first K, to as many planes of a block."""
    for c in range(planes):
        k = e[K + c]
        plane = D0 + u8(c) * TILE_PX + j
        for i in range(BLOCK):
            tile[plane + i] += t[FREE + i] * k


@inner
def depth(s, point, ox, oy, tile, j, t):
    """How deep inside the stroke each pixel of a block lies, into DEPTH, and how far from its curve, into AWAY."""
    search(s, ox, oy, tile, j, t)
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    r0 = s[R]
    dr = s[DR]
    for i in range(BLOCK):
        u = t[HERE + i]
        dx = x0 - tile[PX + j + i] + u * (c1x + u * c2x)
        dy = y0 - tile[PY + j + i] + u * (c1y + u * c2y)
        away = np.sqrt(dx * dx + dy * dy + TINY)
        end = abs(TWO * u - ONE)
        t[DEPTH + i] = (r0 + dr * u) * (ONE - point * end * end * end) - away
        t[AWAY + i] = away
        t[ACROSS + i] = dx / away
        t[DOWN + i] = dy / away


@inner
def join(tile, i, d, across, down, near):
    """One more stroke is d deep at a pixel. Where its edge faces that of another, there is none between them."""
    old = tile[DEEP + i]
    facing = max(-(across * tile[AX + i] + down * tile[AY + i]), Z)
    tile[JOINT + i] = max(tile[JOINT + i], max(min(d, old) + near, Z) * facing * facing)
    deeper = d > old
    tile[DEEP + i] = d if deeper else old
    tile[AX + i] = across if deeper else tile[AX + i]
    tile[AY + i] = down if deeper else tile[AY + i]


@inner
def lay_wash(s, e, coarse, numbers, ox, oy, tile, first, last, t):
    """Add one stroke to a glaze on the blocks first..last."""
    op = s[OP]
    dop = s[DOP]
    amp = e[AMP]
    fine = e[FINE]
    limit = e[LIMIT]
    per_fade = e[FADE]
    soft = e[SOFT]
    dry = e[DRY]
    per_mean = ONE / (e[MEAN] + f4(1e-3))
    reach = THREE * (amp + fine) + ONE
    near = ONE / numbers[NARROW]
    for b in range(first, last):
        j = b * BLOCK
        depth(s, e[POINT], ox, oy, tile, j, t)
        most = -FAR
        least = FAR
        for i in range(BLOCK):
            most = max(most, t[DEPTH + i])
            least = min(least, t[DEPTH + i])
        if most < -reach:
            continue
        if least < limit:
            for i in range(BLOCK):
                d = t[DEPTH + i]
                if (d > -reach) & (d < limit):
                    y = oy + tile[PY + j + i]
                    x = ox + tile[PX + j + i]
                    w = amp * look(coarse, y * numbers[PER_COARSE] + e[OY], x * numbers[PER_COARSE] + e[OX])
                    w += fine * look(coarse, y * numbers[PER_FINE] + e[OX], x * numbers[PER_FINE] + e[OY])
                    t[DEPTH + i] = d + w * min((limit - d) * per_fade, ONE)
        for i in range(BLOCK):
            d = t[DEPTH + i]
            u = t[HERE + i]
            wet = unit(d * CRISP + HALF)
            v = t[AWAY + i] * per_mean
            bared = dry * (f4(0.1) + f4(1.2) * u * u + f4(0.35) * v * v)
            bare = unit((tile[HIGH + j + i] - bared) * numbers[CRISP_TOOTH] + HALF)
            a = min((op + dop * u) * smooth(d * soft), ONE) * wet
            join(tile, j + i, d, t[ACROSS + i], t[DOWN + i], near)
            tile[LEFT + j + i] = max(tile[LEFT + j + i], wet * (bare if dry > Z else ONE))
            t[FREE + i] = a
        carry(e, tile, j, t, 6)


@inner
def take_margin(tile, g, numbers, frac, ox, oy, j):
    """Bound a block's depths by the sheet's bare margin, whose edge is uneven."""
    for i in range(BLOCK):
        y = oy + tile[PY + j + i]
        x = ox + tile[PX + j + i]
        to_edge = min(min(x, numbers[BROADSIDE] - x), min(y, numbers[TALL] - y))
        wide = numbers[BORDER]
        if to_edge < f4(3) * wide:
            n = look(frac, y * numbers[PER_MARGIN] + g[MARGIN], x * numbers[PER_MARGIN] + g[MARGIN + 1])
            tile[DEEP + j + i] = min(tile[DEEP + j + i], to_edge - wide * (ONE - f4(0.25) * n))


@inner
def bloomed(blooms, frac, numbers, y, x):
    """What backruns leave of a wash at a place: a pale patch with a dark, ragged rim."""
    left = ONE
    for k in range(blooms.shape[0]):
        dy = (y - blooms[k, BLOOM_Y]) * blooms[k, BLOOM_SQUASH]
        dx = x - blooms[k, BLOOM_X]
        a = np.sqrt(dy * dy + dx * dx) / blooms[k, BLOOM_R]
        if a < f4(1.6):
            n = look(frac, y * numbers[PER_RAGGED], x * numbers[PER_RAGGED])
            d = a + f4(0.16) * n * min(a, ONE) - ONE
            pale = ONE / (ONE + np.exp(min(max(d * f4(50), f4(-30)), f4(30))))
            inside = unit(ONE + d)
            inside *= np.sqrt(inside)
            rim = np.exp(-abs(d) * f4(33)) if d < f4(0.05) else Z
            left *= ONE - f4(0.34) * pale * (ONE - f4(0.6) * inside) + f4(0.26) * rim
    return left


@inner
def dry_wash(tile, g, pool, melted, frac, blooms, numbers, ox, oy, first, last):
    """A glaze's blocks first..last as they dry, added to the region's absorbance."""
    narrow = numbers[NARROW]
    broad = numbers[BROAD]
    rim_end = SEEN / broad
    melts = g[MELTS]
    lost_share = g[LOST]
    per_far = ONE / max(g[LOST_FAR], ONE)
    for b in range(first, last):
        j = b * BLOCK
        if numbers[BORDER] > Z:
            take_margin(tile, g, numbers, frac, ox, oy, j)
        for i in range(j, j + BLOCK):
            deep = tile[DEEP + i]
            wet = unit(deep * CRISP + HALF)
            if wet <= Z:
                continue
            y = oy + tile[PY + i]
            x = ox + tile[PX + i]
            slow = look(frac, y * numbers[PER_SLOW] + g[SLOW], x * numbers[PER_SLOW] + g[SLOW + 1])
            mixed = unit(HALF + f4(0.9) * slow)
            d0 = tile[D0 + i]
            d1 = tile[D1 + i]
            d2 = tile[D2 + i]
            s0 = tile[S0 + i]
            s1 = tile[S1 + i]
            s2 = tile[S2 + i]
            if melts > Z:
                fy = min(max(y * g[MELT_SCALE] - HALF - f4(melted[MELT_TOP]), Z), f4(melted[MELT_ROWS] - 1))
                fx = min(max(x * g[MELT_SCALE] - HALF - f4(melted[MELT_LEFT]), Z), f4(melted[MELT_COLUMNS] - 1))
                iy = min(np.int64(fy), melted[MELT_ROWS] - 2)
                ix = min(np.int64(fx), melted[MELT_COLUMNS] - 2)
                fy -= f4(iy)
                fx -= f4(ix)
                p = melted[MELT_PLACE] + (iy * melted[MELT_COLUMNS] + ix) * MELT_PLANES
                q = p + melted[MELT_COLUMNS] * MELT_PLANES
                w3 = fy * fx
                w2 = fy - w3
                w1 = fx - w3
                w0 = ONE - fy - w1
                m = min(mixed * melts, ONE)
                if deep < rim_end:  # what dries at a rim has run there
                    m = max(m, min(melts, ONE) * (ONE - deep / rim_end))
                d0 += m * (w0 * pool[p] + w1 * pool[p + 6] + w2 * pool[q] + w3 * pool[q + 6] - d0)
                d1 += m * (w0 * pool[p + 1] + w1 * pool[p + 7] + w2 * pool[q + 1] + w3 * pool[q + 7] - d1)
                d2 += m * (w0 * pool[p + 2] + w1 * pool[p + 8] + w2 * pool[q + 2] + w3 * pool[q + 8] - d2)
                s0 += m * (w0 * pool[p + 3] + w1 * pool[p + 9] + w2 * pool[q + 3] + w3 * pool[q + 9] - s0)
                s1 += m * (w0 * pool[p + 4] + w1 * pool[p + 10] + w2 * pool[q + 4] + w3 * pool[q + 10] - s1)
                s2 += m * (w0 * pool[p + 5] + w1 * pool[p + 11] + w2 * pool[q + 5] + w3 * pool[q + 11] - s2)
            shade = f4(0.9)
            if deep < rim_end:
                turn = look(frac, y * numbers[PER_TURN] + g[TURN], x * numbers[PER_TURN] + g[TURN + 1])
                a = max(deep, Z) + JOINED * tile[JOINT + i]
                n = a * narrow
                w = a * broad
                rim = np.exp(-f4(0.717) * n - f4(0.416) * n * n) + f4(0.6) * np.exp(-f4(0.717) * w - f4(0.416) * w * w)
                shade += g[RIM] * rim * min(max(f4(0.7) + f4(0.6) * turn, f4(0.05)), f4(1.6))
            shade *= ONE + g[MOTTLE] * slow
            shown = wet
            if (lost_share > Z) & (deep < TWO * g[LOST_FAR]):
                n = look(frac, y * numbers[PER_GONE] + g[GONE], x * numbers[PER_GONE] + g[GONE + 1])
                lost = unit((n + f4(3.2) * (lost_share - HALF)) * TWO)
                lost *= unit(ONE - f4(2.6) * max(d0, d1, d2))
                shade += lost * (ONE - shade)
                shown += lost * (smooth(deep * per_far * HALF - HALF) * wet - wet)
            if g[BLOOMS] > Z:
                shade *= bloomed(blooms, frac, numbers, y, x)
            shade *= shown * (tile[LEFT + i] + f4(0.02)) / (wet + f4(0.02)) * g[GAIN]
            grain = (HALF - COARSE * tile[HIGH + i] - (ONE - COARSE) * tile[COAL + i]) * g[GRAIN]
            drift = g[DRIFT] * (mixed - HALF)
            tile[A0 + i] += max(d0 + grain * s0 / (ONE + d0), f4(0.1) * d0) * shade * (ONE - drift)
            tile[A1 + i] += max(d1 + grain * s1 / (ONE + d1), f4(0.1) * d1) * shade
            tile[A2 + i] += max(d2 + grain * s2 / (ONE + d2), f4(0.1) * d2) * shade * (ONE + drift)
