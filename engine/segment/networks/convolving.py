"""What a small network computes that is no matrix product: its first convolution, those of single channels, and ReLU6.

Maps are (H, W, C) float32. Padding is TensorFlow's SAME, and nothing is copied for it: taps that fall outside are left
out.
"""

import numpy as np

from impasto.engine.compiling import inner, kernel
from impasto.engine.raster.layout import f4

MOST = f4(6)  # ReLU6's


@inner
def _before(size, out, taps, stride):
    """How many pixels are missing before the first: half of all that are, or one fewer."""
    return max((out - 1) * stride + taps - size, 0) // 2


@inner
def _clip(values):
    for c in range(np.uint64(values.shape[0])):  # unsigned, or LLVM fears that a place wraps
        values[c] = min(max(values[c], f4(0)), MOST)


@kernel
def convolve(given, weights, bias, stride, found):
    """All channels by all: `found` (⌈H / stride⌉, ⌈W / stride⌉, C') is written, with ReLU6.

    given: (H, W, C); weights: (k, k, C, C'); bias: (C').
    """
    height, width, channels = given.shape
    taps = weights.shape[0]
    top = _before(height, found.shape[0], taps, stride)
    left = _before(width, found.shape[1], taps, stride)
    for y in range(found.shape[0]):
        for x in range(found.shape[1]):
            line = found[y, x]
            for c in range(np.uint64(line.shape[0])):
                line[c] = bias[c]
            for j in range(taps):
                row = y * stride + j - top
                if row < 0 or row >= height:
                    continue
                for i in range(taps):
                    column = x * stride + i - left
                    if column < 0 or column >= width:
                        continue
                    for k in range(channels):
                        value, weight = given[row, column, k], weights[j, i, k]
                        for c in range(np.uint64(line.shape[0])):
                            line[c] += value * weight[c]
            _clip(line)


@kernel
def filter_channels(given, weights, bias, stride, found):
    """Each channel by itself: `found` (⌈H / stride⌉, ⌈W / stride⌉, C) is written, with ReLU6.

    given: (H, W, C); weights: (k, k, C); bias: (C).
    """
    height, width = given.shape[:2]
    taps = weights.shape[0]
    top = _before(height, found.shape[0], taps, stride)
    left = _before(width, found.shape[1], taps, stride)
    for y in range(found.shape[0]):
        for x in range(found.shape[1]):
            line = found[y, x]
            for c in range(np.uint64(line.shape[0])):
                line[c] = bias[c]
            for j in range(taps):
                row = y * stride + j - top
                if row < 0 or row >= height:
                    continue
                for i in range(taps):
                    column = x * stride + i - left
                    if column < 0 or column >= width:
                        continue
                    values, weight = given[row, column], weights[j, i]
                    for c in range(np.uint64(line.shape[0])):
                        line[c] += values[c] * weight[c]
            _clip(line)


@kernel
def shift_and_clip(values, bias):
    """Add a bias (C) to values (N, C), in place, with ReLU6."""
    for n in range(values.shape[0]):
        line = values[n]
        for c in range(np.uint64(line.shape[0])):
            line[c] += bias[c]
        _clip(line)


def try_kernels() -> None:
    """Compile the kernels, or load them."""
    given, bias = np.zeros((2, 2, 4), f4), np.zeros(4, f4)
    convolve(given, np.zeros((1, 1, 4, 4), f4), bias, 1, given.copy())
    filter_channels(given, np.zeros((1, 1, 4), f4), bias, 1, given.copy())
    shift_and_clip(given[0], bias)
