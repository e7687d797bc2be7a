"""Adam on the stroke table: one kernel for the step and for what a stroke is allowed to be."""

import numpy as np

from impasto.engine.compiling import kernel
from impasto.engine.raster.layout import f4


@kernel
def adam_step(
    table, gradient, mean, square, age, rates, size_low, size_high, low, high, finest, bend, taper, absorbs, b1,
    b2, n0, n1,
):  # fmt: skip
    """One step for strokes n0..n1, in place, and back into the allowed range.

    rates (13,): step of each column; positions and radii are scaled by the stroke's mean radius, clipped to
    size_low..size_high, so that large strokes move in large steps. low, high (13,): the allowed range.
    finest (h, w): spread over the canvas, what the lowest radii are multiplied by where a stroke's middle is.
    bend: how far the control point may lie from the chord's middle, over the chord's length. age (N,): each
    stroke's own number of steps, for the bias correction of strokes that joined later.
    taper: what is left of how far the ends' radii are apart.
    absorbs: colours are stepped as what they absorb, −ln of what they let through.
    """
    rows, columns = finest.shape
    side = f4(max(rows, columns))
    for n in range(n0, n1):
        age[n] += 1
        c1 = f4(1) / (f4(1) - np.exp(np.log(b1) * f4(age[n])))
        c2 = f4(1) / (f4(1) - np.exp(np.log(b2) * f4(age[n])))
        p = table[n]
        size = min(max(f4(0.5) * (p[6] + p[7]), size_low), size_high)
        row = min(max(int(f4(0.25) * (p[1] + f4(2) * p[3] + p[5]) * side), 0), rows - 1)
        column = min(max(int(f4(0.25) * (p[0] + f4(2) * p[2] + p[4]) * side), 0), columns - 1)
        for k in range(13):
            deep = absorbs and k >= 10
            g = gradient[n, k] * p[k] if deep else gradient[n, k]
            m = b1 * mean[n, k] + (f4(1) - b1) * g
            v = b2 * square[n, k] + (f4(1) - b2) * g * g
            mean[n, k] = m
            square[n, k] = v
            step = rates[k] * m * c1 / (np.sqrt(v * c2) + f4(1e-12))
            if k < 8:
                step *= size
            least = low[k] * finest[row, column] if 6 <= k < 8 else low[k]
            p[k] = min(max(p[k] * np.exp(-step) if deep else p[k] - step, least), high[k])
        if taper < 1:
            middle = f4(0.5) * (p[6] + p[7])
            p[6] = middle + taper * (p[6] - middle)
            p[7] = middle + taper * (p[7] - middle)
        mx = f4(0.5) * (p[0] + p[4])
        my = f4(0.5) * (p[1] + p[5])
        dx = p[0] - p[4]
        dy = p[1] - p[5]
        limit = bend * np.sqrt(dx * dx + dy * dy)
        ox = p[2] - mx
        oy = p[3] - my
        off = np.sqrt(ox * ox + oy * oy)
        if off > limit:
            shrink = limit / (off + f4(1e-12))
            p[2] = mx + ox * shrink
            p[3] = my + oy * shrink
