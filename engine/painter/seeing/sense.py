"""What a sense is, what all of them share, and halving."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from impasto.engine.shapes import Colours

f4 = np.float32
SCALES = 3  # the canvas, and halved once and twice


class Sense(Protocol):
    """How far a whole canvas is from its target, which it has been shown before."""

    def value_and_gradient(self, canvas: Colours) -> tuple[float, Colours]:
        """The loss of a canvas (3, H, W) float32, colours 0..1, and its gradient (3, H, W) in the canvas."""
        ...


def halved(planes: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels of planes (K, H, W); an odd row or column at the end is left out."""
    height, width = planes.shape[1] // 2 * 2, planes.shape[2] // 2 * 2
    rows = planes[:, 0:height:2, :width] + planes[:, 1:height:2, :width]
    return np.ascontiguousarray((rows[..., 0::2] + rows[..., 1::2]) * f4(0.25))


def doubled(slope: np.ndarray, height: int, width: int) -> np.ndarray:
    """The way back through `halved`: a gradient (K, height // 2, width // 2) as one of planes (K, height, width)."""
    found = np.zeros((len(slope), height, width), f4)
    quarter = slope * f4(0.25)
    for row in range(2):
        for column in range(2):
            found[:, row : height // 2 * 2 : 2, column : width // 2 * 2 : 2] = quarter
    return found


def gathered(slopes: list[np.ndarray]) -> np.ndarray:
    """The gradient of the first of several scales, each `halved` from the one before, of those (K, h, w) of all."""
    found = slopes[-1]
    for finer in slopes[-2::-1]:
        found = finer + doubled(found, *finer.shape[1:])
    return found


def sizes(height: int, width: int, least: int) -> int:
    """How many of the scales have at least so many pixels a side; 1 at least."""
    return max(1, sum(min(height, width) >> k >= least for k in range(SCALES)))
