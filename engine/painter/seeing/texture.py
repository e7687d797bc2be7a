"""Texture: how far what a network sees goes together otherwise than in the picture that a style is like.

Which of Lite0's features are strong together, wherever that is, is the look of a painting's surface (Gatys, Ecker,
Bethge, arXiv 1508.06576); here it has a say in the finish, when strokes have their places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from impasto.engine.segment.features import one_thread
from impasto.engine.shapes import Colours
from impasto.engine.styles.gram import CHANNELS

if TYPE_CHECKING:
    from impasto.engine.segment.networks.lite0 import Lite0

SIDE = 256  # pixels of the longer side that the network is shown, of canvas and picture alike


class Texture:
    """Σ |G − G'|² / |G'|² of the features' products G, over stages; see `Sense`.

    weight: (H, W) float32, ≥ 0, what each pixel weighs; example: the products (C, C) of each stage in the picture that
    the style is like; network: EfficientNet-Lite0.
    """

    def __init__(self, weight: np.ndarray, example: Sequence[np.ndarray], network: Lite0) -> None:
        self._features: Callable[[Tensor, int], list[Tensor]] = network.features
        self._example = [torch.from_numpy(gram) for gram in example]
        self._weight = torch.from_numpy(np.ascontiguousarray(weight, np.float32))[None, None]

    def value_and_gradient(self, canvas: Colours) -> tuple[float, Colours]:
        """See `Sense`."""
        with one_thread(), torch.enable_grad():
            shown = torch.from_numpy(np.ascontiguousarray(canvas, np.float32))[None].requires_grad_(True)
            loss = torch.zeros(())
            for ours, theirs in zip(products(shown, self._weight, self._features), self._example, strict=True):
                loss = loss + ((ours - theirs) ** 2).sum() / (theirs**2).sum().clamp_min(1e-9)
            (slope,) = torch.autograd.grad(loss, shown)
        return float(loss.detach()), slope[0].numpy()


def products(picture: Tensor, weight: Tensor, features: Callable[[Tensor, int], list[Tensor]]) -> list[Tensor]:
    """Means (C, C) over a picture (1, 3, H, W) of products of features, places weighing as in (1, 1, H, W)."""
    shrunk = min(1.0, SIDE / max(picture.shape[2:]))
    size = [max(1, round(side * shrunk)) for side in picture.shape[2:]]
    if shrunk < 1:
        picture = functional.interpolate(picture, size, mode="area")
    found = []
    for maps in features(picture, len(CHANNELS)):
        share = functional.interpolate(weight, maps.shape[2:], mode="area").flatten()
        flat = maps[0].flatten(1)
        found.append((flat * (share / share.sum().clamp_min(1e-9))) @ flat.T)
    return found
