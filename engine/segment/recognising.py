"""Which regions of a picture are things or places that a classifier knows: a dog, a cup, a mountain.

Rather none than a wrong one: a region gets a name where the classifier is sure in most of it, where it is sure
somewhere, and where it is not much surer in another region, of which this one is only the surroundings. What is surely
an animal and not surely which is an animal, and so are two that touch and are said to be different ones.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from impasto.engine.segment.classes import ANIMAL, FAMILIES, NAMES, OUTDOORS, PLANTS, WATERS, grouped, of_families
from impasto.engine.segment.colours import enlarged, working_size
from impasto.engine.segment.networks.plain_lite0 import PlainLite0
from impasto.engine.segment.things import chances, resized_planes

LONGEST = 64  # longer side of the maps
_MEAN, _MEDIAN = 0.3, 0.25  # how sure, beyond chance, in a region that gets the name
_PEAK = 0.7  # somewhere in the picture
_OWN_PEAK = 0.45  # somewhere in the region
_SURROUNDINGS = 0.6  # of the surest region's mean; what has less is what lies around that
_WHICH = 0.5  # in the surest region of one of a family, such as elephant; else it is called as the family is
_FAMILY = 0.6  # in a region that gets a family's name though none of its own is sure
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
    size = working_size(rgb.shape[0], rgb.shape[1], LONGEST)
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
    planes = np.concatenate([sight.names, of_families(sight.names)], -1)
    cells = {row: planes[here == row] for row in range(int(labels.max()) + 1)}
    cells = {row: inside for row, inside in cells.items() if len(inside) >= _LEAST}
    if not cells:
        return {}
    means = {row: inside.mean(0) for row, inside in cells.items()}
    surest, peak = np.max(list(means.values()), 0), planes.max((0, 1))
    found = {}
    for row, inside in cells.items():
        mean = means[row]
        fits = (mean >= np.maximum(_MEAN, _SURROUNDINGS * surest)) & (peak >= _PEAK) & (inside.max(0) >= _OWN_PEAK)
        fits &= np.median(inside, 0) >= _MEDIAN
        if (known := _best(mean, fits, surest)) is not None:
            found[row] = known
    return found


def _best(mean: np.ndarray, fits: np.ndarray, surest: np.ndarray) -> Known | None:
    """A region's name, or its family's where that is unsure.

    mean, fits, surest: (G + families,) of the region, whether it may be called so, and of the picture's surest regions.
    """
    own, families = slice(0, len(NAMES)), dict(zip(FAMILIES, range(len(NAMES), len(mean)), strict=True))
    which = int(np.where(fits[own], mean[own], -1).argmax()) if fits[own].any() else None
    for name, place in families.items():
        unsure = mean[place] >= _FAMILY if which is None else NAMES[which] in FAMILIES[name] and surest[which] < _WHICH
        if unsure and fits[place]:
            return Known(name, float(min(mean[place], 1)))
    return None if which is None else Known(NAMES[which], float(min(mean[which], 1)))


def reconciled(known: dict[int, Known], touching: np.ndarray) -> dict[int, Known]:
    """The same, where animals of different names that touch, by (K, K), are animals: one of them is told wrongly."""
    animals = [row for row, each in known.items() if each.name in (ANIMAL, *FAMILIES[ANIMAL])]
    unsure = {
        row for row in animals for other in animals if touching[row, other] and known[row].name != known[other].name
    }
    return {row: Known(ANIMAL, each.confidence) if row in unsure else each for row, each in known.items()}
