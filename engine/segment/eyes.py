"""Animals' eyes: dark round spots, often with a highlight, that come in pairs. What one looks at first after faces.

Voting as in Loy and Zelinsky, "Fast radial symmetry for detecting points of interest" (2003): every edge points to the
middle of the dark disc, of each radius in turn, that it may be the border of.
"""

from dataclasses import dataclass

import numpy as np

from impasto.engine.pictures.blur import gaussian_filter

LOOKED_AT = 384  # longer side of the picture, pixels, that radii are sought in
MOST_EYES = 6

_RADII = (2.5, 3.3, 4.3, 5.6, 7.3, 9.5, 12.3, 16.0, 20.8)  # pixels
_CLEAR = 0.3  # lightness per radius at which an edge counts in full
_ROUND = 0.45  # share of a spot's border that agrees
_DARKER = 0.08  # than what is around it, lightness
_GLINT = 0.12  # lightness by which a highlight stands out from the spot
_ANIMAL = 0.5  # probability of an animal; of a network that knows nothing it is .4
_SURE = 0.8  # of what is above that, for an animal to be certain
_ALIKE, _APART, _FAR = 1.7, 3.0, 14.0  # of a pair: ratio of radii; least and largest distance, in radii
_LID = 2.3  # radius of what is worth painting, compared with the dark spot's
_BEST = 0.6  # of the best score is enough


@dataclass(frozen=True)
class Eye:
    """A disc, in shares of the picture's longer side."""

    y: float
    x: float
    radius: float
    """Of the eye with its lids; the dark spot is smaller."""
    confidence: float
    """0..1: that there is an animal at all."""

    def mask(self, height: int, width: int) -> np.ndarray:
        """Return the disc (height, width) float32 in 0..1, which fades out over the last quarter of its radius."""
        side = max(height, width)
        y = (np.arange(height)[:, None] + 0.5) / side - self.y
        x = (np.arange(width) + 0.5) / side - self.x
        ramp = ((1 - np.hypot(y, x) / max(self.radius, 1.5 / side)) * 4).clip(0, 1)
        return (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)


@dataclass(frozen=True)
class _Spot:
    y: float
    x: float
    radius: float
    score: float


def find_eyes(rgb: np.ndarray, animals: np.ndarray) -> list[Eye]:
    """Find eyes in a picture (H, W, 3) float32 in 0..1, whose longer side is `LOOKED_AT` at most, the surest first.

    animals: (H, W) 0..1, how likely an animal is there; without one there are no eyes.
    """
    animals = ((animals - _ANIMAL) / (1 - _ANIMAL)).clip(0, 1)
    if not animals.any():
        return []
    confidence = min(float(animals.max()) / _SURE, 1.0)
    spots = _spots(rgb @ np.array([0.299, 0.587, 0.114], np.float32), animals)
    pairs = [(_together(a, b), a, b) for k, a in enumerate(spots) for b in spots[:k]]
    scores = {spot: spot.score for spot in spots}
    for bonus, a, b in pairs:
        least = min(a.score, b.score) * bonus
        for spot in (a, b):
            scores[spot] = max(scores[spot], spot.score + least)
    best = max(scores.values(), default=0)
    side = max(rgb.shape[:2])
    chosen = sorted((spot for spot in spots if scores[spot] >= _BEST * best), key=lambda spot: -scores[spot])
    return [Eye(spot.y / side, spot.x / side, _LID * spot.radius / side, confidence) for spot in chosen[:MOST_EYES]]


def _spots(grey: np.ndarray, animals: np.ndarray) -> list[_Spot]:
    """Dark round spots where animals may be, no two of them over each other."""
    found = []
    for radius in _RADII:
        if 4 * radius > min(grey.shape):
            break
        smooth = gaussian_filter(grey, 0.25 * radius)
        agree = _votes(smooth, radius)
        middle, around = gaussian_filter(grey, 0.5 * radius), _ring(grey, radius)
        darker = around - middle
        score = agree * (darker / (darker + 0.15)).clip(0) * (1 - middle) ** 2 * np.sqrt(animals * radius)
        good = (agree > _ROUND) & (darker > _DARKER) & (animals > 0)
        for y, x in _peaks(np.where(good, score, 0), radius):
            found.append(_Spot(y + 0.5, x + 0.5, radius, float(score[y, x]) * _with_glint(grey, y, x, radius)))
    apart: list[_Spot] = []
    for spot in sorted(found, key=lambda spot: -spot.score):
        if all(np.hypot(spot.y - o.y, spot.x - o.x) > 1.5 * max(spot.radius, o.radius) for o in apart):
            apart.append(spot)
    return apart[: 3 * MOST_EYES]


def _votes(smooth: np.ndarray, radius: float) -> np.ndarray:
    """What share of a circle around each pixel (H, W) is an edge that is darker within: 0..1."""
    gy, gx = np.gradient(smooth)
    strength = np.hypot(gy, gx)
    rows, columns = np.nonzero(strength > 0.1 * _CLEAR / radius)
    g = strength[rows, columns]
    y = np.rint(rows - radius * gy[rows, columns] / g).astype(np.intp)
    x = np.rint(columns - radius * gx[rows, columns] / g).astype(np.intp)
    height, width = smooth.shape
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    weight = np.minimum(g * radius / _CLEAR, 1)[inside]
    votes = np.bincount(y[inside] * width + x[inside], weight, height * width).reshape(height, width)
    spread = 0.3 * radius
    return gaussian_filter(votes, spread) * (2 * np.pi * spread**2) / (2 * np.pi * radius * 2 * spread)


def _ring(grey: np.ndarray, radius: float) -> np.ndarray:
    wide, narrow = gaussian_filter(grey, 1.6 * radius), gaussian_filter(grey, 0.8 * radius)
    return (4 * wide - narrow) / 3  # what of the wide blur the narrow one does not hold


def _peaks(score: np.ndarray, radius: float) -> list[tuple[int, int]]:
    from scipy.ndimage import maximum_filter

    top = (score > 0) & (score == maximum_filter(score, 2 * int(radius) + 1))
    y, x = np.nonzero(top)
    best = np.argsort(-score[y, x], kind="stable")[:MOST_EYES]
    return list(zip(y[best].tolist(), x[best].tolist(), strict=True))


def _with_glint(grey: np.ndarray, y: int, x: int, radius: float) -> float:
    reach = max(1, round(0.8 * radius))
    part = grey[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    return 1.5 if part.max() - np.median(part) > _GLINT else 1.0


def _together(a: _Spot, b: _Spot) -> float:
    """How well two spots make a pair, 0..1."""
    small, large = sorted((a.radius, b.radius))
    distance = np.hypot(a.y - b.y, a.x - b.x) / ((small + large) / 2)
    level = abs(a.x - b.x) / max(np.hypot(a.y - b.y, a.x - b.x), 1e-9)
    if large > _ALIKE * small or not _APART <= distance <= _FAR or level < 0.6:
        return 0.0
    return float(level * small / large)
