"""From what strokes absorb to what is seen: the paper in a raking light, through them."""

import numpy as np

from impasto.engine.compiling import kernel
from impasto.engine.raster.layout import HALF, ONE, Z
from impasto.engine.wash.kernels.columns import *
from impasto.engine.wash.kernels.washing import look


@kernel
def show(absorbed, shine, per_paper, first_row, first_column, times, canvas, r0, r1):
    """Let a canvas (H, W, 4), premultiplied, be seen through what lies on it, rows r0..r1 of it in place.

    absorbed: (times H, times W, 3), its first pixel is at first_row and first_column of all; shine: light on the paper,
    repeated; per_paper: texels of it to a pixel of `absorbed`. Where the canvas lets something through it is as if it
    lay on white.
    """
    share = ONE / f4(times * times)
    for y in range(r0, r1):
        for x in range(canvas.shape[1]):
            pixel = canvas[y, x]
            alpha = pixel[3]
            clear = ONE - alpha
            s0 = Z
            s1 = Z
            s2 = Z
            for v in range(times):
                for u in range(times):
                    fy = y * times + v
                    fx = x * times + u
                    a = absorbed[fy, fx]
                    light = ONE
                    if alpha > Z:
                        at = f4(first_row + fy) + HALF
                        light += alpha * look(shine, at * per_paper, (f4(first_column + fx) + HALF) * per_paper)
                    s0 += light * np.exp(-a[0])
                    s1 += light * np.exp(-a[1])
                    s2 += light * np.exp(-a[2])
            s0 *= share
            s1 *= share
            s2 *= share
            hidden = ONE - clear * min(s0, s1, s2)
            hidden = min(max(hidden, Z), ONE)
            pixel[0] = min(max(s0 * (pixel[0] + clear) - (ONE - hidden), Z), hidden)
            pixel[1] = min(max(s1 * (pixel[1] + clear) - (ONE - hidden), Z), hidden)
            pixel[2] = min(max(s2 * (pixel[2] + clear) - (ONE - hidden), Z), hidden)
            pixel[3] = hidden
