"""Light on relief, as a gain and an offset of each pixel: out = gain · colour + offset.

So light commutes with laying layers over each other, and a painting's layers can each carry theirs. Light is taken to
be the square of a colour's value, so nothing needs a power.
"""

import numpy as np

from impasto.engine.compiling import kernel
from impasto.engine.raster.layout import *

ROUGH = f4(1.2)  # rough paint has highlights where smooth paint has none; this keeps the mean


@kernel
def light(canvas, high, cover, lx, ly, lz, relief, gloss, valley, first, gain, offset, y0, y1):
    """Gain and offset (rows, W) of the rows y0..y1 of them, which are those of the canvas from row `first` on.

    canvas (H, W, 4) premultiplied, high (H, W) its relief, pixels; cover (H, W) or a 1 (1, 1): where it fades, so
    does the light; l: where light comes from, x, y (down) and up, length 1.
    """
    h, w = high.shape
    inv = ONE / np.sqrt(lx * lx + ly * ly + (lz + ONE) * (lz + ONE))
    nx = lx * inv
    ny = ly * inv
    nz = (lz + ONE) * inv  # half-way to the eye
    flat = ROUGH * nz**32
    kx = relief * lx / lz
    ky = relief * ly / lz
    row = np.empty((3, w + 2), f4)
    covered = cover.shape[0] == h and cover.shape[1] == w
    for y in range(y0, y1):
        for k in range(3):
            j = min(max(first + y + k - 1, 0), h - 1)
            row[k, 0] = high[j, 0]
            row[k, w + 1] = high[j, w - 1]
            row[k, 1 : w + 1] = high[j]
        for x in range(u8(w)):
            a0 = row[0, x]
            a1 = row[0, x + u8(1)]
            a2 = row[0, x + u8(2)]
            b0 = row[1, x]
            b1 = row[1, x + u8(1)]
            b2 = row[1, x + u8(2)]
            d0 = row[2, x]
            d1 = row[2, x + u8(1)]
            d2 = row[2, x + u8(2)]
            gx = f4(0.09375) * (a2 - a0 + d2 - d0) + f4(0.3125) * (b2 - b0)
            gy = f4(0.09375) * (d0 - a0 + d2 - a2) + f4(0.3125) * (d1 - a1)
            around = f4(0.125) * (a0 + a1 + a2 + b0 + b2 + d0 + d1 + d2) - b1
            d = -(gx * kx + gy * ky)
            shade = ONE + d / (ONE + f4(0.8) * abs(d)) - valley * min(max(around, Z), ONE)
            g = max((nz - gx * nx - gy * ny) / np.sqrt(ONE + gx * gx + gy * gy), Z)
            g = g * g * g * g
            g = g * g * g * g
            gain[y, x] = np.sqrt(max(shade, Z)) - ONE
            offset[y, x] = gloss * (g * g - flat)
        for x in range(w):
            pixel = canvas[first + y, x]
            alpha = pixel[3]
            value = (f4(0.3) * pixel[0] + f4(0.59) * pixel[1] + f4(0.11) * pixel[2]) / max(alpha, f4(1e-4))
            share = cover[first + y, x] if covered else ONE
            # a highlight adds light, and so less to what is light already; on blacks it is black
            offset[y, x] *= min(TWO * value, HALF / max(value, HALF)) * share
            gain[y, x] = ONE + gain[y, x] * share


@kernel
def lit(canvas, first, gain, offset, out, y0, y1):
    """Light the rows y0..y1 of out (rows, W, 4), premultiplied, from those of the canvas (H, W, 4) from `first` on."""
    for y in range(y0, y1):
        for x in range(gain.shape[1]):
            alpha = canvas[first + y, x, 3]
            g = gain[y, x]
            o = offset[y, x] * alpha
            for c in range(3):
                out[y, x, c] = min(max(canvas[first + y, x, c] * g + o, Z), alpha)
            out[y, x, 3] = alpha


@kernel
def lit_and_halved(canvas, first, gain, offset, out, y0, y1):
    """As `lit`, and the mean of each 2 × 2 pixels becomes one of out (rows / 2, W / 2, 4)."""
    for y in range(y0, y1):
        for x in range(out.shape[1]):
            for c in range(3):
                total = Z
                for k in range(4):
                    v = 2 * y + k // 2
                    u = 2 * x + k % 2
                    alpha = canvas[first + v, u, 3]
                    total += min(max(canvas[first + v, u, c] * gain[v, u] + offset[v, u] * alpha, Z), alpha)
                out[y, x, c] = total * QUARTER
            total = Z
            for k in range(4):
                total += canvas[first + 2 * y + k // 2, 2 * x + k % 2, 3]
            out[y, x, 3] = total * QUARTER


@kernel
def seen_of_layer(canvas, gain, offset, own, times, paint, seen, y0, y1):
    """A layer's paint, and what is seen of it: rows y0..y1 of (rows, W, 4), premultiplied, lit, of fine pixels' means.

    canvas, gain, offset: of the fine pixels, `times` as many each way; own: what the layers above let through; it is
    brought up to date.
    """
    share = ONE / f4(times * times)
    for y in range(y0, y1):
        for x in range(paint.shape[1]):
            for c in range(4):
                paint[y, x, c] = Z
                seen[y, x, c] = Z
            for k in range(times * times):
                v = times * y + k // times
                u = times * x + k % times
                alpha = canvas[v, u, 3]
                through = own[v, u]
                for c in range(3):
                    value = min(max(canvas[v, u, c] * gain[v, u] + offset[v, u] * alpha, Z), alpha) * share
                    paint[y, x, c] += value
                    seen[y, x, c] += value * through
                paint[y, x, 3] += alpha * share
                seen[y, x, 3] += alpha * through * share
                own[v, u] = through * (ONE - alpha)
