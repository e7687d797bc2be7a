"""What a network sees: how far its features, place by place, point elsewhere than the target's (the paper's eq. 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from impasto.engine.segment.features import one_thread
from impasto.engine.shapes import Colours, Plane

Features = Callable[[Tensor], Sequence[Tensor]]
"""Maps (1, C, h, w) of a picture (1, 3, H, W) in 0..1."""
LARGEST = 256  # pixels of the longer side that the network is shown; larger canvases are halved until they fit
_LEAST = 1e-6  # of a feature's length: shorter ones have no direction


class Perceptual:
    """The mean of 1 − cosine over a network's maps and places, each of which weighs as the pixels it stands for.

    target: (3, H, W) float32, colours 0..1; weight: (H, W) float32, ≥ 0, what each pixel weighs. Bits do not depend on
    the number of threads: torch has one.
    """

    def __init__(self, target: Colours, weight: Plane, features: Features) -> None:
        self._features = features
        self._step = 1
        while max(weight.shape) > LARGEST * self._step:
            self._step *= 2
        with one_thread(), torch.no_grad():
            self._seen = [functional.normalize(each, dim=1, eps=_LEAST) for each in self._look(_tensor(target))]
            plane = _tensor(weight[None])
            weights = [functional.interpolate(plane, each.shape[2:], mode="area") for each in self._seen]
            weights = [  # what the target shows nothing of has no direction
                weight * each.any(1, keepdim=True) for weight, each in zip(weights, self._seen, strict=True)
            ]
            self._weights = [each / (each.sum().clamp_min(1e-9) * len(weights)) for each in weights]

    def value_and_gradient(self, canvas: Colours) -> tuple[float, Colours]:
        """See `Sense`."""
        with one_thread(), torch.enable_grad():
            shown = _tensor(canvas).requires_grad_(True)
            loss = torch.zeros(())
            for ours, theirs, weight in zip(self._look(shown), self._seen, self._weights, strict=True):
                alike = (functional.normalize(ours, dim=1, eps=_LEAST) * theirs).sum(1, keepdim=True)
                loss = loss + (weight * (1 - alike)).sum()
            (slope,) = torch.autograd.grad(loss, shown)
        return float(loss.detach()), slope[0].numpy()

    def _look(self, picture: Tensor) -> Sequence[Tensor]:
        if self._step > 1:
            size = [max(1, side // self._step) for side in picture.shape[2:]]
            picture = functional.interpolate(picture, size, mode="area")
        return self._features(picture)


def _tensor(planes: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(planes, np.float32))[None]
