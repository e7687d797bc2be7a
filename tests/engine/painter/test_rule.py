"""The rule's numbers: how much more faces, eyes and things get, in paint that covers and in paint that does not."""

import numpy as np
import pytest

from impasto.engine.painter.rule import Interest, values_at
from impasto.engine.painter.wanted import Wanted
from impasto.engine.pictures.picture import USUAL, Picture
from impasto.engine.styles import load_style

SIZE = 100
PLAIN = Picture(np.full((SIZE, SIZE, 3), 120, np.uint8))
OIL, WASH = load_style("realistic"), load_style("watercolour")


def rule_of(style: object, detail: np.ndarray | None = None, **sides: int) -> Interest:
    """Squares of so many pixels a side that are a face, eyes or a thing, in corners of their own."""
    found = np.zeros((3, SIZE, SIZE), np.uint8)
    for layer, (name, corner) in enumerate({"face": (0, 0), "eyes": (0, 50), "thing": (50, 0)}.items()):
        side = sides.get(name, 0)
        found[layer, corner[0] : corner[0] + side, corner[1] : corner[1] + side] = 255
    picture = Picture(PLAIN.rgb, None, detail)
    rule = Wanted(picture, found=found, threads=1).rule(style)  # pyright: ignore[reportArgumentType]
    assert rule is not None
    return rule


def test_faces_get_their_share_of_the_appetite_and_things_what_they_leave():
    assert rule_of(OIL, face=20).gains == pytest.approx((1.8 * 0.12 / 0.04, 0, 0))
    assert rule_of(OIL, eyes=10).gains == pytest.approx((0, 0.25 * 0.12 / 0.01, 0))
    assert rule_of(OIL, thing=30).gains == pytest.approx((0, 0, 3.7 * 0.12 / 0.09))
    left = 1 - 10 * 0.0064 / (1.8 * 0.12)  # of a face so small that it takes no more
    assert rule_of(OIL, face=8, thing=40).gains == pytest.approx((10, 0, left * 3.7 * 0.12 / 0.16))
    assert rule_of(OIL, face=50, thing=40).gains[2] == pytest.approx(0, abs=1e-6)


def test_what_is_tiny_gets_ten_times_as_much_and_five_times_of_washes():
    """Besides what all get."""
    assert rule_of(OIL, face=4).density(SIZE, SIZE).max() == pytest.approx(11)
    assert rule_of(WASH, face=4).density(SIZE, SIZE).max() == pytest.approx(6)


def test_what_is_looked_at_counts_for_more_faces_for_most():
    for style, what, most in ((OIL, "face", 2.5), (OIL, "eyes", 2.5), (OIL, "thing", 1.25), (WASH, "face", 3)):
        weight = rule_of(style, None, **{what: 4}).weight(SIZE, SIZE)
        assert weight.mean() == pytest.approx(1, rel=1e-4)
        assert weight.max() / weight.min() == pytest.approx(most, rel=1e-4)


def test_a_place_is_worth_as_much_as_strokes_are_to_lie_closer_there():
    rule = rule_of(OIL, face=20, thing=30)
    x, y = np.array([[0.1, 0.1], [0.2, 0.7], [0.8, 0.8]], np.float32).T
    assert rule.looked_at(x, y) == pytest.approx([1 + rule.gains[0], 1 + rule.gains[2], 1], rel=1e-5)


def test_strokes_are_half_as_large_where_interest_is_whole():
    rule = rule_of(OIL, face=20)
    places = np.array([0.1, 0.9], np.float32)
    assert values_at(rule.smallest, places, places) == pytest.approx([0.5, 1])


def test_a_detail_map_makes_it_two_and_a_half_times_as_dense_and_twice_as_heavy():
    detail = np.full((SIZE, SIZE), USUAL, np.uint8)
    detail[:50], detail[90:] = 255, 0
    rule = Wanted(Picture(PLAIN.rgb, None, detail), threads=1).rule(OIL, looked=False)
    assert rule is not None
    rows = [10, 70, 95]
    assert rule.density(SIZE, SIZE)[rows, 0] == pytest.approx([2.5, 1, 1 / 2.5], rel=0.01)
    steeper = 2.5 ** (1 + 0.9 * 2)
    assert rule.density(SIZE, SIZE, 2.0)[rows, 0] == pytest.approx([steeper, 1, 1 / steeper], rel=0.03)
    weight = rule.weight(SIZE, SIZE)[rows, 0]
    assert weight / weight[1] == pytest.approx([2, 1, 0.5], rel=0.01)
    y = np.array(rows) / SIZE
    assert rule.eagerness(0 * y, y) == pytest.approx([2.5**2, 1, 2.5**-2], rel=0.02)
    assert values_at(rule.smallest, 0 * y, y) == pytest.approx([0.5, 1, 1])
