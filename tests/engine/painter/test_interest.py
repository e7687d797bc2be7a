"""What the eye wants: faces, animals' eyes and things, and the rule that painters follow."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.engine.painter import interest as module
from impasto.engine.painter import kept_interest
from impasto.engine.painter.interest import MAPPED, interest
from impasto.engine.painter.looking import forget
from impasto.engine.painter.rule import GREEDIEST, Interest, values_at
from impasto.engine.painting.crops import Crop
from impasto.engine.pictures.io import Picture, load_picture
from impasto.engine.segment import faces
from impasto.engine.segment.colours import seen
from impasto.engine.segment.eyes import LOOKED_AT, find_eyes
from impasto.engine.segment.faces import ANALYSED, find_faces
from impasto.engine.segment.networks import kept_lite0
from impasto.engine.segment.onlookers import find_onlookers

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
EYES = (0.26, 0.385), (0.302, 0.7)  # of the cat, y and x in shares of the longer side
FACE = 0.24, 0.44  # of the astronaut


def example(name: str) -> Picture:
    return load_picture(EXAMPLES / f"{name}.jpg")


def at(found: np.ndarray, y: float, x: float) -> float:
    side = max(found.shape)
    return float(found[int(y * side), int(x * side)])


@pytest.fixture
def forgotten(monkeypatch):
    """Nothing is remembered, before and after."""
    monkeypatch.setattr(kept_interest, "cache_folder", lambda: None)
    module._known.clear()
    forget()
    faces.cascade.cache_clear()
    kept_lite0.load_plain_lite0.cache_clear()
    yield
    module._known.clear()
    forget()
    kept_lite0.load_plain_lite0.cache_clear()


@pytest.fixture
def torchless(forgotten, monkeypatch):
    """There is no torch, and there was none before: no weights are kept."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "impasto.engine.segment.networks.lite0", raising=False)
    monkeypatch.setattr(kept_lite0, "cache_folder", lambda: None)


def test_a_cats_eyes_light_up():
    found = interest(example("chelsea"))
    assert found.shape == (170, MAPPED) and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1 and found.mean() < 0.25
    for eye in EYES:
        assert at(found, *eye) > 0.95
    assert at(found, 0.28, 0.2) < 0.5 and at(found, 0.29, 0.54) < 0.5  # beside them and between


def test_an_astronauts_face_and_a_cup():
    woman, coffee = interest(example("astronaut")), interest(example("coffee"))
    assert at(woman, *FACE) == 1 and at(woman, 0.05, 0.65) < 0.2 and at(woman, 0.85, 0.85) > 0.5  # and her helmet
    assert at(coffee, 0.2, 0.4) > 0.8 and at(coffee, 0.1, 0.05) < 0.05 and at(coffee, 0.6, 0.95) < 0.05


def test_the_same_picture_is_known_and_gives_the_same_map():
    picture = example("chelsea")
    found = interest(picture)
    assert interest(picture) is found and interest(picture.rgb) is found
    assert interest(picture.rgb / np.float32(255)) is found
    assert not found.flags.writeable
    module._known.clear()
    again = interest(picture)
    assert again is not found and np.array_equal(again, found)


def test_what_is_seen_through_is_of_no_interest():
    picture = example("astronaut")
    alpha = np.full(picture.rgb.shape[:2], 255, np.uint8)
    alpha[:, 256:] = 0
    found = interest(Picture(picture.rgb, alpha))
    assert at(found, *FACE) == 1 and not found[:, 132:].any()


def test_without_torch_faces_alone(torchless):
    found = interest(example("astronaut"))
    assert at(found, *FACE) == 1 and at(found, 0.85, 0.85) == 0
    assert not interest(np.zeros((40, 60, 3), np.float32)).any()


def test_without_anything_no_interest(torchless, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    found = interest(example("astronaut"))
    assert found.shape == (MAPPED, MAPPED) and not found.any()
    rule = Interest(found[None])
    assert rule.is_even and (rule.density(8, 8) == 1).all()


def test_without_scikit_image_things_alone(forgotten, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    found = interest(example("astronaut"))
    assert at(found, *FACE) < 0.5 and at(found, 0.85, 0.85) > 0.5


def test_of_nothing_in_particular_nothing_is_found():
    from skimage import data

    for name in ("gravel", "grass"):
        grey = getattr(data, name)()
        assert not module.layers_of(Picture(np.repeat(grey[..., None], 3, 2))).any()


def test_tilted_and_small_faces():
    photo = Image.open(EXAMPLES / "astronaut.jpg")
    tilted = Picture(np.asarray(photo.rotate(20, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))))
    assert find_faces(seen(tilted, ANALYSED)) == []
    (face,) = find_onlookers(tilted)
    turn = np.radians(20)
    y, x = FACE[0] - 0.5, FACE[1] - 0.5
    assert face.y == pytest.approx(0.5 + y * np.cos(turn) - x * np.sin(turn), abs=0.03)
    assert face.x == pytest.approx(0.5 + x * np.cos(turn) + y * np.sin(turn), abs=0.03)
    crowd = np.full((512, 512, 3), 128, np.uint8)
    head = np.asarray(photo.crop((140, 10, 310, 220)).resize((52, 64), Image.Resampling.LANCZOS))
    for k in range(9):
        top, left = 30 + k // 3 * 160, 40 + k % 3 * 160
        crowd[top : top + 64, left : left + 52] = head
    assert find_faces(seen(Picture(crowd), ANALYSED)) == []
    assert len(find_onlookers(Picture(crowd))) == 9


def test_eyes_are_where_animals_are():
    """Two dark discs with highlights; of three, the one that no animal is near is none."""
    rgb = np.full((256, LOOKED_AT, 3), 0.6, np.float32)
    y, x = np.mgrid[:256, :LOOKED_AT]
    for column in (100, 160, 320):
        rgb[np.hypot(y - 100, x - column) < 9] = 0.1
        rgb[97:99, column - 3 : column - 1] = 1
    animals = np.where(x < 250, 0.95, 0.3)
    found = find_eyes(rgb, animals)
    assert sorted(round(eye.x * LOOKED_AT) for eye in found) == pytest.approx([100, 160], abs=2)
    mask = found[0].mask(256, LOOKED_AT)
    assert mask[100, round(found[0].x * LOOKED_AT)] == 1 and mask[100, 130] == 0
    assert find_eyes(rgb, np.full((256, LOOKED_AT), 0.4)) == []
    assert find_eyes(np.full_like(rgb, 0.5), animals) == []


def test_the_rule():
    found = np.zeros((10, 20), np.float32)
    found[:, 10:12] = 1
    rule = Interest(found[None], 0.3)
    assert rule.gain == pytest.approx(3)
    assert rule.density(10, 20)[0, 10] == pytest.approx(4) and rule.density(10, 20)[0, 0] == 1
    weight = rule.weight(10, 20)
    assert weight.mean() == pytest.approx(1) and weight[0, 10] / weight[0, 0] == pytest.approx(3)  # two at most
    finest = values_at(rule.smallest, np.array([0.1, 0.52, 2.0]), np.array([0.2, 0.2, -1.0]))
    np.testing.assert_allclose(finest, [1, 0.5, 1])
    assert rule.on(5, 10).shape == (5, 10) and rule.on(5, 10)[2, 5] > 0.7
    assert Interest(found[None] / 100).gain == GREEDIEST


def test_as_many_strokes_move_where_most_go_anyway_and_fewer_where_few_do():
    """A third of all moves to what is looked at, where most would be and in a part of the canvas; where few would be,
    only as many times as many as if they were spread evenly."""
    found = np.zeros((10, 20), np.float32)
    found[:, 10:12] = 1
    rule = Interest(found[None], 0.5, most=100.0)
    few, most = np.where(found > 0, 0.2, 1.0), np.where(found > 0, 30.0, 1.0)
    for left, usual, gain in ((0, few, 5), (0, most, None), (8, np.ones((10, 6)), None)):
        part = Crop(0, left, usual)
        box = slice(0, 10), slice(left, left + usual.shape[1])
        before = (usual * found[box]).sum() / usual.sum()
        spread = usual * rule.density(10, 20, usual=part)[box]
        after = (spread * found[box]).sum() / spread.sum()
        if gain is None:
            assert after == pytest.approx((before + 0.5) / 1.5)
        else:
            assert after == pytest.approx(before * (1 + gain) / (1 + before * gain))
