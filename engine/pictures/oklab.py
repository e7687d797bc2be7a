"""Oklab (Björn Ottosson, 2020), in which equal steps look about equal; for colours, not for pictures."""

import numpy as np
from numpy.typing import NDArray

_TO_CONES = (
    (0.41222147, 0.53633254, 0.05144599),
    (0.2119035, 0.68069955, 0.10739696),
    (0.08830246, 0.28171884, 0.6299787),
)
_TO_LAB = (
    (0.21045426, 0.79361779, -0.00407205),
    (1.9779985, -2.4285922, 0.45059371),
    (0.02590404, 0.78277177, -0.80867577),
)
_FROM_LAB = tuple(map(tuple, np.linalg.inv(_TO_LAB).tolist()))
_FROM_CONES = tuple(map(tuple, np.linalg.inv(_TO_CONES).tolist()))


def to_oklab(rgb: np.ndarray) -> NDArray[np.float64]:
    """Lightness 0..1, a and b (…, 3) of sRGB (…, 3), which is clipped to 0..1."""
    value = np.clip(np.asarray(rgb, np.float64), 0, 1)
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return _times(_TO_LAB, np.cbrt(_times(_TO_CONES, light)))


def from_oklab(lab: np.ndarray) -> NDArray[np.float64]:
    """sRGB (…, 3) in 0..1 of Oklab (…, 3); what sRGB does not have is clipped."""
    light = np.clip(_times(_FROM_CONES, _times(_FROM_LAB, np.asarray(lab, np.float64)) ** 3), 0, None)
    return np.clip(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055), 0, 1)


def _times(matrix: tuple[tuple[float, ...], ...], vectors: np.ndarray) -> np.ndarray:
    """Not a matrix product: its bits may depend on the number of threads."""
    return np.stack([sum(f * vectors[..., c] for c, f in enumerate(row)) for row in matrix], -1)
