"""Faces for those who only want to know where a viewer looks: also small and tilted ones, at the price of more errors.

What makes a region is `engine.segment.faces.find_faces`, which hardly ever errs.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from impasto.engine.pictures.io import Picture
from impasto.engine.segment.colours import seen
from impasto.engine.segment.faces import ANALYSED, MOST_FACES, Face, find_faces

SMALL_SOUGHT_IN = 448  # longer side of the picture in which small faces are looked for
_LARGEST_SMALL = 46.0  # pixels there; larger ones are found in the smaller picture
_TILTS = (-22, 22)  # degrees; the cascade itself bears 12 to either side
_SURE = 0.7  # of the small, of which more are none


def find_onlookers(picture: Picture) -> list[Face]:
    """Find faces of all sizes, upright or tilted by up to a third of a right angle, the large first.

    The same picture gives the same faces. Raises ImpastoError if scikit-image is not installed.
    """
    apart: list[Face] = []
    for face in _candidates(picture):
        if all(np.hypot(face.y - other.y, face.x - other.x) > max(face.wide, other.wide) for other in apart):
            apart.append(face)
    return sorted(apart, key=lambda face: (-face.tall, face.y, face.x))[:MOST_FACES]


def _candidates(picture: Picture) -> Iterator[Face]:
    small = seen(picture, ANALYSED)
    height, width = small.shape[:2]
    yield from find_faces(small)
    yield from (face for face in find_faces(seen(picture, SMALL_SOUGHT_IN), _LARGEST_SMALL) if face.confidence >= _SURE)
    for tilt in _TILTS:
        yield from (_turned_back(face, (height, width), tilt) for face in find_faces(_turned(small, tilt)))


def _turned(rgb: np.ndarray, degrees: float) -> np.ndarray:
    """The picture (H, W, 3) turned about its middle, as large; grey where there is none of it."""
    image = Image.fromarray(np.round(rgb * 255).astype(np.uint8))
    turned = image.rotate(degrees, Image.Resampling.BILINEAR, fillcolor=(128, 128, 128))
    return np.asarray(turned, np.float32) / np.float32(255)


def _turned_back(face: Face, size: tuple[int, int], degrees: float) -> Face:
    """A face where it is in the picture of this size that was turned. It stays upright: it is nearly round."""
    height, width = size
    side, angle = max(size), np.radians(degrees)
    y, x = face.y - height / side / 2, face.x - width / side / 2
    y, x = y * np.cos(angle) + x * np.sin(angle), x * np.cos(angle) - y * np.sin(angle)
    return replace(face, y=float(y) + height / side / 2, x=float(x) + width / side / 2)
