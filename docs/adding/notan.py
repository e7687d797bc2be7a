"""Darks, halftones and lights, as painters squint at a subject before they begin."""

import numpy as np

from impasto.engine.pictures.io import Picture
from impasto.engine.segment import FindOptions, Method, Region, Regions
from impasto.engine.segment.colours import cielab, seen

_NAMES = ("darks", "halftones", "lights")


def _find(picture: Picture, size: int, _options: FindOptions) -> Regions:
    lightness = cielab(seen(picture, size))[..., 0]
    first, second = np.quantile(lightness, (1 / 3, 2 / 3))
    labels = (lightness > first).astype(np.int64) + (lightness > second)
    there = np.unique(labels)  # a picture of one tone is one region
    labels = np.searchsorted(there, labels)
    return Regions.from_labels(labels, [Region(_NAMES[k], "stuff") for k in there], "notan")


METHOD = Method(_find, repeatable=True)
