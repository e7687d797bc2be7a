"""Attention: strokes go where the error is, evenly and in proportion to it, and nowhere else."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.engine.painter.attention import attend, density, error_map, sample

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
LONG_SHAPES = st.tuples(st.integers(1, 3), st.integers(100, 900)) | st.tuples(st.integers(100, 900), st.integers(1, 3))


def drawn(wanted, count, seed):
    """How many of `count` draws fell on each pixel."""
    y, x = sample(wanted, count, np.random.default_rng(seed))
    assert y.shape == x.shape == (count,)
    counts = np.zeros(wanted.shape, int)
    np.add.at(counts, (y, x), 1)
    return counts


def wanted_of(error, strokes=100, focus=1.0, floor=0.05, weight=None, mask=None):
    whole = np.ones(error.shape, np.float32)
    return density(
        error.astype(np.float32),
        strokes,
        focus=focus,
        floor=floor,
        weight=whole if weight is None else weight,
        mask=whole if mask is None else mask,
    )


def squares(pixels, side):
    """Sums over the aligned squares of that side; those at the far edges may be cut off."""
    rows = np.add.reduceat(pixels, np.arange(0, pixels.shape[0], side), axis=0)
    return np.add.reduceat(rows, np.arange(0, pixels.shape[1], side), axis=1)


@given(shape=SHAPES | LONG_SHAPES, count=st.integers(1, 300), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_square_gets_its_share_to_within_two_draws(shape, count, seed):
    wanted = np.random.default_rng(seed).random(shape) ** 4
    counts = drawn(wanted, count, seed)
    for side in (1, 2, 4, 8, 16, 32, 64):
        due = squares(wanted, side) * (count / wanted.sum())
        assert np.abs(squares(counts, side) - due).max() < 2


def test_every_pixel_is_drawn_in_proportion():
    """Stratified draws are fair all the same: over many rounds, every pixel comes up as often as it should."""
    rng = np.random.default_rng(1)
    wanted = rng.random((5, 7))
    rounds, count = 4000, 6
    total = np.zeros(wanted.shape)
    for _ in range(rounds):
        np.add.at(total, sample(wanted, count, rng), 1)
    due = wanted * (count / wanted.sum())
    assert np.abs(total / rounds - due).max() < 5 * np.sqrt(due.max() / rounds)


@given(shape=SHAPES, count=st.integers(1, 300), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_nothing_falls_where_nothing_is_wanted(shape, count, seed):
    rng = np.random.default_rng(seed)
    wanted = rng.random(shape) * (rng.random(shape) < 0.3)
    wanted[rng.integers(shape[0]), rng.integers(shape[1])] = 1e-9
    assert not drawn(wanted, count, seed)[wanted == 0].any()


def test_the_last_draw_stays_on_the_last_wanted_pixel():
    """Rounding must not push a draw off the end, onto pixels where nothing is wanted."""

    class Latest(np.random.Generator):
        def random(self, *args: Any, **_: Any) -> Any:
            return np.full(args[0], np.nextafter(1.0, 0.0))

    wanted = np.zeros((4, 4))
    wanted[0, 0] = wanted[1, 1] = 0.1
    y, x = sample(wanted, 7, Latest(np.random.PCG64()))
    assert (wanted[y, x] > 0).all()


def test_the_same_randomness_draws_the_same():
    wanted = np.random.default_rng(0).random((30, 41))
    assert np.array_equal(drawn(wanted, 50, 3), drawn(wanted, 50, 3))
    assert not np.array_equal(drawn(wanted, 50, 3), drawn(wanted, 50, 4))


@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    patch=st.integers(0, 70),
    count=st.integers(1, 12),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None)
def test_attend_holds_exactly_the_worst_patches(shape, patch, count, seed):
    error = np.random.default_rng(seed).random(shape).astype(np.float32)
    height, width = shape
    expected, whole = np.zeros(shape), patch
    patch = max(patch, 1)  # of pixels, which cannot be halved
    if patch >= max(shape):
        expected[:] = 1
    else:

        def starts(length):
            last = max(length - patch, 0)
            return sorted({*range(0, last, max(patch // 2, 1)), last})

        patches = [np.s_[y : y + patch, x : x + patch] for y in starts(height) for x in starts(width)]
        worst = sorted(patches, key=lambda p: error[p].mean(dtype=np.float64), reverse=True)[:count]
        for each in worst:
            expected[each] = 1
    assert np.array_equal(attend(error, whole, count), expected)


@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    patch=st.integers(2, 40),
    place=st.tuples(*[st.floats(0, 1)] * 2),
)
@settings(max_examples=150, deadline=None)
def test_whatever_fits_into_half_a_patch_is_seen_whole_wherever_it_lies(shape, patch, place):
    """Patches overlap by half and reach every edge: nothing is cut in two by a border between them."""
    tall, wide = (min(patch // 2, side) for side in shape)
    top, left = (round(p * (side - spot)) for p, side, spot in zip(place, shape, (tall, wide), strict=True))
    error = np.zeros(shape, np.float32)
    error[top : top + tall, left : left + wide] = 1
    mask = attend(error, patch, 1)
    assert (mask[error > 0] == 1).all()
    assert set(np.unique(mask)) <= {0, 1}
    assert patch >= max(shape) or mask.sum() <= patch**2


def test_attention_may_hold_more_patches_than_there_are():
    assert attend(np.ones((30, 50), np.float32), 16, 1000).all()


def test_overlapping_patches_do_not_count_twice():
    mask = attend(np.ones((32, 32), np.float32), 16, 9)
    assert mask.max() == 1
    wanted = wanted_of(np.ones((32, 32)), mask=mask)
    assert np.ptp(wanted) < 1e-9 * wanted.max()


@pytest.mark.parametrize("ground", [0.0, 0.5, 1.0])
def test_what_is_not_painted_is_wrong_whatever_lies_under_it(ground):
    target = np.full((3, 2, 2), 0.5, np.float32)
    canvas = np.zeros((4, 2, 2), np.float32)
    canvas[:, 0, 0] = [0.5, 0.5, 0.5, 1]  # right
    canvas[:, 0, 1] = [0.2, 0.5, 0.8, 1]  # wrong by 0.2 in the mean
    canvas[:, 1, 0] = [0.25, 0.25, 0.25, 0.5]  # the right colour, half covering
    weight = np.array([[1, 1], [1, 0.5]], np.float32)
    error = error_map(target, canvas, np.full(3, ground, np.float32), weight)
    miss = abs(ground - 0.5)
    assert error == pytest.approx(np.array([[0, 0.2], [0.5 + 0.5 * miss, 0.5 * (1 + miss)]]), abs=1e-6)


@given(shape=SHAPES, strokes=st.integers(1, 500), focus=st.floats(0, 4), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_density_adds_up_and_keeps_to_what_is_attended_and_painted(shape, strokes, focus, seed):
    rng = np.random.default_rng(seed)
    mask, weight = (rng.random((2, *shape)) < 0.7).astype(np.float32)
    mask[0, 0] = weight[0, 0] = 1
    wanted = wanted_of(rng.random(shape), strokes, focus=focus, weight=weight, mask=mask)
    assert wanted.sum() == pytest.approx(strokes)
    assert not wanted[(mask == 0) | (weight == 0)].any()
    assert (wanted[(mask == 1) & (weight == 1)] > 0).all()


def test_density_of_what_cannot_be_attended_to_or_seen_is_still_a_density():
    error, half = np.ones((4, 6)), np.zeros((4, 6), np.float32)
    half[:, :3] = 1
    elsewhere = wanted_of(error, weight=half, mask=1 - half)
    assert not elsewhere[:, 3:].any() and elsewhere.sum() == pytest.approx(100)
    for nothing_wrong in (error, 0 * error):
        nowhere = wanted_of(nothing_wrong, weight=0 * half, mask=half)
        assert nowhere == pytest.approx(np.full((4, 6), 100 / 24))


def test_focus_seeks_out_and_the_floor_spreads():
    error = np.full((64, 64), 0.1)
    error[:, 32:] = 0.3
    left, right = np.s_[:, :24], np.s_[:, 40:]  # away from where they blur into each other

    def ratio(**options):
        wanted = wanted_of(error, 400, **options)
        return wanted[right].mean() / wanted[left].mean()

    assert ratio(focus=0) == pytest.approx(1)
    assert ratio(focus=1, floor=0.001) == pytest.approx(3, rel=0.01)
    assert ratio(focus=2, floor=0.001) == pytest.approx(9, rel=0.01)
    assert ratio(focus=1, floor=10) == pytest.approx((0.3 + 2) / (0.1 + 2), rel=0.01)


def test_a_single_wrong_pixel_shares_its_call_with_its_neighbours():
    error = np.zeros((64, 64))
    error[32, 32] = 1
    few, many = (wanted_of(error, strokes, floor=0.001) / strokes for strokes in (10, 4000))
    assert few.max() < many.max() < 0.5
    assert few[32, 36] > 0.1 * few.max() and many[32, 36] < 0.01 * many.max()
