"""Lightness first: an error in how light a pixel is counts four times one in its colour."""

import numpy as np

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)[:, None, None]  # Rec. 709
_MORE = 9.0  # a grey d has |d|² = 3 and (luma · d)² = 1


class Lightness:
    """Σ weight · (|d|² + 9 · (luma · d)²), with d = canvas − target."""

    def value_and_gradient(
        self, canvas: np.ndarray, target: np.ndarray, weight: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """The loss of a canvas (3, H, W), and its gradient in the canvas; see `impasto.engine.losses.Loss`."""
        difference = canvas - target
        lightness = (_LUMA * difference).sum(0)
        value = (weight * ((difference**2).sum(0) + _MORE * lightness**2)).sum(dtype=np.float64)
        return float(value), 2 * weight * (difference + _MORE * _LUMA * lightness)


LOSS = Lightness()
