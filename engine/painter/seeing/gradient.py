"""Gradients: how much the differences between neighbouring pixels differ from the target's, at three scales."""

from __future__ import annotations

import numpy as np

from impasto.engine.painter.seeing.sense import gathered, halved, sizes
from impasto.engine.shapes import Colours, Plane

f4 = np.float32


class Gradients:
    """The mean of |∇(canvas − target)| over channels and scales, in x and in y; a pair weighs as its lesser pixel.

    target: (3, H, W) float32, colours 0..1; weight: (H, W) float32, ≥ 0, what each pixel weighs.
    """

    def __init__(self, target: Colours, weight: Plane) -> None:
        height, width = weight.shape
        self._target, count = target, sizes(height, width, 2)
        weight = weight[None] * f4(1 / (3 * count * max(float(weight.sum(dtype=np.float64)), 1e-9)))
        self._weights = []
        for scale in range(count):
            pairs = np.minimum(weight[..., 1:], weight[..., :-1]), np.minimum(weight[:, 1:], weight[:, :-1])
            self._weights.append(pairs)
            if scale + 1 < count:
                weight = halved(weight) * f4(4)

    def value_and_gradient(self, canvas: Colours) -> tuple[float, Colours]:
        """See `Sense`."""
        error, total, slopes = canvas - self._target, 0.0, []
        for across, down in self._weights:
            slope = np.zeros_like(error)
            steps = error[..., 1:] - error[..., :-1], error[:, 1:] - error[:, :-1]
            total += sum(
                float((np.abs(step) * weight).sum(dtype=np.float64))
                for step, weight in zip(steps, (across, down), strict=True)
            )
            uphill, downhill = np.sign(steps[0]) * across, np.sign(steps[1]) * down
            slope[..., 1:] += uphill
            slope[..., :-1] -= uphill
            slope[:, 1:] += downhill
            slope[:, :-1] -= downhill
            slopes.append(slope)
            error = halved(error)
        return total, gathered(slopes)
