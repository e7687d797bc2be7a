"""Lines, sticks and flat strokes on a tile, and how each is seen once it is drawn."""

import numpy as np

from impasto.engine.compiling import inner
from impasto.engine.raster.cpu.nearest import search, unit
from impasto.engine.raster.layout import *
from impasto.engine.wash.kernels.columns import *
from impasto.engine.wash.kernels.washing import carry, depth, smooth

FULL = f4(2.8)  # what sticks can absorb at most
STREAKS = 64  # rows, and half of the columns


@inner
def lay_flat(s, e, ox, oy, tile, first, last, t):
    """Add one stroke as optimisation sees it."""
    op = s[OP]
    dop = s[DOP]
    soft = e[SOFT]
    for b in range(first, last):
        j = b * BLOCK
        depth(s, Z, ox, oy, tile, j, t)
        for i in range(BLOCK):
            t[FREE + i] = min((op + dop * t[HERE + i]) * smooth(t[DEPTH + i] * soft), ONE)
        carry(e, tile, j, t, 3)


@inner
def lay_line(s, e, ox, oy, tile, first, last, t):
    """Draw one line over those that are there: it covers what they leave. Thinner than a pixel it is paler.

    Ends are rounded by `cap`, so that a long line of several strokes that let through has no beads where they join.
    """
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
    soft = e[SOFT]
    tooth = e[TOOTH]
    sharp = e[BITE]
    press = e[PRESS]
    cap = e[CAP]
    for b in range(first, last):
        j = b * BLOCK
        search(s, ox, oy, tile, j + SHAKEN, t)
        for i in range(BLOCK):
            u = t[HERE + i]
            dx = x0 - tile[JX + j + i] + u * (c1x + u * c2x)
            dy = y0 - tile[JY + j + i] + u * (c1y + u * c2y)
            away = np.sqrt(dx * dx + dy * dy + TINY)
            r = r0 + dr * u
            a = unit((max(r, HALF) - away) * soft + HALF) * min(TWO * r, ONE)
            gx = c1x + TWO * u * c2x
            gy = c1y + TWO * u * c2y
            beyond = abs(dx * gx + dy * gy) / np.sqrt(gx * gx + gy * gy + TINY)  # an end, where the next may go on
            a *= unit((HALF + cap * r - beyond) * soft + HALF)
            bite = unit((tile[COAL + j + i] - tooth) * sharp + HALF)
            a *= ONE - press * (ONE - bite)
            a = unit(a * (op + dop * u)) * (ONE - tile[LEFT + j + i])
            tile[LEFT + j + i] += a
            t[FREE + i] = a
        carry(e, tile, j, t, 3)


@inner
def lay_stick(s, e, streaks, ox, oy, tile, first, last, t):
    """Draw with a stick's side: something stays where the tooth touches it; where it is rubbed, everywhere."""
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    op = s[OP]
    dop = s[DOP]
    r0 = s[R]
    dr = s[DR]
    press = e[PRESS]
    bite = e[BITE]
    rubbed = e[RUBBED]
    core = e[CORE]
    row = int(e[STREAK])
    for b in range(first, last):
        j = b * BLOCK
        depth(s, Z, ox, oy, tile, j, t)
        for i in range(BLOCK):
            u = t[HERE + i]
            r = max(r0 + dr * u, f4(0.7))
            away = t[AWAY + i]
            if away > r + ONE:
                t[FREE + i] = Z
                continue
            dx = x0 - tile[PX + j + i] + u * (c1x + u * c2x)
            dy = y0 - tile[PY + j + i] + u * (c1y + u * c2y)
            gx = c1x + TWO * u * c2x
            gy = c1y + TWO * u * c2y
            v = away / r if dx * gy - dy * gx > Z else -away / r
            streak = streaks[row, min(max(int((v + ONE) * f4(60)), 0), 127)]
            p = (op + dop * u) * (f4(0.72) + HALF * streak)
            within = r * core
            edge = unit((within - away) / max(f4(0.22) * within, ONE))
            hard = unit((tile[COAL + j + i] - (f4(1.125) - p * edge)) * bite + HALF)
            bell = unit(ONE - v * v)
            cloud = f4(0.6) * p * bell * bell * (f4(0.7) + f4(0.6) * tile[COAL + j + i])
            t[FREE + i] = press * (hard + rubbed * (cloud - hard))
        carry(e, tile, j, t, 3)


@inner
def dry_lines(tile, g, first, last):
    """A glaze of lines: what they take away, as absorbance, times how strongly they show."""
    gain = g[GAIN]
    for c in range(u8(3)):
        for i in range(first * BLOCK, last * BLOCK):
            tile[A0 + c * TILE_PX + i] -= gain * np.log(max(ONE - tile[D0 + c * TILE_PX + i], f4(0.004)))


@inner
def dry_sticks(tile, g, first, last):
    """A glaze of sticks: the tooth fills up, and takes no more."""
    gain = g[GAIN]
    for c in range(u8(3)):
        for i in range(first * BLOCK, last * BLOCK):
            tile[A0 + c * TILE_PX + i] += FULL * (ONE - np.exp(-gain / FULL * tile[D0 + c * TILE_PX + i]))


@inner
def dry_flat(tile, g, first, last):
    """A glaze of flat strokes."""
    gain = g[GAIN]
    for c in range(u8(3)):
        for i in range(first * BLOCK, last * BLOCK):
            tile[A0 + c * TILE_PX + i] += gain * tile[D0 + c * TILE_PX + i]
