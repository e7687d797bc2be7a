"""What the painter minimises: how far a canvas is from the picture. One file per loss.

Pixel losses are fused into the rasteriser. Any other loss is given whole canvases and says how they should change,
which `engine.painter.whole_canvas` carries on to the strokes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from impasto.engine.registry import Registry
from impasto.engine.shapes import AnyColours, AnyPlane, Colours, Plane


class Loss(Protocol):
    """How far a canvas is from its target."""

    def value_and_gradient(self, canvas: Colours, target: Colours, weight: Plane) -> tuple[float, AnyColours]:
        """The loss of a canvas, and its gradient (3, H, W) in the canvas.

        canvas, target: (3, H, W) float32, colours 0..1; weight: (H, W) float32, ≥ 0, how much each pixel matters; for
        a mean over pixels and channels, the sum of weight · distance. Where it is 0 the canvas shows the target, and
        the gradient is not used. Each region has a canvas of its own, on which its strokes alone are.
        """
        ...


@dataclass(frozen=True)
class PixelLoss:
    """A loss of each pixel and channel by itself, which the rasteriser's kernels know.

    mode: its number there, see `engine.raster.layout`; formula: the values of differences d = canvas − target and their
    slopes, in plain NumPy, which is the definition that the kernels are tested by.
    """

    mode: int
    formula: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

    def value_and_gradient(self, canvas: AnyColours, target: AnyColours, weight: AnyPlane) -> tuple[float, AnyColours]:
        """Σ weight · formula(canvas − target), and its gradient; see `Loss`."""
        value, slope = self.formula(canvas.astype(np.float64) - target)
        return float((weight * value).sum()), weight * slope


LOSSES: Registry[Loss] = Registry(
    "loss", "impasto.engine.losses", "LOSS", "impasto.losses",
    lambda found: not isinstance(found, type) and callable(getattr(found, "value_and_gradient", None)),
)  # fmt: skip
