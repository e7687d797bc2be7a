"""Where in a picture things are, and animals: where the classifier that the engine ships is sure of what it sees.

EfficientNet-Lite0's last layer is applied to every place rather than to the mean of all of them (LOSSES.md, section 2).
Only things that have a name in `classes` count, which mountains, gravel and velvet have not, and only those of which it
is sure somewhere: in a picture of nothing in particular nothing is found.
"""

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from impasto.engine.segment.classes import NAMES, PLANTS, THINGS, grouped
from impasto.engine.segment.colours import working_size
from impasto.engine.segment.networks.plain_lite0 import PlainLite0

SIZES = (768, 384)  # longer sides of the picture that are looked at; a third tells hardly more
_LARGER = 2  # times as large as it is, at most, is a picture made to be looked at, but for the smaller size
_ANIMALS = 398  # the first of ImageNet's classes
_SURE, _SURE_ANIMAL = 0.65, 0.85  # how sure it is somewhere, in the mean of all sizes, of what is there at all
_NAMED = [row for row, name in enumerate(NAMES) if name in THINGS]
_REAL = [number for number in range(_ANIMALS) if number not in PLANTS]  # those it does not see in leaves
_STEP = 32  # pixels to a place
_REMEMBERED = 2  # pictures, 3 MB each

_seen: "WeakKeyDictionary[PlainLite0, OrderedDict[bytes, list[np.ndarray]]]" = WeakKeyDictionary()
_lock = threading.Lock()


def find_things(network: PlainLite0, rgb: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """How likely an animal is at each place of a picture, and the surest thing, animals included: (h, w) each, 0..1.

    rgb: (H, W, 3) float32 in 0..1; longest: longer side of the maps. What is surely nowhere is 0 everywhere. The same
    picture gives the same maps.
    """
    seen = chances(network, rgb)
    known = [np.dstack([grouped(each)[..., _NAMED], each[..., _REAL].sum(2)]) for each in seen]
    peaks = np.mean([resized_planes(each, known[0].shape[:2], Image.Resampling.BILINEAR) for each in known], 0)
    there = peaks.max((0, 1)) >= [_SURE] * len(_NAMED) + [_SURE_ANIMAL]
    alive = float(there[-1])
    maps = [
        np.dstack([alive * chance[..., :_ANIMALS].sum(2), each[..., there].max(2, initial=0.0)])
        for chance, each in zip(seen, known, strict=True)
    ]
    size = working_size(rgb.shape[0], rgb.shape[1], longest)
    enlarged = [resized_planes(both, size, Image.Resampling.BICUBIC).clip(0, 1) for both in maps]
    animals, things = np.moveaxis(np.mean(enlarged, 0), 2, 0)
    return animals, things


def chances(network: PlainLite0, rgb: np.ndarray) -> list[np.ndarray]:
    """The probability (h, w, 1000) of each class at each place of a picture (H, W, 3), looked at in several sizes.

    At once for a picture that the network saw lately: who names its regions and who paints it both ask.
    """
    key = hashlib.blake2b(repr(rgb.shape).encode() + np.ascontiguousarray(rgb).data, digest_size=16).digest()
    with _lock:
        found = _seen.get(network, {}).get(key)
    if found is None:
        sizes = [side for side in SIZES if side <= _LARGER * max(rgb.shape[:2])] or SIZES[-1:]
        with ThreadPoolExecutor(2) as both:
            found = list(both.map(lambda side: _chances(network, rgb, side), sizes))
    with _lock:
        seen = _seen.setdefault(network, OrderedDict())
        seen[key] = found
        while len(seen) > _REMEMBERED:
            seen.popitem(last=False)
    return found


def _chances(network: PlainLite0, rgb: np.ndarray, side: int) -> np.ndarray:
    """The probabilities (h, w, 1000) in the picture (H, W, 3) at a size with that longer side."""
    longer = max(rgb.shape[:2])
    height, width = (max(2 * _STEP, round(length * side / longer / _STEP) * _STEP) for length in rgb.shape[:2])
    scores = network.everywhere(network.last(resized_planes(rgb, (height, width), Image.Resampling.BILINEAR)))
    chance = np.exp(scores - scores.max(2, keepdims=True))
    chance /= chance.sum(2, keepdims=True)
    return chance


def resized_planes(planes: np.ndarray, size: tuple[int, int], by: Image.Resampling) -> np.ndarray:
    """Planes (H, W, C) float32 at another height and width; what gets smaller is smoothed."""
    images = (Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(planes, 2, 0))
    return np.stack([np.asarray(image.resize((size[1], size[0]), by)) for image in images], 2)
