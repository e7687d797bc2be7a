"""Which regions of a picture are things or places that a classifier knows: a dog, a cup, a mountain.

Rather none than a wrong one: a region gets a name where the classifier is sure in most of it, where it is sure
somewhere, and where it is not much surer in another region, of which this one is only the surroundings.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from impasto.engine.segment.classes import NAMES, OUTDOORS, PLANTS, WATERS, grouped
from impasto.engine.segment.colours import enlarged, working_size
from impasto.engine.segment.networks.plain_lite0 import PlainLite0
from impasto.engine.segment.things import chances, resized_planes

LONGEST = 64  # longer side of the maps
_MEAN, _MEDIAN = 0.3, 0.25  # how sure, beyond chance, in a region that gets the name
_PEAK = 0.7  # somewhere in the picture
_OWN_PEAK = 0.45  # somewhere in the region
_SURROUNDINGS = 0.6  # of the surest region's mean; what has less is what lies around that
_LEAST = 3  # places that a region has


@dataclass(frozen=True)
class ClassMaps:
    """What a classifier sees at each place of a picture."""

    names: np.ndarray
    """(h, w, G) float32 ≤ 1: how much likelier than by chance each of `NAMES` is."""
    outdoors: np.ndarray
    """(h, w) 0..1: landscapes, and what stands in them."""
    plants: np.ndarray
    """(h, w) 0..1: leaves and petals near by, and what lives on them."""
    waters: np.ndarray
    """(h, w) 0..1: shores, and what floats."""

    def places(self, labels: np.ndarray) -> np.ndarray:
        """The region (h, w) at each place, of labels (H, W)."""
        return enlarged(labels, *self.outdoors.shape)


@dataclass(frozen=True)
class Known:
    """What a region was recognised as."""

    name: str
    confidence: float
    """0..1."""


def class_maps(network: PlainLite0, rgb: np.ndarray) -> ClassMaps:
    """Look at a picture (H, W, 3) float32 in 0..1. The same picture gives the same maps."""
    size = working_size(*rgb.shape[:2], LONGEST)
    maps = []
    for chance in chances(network, rgb):
        scenes = [chance[..., list(numbers)].sum(2) for numbers in (OUTDOORS, PLANTS, WATERS)]
        planes = np.concatenate([grouped(chance), np.stack(scenes, 2)], 2)
        maps.append(resized_planes(planes, size, Image.Resampling.BILINEAR))
    mean = np.mean(maps, 0)
    return ClassMaps(mean[..., :-3], mean[..., -3], mean[..., -2], mean[..., -1])


def recognised(labels: np.ndarray, sight: ClassMaps) -> dict[int, Known]:
    """What the regions of labels (H, W) in 0..K-1 are, as far as that is known: {region: what it is}."""
    here = sight.places(labels)
    cells = {row: sight.names[here == row] for row in range(int(labels.max()) + 1)}
    cells = {row: inside for row, inside in cells.items() if len(inside) >= _LEAST}
    if not cells:
        return {}
    means = {row: inside.mean(0) for row, inside in cells.items()}
    surest, peak = np.max(list(means.values()), 0), sight.names.max((0, 1))
    found = {}
    for row, inside in cells.items():
        mean = means[row]
        fits = (mean >= np.maximum(_MEAN, _SURROUNDINGS * surest)) & (peak >= _PEAK) & (inside.max(0) >= _OWN_PEAK)
        fits &= np.median(inside, 0) >= _MEDIAN
        if fits.any():
            best = int(np.where(fits, mean, -1).argmax())
            found[row] = Known(NAMES[best], float(min(mean[best], 1)))
    return found
