"""Names of regions: by what a classifier sees, by scenery, by people's parts, and as seen from these."""

import numpy as np
import pytest

from impasto.engine.painter.budget import usual_detail
from impasto.engine.segment.classes import (
    CLASSES,
    FAMILIES,
    NAMES,
    OUTDOORS,
    PLACES,
    PLANTS,
    THINGS,
    WATERS,
    grouped,
    of_families,
)
from impasto.engine.segment.faces import Face
from impasto.engine.segment.naming import described, noun
from impasto.engine.segment.recognising import ClassMaps, recognised
from impasto.engine.segment.regions import is_name

SIDE = 128
BLUE, WHITE, GREEN, BROWN, RED = (60, 0, -40), (95, 0, 0), (50, -40, 40), (35, 8, 20), (50, 60, 40)


def maps(
    labels: np.ndarray, seen: dict[int, dict[str, float]], outdoors: float = 0.0, plants: float = 0.0
) -> ClassMaps:
    """What a classifier sees that is this sure of what it sees in regions."""
    here = labels[1::2, 1::2]
    names = np.empty((*here.shape, len(NAMES)), np.float32)
    names[:] = grouped(np.zeros(CLASSES, np.float32))  # nothing
    for row, sure in seen.items():
        for name, chance in sure.items():
            names[here == row, NAMES.index(name)] = chance
    flat = [np.full(here.shape, value, np.float32) for value in (outdoors, plants, 0.0)]
    return ClassMaps(names, *flat)


def named(labels, colours, sight=None, faces=()) -> dict[str, list[int]]:
    """The names, and which of the labels given have become each."""
    lab = np.array(colours, np.float32)[labels]
    numbers, regions = described(labels, lab, sight, faces)
    return {region.name: np.unique(labels[numbers == row]).tolist() for row, region in enumerate(regions)}


def test_the_table_of_classes_holds():
    assert len(set(NAMES)) == len(NAMES) and all(is_name(name) for name in NAMES)
    assert {*NAMES, *FAMILIES} == THINGS | PLACES and not THINGS & PLACES
    assert max(*OUTDOORS, *PLANTS, *WATERS) < CLASSES
    even = grouped(np.full((2, 3, CLASSES), 1 / CLASSES, np.float32))
    np.testing.assert_allclose(even, 0, atol=1e-5)  # no better than chance
    dog = np.zeros(CLASSES, np.float32)
    dog[200] = 1
    assert grouped(dog)[NAMES.index("dog")] == 1 and grouped(dog).argmax() == NAMES.index("dog")
    np.testing.assert_allclose(of_families(even), 0, atol=1e-5)
    animals = np.zeros(CLASSES, np.float32)
    animals[[101, 344]] = 0.5  # an elephant or a hippopotamus
    assert dict(zip(FAMILIES, of_families(grouped(animals)), strict=True))["animal"] == pytest.approx(1, abs=1e-5)


@pytest.fixture
def halves() -> np.ndarray:
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[32:96, 32:64], labels[32:96, 64:96] = 1, 2
    return labels


def test_what_touches_and_is_one_thing_is_one_region(halves):
    cat = maps(halves, {1: {"cat": 0.9}, 2: {"cat": 0.6}})
    assert named(halves, [BLUE, RED, BROWN], cat) == {"background": [0], "cat": [1, 2]}


def test_the_surroundings_of_a_thing_are_not_the_thing(halves):
    dog = maps(halves, {1: {"dog": 0.97}, 2: {"dog": 0.4}})
    assert named(halves, [BLUE, RED, BROWN], dog) == {"background": [0], "dog": [1], "right of dog": [2]}


@pytest.mark.parametrize("chance", [0.29, 0.6])
def test_what_is_not_sure_is_not_named(halves, chance):
    assert recognised(halves, maps(halves, {1: {"cat": chance}})) == {}


def test_what_is_surely_an_animal_and_not_which_is_an_animal(halves):
    """Nor are two that touch animals of two kinds."""
    unsure = maps(halves, {1: {"elephant": 0.45, "hippopotamus": 0.45}})
    assert named(halves, [BLUE, RED, BROWN], unsure) == {"background": [0], "animal": [1], "right of animal": [2]}
    either = maps(halves, {1: {"llama": 0.8}, 2: {"dog": 0.9}})
    assert named(halves, [BLUE, RED, BROWN], either) == {"background": [0], "animal": [1, 2]}
    spread = maps(halves, {1: {"castle": 0.25, "church": 0.25, "palace": 0.25}})
    assert [each.name for each in recognised(halves, spread).values()] == ["building"]


def test_nothing_is_behind_nothing():
    """What has most of the border lies behind a thing, if there is one; it may be a trunk in front."""
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[:, 100:] = 1
    assert "background" not in named(labels, [BROWN, GREEN], maps(labels, {}))


def test_what_the_lower_border_cuts_may_be_a_part_of_the_thing(halves):
    labels = halves.copy()
    labels[96:, 40:70] = 3
    found = named(labels, [BLUE, RED, BROWN, BLUE], maps(labels, {1: {"cow": 0.9}}))
    assert found["background"] == [0] and found["below cow"] == [3]
    labels[96:] = 3
    assert named(labels, [BLUE, RED, BROWN, BLUE], maps(labels, {1: {"cow": 0.9}}))["foreground"] == [3]


def test_lakes_are_no_ground():
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[60:] = 1
    for colour, name in ((BROWN, "ground"), ((55, 0, -6), None), ((50, -4, 3), None)):
        assert ("ground" in named(labels, [BLUE, colour], maps(labels, {}, outdoors=0.5))) is (name == "ground")


def test_landscapes():
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[40:], labels[60:], labels[100:, 64:] = 1, 2, 3
    labels[30:40, :40] = 4
    colours = [BLUE, BROWN, GREEN, BROWN, WHITE]
    alps = {1: {"mountain": 0.8}}
    assert named(labels, colours, maps(labels, alps, outdoors=0.5)) == {
        "sky": [0], "bright sky": [4], "mountain": [1], "grass": [2], "ground": [3]
    }  # fmt: skip
    indoors = named(labels, colours, maps(labels, {}, outdoors=0.1))
    assert not {"sky", "grass", "ground"} & set(indoors)


def test_flowers_before_leaves():
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[:40, :40], labels[40:80, 40:80] = 1, 2
    found = named(labels, [GREEN, (45, -40, 40), RED], maps(labels, {}, plants=0.6))
    assert found == {"greenery": [0], "greenery top left": [1], "flower": [2]}


def test_people():
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[20:50, 44:84] = 1
    labels[50:, 30:98] = 2
    labels[30:50, 5:25] = 3
    face = Face(y=0.32, x=0.5, tall=0.09, wide=0.07, confidence=1)
    found = named(labels, [BLUE, BROWN, RED, WHITE], None, [face])
    assert found == {"background": [0], "hair": [1], "clothes": [2], "left of face": [3]}


def test_an_open_coat_is_clothes_and_a_table_is_none():
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[50:90, 36:92] = 1  # a shirt
    labels[50:90, 36:62] = 2  # half a coat
    labels[80:, 8:120] = 3  # wider than any body
    face = Face(y=0.3, x=0.5, tall=0.09, wide=0.07, confidence=1)
    found = named(labels, [BLUE, BROWN, RED, WHITE], None, [face])
    assert {row for name, rows in found.items() if name.startswith("clothes") for row in rows} == {1, 2}


def test_a_coat_that_the_picture_cuts_is_clothes():
    labels = np.zeros((SIDE, SIDE), np.int64)
    labels[70:] = 1
    face = Face(y=0.35, x=0.5, tall=0.15, wide=0.11, confidence=1)
    assert named(labels, [BLUE, BROWN], None, [face])["clothes"] == [1]
    labels[:] = 1
    labels[:, :20] = 0
    assert "clothes" not in named(labels, [BLUE, BROWN], None, [face])  # it is a wall: it comes down from above


@pytest.mark.parametrize(
    ("name", "times"),
    [("face 2", 3), ("background top left", 0.8), ("cat", 1.2), ("flower bottom 3", 1.2), ("subject", 1.2), ("sky", 1),
     ("left of cat", 1), ("coffee pot middle", 1.2), ("facade", 1)],
)  # fmt: skip
def test_what_eyes_go_to_gets_more(name, times):
    assert usual_detail(name) == times
    assert noun(name) in name
