"""Where in a picture things are, and animals: where the classifier that the engine ships is sure of what it sees.

EfficientNet-Lite0's last layer is applied to every place rather than to the mean of all of them (LOSSES.md, section 2).
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from impasto.engine.segment.colours import working_size
from impasto.engine.segment.networks.plain_lite0 import PlainLite0

SIZES = (768, 384)  # longer sides of the picture that are looked at; a third tells hardly more
_LARGER = 2  # times as large as it is, at most, is a picture made to be looked at, but for the smaller size
_ANIMALS = 398  # the first of ImageNet's classes
_STEP = 32  # pixels to a place


def find_things(network: PlainLite0, rgb: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """How likely an animal is at each place of a picture, and the probability of the surest class: (h, w) each, 0..1.

    rgb: (H, W, 3) float32 in 0..1; longest: longer side of the maps. The same picture gives the same maps.
    """
    size = working_size(*rgb.shape[:2], longest)
    sizes = [side for side in SIZES if side <= _LARGER * max(rgb.shape[:2])] or SIZES[-1:]
    with ThreadPoolExecutor(2) as both:
        maps = list(both.map(lambda side: _maps(network, rgb, side, size), sizes))
    animals, things = np.moveaxis(np.mean(maps, 0), 2, 0)
    return animals, things


def _maps(network: PlainLite0, rgb: np.ndarray, side: int, size: tuple[int, int]) -> np.ndarray:
    """Both maps (h, w, 2) of the picture (H, W, 3) at a size with that longer side."""
    longer = max(rgb.shape[:2])
    height, width = (max(2 * _STEP, round(length * side / longer / _STEP) * _STEP) for length in rgb.shape[:2])
    scores = network.everywhere(network.last(_resized(rgb, (height, width), Image.Resampling.BILINEAR)))
    chance = np.exp(scores - scores.max(2, keepdims=True))
    chance /= chance.sum(2, keepdims=True)
    maps = np.stack([chance[..., :_ANIMALS].sum(2), chance.max(2)], 2)
    return _resized(maps, size, Image.Resampling.BICUBIC).clip(0, 1)


def _resized(planes: np.ndarray, size: tuple[int, int], by: Image.Resampling) -> np.ndarray:
    """Planes (H, W, C) float32 at another height and width; what gets smaller is smoothed."""
    images = (Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(planes, 2, 0))
    return np.stack([np.asarray(image.resize(size[::-1], by)) for image in images], 2)
