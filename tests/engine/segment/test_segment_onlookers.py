"""What several looks at a picture say of faces, put together; what they find in photos is in painter/test_interest."""

import numpy as np
import pytest

from impasto.engine.pictures.io import Picture
from impasto.engine.segment import onlookers
from impasto.engine.segment.faces import Face
from impasto.engine.segment.onlookers import _Sight, find_onlookers

PICTURE = Picture(np.zeros((8, 8, 3), np.uint8))


def sight(confidence: float, look: int, alone: float = 0.55, x: float = 0.5, wide: float = 0.1) -> _Sight:
    return _Sight(Face(0.5, x, 1.3 * wide, wide, confidence), look, alone)


@pytest.mark.parametrize(
    ("sights", "found"),
    [
        ([sight(0.55, 0)], [0.55]), ([sight(0.54, 0)], []), ([sight(0.69, 1, 0.7)], []), ([sight(0.7, 1, 0.7)], [0.7]),
        ([sight(0.5, 0), sight(0.4, 1)], [0.9]), ([sight(0.5, 0), sight(0.39, 1)], []),
        ([sight(0.5, 0), sight(0.45, 0)], []),  # twice by one look
        ([sight(0.5, 0), sight(0.4, 1, x=0.61)], []),  # too far away to be one
        ([sight(0.5, 0), sight(0.4, 1, wide=0.18)], []),  # too large to be one
        ([sight(0.9, 0), sight(0.9, 1)], [1.0]), ([sight(0.6, 0), sight(0.6, 0, x=0.8)], [0.6, 0.6]),
        ([sight(0.6, 0), sight(0.58, 0, x=0.59)], [0.6]),  # one within the other
    ],
)  # fmt: skip
def test_one_that_is_sure_or_several_that_agree(
    monkeypatch: pytest.MonkeyPatch, sights: list[_Sight], found: list[float]
) -> None:
    monkeypatch.setattr(onlookers, "_sights", lambda picture: iter(sights))
    assert [face.confidence for face in find_onlookers(PICTURE)] == pytest.approx(found)


def dot(rgb: np.ndarray) -> Face:
    """Where the one bright spot is, in shares of the longer side, as a face."""
    y, x = (axis.mean() + 0.5 for axis in np.nonzero(rgb[..., 0] > 0.6))
    return Face(float(y) / max(rgb.shape[:2]), float(x) / max(rgb.shape[:2]), 0.2, 0.1, 1.0)


@pytest.mark.parametrize("degrees", [90, -90, 180, 22, -22])
def test_what_is_found_in_a_turned_picture_is_put_back(degrees: int) -> None:
    picture = np.zeros((60, 80, 3), np.float32)
    picture[18:21, 50:53] = 1
    if degrees in (22, -22):
        found = dot(onlookers._turned(picture, degrees))
        back = onlookers._turned_back(found, (60, 80), degrees)
    else:
        found = dot(np.rot90(picture, degrees // 90))
        back = onlookers._turned_upright(found, (60, 80), degrees)
        assert (back.tall, back.wide) == ((0.2, 0.1) if degrees == 180 else (0.1, 0.2))
    should = dot(picture)
    assert (back.y, back.x) == pytest.approx((should.y, should.x), abs=0.005)
    assert abs(found.y - should.y) + abs(found.x - should.x) > 0.05
