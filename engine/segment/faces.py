"""Faces seen from the front: what a viewer looks at first, so each is a region of its own, in front of all others.

Found by the cascade of local binary patterns that comes with scikit-image. It errs, but rarely at many places and sizes
side by side as at a real face: that is how many hits must agree.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.segment.colours import cielab
from impasto.engine.segment.regions import Region, unique_names

if TYPE_CHECKING:
    from skimage.feature import Cascade

ANALYSED = 256  # longer side of the picture that is looked at
MOST_FACES = 24

_WINDOW = 24  # pixels, the cascade's own and so the smallest face there
_SIZES = 1.05  # ratio of the sizes asked: the finer, the more hits agree
_FIRST_LOOK, _PROMISING = _SIZES**3, 5  # a look at every third size says where to look more closely
_HITS = 22  # that agree; see the figures in tests/engine/segment/test_regions_faces.py
_FEW_HITS, _HOPEFUL = 6, 2  # the same two for whoever asks several looks
_SURE = 40
_MOST_HITS = 10_000  # more than a crowd has: a pattern
_NEAR, _ALIKE = 0.25, 1.5  # distance in windows and ratio of sizes of hits that agree
_GREY = 8.0  # chroma below which colours say nothing
_SKIN = (-5.0, 95.0)  # degrees of hue in CIELAB, of all complexions in most lights
_DOWN, _TALL, _WIDE = 0.06, 0.56, 0.44  # of an ellipse from hair line to chin, compared with the window
_FEATHER = 0.006  # of the picture's longer side
_SCRAP = 0.004  # share of the picture that is worth no region
_CLAIMED = 0.5  # share of a face's area

Group = tuple[float, float, float, int]  # of hits that agree: their median y, x and size, and how many they are


@dataclass(frozen=True)
class Face:
    """An upright ellipse, in shares of the picture's longer side."""

    y: float
    x: float
    tall: float
    """Half its height."""
    wide: float
    """Half its width."""
    confidence: float
    """0..1."""

    def mask(self, height: int, width: int) -> np.ndarray:
        """Return the ellipse (height, width) float32 in 0..1 in a picture of this size, with a soft border."""
        side = max(height, width)
        border = 2 * max(_FEATHER, 1.5 / side)  # of half the ramp, to first order: twice that is enough
        rows, columns = (
            slice(max(0, int((at - reach - border) * side)), max(0, int((at + reach + border) * side) + 1))
            for at, reach in ((self.y, self.tall), (self.x, self.wide))
        )
        mask = np.zeros((height, width), np.float32)
        y = (np.arange(height)[rows, None] + 0.5) / side - self.y
        x = (np.arange(width)[None, columns] + 0.5) / side - self.x
        radius = np.hypot(y / self.tall, x / self.wide)
        # The distance from the border, to first order: exact enough within the feather.
        slope = np.hypot(y / self.tall**2, x / self.wide**2) / np.maximum(radius, 1e-6)
        distance = (1 - radius) / np.maximum(slope, 1e-6)
        ramp = (distance / max(_FEATHER, 1.5 / side) / 2 + 0.5).clip(0, 1)
        mask[rows, columns] = ramp * ramp * (3 - 2 * ramp)
        return mask


def find_faces(rgb: np.ndarray, largest: float = np.inf, *, unsure: bool = False) -> list[Face]:
    """Find the faces in a picture (H, W, 3) float32 in 0..1, whose longer side is `ANALYSED` at most, the large first.

    largest: window in pixels that is looked for; unsure: whether those that few hits speak for are told as well. The
    same picture gives the same faces. Raises ImpastoError if scikit-image is not installed.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < _WINDOW:
        return []
    lab, faces = cielab(rgb), []
    for y, x, size, count in _groups(rgb, min(largest, max(height, width)), _FEW_HITS if unsure else _HITS):
        if _like_skin(lab, y, x, size):
            side = max(height, width)
            place = (y + _DOWN * size) / side, x / side, _TALL * size / side, _WIDE * size / side
            faces.append(Face(*place, confidence=min(1.0, count / _SURE)))
    return sorted(faces, key=lambda face: (-face.tall, face.y, face.x))[:MOST_FACES]


def unclaimed(faces: list[Face], claimed: np.ndarray) -> list[Face]:
    """Leave out the faces that mostly are the user's own masks' already, which have `claimed` (H, W) in 0..1."""
    masks = ((face, face.mask(*claimed.shape)) for face in faces)
    return [face for face, inside in masks if (inside * claimed).sum() <= _CLAIMED * inside.sum()]


def with_faces(masks: np.ndarray, regions: list[Region], faces: list[Face]) -> tuple[np.ndarray, list[Region]]:
    """Put faces in front of the regions, as things called face, face 2 …; the later lie on top.

    masks: (K + F, H, W) float32 of K regions, and room for F faces; they are changed in place, since that many pixels
    are dear to copy. Of a region that is but a scrap once the face is gone, the face takes the rest. Returns the masks
    and the regions there are then.
    """
    found = dict(enumerate(regions))
    for front, face in enumerate(faces, len(regions)):
        mask = face.mask(*masks.shape[1:])
        if not mask.any():
            continue
        box = tuple(slice(at[0], at[-1] + 1) for at in (np.flatnonzero(mask.any(axis)) for axis in (1, 0)))
        inside, outside = mask[box].copy(), 1 - mask[box]
        for behind in list(found):
            left = masks[behind]
            if (left[box] * inside).any():
                left[box] *= outside
                if left.mean() < _SCRAP or left.max() <= 0.5:
                    np.minimum(mask + left, 1, out=mask)
                    del found[behind]
        masks[front], found[front] = mask, Region("face", "thing", face.confidence)
    names = unique_names(region.name for region in found.values())
    rows = list(found)
    named = [replace(region, name=name) for region, name in zip(found.values(), names, strict=True)]
    return masks[: len(rows)] if rows == list(range(len(rows))) else masks[rows], named


@cache
def cascade() -> "Cascade":
    """What finds faces, loaded once. Raises ImpastoError if scikit-image is not there."""
    try:
        from skimage.data import lbp_frontal_face_cascade_filename
        from skimage.feature import Cascade
    except ImportError as error:
        raise ImpastoError(f"finding faces needs scikit-image, which is not installed; {install('regions')}") from error
    return Cascade(lbp_frontal_face_cascade_filename())


def _groups(rgb: np.ndarray, largest: float, least: int) -> list[Group]:
    """Groups of enough hits that agree, the most first; only sought where some do at a first, cheaper look."""
    first = _PROMISING if least == _HITS else _HOPEFUL
    groups: list[Group] = []
    for y, x, size, _ in _agreeing(_windows(rgb, _FIRST_LOOK, _WINDOW, largest), first):
        alike = _ALIKE * _FIRST_LOOK  # the first look does not tell the size any better
        reach = (_NEAR + alike / 2) * size
        top, left = max(0, int(y - reach)), max(0, int(x - reach))
        near = rgb[top : int(y + reach) + 1, left : int(x + reach) + 1]
        hits = _windows(near, _SIZES, size / alike, size * alike)
        groups += _agreeing(hits + np.array([top, left, 0]), least)[:1]
    apart: list[Group] = []
    for group in sorted(groups, key=lambda group: -group[3]):
        if _apart(np.array([other[:3] for other in apart]).reshape(-1, 3), *group[:3]).all():
            apart.append(group)
    return apart


def _windows(rgb: np.ndarray, ratio: float, smallest: float, largest: float) -> np.ndarray:
    """All windows (N, 3) of these sizes, each `ratio` times the one before, that the cascade takes for faces.

    Of each, middle y, x, and size in pixels.
    """
    windows = cascade().detect_multi_scale(
        np.ascontiguousarray(rgb * 255 + 0.5).astype(np.uint8),
        scale_factor=ratio,
        step_ratio=1,
        min_size=(smallest, smallest),
        max_size=(largest, largest),
        min_neighbor_number=0,
        intersection_score_threshold=1.1,  # over one: its own joining, which keeps no count, is off
    )
    hits = np.array([(w["r"] + w["height"] / 2, w["c"] + w["width"] / 2, w["width"]) for w in windows], np.float64)
    hits = hits.reshape(-1, 3)
    return hits[np.lexsort(hits.T)]


def _agreeing(hits: np.ndarray, least: int) -> list[Group]:
    """Groups of at least `least` hits that agree, the most first."""
    if len(hits) > _MOST_HITS:
        return []
    near = [np.flatnonzero(_agree(hits, hit)) for hit in hits]
    free = np.ones(len(hits), bool)
    groups = []
    while free.any():
        counts = [int(free[others].sum()) if free[row] else 0 for row, others in enumerate(near)]
        best = int(np.argmax(counts))
        if counts[best] < least:
            break
        y, x, size = np.median(hits[near[best][free[near[best]]]], 0).tolist()
        groups.append((y, x, size, counts[best]))
        free &= _apart(hits, y, x, size)
        free[near[best]] = False
    return groups


def _apart(hits: np.ndarray, y: float, x: float, size: float) -> np.ndarray:
    """Which hits (N, 3) are no part of this face, such as its mouth, nor it of them."""
    reach = np.maximum(hits[:, 2], size) / 2
    return np.any(np.abs(hits[:, :2] - (y, x)) > reach[:, None], 1)


def _agree(hits: np.ndarray, hit: np.ndarray) -> np.ndarray:
    smaller, larger = np.minimum(hits[:, 2], hit[2]), np.maximum(hits[:, 2], hit[2])
    return (np.hypot(*(hits[:, :2] - hit[:2]).T) < _NEAR * smaller) & (larger < _ALIKE * smaller)


def _like_skin(lab: np.ndarray, y: float, x: float, size: float) -> bool:
    """Whether the middle of a window could be skin by its colour; in a grey picture all could."""
    top, left, bottom, right = (round(edge) for edge in (y - size / 4, x - size / 4, y + size / 4, x + size / 4))
    part = lab[max(top, 0) : bottom + 1, max(left, 0) : right + 1, 1:].reshape(-1, 2)
    a, b = np.median(part, 0).tolist()
    return bool(np.hypot(a, b) < _GREY or _SKIN[0] <= np.degrees(np.arctan2(b, a)) <= _SKIN[1])
