"""SSIM of a plane and its slope, in one kernel: sums over windows that lie wholly inside, down and then across."""

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.layout import f4

WINDOW = 7  # pixels a side
LEAST_LIGHT, LEAST_CONTRAST = 0.01**2, 0.03**2  # SSIM's constants for colours 0..1


@inner
def _down(plane, other, y, line):
    """The sum (W,) over a window's rows, from row y on, of the product of two planes (H, W)."""
    for c in range(np.uint64(line.shape[0])):  # unsigned, or LLVM fears that a place wraps
        total = plane[y, c] * other[y, c]
        for k in range(1, WINDOW):
            total += plane[y + k, c] * other[y + k, c]
        line[c] = total


@inner
def _across(line, sums):
    """The sums (W,) over a window's columns of a line (W + WINDOW - 1,)."""
    for c in range(np.uint64(sums.shape[0])):
        total = line[c]
        for k in range(np.uint64(1), np.uint64(WINDOW)):
            total += line[c + k]
        sums[c] = total


@kernel
def window_means(plane, other, means):
    """The means (H - 6, W - 6) over windows of the product of two planes (H, W)."""
    line = np.empty(plane.shape[1], f4)
    for y in range(means.shape[0]):
        _down(plane, other, y, line)
        _across(line, means[y])
        means[y] *= f4(1 / (WINDOW * WINDOW))


@kernel
def ssim_slope(canvas, target, one, mean, square, weight, slope):
    """Σ weight · (1 − SSIM) over all windows, and its slope (H, W) in the canvas, which is written.

    canvas, target, one: (H, W) float32, `one` all ones; mean, square: (H - 6, W - 6), the windows' means of the target
    and of its square; weight: (H - 6, W - 6) of each window.
    """
    rows, columns = mean.shape
    width = canvas.shape[1]
    edge, share = WINDOW - 1, f4(1 / (WINDOW * WINDOW))
    light, contrast = f4(LEAST_LIGHT), f4(LEAST_CONTRAST)
    # what a window's slope is made of: once, times the target, times the canvas; with zeros around, for the way back
    parts = np.zeros((3, rows + 2 * edge, columns + 2 * edge), f4)
    line, a, p, s = np.empty(width, f4), np.empty(columns, f4), np.empty(columns, f4), np.empty(columns, f4)
    total = 0.0
    for y in range(rows):
        _down(canvas, one, y, line)
        _across(line, a)
        _down(canvas, canvas, y, line)
        _across(line, p)
        _down(canvas, target, y, line)
        _across(line, s)
        row = f4(0)
        for c in range(np.uint64(columns)):
            ours, theirs = a[c] * share, mean[y, c]
            both = ours * theirs
            like, alike = f4(2) * both + light, f4(2) * (s[c] * share - both) + contrast
            most = ours * ours + theirs * theirs + light
            varied = p[c] * share - ours * ours + square[y, c] - theirs * theirs + contrast
            each = f4(1) / (most * varied)
            ssim = like * alike * each
            w = weight[y, c]
            row += w * (f4(1) - ssim)
            w *= f4(2) * share
            parts[0, y + edge, c + edge] = -w * (
                theirs * (alike - like) * each + ssim * ours * (f4(1) / varied - f4(1) / most)
            )
            parts[1, y + edge, c + edge] = -w * like * each
            parts[2, y + edge, c + edge] = w * ssim / varied
        total += row
    back, sums = np.empty(columns + 2 * edge, f4), np.empty((3, width), f4)
    for y in range(canvas.shape[0]):
        for part in range(3):
            plane = parts[part]
            for c in range(np.uint64(back.shape[0])):
                above = plane[y, c]
                for k in range(1, WINDOW):
                    above += plane[y + k, c]
                back[c] = above
            _across(back, sums[part])
        for c in range(np.uint64(width)):
            slope[y, c] = sums[0, c] + sums[1, c] * target[y, c] + sums[2, c] * canvas[y, c]
    return total
