"""Structural similarity (Wang et al. 2004): contrast and structure within windows of 7 × 7 pixels, at three scales."""

from __future__ import annotations

import numpy as np

from impasto.engine.painter.seeing.sense import gathered, halved, sizes
from impasto.engine.painter.seeing.windows import WINDOW, ssim_slope, window_means
from impasto.engine.parallel import on_all
from impasto.engine.shapes import Colours, Plane

f4 = np.float32


class Ssim:
    """The mean of 1 − SSIM over channels, scales and windows, each of which weighs as the pixel in its middle.

    target: (3, H, W) float32, colours 0..1; weight: (H, W) float32, ≥ 0, what each pixel weighs. A canvas of less than
    7 pixels a side has no window, and nothing is lost on it.
    """

    def __init__(self, target: Colours, weight: Plane, threads: int | None = 1) -> None:
        self._threads, self._scales = threads, []
        height, width = weight.shape
        count = sizes(height, width, WINDOW)
        total = max(float(weight.sum(dtype=np.float64)), 1e-9)
        weights = weight[None] * f4(1 / (3 * count * total))
        for scale in range(count):
            own = np.ascontiguousarray(weights[0, WINDOW // 2 : -(WINDOW // 2), WINDOW // 2 : -(WINDOW // 2)])
            ones = np.ones(target.shape[1:], f4)
            means = [_means(plane, ones) for plane in target]
            squares = [_means(plane, plane) for plane in target]
            self._scales.append((target, ones, means, squares, own))
            if scale + 1 < count:
                target, weights = halved(target), halved(weights) * f4(4)

    def value_and_gradient(self, canvas: Colours) -> tuple[float, Colours]:
        """See `Sense`."""
        if not self._scales[0][4].size:
            return 0.0, np.zeros_like(canvas)
        total, gradients = 0.0, []
        for target, ones, means, squares, weight in self._scales:
            gradient = np.empty_like(canvas)

            def seen(k: int) -> float:
                return ssim_slope(canvas[k], target[k], ones, means[k], squares[k], weight, gradient[k])  # noqa: B023

            total += sum(on_all(seen, range(3), self._threads))
            gradients.append(gradient)
            canvas = halved(canvas)
        return total, gathered(gradients)


def _means(plane: np.ndarray, other: np.ndarray) -> np.ndarray:
    means = np.empty([max(side - WINDOW + 1, 0) for side in plane.shape], f4)
    window_means(plane, other, means)
    return means
