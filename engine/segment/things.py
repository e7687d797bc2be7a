"""Where in a picture things are, and animals: where the classifier that the engine ships is sure of what it sees.

EfficientNet-Lite0's last layer is applied to every place rather than to the mean of all of them (LOSSES.md, section 2).
"""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.segment.colours import working_size
from impasto.engine.segment.features import one_thread

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.engine.segment.networks.lite0 import Lite0

SIZES = (768, 384)  # longer sides of the picture that are looked at; a third tells hardly more
_LARGER = 2  # times as large as it is, at most, is a picture made to be looked at, but for the smaller size
_ANIMALS = 398  # the first of ImageNet's classes
_STEP = 32  # pixels to a place


def find_things(network: "Lite0", rgb: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """How likely an animal is at each place of a picture, and the probability of the surest class: (h, w) each, 0..1.

    rgb: (H, W, 3) float32 in 0..1; longest: longer side of the maps. The same picture gives the same maps.
    """
    import torch

    picture = torch.from_numpy(rgb).permute(2, 0, 1)[None]
    size = working_size(*rgb.shape[:2], longest)
    with one_thread(), ThreadPoolExecutor(2, initializer=lambda: torch.set_num_threads(1)) as both:
        sizes = [side for side in SIZES if side <= _LARGER * max(rgb.shape[:2])] or SIZES[-1:]
        maps = list(both.map(lambda side: _maps(network, picture, side, size), sizes))
    animals, things = np.mean([each.numpy() for each in maps], 0)
    return animals, things


def _maps(network: "Lite0", picture: "Tensor", side: int, size: tuple[int, int]) -> "Tensor":
    """Both maps (2, h, w) of the picture (1, 3, H, W) at a size with that longer side."""
    import torch
    from torch.nn import functional

    longer = max(picture.shape[2:])
    seen = [max(2 * _STEP, round(length * side / longer / _STEP) * _STEP) for length in picture.shape[2:]]
    with torch.inference_mode():
        last = network.features(functional.interpolate(picture, seen, mode="bilinear", antialias=True))[-1]
        chance = network.everywhere(last).softmax(1)
        maps = torch.cat([chance[:, :_ANIMALS].sum(1, keepdim=True), chance.amax(1, keepdim=True)], 1)
        return functional.interpolate(maps, size, mode="bicubic").clamp(0, 1)[0]
