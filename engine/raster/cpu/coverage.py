"""From a pair to pixels and back: lay one stroke on a tile, and sum its gradients.

Written for the vectoriser: inner loops over one block of 16 pixels, no branches, arrays that cannot overlap, sums
kept per lane (a `max` reduction, or a horizontal sum per block, would cost several times the work itself). One sum per
loop is a plain one, needed or not: it makes the compiler interleave the block's two vectors, a fifth faster.
"""

import numpy as np

from impasto.engine.compiling import inner
from impasto.engine.raster.layout import *

STEPS = 2  # of Newton, for a bent stroke
FAR = f4(1e30)


@inner
def lay(s, ox, oy, tile, first, last, kept, at):
    """Lay one stroke behind what is on the tile (blocks first..last) and keep opacity, t* and transmittance.

    t* minimises |p − B(t)| − r(t): the foot on the chord from the curve's middle to that end towards which the pixel
    falls, then one Newton step. Everything is measured from the middle: u = t − ½. ox, oy: the tile's corner.
    """
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
    r = s[R] + HALF * s[DR]
    dr = s[DR]
    o = s[OP] + HALF * s[DOP]
    do = s[DOP]
    iw = s[IW]
    red = s[RED]
    green = s[GREEN]
    blue = s[BLUE]
    # with these and each pixel's rise and side, half the slope and curvature of |B − p|² are polynomials of u
    k2 = c1x * c1x + c1y * c1y
    k3 = THREE * (c1x * c2x + c1y * c2y)
    k4 = TWO * (c2x * c2x + c2y * c2y)
    least = FLAT * k2 + TINY
    total = Z
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for i in range(BLOCK):
            ax = x0 - tile[PX + j + i]
            ay = y0 - tile[PY + j + i]
            rise = ax * c1x + ay * c1y
            side = ax * c2x + ay * c2y
            fall = rise - lean * abs(ax * c1y - ay * c1x)  # along the cone that the stroke is at its middle
            back = fall > Z
            u = min(max((foot0 if back else foot1) * (abs(fall) - HALF * side), Z), HALF)
            u += (uneven0 if back else uneven1) * (u - TWO * u * u)  # the curve runs unevenly along its chord
            u = -u if back else u
            wide = k2 + TWO * side
            dx = ax + u * (c1x + u * c2x)
            dy = ay + u * (c1y + u * c2y)
            slope = rise + u * (wide + u * (k3 + u * k4)) - dr * np.sqrt(dx * dx + dy * dy + TINY)
            curve = wide + u * (TWO * k3 + u * (THREE * k4)) - dr * dr
            u = min(max(u - slope / max(curve, least), -HALF), HALF)
            dx = ax + u * (c1x + u * c2x)
            dy = ay + u * (c1y + u * c2y)
            e = min(max((r + dr * u - np.sqrt(dx * dx + dy * dy + TINY)) * iw + HALF, Z), ONE)
            a = min((o + do * u) * e * e * (THREE - TWO * e), ONE)
            clear = tile[CLEAR + j + i]
            m = clear * a
            tile[CLEAR + j + i] = clear - m
            tile[C0 + j + i] += m * red
            tile[C1 + j + i] += m * green
            tile[C2 + j + i] += m * blue
            kept[w + ALPHA + i] = a
            kept[w + NEAREST + i] = u + HALF
            kept[w + SEEN + i] = clear
            total += a
    return total


@inner
def lay_bent(s, ox, oy, tile, first, last, kept, at):
    """`lay` for strongly bent or tapered strokes: more chords, more steps, the same meaning."""
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    r = s[R]
    dr = s[DR]
    o = s[OP]
    do = s[DOP]
    iw = s[IW]
    red = s[RED]
    green = s[GREEN]
    blue = s[BLUE]
    chords = int(s[BENT])
    step = ONE / s[BENT]
    for i in range(at, at + (last - first) * KEPT):
        kept[i] = FAR
    for c in range(chords):
        ta = f4(c) * step
        jx = x0 + ta * (c1x + ta * c2x)
        jy = y0 + ta * (c1y + ta * c2y)
        kx = step * (c1x + (ta + ta + step) * c2x)
        ky = step * (c1y + (ta + ta + step) * c2y)
        ik = ONE / (kx * kx + ky * ky + TINY)
        # on a straight cone the nearest point lies ahead of the foot by slope · distance (closed form)
        slope = dr * step * np.sqrt(ik)
        ahead = slope / np.sqrt(max(ONE - slope * slope, f4(1e-4))) * ik
        cone = max(min(slope, ONE), -ONE) * (TWO if abs(slope) >= ONE else Z)
        uneven = max(min(step * step * ik * (c2x * kx + c2y * ky), ONE), -ONE)
        for b in range(first, last):
            j = b * BLOCK
            w = at + (b - first) * KEPT
            for i in range(BLOCK):
                ax = jx - tile[PX + j + i]
                ay = jy - tile[PY + j + i]
                foot = min(max(cone - (ax * kx + ay * ky) * ik + ahead * abs(ax * ky - ay * kx), Z), ONE)
                ux = ax + foot * kx
                uy = ay + foot * ky
                t = ta + (foot + uneven * (foot - foot * foot)) * step
                f = np.sqrt(ux * ux + uy * uy + TINY) - dr * t
                best = kept[w + ALPHA + i]
                kept[w + NEAREST + i] = t if f < best else kept[w + NEAREST + i]
                kept[w + ALPHA + i] = min(f, best)
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for _ in range(STEPS):
            for i in range(BLOCK):
                t = kept[w + NEAREST + i]
                ax = x0 - tile[PX + j + i]
                ay = y0 - tile[PY + j + i]
                dx = ax + t * (c1x + t * c2x)
                dy = ay + t * (c1y + t * c2y)
                gx = c1x + TWO * t * c2x
                gy = c1y + TWO * t * c2y
                d2 = dx * dx + dy * dy + TINY
                inv = ONE / np.sqrt(d2)
                along = dx * gx + dy * gy
                g2 = gx * gx + gy * gy
                curve = max(g2 + TWO * (dx * c2x + dy * c2y) - dr * along * inv, FLAT * g2 + TINY)
                move = min(max((along - dr * d2 * inv) / curve, -HALF * step), HALF * step)  # no leap at a sharp turn
                kept[w + NEAREST + i] = min(max(t - move, Z), ONE)
        for i in range(BLOCK):
            t = kept[w + NEAREST + i]
            dx = x0 - tile[PX + j + i] + t * (c1x + t * c2x)
            dy = y0 - tile[PY + j + i] + t * (c1y + t * c2y)
            u = min(max((r + dr * t - np.sqrt(dx * dx + dy * dy + TINY)) * iw + HALF, Z), ONE)
            a = min((o + do * t) * u * u * (THREE - TWO * u), ONE)
            clear = tile[CLEAR + j + i]
            m = clear * a
            tile[CLEAR + j + i] = clear - m
            tile[C0 + j + i] += m * red
            tile[C1 + j + i] += m * green
            tile[C2 + j + i] += m * blue
            kept[w + ALPHA + i] = a
            kept[w + SEEN + i] = clear


@inner
def pixel_gradients(s, ox, oy, tile, first, last, kept, at, lanes, out):
    """Sum one stroke's gradient moments into `out` (MOMENTS) and move BELOW above the stroke.

    G0..G3 = dL/d(canvas RGBA, premultiplied); BELOW = G · (everything under this stroke), one number per pixel,
    which is all the gradient needs to know of it. k carries how t* itself moves (implicit derivative): without
    it the opacity's slope along the stroke would be missing from the positions' gradient. Two loops, since both fit
    the processor's window better than one. An inner t* has (B − p) · B' = dr |B − p|, which is put in where it helps.
    """
    x0 = s[X] - ox
    y0 = s[Y] - oy
    c1x = s[C1X]
    c1y = s[C1Y]
    c2x = s[C2X]
    c2y = s[C2Y]
    r = s[R]
    dr = s[DR]
    o = s[OP]
    do = s[DOP]
    iw = s[IW]
    red = s[RED]
    green = s[GREEN]
    blue = s[BLUE]
    for i in range(MOMENTS * BLOCK):
        lanes[i] = Z
    v0 = Z
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for i in range(BLOCK):
            a = kept[w + ALPHA + i]
            seen = kept[w + SEEN + i]
            g0 = tile[G0 + j + i]
            g1 = tile[G1 + j + i]
            g2 = tile[G2 + j + i]
            below = tile[BELOW + j + i]
            own = g0 * red + g1 * green + g2 * blue + tile[G3 + j + i] - below
            tile[BELOW + j + i] = below + a * own
            kept[w + SEEN + i] = seen * own  # dL/d(opacity), for the second loop
            shown = a * seen
            lanes[GR * BLOCK + i] += shown * g0
            lanes[GG * BLOCK + i] += shown * g1
            lanes[GB * BLOCK + i] += shown * g2
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for i in range(BLOCK):
            t = kept[w + NEAREST + i]
            da = kept[w + SEEN + i]
            dx = x0 - tile[PX + j + i] + t * (c1x + t * c2x)
            dy = y0 - tile[PY + j + i] + t * (c1y + t * c2y)
            d2 = dx * dx + dy * dy + TINY
            inv = ONE / np.sqrt(d2)
            d = d2 * inv
            u = min(max((r + dr * t - d) * iw + HALF, Z), ONE)
            profile = u * u * (THREE - TWO * u)
            da = da if (o + do * t) * profile <= ONE else Z  # what is full does not change
            e = da * profile
            v = da * (o + do * t) * f4(6) * u * (ONE - u) * iw
            gx = c1x + TWO * t * c2x
            gy = c1y + TWO * t * c2y
            b2 = gx * gx + gy * gy
            curve = max(b2 + TWO * (dx * c2x + dy * c2y) - dr * dr, FLAT * b2 + TINY)
            k = -e * do / curve if (t > Z) & (t < ONE) else Z
            pull = (v + k * dr) * inv
            ux = k * gx - pull * dx
            uy = k * gy - pull * dy
            wx = k * dx
            wy = k * dy
            lanes[M0X * BLOCK + i] += ux
            lanes[M0Y * BLOCK + i] += uy
            lanes[M1X * BLOCK + i] += ux * t + wx
            lanes[M1Y * BLOCK + i] += uy * t + wy
            lanes[M2X * BLOCK + i] += t * (ux * t + TWO * wx)
            lanes[M2Y * BLOCK + i] += t * (uy * t + TWO * wy)
            v0 += v
            lanes[V1 * BLOCK + i] += v * t - k * d
            lanes[E0 * BLOCK + i] += e
            lanes[E1 * BLOCK + i] += e * t
            lanes[GW * BLOCK + i] -= v * (u - HALF)
    for c in range(MOMENTS):
        total = Z
        for i in range(BLOCK):
            total += lanes[c * BLOCK + i]
        out[c] = total
    out[V0] = v0


@inner
def removal_cost(s, tile, first, last, kept, at):
    """Exact change of the weighted L1 if one stroke were taken away; moves the colours below above the stroke.

    Here G0..G2 hold canvas − target and G3 the pixels' weight; BELOW, BELOW1, BELOW2 the colours underneath.
    """
    total = Z
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for i in range(BLOCK):
            a = kept[w + ALPHA + i]
            m = kept[w + SEEN + i] * a
            below0 = s[RED] - tile[BELOW + j + i]
            below1 = s[GREEN] - tile[BELOW1 + j + i]
            below2 = s[BLUE] - tile[BELOW2 + j + i]
            d0 = tile[G0 + j + i]
            d1 = tile[G1 + j + i]
            d2 = tile[G2 + j + i]
            change = abs(d0 - m * below0) + abs(d1 - m * below1) + abs(d2 - m * below2)
            total += tile[G3 + j + i] * (change - abs(d0) - abs(d1) - abs(d2))
            tile[BELOW + j + i] += a * below0
            tile[BELOW1 + j + i] += a * below1
            tile[BELOW2 + j + i] += a * below2
    return total


@inner
def absorbed_cost(s, tile, first, last, kept, at, caution):
    """Exact change of the weighted L1 if one stroke that absorbs were taken away.

    G0..G2 hold canvas − target, G3 the pixels' weight, C0..C2 the canvas; caution: see `take_loss`.
    """
    total = Z
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for i in range(BLOCK):
            a = kept[w + ALPHA + i]
            d0 = tile[G0 + j + i]
            d1 = tile[G1 + j + i]
            d2 = tile[G2 + j + i]
            e0 = d0 + tile[C0 + j + i] * (np.exp(a * s[RED]) - ONE)
            e1 = d1 + tile[C1 + j + i] * (np.exp(a * s[GREEN]) - ONE)
            e2 = d2 + tile[C2 + j + i] * (np.exp(a * s[BLUE]) - ONE)
            change = max(e0, -caution * e0) + max(e1, -caution * e1) + max(e2, -caution * e2)
            change -= max(d0, -caution * d0) + max(d1, -caution * d1) + max(d2, -caution * d2)
            total += tile[G3 + j + i] * change
    return total


@inner
def stray(tile, first, last, kept, at, out):
    """How much paint a stroke lays on the tile: out[0] where G3 says it should not, out[1] in all.

    G0 is 1 on the canvas and 0 beyond. Other strokes do not count, be they above or below.
    """
    outside = Z
    total = Z
    for b in range(first, last):
        j = b * BLOCK
        w = at + (b - first) * KEPT
        for i in range(BLOCK):
            a = kept[w + ALPHA + i] * tile[G0 + j + i]
            outside += a * tile[G3 + j + i]
            total += a
    out[0] = outside
    out[1] = total
