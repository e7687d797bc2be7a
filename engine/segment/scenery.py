"""Sky, greenery, flowers and the like: what a classifier has no class for, and colour and place tell with its help."""

from dataclasses import dataclass

import numpy as np

from impasto.engine.segment.recognising import ClassMaps

SKY, BRIGHT_SKY, WATER, GRASS, TREES, GROUND = "sky", "bright sky", "water", "grass", "trees", "ground"
GREENERY, FLOWER = "greenery", "flower"

_LANDSCAPE, _CLOSE_UP = 0.25, 0.4  # mean of what Lite0 sees out of doors, and in plants
_PETALS = 0.38  # of that in a flower's region
_SKYLIKE = 0.5  # median change of lightness from pixel to pixel, CIELAB at 512 pixels; below it is smooth
_CLOUDY = 1.2
_ROUGH = 1.5  # of leaves of trees; grass is smoother
_STONY = 1.8  # above it what lies on the ground may be rocks or a stream
_AT_THE_TOP = 0.1  # share of the picture's upper border
_WET = 0.2  # mean of what Lite0 sees on shores
_DARK = 25.0  # lightness; what is darker may be a shadow
_WIDE = 0.4  # of the picture's lower border; what has less may be a reflection
_EARTHS = (20.0, 95.0)  # degrees of hue; lakes under grey skies have others
_BLUES = (185.0, 305.0)  # degrees of hue
_GREENS, _LEAVES = (95.0, 175.0), (98.0, 155.0)


@dataclass(frozen=True)
class _Look:
    """What a region looks like."""

    lightness: float
    chroma: float
    hue: float
    rough: float
    """Median change of lightness from pixel to pixel."""
    top: float
    """Its share of the picture's upper border."""
    bottom: float
    middle: float
    """Where its middle is, 0 at the top, 1 at the bottom."""

    def is_hue(self, span: tuple[float, float], chroma: float) -> bool:
        """Is its hue in there, and does one see it?"""
        return span[0] <= self.hue <= span[1] and self.chroma >= chroma


def scenery(labels: np.ndarray, lab: np.ndarray, sight: ClassMaps, touching: np.ndarray) -> dict[int, str]:
    """Names of the regions of labels (H, W) in 0..K-1 that are scenery, of a picture (H, W, 3) in CIELAB.

    touching: (K, K), which regions have a border in common.
    """
    looks = _looks(labels, lab)
    if sight.outdoors.mean() >= _LANDSCAPE:
        return _landscape(labels, looks, sight, touching)
    if sight.plants.mean() >= _CLOSE_UP:
        return _close_up(labels, looks, sight)
    return {}


def _landscape(labels: np.ndarray, looks: list[_Look], sight: ClassMaps, touching: np.ndarray) -> dict[int, str]:
    here = sight.places(labels)
    skies = [row for row, look in enumerate(looks) if _is_sky(look)]
    found = dict.fromkeys(skies, SKY)
    for row, look in enumerate(looks):
        if row in skies:
            continue
        wet = look.lightness >= _DARK and _mean(sight.waters, here == row) >= _WET
        if look.lightness >= 75 and look.chroma < 20 and look.rough < _CLOUDY and touching[row, skies].any():
            found[row] = BRIGHT_SKY
        elif look.is_hue(_GREENS, 12):
            far = look.top > 0 or look.rough >= _ROUGH
            if look.bottom > 0 and look.top == 0 and look.rough >= _ROUGH:
                found[row] = GREENERY  # a meadow, or trees in front
            else:
                found[row] = TREES if far and look.rough >= _ROUGH else GRASS if look.bottom > 0 else TREES
        elif look.is_hue(_BLUES, 8) and look.top == 0 and wet:
            found[row] = WATER
        elif look.bottom >= _WIDE and look.top == 0 and look.is_hue(_EARTHS, 4) and look.rough < _STONY:
            found[row] = GROUND
    return found


def _is_sky(look: _Look) -> bool:
    if look.top < _AT_THE_TOP or look.rough > _SKYLIKE or look.bottom > 0:
        return False
    grey = look.chroma < 12 and look.lightness >= 40
    evening = look.hue <= 100 and look.lightness >= 55 and look.chroma < 60
    return grey or evening or (look.is_hue(_BLUES, 0) and look.lightness >= 25)


def _close_up(labels: np.ndarray, looks: list[_Look], sight: ClassMaps) -> dict[int, str]:
    here, found = sight.places(labels), {}
    for row, look in enumerate(looks):
        if look.is_hue(_LEAVES, 18):
            found[row] = GREENERY
        elif look.chroma >= 40 and look.lightness >= 25 and _mean(sight.plants, here == row) >= _PETALS:
            found[row] = FLOWER
    return found


def _mean(plane: np.ndarray, inside: np.ndarray) -> float:
    return float(plane[inside].mean()) if inside.any() else 0.0


def _looks(labels: np.ndarray, lab: np.ndarray) -> list[_Look]:
    from scipy import ndimage  # not up there: who only names a region needs none

    down, across = np.gradient(ndimage.gaussian_filter(lab[..., 0], 1.0))
    slope = np.hypot(down, across)
    slope *= max(labels.shape) / 512  # as if it were that large
    found = []
    for row in range(int(labels.max()) + 1):
        inside = labels == row
        core = ndimage.binary_erosion(inside, iterations=2)
        lightness, a, b = lab[inside].mean(0).tolist()
        found.append(
            _Look(
                lightness=lightness,
                chroma=float(np.hypot(a, b)),
                hue=float(np.degrees(np.arctan2(b, a)) % 360),
                rough=float(np.median(slope[core if core.any() else inside])),
                top=float(inside[0].mean()),
                bottom=float(inside[-1].mean()),
                middle=float((np.nonzero(inside)[0].mean() + 0.5) / len(labels)),
            )
        )
    return found
