"""How strong a layer must be so that plain `over` shows of it what the painting shows; the loops over pixels.

What programs make of 8-bit layers is itself rounded after every layer and group, so at the end that is looked at, and
the few pixels it matters for are mended.
"""

import numpy as np

from impasto.engine.compiling import inner, kernel

f4 = np.float32
_TRACE = f4(0.02)  # where less shines through, a layer can no longer make good what those above it rounded off
_ALPHA_BY = f4(1)  # most that a layer's alpha and colours may change for that, in 255ths
_COLOUR_BY = f4(3)
_NONE = f4(1e-9)
_TIE, _ESTIMATE = f4(1e-3), f4(4e-4)
_MEND_TIMES = 8
_MEND_BY = 48  # most that mending changes a colour, and most of that, in 255ths of 255ths, that may be seen
_MEND_SEEN = f4(4 * 255)


@inner
def settle_pixel(paint, a, alpha, aim, laid, out):
    """Round one pixel of a layer: paint (4,) premultiplied by a, its alpha, and `alpha` as it would be shown."""
    byte = f4(255)
    through = laid[3]
    alpha *= byte
    if through > _TRACE:
        wanted = byte * (f4(1) - (f4(1) - aim[3]) / through)
        alpha = min(max(wanted, alpha - _ALPHA_BY), alpha + _ALPHA_BY)
    q = np.rint(min(max(alpha, f4(0)), byte))
    if q >= f4(1):
        weight = through * q / byte
        for k in range(3):
            colour = paint[k] / a * byte
            if through > _TRACE:
                wanted = byte * (aim[k] - laid[k]) / weight
                colour = min(max(wanted, colour - _COLOUR_BY), colour + _COLOUR_BY)
            value = np.rint(min(max(colour, f4(0)), byte))
            out[k] = np.uint8(value)
            laid[k] += weight * value / byte
        out[3] = np.uint8(q)
        laid[3] = through * (f4(1) - q / byte)


@kernel
def settle(paint, share, top, left, cover, clear, own, aim, laid, out, y0, y1, x0, x1):
    """Settle one layer of a band, once those above it are settled.

    A layer is seen in proportion to m·c·β·o·a: its own alpha a, what its region lets through above it (o), the share
    β its region is cut by, what the regions above let through (c) and the painting's mask m. Under layers that
    together hide m·(1 − c·(1 − β·(1 − o))) it must have the alpha that is left for it. Where a layer is wholly hidden
    that is 0/0, and it keeps its plain paint: if the layers above are hidden, it is there.

    Layers are 8-bit numbers, and what they round off adds up. So each aims at what should be seen of it and all
    layers above, given what really is: the roundings cancel, all but the last.

    paint: (h, w, 4) premultiplied, uncut, and its share (h, w); it lies at (top, left) of the band, both counted from
    the band's first row; cover: (rows, width) the mask m; clear, own: (rows, width) c and o, and o is brought up to
    date; aim: (rows, width, 4) premultiplied colours and alpha of what should be seen so far; laid: (rows, width, 4)
    premultiplied colours of what is, and what it lets through; out: (height, width, 4) uint8, the layer's rows y0..y1
    and columns x0..x1 of the band, straight.
    """
    one = f4(1)
    for y in range(max(y0, top), min(y1, top + paint.shape[0])):
        for x in range(max(x0, left), min(x1, left + paint.shape[1])):
            a = paint[y - top, x - left, 3]
            if a <= _NONE:
                continue
            b = share[y - top, x - left]
            m = cover[y, x]
            o = own[y, x]
            c = clear[y, x]
            own[y, x] = o * (one - a)
            under = (one - b) + b * o  # this form keeps its digits where almost nothing is left
            left_over = under if m >= one else (one - m) + m * c * under
            seen = m * c * b * o
            alpha = a * b * (o if m >= one else m * c * o) / left_over if left_over > _NONE else a * b
            for k in range(4):
                aim[y, x, k] += paint[y - top, x - left, k] * seen
            settle_pixel(paint[y - top, x - left], a, alpha, aim[y, x], laid[y, x], out[y - y0, x - x0])


@kernel
def settle_seen(paint, seen, top, left, cover, own, aim, laid, out, y0, y1, x0, x1):
    """As `settle`, of a layer of which it is known what is seen of it: (h, w, 4) premultiplied, but for the mask.

    Its alpha is the share of what the layers above let through; where they let nothing through, its own.
    """
    one = f4(1)
    colour = np.empty(4, f4)
    for y in range(max(y0, top), min(y1, top + paint.shape[0])):
        for x in range(max(x0, left), min(x1, left + paint.shape[1])):
            a = paint[y - top, x - left, 3]
            if a <= _NONE:
                continue
            m = cover[y, x]
            o = own[y, x]
            part = seen[y - top, x - left, 3]
            own[y, x] = max(o - part, f4(0))
            left_over = (one - m) + m * o
            alpha = m * part / left_over if left_over > _TRACE else a
            for k in range(4):
                aim[y, x, k] += m * seen[y - top, x - left, k]
                colour[k] = seen[y - top, x - left, k] if part > _TRACE else paint[y - top, x - left, k]
            settle_pixel(colour, colour[3], alpha, aim[y, x], laid[y, x], out[y - y0, x - x0])


@inner
def alpha_over(below, alpha):
    """The 8-bit alpha of one pixel over another."""
    return np.rint(below + (f4(255) - below) * alpha / f4(255))


@inner
def over(below, below_alpha, colour, alpha, nudge):
    """One channel of one 8-bit pixel over another that is not see-through with it, as Krita computes it.

    nudge: 1 or -1, which way to go where two whole numbers are about equally near. Programs go either way, some of
    them divide by estimates that processors give (good to 12 bits).
    """
    together = below_alpha + (f4(255) - below_alpha) * alpha / f4(255)
    change = (colour - below) * (alpha / together)
    value = np.rint(below + change + nudge * (_TIE + _ESTIMATE * abs(change)))
    return min(max(value, f4(0)), f4(255))


@kernel
def lay(part, top, left, canvas, nudge):
    """Lay rows of a layer (h, w, 4) over a canvas (rows, width, 4), both uint8 and straight, at (top, left) on it.

    nudge: 1 or -1; the results are the bounds of what programs may show.
    """
    for y in range(part.shape[0]):
        for x in range(part.shape[1]):
            alpha = f4(part[y, x, 3])
            below = f4(canvas[top + y, left + x, 3])
            if alpha > f4(0):
                for k in range(3):
                    value = over(f4(canvas[top + y, left + x, k]), below, f4(part[y, x, k]), alpha, nudge)
                    canvas[top + y, left + x, k] = np.uint8(value)
                canvas[top + y, left + x, 3] = np.uint8(alpha_over(below, alpha))


@inner
def shown(column, channel, count, nudge):
    """What the layers of a column (count, 4) give in one channel, 3 for alpha."""
    value = alpha = f4(0)
    for n in range(count):
        if column[n, 3] > f4(0):
            if channel < 3:
                value = over(value, alpha, column[n, channel], column[n, 3], nudge)
            alpha = alpha_over(alpha, column[n, 3])
    return value if channel < 3 else alpha


@inner
def miss(column, channel, count, target):
    """How far what is shown may be from the target, at most."""
    high = shown(column, channel, count, f4(1)) - target
    low = shown(column, channel, count, f4(-1)) - target
    return high if high > -low else low


@kernel
def mend(columns, targets):
    """Change layers a little in pixels where they do not show what they should within 1.

    columns: (n, layers, 4) uint8, the layers of n pixels, back to front, changed in place; targets: (n, 4) uint8. The
    smallest change that does is made, in the topmost layer where it does; or the best one, and then another. Alpha goes
    first, since colours hang on it.
    """
    column = np.empty((columns.shape[1], 4), f4)
    source = np.empty(columns.shape[1], np.int32)
    for i in range(columns.shape[0]):
        count = 0
        for n in range(columns.shape[1]):
            if columns[i, n, 3] > 0:
                for k in range(4):
                    column[count, k] = columns[i, n, k]
                source[count] = n
                count += 1
        for k in (3, 0, 1, 2):
            target = f4(targets[i, k])
            error = miss(column, k, count, target)
            for _ in range(_MEND_TIMES):
                if abs(error) <= f4(1):
                    break
                best = error
                chosen = -1
                value = f4(0)
                for by in range(1, _MEND_BY + 1):
                    for n in range(count - 1, -1, -1):
                        before = column[n, k]
                        seen = f4(by) * column[n, 3] if k < 3 else f4(255 * by)
                        if seen > _MEND_SEEN or abs(best) <= f4(1):
                            continue
                        column[n, k] = min(max(before - np.sign(error) * f4(by), f4(0)), f4(255))
                        new = miss(column, k, count, target)
                        if abs(new) < abs(best):
                            best = new
                            chosen = n
                            value = column[n, k]
                        column[n, k] = before
                if chosen < 0:
                    break
                column[chosen, k] = value
                columns[i, source[chosen], k] = np.uint8(value)
                error = best


def try_kernels() -> None:
    """Settle a layer of one pixel, so that the kernels are compiled."""
    pixel, plane = np.zeros((1, 1, 4), f4), np.ones((1, 1), f4)
    part = np.zeros((1, 1, 4), np.uint8)
    settle(pixel, plane, 0, 0, plane, plane.copy(), plane.copy(), pixel.copy(), pixel.copy(), part, 0, 1, 0, 1)
    settle_seen(pixel, pixel.copy(), 0, 0, plane, plane.copy(), pixel.copy(), pixel.copy(), part, 0, 1, 0, 1)
    lay(part, 0, 0, part.copy(), f4(1))
    mend(part.copy(), part[0].copy())
