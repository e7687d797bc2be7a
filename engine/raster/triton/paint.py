"""One strip of the canvas: down through its strokes, the loss, and up again for the gradients (see tiles.py).

What the way up needs of the way down, t* and the transmittance of every visited (pair, pixel), waits in device memory:
8 bytes, less work than to search again, and nothing is divided by 1 − opacity. Each pair's sums are written once, by
the one program that has them; nothing is added up by atomics, so the bits are the same every time.
"""

# pyright: reportArgumentType=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
# (the language inside a kernel is Triton's, not Python's)

import triton.language as tl

from impasto.engine.raster import layout
from impasto.engine.raster.triton.compiling import kernel
from impasto.engine.raster.triton.strokes import (
    AHEAD0,
    AHEAD1,
    BENT,
    BLUE,
    C1X,
    C1Y,
    C2X,
    C2Y,
    DOP,
    DR,
    GREEN,
    HALF0X,
    HALF0Y,
    HALF1X,
    HALF1Y,
    INV0,
    INV1,
    IW,
    OP,
    PREPARED,
    RED,
    TINY,
    WIDE,
    R,
    X,
    Y,
    shape,
)  # fmt: skip

FLAT = tl.constexpr(float(layout.FLAT))
SMOOTH = tl.constexpr(layout.BETA)
FORWARD, GIVEN, L1, SMOOTH_L1, L2, REMOVAL, STRAY = (
    tl.constexpr(int(mode))
    for mode in (layout.FORWARD, layout.GIVEN, layout.L1, layout.SMOOTH_L1, layout.L2, layout.REMOVAL, layout.STRAY)
)
MOMENTS = tl.constexpr(16)  # a pair's 14 sums, in layout.py's order, as one aligned row
STEPS = tl.constexpr(2)


@kernel
def slopes(dx, dy, d2, gx, gy, c2x, c2y, dr):
    """1 / |B - p|, (B - p) · B', and how |B - p| - r curves along t, times |B - p|, at least a little.

    dx, dy: B - p, d2 its squared length; gx, gy: B'.
    """
    inv = 1.0 / tl.sqrt(d2)
    along = dx * gx + dy * gy
    g2 = gx * gx + gy * gy
    return inv, along, tl.maximum(g2 + 2.0 * (dx * c2x + dy * c2y) - dr * along * inv, FLAT * g2 + TINY)


@kernel
def nearest(s, ox, oy, px, py):
    """t* of every pixel: the chord towards which it falls, then one Newton step; all from the curve's middle.

    What the CPU's `coverage.nearest` finds, by an older start: two chords instead of two parabolas. Where the two
    differ is within the tolerance of their tests.
    """
    mx = tl.load(s + HALF0X)
    my = tl.load(s + HALF0Y)
    c1x, c1y, c2x, c2y, dr = shape(s)
    c1x += c2x
    c1y += c2y
    ex = tl.load(s + HALF1X)
    ey = tl.load(s + HALF1Y)
    im = tl.load(s + INV0)
    ie = tl.load(s + INV1)
    ax = tl.load(s + X) + mx - ox - px
    ay = tl.load(s + Y) + my - oy - py
    qm = -0.25 * im * (c2x * mx + c2y * my)
    qe = 0.25 * ie * (c2x * ex + c2y * ey)
    rise = ax * c1x + ay * c1y
    back = rise * tl.abs(rise) > dr * tl.abs(dr) * (ax * ax + ay * ay)
    kx = tl.where(back, -mx, ex)
    ky = tl.where(back, -my, ey)
    foot = tl.load(s + WIDE) - tl.where(back, im, ie) * (ax * kx + ay * ky)
    foot += tl.where(back, -tl.load(s + AHEAD0), tl.load(s + AHEAD1)) * tl.abs(ax * ky - ay * kx)
    foot = tl.minimum(tl.maximum(foot, 0.0), 1.0)
    foot += tl.where(back, qm, qe) * (foot - foot * foot)
    u = tl.where(back, -0.5, 0.5) * foot
    dx = ax + u * (c1x + u * c2x)
    dy = ay + u * (c1y + u * c2y)
    gx = c1x + 2.0 * u * c2x
    gy = c1y + 2.0 * u * c2y
    d2 = dx * dx + dy * dy + TINY
    inv, along, curve = slopes(dx, dy, d2, gx, gy, c2x, c2y, dr)
    u = u - (along - dr * d2 * inv) / curve
    return tl.minimum(tl.maximum(u, -0.5), 0.5) + 0.5


@kernel
def nearest_bent(s, ox, oy, px, py):
    """t* where strokes are strongly bent or tapered: more chords, more steps, the same meaning."""
    x = tl.load(s + X) - ox
    y = tl.load(s + Y) - oy
    c1x, c1y, c2x, c2y, dr = shape(s)
    chords = tl.load(s + BENT)
    step = 1.0 / chords
    best = px * 0.0 + 1e30
    t = px * 0.0
    for c in range(0, chords.to(tl.int32)):
        ta = c * step
        kx = step * (c1x + (ta + ta + step) * c2x)
        ky = step * (c1y + (ta + ta + step) * c2y)
        ik = 1.0 / (kx * kx + ky * ky + TINY)
        slope = dr * step * tl.sqrt(ik)
        ahead = slope / tl.sqrt(tl.maximum(1.0 - slope * slope, 1e-4)) * ik
        cone = tl.where(tl.abs(slope) >= 1.0, 2.0 * tl.minimum(tl.maximum(slope, -1.0), 1.0), 0.0)
        uneven = tl.minimum(tl.maximum(step * step * ik * (c2x * kx + c2y * ky), -1.0), 1.0)
        ax = x + ta * (c1x + ta * c2x) - px
        ay = y + ta * (c1y + ta * c2y) - py
        foot = cone - (ax * kx + ay * ky) * ik + ahead * tl.abs(ax * ky - ay * kx)
        foot = tl.minimum(tl.maximum(foot, 0.0), 1.0)
        ux = ax + foot * kx
        uy = ay + foot * ky
        here = ta + (foot + uneven * (foot - foot * foot)) * step
        f = tl.sqrt(ux * ux + uy * uy + TINY) - dr * here
        t = tl.where(f < best, here, t)
        best = tl.minimum(f, best)
    for _ in tl.static_range(STEPS):
        dx = x - px + t * (c1x + t * c2x)
        dy = y - py + t * (c1y + t * c2y)
        gx = c1x + 2.0 * t * c2x
        gy = c1y + 2.0 * t * c2y
        d2 = dx * dx + dy * dy + TINY
        inv, along, curve = slopes(dx, dy, d2, gx, gy, c2x, c2y, dr)
        move = tl.minimum(tl.maximum((along - dr * d2 * inv) / curve, -0.5 * step), 0.5 * step)
        t = tl.minimum(tl.maximum(t - move, 0.0), 1.0)
    return t


@kernel
def reach(s, ox, oy, px, py, t):
    """The vector from the pixel to B(t), its squared length, and how far the pixel is inside: 0..1 over the edge."""
    dx = tl.load(s + X) - ox - px + t * (tl.load(s + C1X) + t * tl.load(s + C2X))
    dy = tl.load(s + Y) - oy - py + t * (tl.load(s + C1Y) + t * tl.load(s + C2Y))
    d2 = dx * dx + dy * dy + TINY
    u = (tl.load(s + R) + tl.load(s + DR) * t - tl.sqrt(d2)) * tl.load(s + IW) + 0.5
    return dx, dy, d2, tl.minimum(tl.maximum(u, 0.0), 1.0)


@kernel
def opacity(s, t, u):
    """How much the stroke covers at t*, u into its edge: 1 at most."""
    return tl.minimum((tl.load(s + OP) + tl.load(s + DOP) * t) * u * u * (3.0 - 2.0 * u), 1.0)


@kernel
def loss_of(d, w, caution, MODE: tl.constexpr):
    """The loss of one channel's differences d, weighted, and its slope (for REMOVAL the difference itself).

    caution: what too dark costs, times what too light does.
    """
    w = tl.where(d < 0.0, w * caution, w)
    if MODE == SMOOTH_L1:
        bounded = tl.minimum(tl.maximum(d / SMOOTH, -1.0), 1.0)
        return w * bounded * (d - 0.5 * bounded * SMOOTH), w * bounded
    elif MODE == L2:
        return w * d * d, 2.0 * w * d
    elif MODE == L1:
        return w * tl.abs(d), tl.where(d > 0.0, w, tl.where(d < 0.0, -w, 0.0))
    else:
        return w * tl.abs(d), d


@kernel
def sum_gradient(s, row, ox, oy, px, py, t, seen, u, dx, dy, d2, own, a, g0, g1, g2):
    """Write a pair's 14 sums (see `coverage.pixel_gradients`) to its row. own: what it shows less what is below it."""
    c1x, c1y, c2x, c2y, dr = shape(s)
    iw = tl.load(s + IW)
    do = tl.load(s + DOP)
    shown = a * seen
    profile = u * u * (3.0 - 2.0 * u)
    most = tl.load(s + OP) + do * t
    da = tl.where(most * profile <= 1.0, seen * own, 0.0)  # what is full does not change
    e = da * profile
    v = da * most * 6.0 * u * (1.0 - u) * iw
    gx = c1x + 2.0 * t * c2x
    gy = c1y + 2.0 * t * c2y
    inv, _, curve = slopes(dx, dy, d2, gx, gy, c2x, c2y, dr)
    k = tl.where((t > 0.0) & (t < 1.0), -e * do / curve, 0.0)
    pull = (v + k * dr) * inv
    ux = k * gx - pull * dx
    uy = k * gy - pull * dy
    wx = k * dx
    wy = k * dy
    tl.store(row + 0, tl.sum(ux, 0))
    tl.store(row + 1, tl.sum(uy, 0))
    tl.store(row + 2, tl.sum(ux * t + wx, 0))
    tl.store(row + 3, tl.sum(uy * t + wy, 0))
    tl.store(row + 4, tl.sum(t * (ux * t + 2.0 * wx), 0))
    tl.store(row + 5, tl.sum(t * (uy * t + 2.0 * wy), 0))
    tl.store(row + 6, tl.sum(v, 0))
    tl.store(row + 7, tl.sum(v * t - k * d2 * inv, 0))
    tl.store(row + 8, tl.sum(e, 0))
    tl.store(row + 9, tl.sum(e * t, 0))
    tl.store(row + 10, tl.sum(shown * g0, 0))
    tl.store(row + 11, tl.sum(shown * g1, 0))
    tl.store(row + 12, tl.sum(shown * g2, 0))
    tl.store(row + 13, tl.sum(v * (0.5 - u), 0))


@kernel
def paint_strips(
    q, order, owner, strip_first, place, target, weight, spill, canvas, backgrounds, phases, turn, kept, moments,
    strip_loss, first_row, first_column, height, width, across, threshold, caution,
    MODE: tl.constexpr, WRITE: tl.constexpr, SPILL: tl.constexpr, ABSORBS: tl.constexpr, TILE_W: tl.constexpr,
    TILE_H: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    """Paint one strip: the meaning of `tiles.paint_tiles`, whose words these are.

    order: for each pair in the order of strips, its place in the order of strokes; owner: by that place, the stroke;
    strip_first (strips + 1,); backgrounds (turns, 4) and phases (turns,), of which turn (1,) tells the present ones;
    target, weight and spill: P of each, one for each phase; kept (pairs, 2, pixels); moments (pairs in the order of
    strokes, MOMENTS), zero before; ABSORBS: whether strokes hide nothing, but absorb; caution: see `loss_of`. A strip
    is closed as soon as no pixel's transmittance exceeds `threshold`: with 0 that is exact, and a loss asks for 1e-3,
    as on the CPU.
    """
    PIXELS: tl.constexpr = TILE_W * ROWS
    number = tl.program_id(0)
    tile = number // (TILE_H // ROWS)
    part = number % (TILE_H // ROWS)
    here = tl.load(place + tile)
    i = tl.arange(0, PIXELS)
    x = (here % across) * TILE_W + i % TILE_W
    y = (here // across) * TILE_H + part * ROWS + i // TILE_W
    inside = (x < width) & (y < height)
    pixel = y.to(tl.int64) * width + x
    plane = tl.cast(height, tl.int64) * width
    ox = (first_column + (here % across) * TILE_W).to(tl.float32)
    oy = (first_row + (here // across) * TILE_H + part * ROWS).to(tl.float32)
    px = (i % TILE_W).to(tl.float32) + 0.5
    py = (i // TILE_W).to(tl.float32) + 0.5
    now = tl.load(turn)
    phase = tl.load(phases + now).to(tl.int64)
    target += phase * 3 * plane
    ground = backgrounds + now * 4
    back0 = tl.load(ground)
    back1 = tl.load(ground + 1)
    back2 = tl.load(ground + 2)
    back3 = tl.load(ground + 3)
    clear = tl.where(inside, 1.0, 0.0)
    w = px * 0.0
    cost = px * 0.0
    own_pixels = (phase * tl.num_programs(0) + number) * PIXELS + i
    if MODE >= L1:
        w = tl.load(weight + own_pixels)
        if SPILL:
            cost = tl.load(spill + own_pixels)
        if MODE != STRAY:
            clear = tl.where((w > 0.0) | (cost > 0.0), clear, 0.0)
    first = tl.load(strip_first + number)
    last = tl.load(strip_first + number + 1)
    red = px * 0.0
    green = px * 0.0
    blue = px * 0.0
    covered = px * 0.0
    p = last - 1
    shines = tl.max(clear, 0) > threshold
    while (p >= first) & shines:
        n = tl.load(owner + tl.load(order + p))
        s = q + n * PREPARED
        if tl.load(s + BENT) > 0.5:
            t = nearest_bent(s, ox, oy, px, py)
        else:
            t = nearest(s, ox, oy, px, py)
        _dx, _dy, _d2, u = reach(s, ox, oy, px, py, t)
        m = clear * opacity(s, t, u)
        if MODE != FORWARD:
            keep = kept + tl.cast(p, tl.int64) * (2 * PIXELS) + i
            tl.store(keep, t)
            tl.store(keep + PIXELS, clear)
        red += m * tl.load(s + RED)
        green += m * tl.load(s + GREEN)
        blue += m * tl.load(s + BLUE)
        if ABSORBS:
            covered += m
        else:
            clear -= m
            shines = tl.max(clear, 0) > threshold
        p -= 1
    if ABSORBS:
        red = back0 * tl.exp(-red)
        green = back1 * tl.exp(-green)
        blue = back2 * tl.exp(-blue)
    else:
        red += clear * back0
        green += clear * back1
        blue += clear * back2
    if WRITE:
        tl.store(canvas + pixel, red, inside)
        tl.store(canvas + plane + pixel, green, inside)
        tl.store(canvas + 2 * plane + pixel, blue, inside)
        tl.store(canvas + 3 * plane + pixel, 1.0 - clear * (1.0 - back3), inside)
    if MODE != FORWARD:
        g0 = px * 0.0
        g1 = px * 0.0
        g2 = px * 0.0
        g3 = px * 0.0
        if MODE == GIVEN:
            g0 = tl.load(target + pixel, inside, 0.0)
            g1 = tl.load(target + plane + pixel, inside, 0.0)
            g2 = tl.load(target + 2 * plane + pixel, inside, 0.0)
            g3 = tl.load(target + 3 * plane + pixel, inside, 0.0)
        elif MODE != STRAY:
            l0, g0 = loss_of(red - tl.load(target + pixel, inside, 0.0), w, caution, MODE)
            l1, g1 = loss_of(green - tl.load(target + plane + pixel, inside, 0.0), w, caution, MODE)
            l2, g2 = loss_of(blue - tl.load(target + 2 * plane + pixel, inside, 0.0), w, caution, MODE)
            loss = tl.where(inside, l0 + l1 + l2, 0.0)
            if SPILL and MODE < REMOVAL:
                g3 = cost
                if ABSORBS:
                    loss += cost * covered
                else:
                    loss += cost * (1.0 - clear)
            tl.store(strip_loss + number, tl.sum(loss, 0))
        # below: G · (everything under the present stroke); for REMOVAL the colours underneath
        below = g0 * back0 + g1 * back1 + g2 * back2
        if MODE == GIVEN:
            below += g3 * back3
        if ABSORBS:
            below = px * 0.0
            if MODE == GIVEN:
                g3 = px * 0.0  # however much is absorbed, it stays as opaque as it was
            if MODE < REMOVAL:
                g0 *= -red
                g1 *= -green
                g2 *= -blue
        under0 = px * 0.0 + back0
        under1 = px * 0.0 + back1
        under2 = px * 0.0 + back2
        tl.debug_barrier()  # what was kept is read by other threads than wrote it, if the compiler likes
        p += 1
        while p < last:
            k = tl.load(order + p)
            s = q + tl.load(owner + k) * PREPARED
            row = moments + tl.cast(k, tl.int64) * MOMENTS
            keep = kept + tl.cast(p, tl.int64) * (2 * PIXELS) + i
            t = tl.load(keep)
            seen = tl.load(keep + PIXELS)
            dx, dy, d2, u = reach(s, ox, oy, px, py, t)
            a = opacity(s, t, u)
            r = tl.load(s + RED)
            g = tl.load(s + GREEN)
            b = tl.load(s + BLUE)
            if ABSORBS and MODE == REMOVAL:
                e0 = g0 + red * (tl.exp(a * r) - 1.0)
                e1 = g1 + green * (tl.exp(a * g) - 1.0)
                e2 = g2 + blue * (tl.exp(a * b) - 1.0)
                change = tl.maximum(e0, -caution * e0) - tl.maximum(g0, -caution * g0)
                change += tl.maximum(e1, -caution * e1) - tl.maximum(g1, -caution * g1)
                change += tl.maximum(e2, -caution * e2) - tl.maximum(g2, -caution * g2)
                tl.store(row, tl.sum(w * change, 0))
            elif MODE == REMOVAL:
                m = seen * a
                change = tl.abs(g0 - m * (r - under0)) + tl.abs(g1 - m * (g - under1)) + tl.abs(g2 - m * (b - under2))
                tl.store(row, tl.sum(w * (change - tl.abs(g0) - tl.abs(g1) - tl.abs(g2)), 0))
                under0 += a * (r - under0)
                under1 += a * (g - under1)
                under2 += a * (b - under2)
            elif MODE == STRAY:
                a = tl.where(inside, a, 0.0)
                tl.store(row, tl.sum(a * w, 0))
                tl.store(row + 1, tl.sum(a, 0))
            else:
                own = g0 * r + g1 * g + g2 * b + g3 - below
                if not ABSORBS:
                    below += a * own
                sum_gradient(s, row, ox, oy, px, py, t, seen, u, dx, dy, d2, own, a, g0, g1, g2)
            p += 1
