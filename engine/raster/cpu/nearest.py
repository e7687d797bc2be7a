"""Where on a stroke's curve its nearest point lies, for those who want to know it apart from laying the stroke.

As `engine.raster.cpu.coverage` finds it, to the bit.
"""

import numpy as np

from impasto.engine.compiling import inner
from impasto.engine.raster.layout import *

FAR = f4(1e30)
HERE, BEST = u8(0), u8(2) * BLOCK  # in what is known of a block: t* itself, and what the search needs meanwhile


@inner
def unit(x):
    """Clamped to 0..1."""
    return min(max(x, Z), ONE)


@inner
def nearest(s, ox, oy, tile, j, t):
    """t* of a block of a common stroke: the guess and the Newton step of `coverage.lay`."""
    x0 = s[MX] - ox
    y0 = s[MY] - oy
    c1x = s[TX]
    c1y = s[TY]
    c2x = s[C2X]
    c2y = s[C2Y]
    foot0 = s[FOOT0]
    foot1 = s[FOOT1]
    uneven0 = s[UNEVEN0]
    uneven1 = s[UNEVEN1]
    lean = s[CONE]
    dr = s[DR]
    k2 = c1x * c1x + c1y * c1y
    k3 = THREE * (c1x * c2x + c1y * c2y)
    k4 = TWO * (c2x * c2x + c2y * c2y)
    least = FLAT * k2 + TINY
    for i in range(BLOCK):
        ax = x0 - tile[PX + j + i]
        ay = y0 - tile[PY + j + i]
        rise = ax * c1x + ay * c1y
        side = ax * c2x + ay * c2y
        fall = rise - lean * abs(ax * c1y - ay * c1x)
        back = fall > Z
        u = min(max((foot0 if back else foot1) * (abs(fall) - HALF * side), Z), HALF)
        u += (uneven0 if back else uneven1) * (u - TWO * u * u)
        u = -u if back else u
        wide = k2 + TWO * side
        dx = ax + u * (c1x + u * c2x)
        dy = ay + u * (c1y + u * c2y)
        slope = rise + u * (wide + u * (k3 + u * k4)) - dr * np.sqrt(dx * dx + dy * dy + TINY)
        curve = wide + u * (TWO * k3 + u * (THREE * k4)) - dr * dr
        t[HERE + i] = min(max(u - slope / max(curve, least), -HALF), HALF) + HALF


@inner
def nearest_bent(s, ox, oy, tile, j, t):
    """t* of a block of a strongly bent or tapered stroke: the best of many feet, as in `coverage.lay_bent`."""
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    dr = s[DR]
    step = ONE / s[BENT]
    for i in range(BLOCK):
        t[BEST + i] = FAR
    for c in range(int(s[BENT])):
        ta = f4(c) * step
        jx = x0 + ta * (c1x + ta * c2x)
        jy = y0 + ta * (c1y + ta * c2y)
        kx = step * (c1x + (ta + ta + step) * c2x)
        ky = step * (c1y + (ta + ta + step) * c2y)
        ik = ONE / (kx * kx + ky * ky + TINY)
        slope = dr * step * np.sqrt(ik)
        ahead = slope / np.sqrt(max(ONE - slope * slope, f4(1e-4))) * ik
        cone = max(min(slope, ONE), -ONE) * (TWO if abs(slope) >= ONE else Z)
        uneven = max(min(step * step * ik * (c2x * kx + c2y * ky), ONE), -ONE)
        for i in range(BLOCK):
            ax = jx - tile[PX + j + i]
            ay = jy - tile[PY + j + i]
            foot = min(max(cone - (ax * kx + ay * ky) * ik + ahead * abs(ax * ky - ay * kx), Z), ONE)
            ux = ax + foot * kx
            uy = ay + foot * ky
            u = ta + (foot + uneven * (foot - foot * foot)) * step
            f = np.sqrt(ux * ux + uy * uy + TINY) - dr * u
            best = t[BEST + i]
            t[HERE + i] = u if f < best else t[HERE + i]
            t[BEST + i] = min(f, best)
    for _ in range(2):
        for i in range(BLOCK):
            u = t[HERE + i]
            dx = x0 - tile[PX + j + i] + u * (c1x + u * c2x)
            dy = y0 - tile[PY + j + i] + u * (c1y + u * c2y)
            gx = c1x + TWO * u * c2x
            gy = c1y + TWO * u * c2y
            d2 = dx * dx + dy * dy + TINY
            inv = ONE / np.sqrt(d2)
            along = dx * gx + dy * gy
            g2 = gx * gx + gy * gy
            curve = max(g2 + TWO * (dx * c2x + dy * c2y) - dr * along * inv, FLAT * g2 + TINY)
            move = min(max((along - dr * d2 * inv) / curve, -HALF * step), HALF * step)
            t[HERE + i] = unit(u - move)


@inner
def search(s, ox, oy, tile, j, t):
    """t* of a block of any stroke, into HERE."""
    if s[BENT] > HALF:
        nearest_bent(s, ox, oy, tile, j, t)
    else:
        nearest(s, ox, oy, tile, j, t)
