"""Faces for those who only want to know where a viewer looks: also small and tilted ones, at the price of more errors.

What makes a region is `engine.segment.faces.find_faces`, which hardly ever errs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from impasto.engine.pictures.io import Picture
from impasto.engine.segment.colours import seen
from impasto.engine.segment.faces import ANALYSED, MOST_FACES, Face, find_faces

SMALL_SOUGHT_IN = 448  # longer side of the picture in which small faces are looked for
_LARGEST_SMALL = 60.0  # pixels there; larger ones are found in the smaller picture
_TILTS = (-22, 22)  # degrees; the cascade itself bears 12 to either side
_TURNS = (90, -90, 180)  # degrees, of pictures or people that lie
_ALONE, _SMALL_ALONE = 0.55, 0.7  # confidence of what one look suffices for, in the smaller picture and in the larger
_TOGETHER = 0.9  # of all looks that agree, if there are several
_NEAR, _ALIKE = 0.6, 1.7  # distance in halves of a face's width, and ratio of the sizes, of faces that are one


@dataclass(frozen=True)
class _Sight:
    """A face as one look has it; alone: how sure that look must be if no other one agrees."""

    face: Face
    look: int
    alone: float


def find_onlookers(picture: Picture) -> list[Face]:
    """Find faces of all sizes, upright, tilted by up to a third of a right angle or lying, the large first.

    What one look is sure of is a face, and so is what several are less sure of. The same picture gives the same faces.
    Raises ImpastoError if scikit-image is not installed.
    """
    apart: list[Face] = []
    sights = sorted(_sights(picture), key=lambda sight: -sight.face.confidence)
    for sight in sights:
        face = sight.face
        if any(np.hypot(face.y - other.y, face.x - other.x) <= max(face.wide, other.wide) for other in apart):
            continue
        looks = {each.look: each.face.confidence for each in reversed(sights) if _is_one(face, each.face)}
        together = sum(looks.values())
        if face.confidence >= sight.alone or (len(looks) > 1 and together >= _TOGETHER):
            apart.append(replace(face, confidence=min(together, 1.0)))
    return sorted(apart, key=lambda face: (-face.tall, face.y, face.x))[:MOST_FACES]


def _is_one(face: Face, other: Face) -> bool:
    small, large = sorted((face.wide, other.wide))
    near = np.hypot(face.y - other.y, face.x - other.x) <= _NEAR * large
    return bool(near and large <= _ALIKE * small)


def _sights(picture: Picture) -> Iterator[_Sight]:
    """What all looks find."""
    small = seen(picture, ANALYSED)
    height, width = small.shape[:2]
    yield from (_Sight(face, 0, _ALONE) for face in find_faces(small, unsure=True))
    larger = find_faces(seen(picture, SMALL_SOUGHT_IN), _LARGEST_SMALL, unsure=True)
    yield from (_Sight(face, 1, _SMALL_ALONE) for face in larger)
    for look, tilt in enumerate(_TILTS, 2):
        found = find_faces(_turned(small, tilt), unsure=True)
        yield from (_Sight(_turned_back(face, (height, width), tilt), look, _ALONE) for face in found)
    for look, turn in enumerate(_TURNS, 2 + len(_TILTS)):
        found = find_faces(np.ascontiguousarray(np.rot90(small, turn // 90)))
        yield from (_Sight(_turned_upright(face, (height, width), turn), look, _SMALL_ALONE) for face in found)


def _turned_upright(face: Face, size: tuple[int, int], degrees: int) -> Face:
    """A face where it is in the picture of this size, of which the one it was found in is turned."""
    height, width = (length / max(size) for length in size)
    if degrees == 180:
        return replace(face, y=height - face.y, x=width - face.x)
    y, x = (face.x, width - face.y) if degrees == 90 else (height - face.x, face.y)
    return replace(face, y=y, x=x, tall=face.wide, wide=face.tall)


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
