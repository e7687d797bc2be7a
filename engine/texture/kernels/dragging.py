"""What colour lies under each stroke's start, which its brush drags along."""

import numpy as np

from impasto.engine.compiling import kernel
from impasto.engine.raster.layout import *
from impasto.engine.texture.kernels.columns import MET

# Five across the brush at its start, from -.8 to .8 of the radius, one under the tail; and in the middle of either cap.
CAP = f4(0.6)  # of the radius beyond the curve's end


@kernel
def look_under(q, canvas, carried):
    """Lay all strokes flat on a small canvas (h, w, 3), one by one, and note what each finds: carried (N, MET, 3)."""
    h = canvas.shape[0]
    w = canvas.shape[1]
    for n in range(q.shape[0]):
        s = q[n]
        gx = s[C1X] + f4(0.2) * s[C2X]
        gy = s[C1Y] + f4(0.2) * s[C2Y]
        aside = f4(0.8) * s[R] / np.sqrt(gx * gx + gy * gy + TINY)
        bx = s[X] + f4(0.1) * (s[C1X] + f4(0.1) * s[C2X])
        by = s[Y] + f4(0.1) * (s[C1Y] + f4(0.1) * s[C2Y])
        for k in range(MET):
            v = (f4(k) * HALF - ONE) * aside
            if k >= 5:
                at = f4(0.9) if k == 5 else (ONE if k == 6 else Z)
                out = Z if k == 5 else (CAP if k == 6 else -CAP)
                v = Z
                tx = s[C1X] + TWO * at * s[C2X]
                ty = s[C1Y] + TWO * at * s[C2Y]
                out *= (s[R] + s[DR] * at) / np.sqrt(tx * tx + ty * ty + TINY)
                bx = s[X] + at * (s[C1X] + at * s[C2X]) + out * tx
                by = s[Y] + at * (s[C1Y] + at * s[C2Y]) + out * ty
            ix = int(min(max(bx - v * gy, Z), f4(w - 1)))
            iy = int(min(max(by + v * gx, Z), f4(h - 1)))
            for c in range(3):
                carried[n, k, c] = canvas[iy, ix, c]
        ex = s[X] + s[C1X] + s[C2X]
        ey = s[Y] + s[C1Y] + s[C2Y]
        hx = s[X] + HALF * s[C1X]
        hy = s[Y] + HALF * s[C1Y]
        pad = max(s[R], s[R] + s[DR])
        top = int(min(max(min(s[Y], ey, hy) - pad, Z), f4(h)))
        bottom = int(min(max(max(s[Y], ey, hy) + pad + ONE, Z), f4(h)))
        left = int(min(max(min(s[X], ex, hx) - pad, Z), f4(w)))
        right = int(min(max(max(s[X], ex, hx) + pad + ONE, Z), f4(w)))
        for y in range(top, bottom):
            for x in range(left, right):
                best = f4(1e9)
                at = Z
                for k in range(9):
                    u = f4(k) * f4(0.125)
                    dx = s[X] + u * (s[C1X] + u * s[C2X]) - f4(x) - HALF
                    dy = s[Y] + u * (s[C1Y] + u * s[C2Y]) - f4(y) - HALF
                    d = np.sqrt(dx * dx + dy * dy) - s[DR] * u
                    at = u if d < best else at
                    best = min(d, best)
                # ends are too ragged to cover what is beneath
                best += HALF * (s[R] + s[DR] * at) if at in (Z, ONE) else Z
                a = min(max(s[R] - best + HALF, Z), ONE) * min(s[OP] + s[DOP] * at, ONE)
                for c in range(3):
                    canvas[y, x, c] += a * (s[RED + c] - canvas[y, x, c])
