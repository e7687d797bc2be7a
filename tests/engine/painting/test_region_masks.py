"""Region masks: of 8 bits that share every pixel out, exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.region_masks import Crop, RegionInfo, RegionMasks, quantised
from impasto.engine.pictures.resize import resized


def area(name, **values):
    return RegionInfo.model_validate({"name": name, "softness": 0.01, "edge": 0.1} | values)


def shares(count, height, width, seed=0):
    weights = np.random.default_rng(seed).random((count, height, width)) ** 4
    return (weights / weights.sum(0)).astype(np.float32)


def areas_of(count=3, height=20, width=30):
    masks = quantised(shares(count, height, width))
    return RegionMasks(masks, tuple(area(f"region {k}") for k in range(count)))


@given(st.integers(1, 40), st.integers(0, 99))
def test_masks_of_eight_bits_sum_to_255_and_are_the_nearest(count, seed):
    masks = shares(count, 5, 7, seed)
    whole = quantised(masks)
    assert whole.dtype == np.uint8 and (whole.sum(0, dtype=int) == 255).all()
    assert np.abs(whole / 255 - masks).max() < 1.01 / 255


def test_hard_masks_stay_as_they_are():
    labels = np.random.default_rng(0).integers(0, 4, (9, 8))
    masks = (labels[None] == np.arange(4)[:, None, None]).astype(np.float32)
    assert np.array_equal(quantised(masks), masks * 255)


@pytest.mark.parametrize(
    ("masks", "names", "reason"),
    [
        (np.full((1, 4, 4), 255, np.int32), "a", "uint8"),
        (np.full((4, 4), 255, np.uint8), "a", "uint8"),
        (np.zeros((1, 0, 4), np.uint8), "a", "uint8"),
        (np.full((1, 4, 4), 254, np.uint8), "a", "sum to 255"),
        (np.full((2, 4, 4), 255, np.uint8), "ab", "sum to 255"),
        (np.full((1, 4, 4), 255, np.uint8), "ab", "of its own"),
        (np.full((5, 4, 4), 51, np.uint8), "aabcd", "of its own"),
        (np.full((1, 1, 4097), 255, np.uint8), "a", "too many or too large"),
    ],
    ids=["type", "planes", "nothing", "gap", "overlap", "names", "same name", "large"],
)
def test_masks_that_are_none_are_refused(masks, names, reason):
    with pytest.raises(ImpastoError, match=reason):
        RegionMasks(masks, tuple(area(name) for name in names))


@pytest.mark.parametrize("name", ["", " a", "a\n", "a:b", "a=b", "x" * 61, "a/b", "a,b", "a;b", "a\\b"])
def test_names_that_are_none_are_refused(name):
    with pytest.raises(ValueError, match="name"):
        area(name)


def test_crops_hold_all_that_is_not_zero():
    plane = np.zeros((20, 30), np.uint8)
    plane[3:9, 10:25] = np.random.default_rng(0).integers(0, 2, (6, 15))
    plane[3, 10] = plane[8, 24] = 9
    crop = Crop.of(plane)
    assert (crop.top, crop.left, crop.bottom, crop.right) == (3, 10, 9, 25)
    assert np.array_equal(crop.pixels, plane[3:9, 10:25])
    for top, bottom in [(0, 20), (5, 7), (0, 3), (12, 20), (0, 4), (8, 20)]:
        rows = crop.rows(top, bottom)
        assert np.array_equal(
            rows.pixels, plane[max(top, 3) : max(min(bottom, 9), max(top, 3)), 10:25][: len(rows.pixels)]
        )
        assert rows.bottom - rows.top == len(rows.pixels) == max(0, min(bottom, 9) - max(top, 3))
    nothing = Crop.of(np.zeros((4, 5)))
    assert nothing.pixels.size == 0 and nothing.rows(0, 4).pixels.size == 0


def test_a_repaint_lies_in_front_and_changes_nothing_where_its_mask_is_zero():
    infos = areas_of(5, 40, 50)
    mask = np.zeros((40, 50), np.uint8)
    mask[10:30, 10:40] = np.random.default_rng(1).integers(0, 256, (20, 30))
    more = infos.with_repaint(mask, area("new"))
    assert more.names == (*infos.names, "new")
    assert np.array_equal(more.masks[-1], mask) and (more.masks.sum(0, dtype=int) == 255).all()
    assert np.array_equal(more.masks[:-1, mask == 0], infos.masks[:, mask == 0])
    assert not more.masks[:-1, mask == 255].any()
    expected = infos.masks * (1 - mask / 255)
    borders = more.masks[:-1].cumsum(0, dtype=int) - expected.cumsum(0)  # of all that is behind one
    assert np.abs(borders).max() < 0.51
    with pytest.raises(ImpastoError, match="resize it"):
        infos.with_repaint(mask[1:], area("other"))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 90), st.integers(1, 90), st.integers(0, 99))
def test_a_crop_of_another_size_is_that_of_the_whole_plane(height, width, tall, wide, seed):
    """Only what is not zero is resized; that may round a level otherwise, in each direction, and no more."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((height, width), np.uint8)
    (top, bottom), (left, right) = (np.sort(rng.integers(0, side + 1, 2)) for side in (height, width))
    plane[top:bottom, left:right] = rng.integers(0, 256, (bottom - top, right - left))
    crop, whole = Crop.resized(plane, tall, wide), np.zeros((tall, wide))
    whole[crop.top : crop.bottom, crop.left : crop.right] = crop.pixels
    assert np.abs(whole - resized(plane, tall, wide)).max() <= 2
    assert not crop.pixels.size or (crop.pixels[[0, -1]].any() and crop.pixels[:, [0, -1]].any())
