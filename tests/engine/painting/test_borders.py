"""Borders of regions at larger sizes: lines, where the photo has them; soft masks stay soft; they always sum to 255."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.region_masks import NO_LABEL, RegionInfo, RegionMasks, quantised
from impasto.engine.pictures.resize import resized


def masks_of(*planes, labels=None):
    """Regions with these masks (h, w) 0..1, and the rest behind them."""
    planes = np.stack([1 - sum(planes[1:], planes[0]), *planes]).astype(np.float32)
    infos = [RegionInfo(name=f"region {k}", softness=0.01, edge=0.1) for k in range(len(planes))]
    return RegionMasks(quantised(planes), tuple(infos), labels)


def drawn(shape, size):
    """A half plane or a disc at a size, 0..1, and how far from its border each pixel is, pixels."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    distance = (np.hypot(x - 0.45, y - 0.53) - 0.31) if shape == "disc" else (y - 0.4 - 0.13 * x) / np.hypot(1, 0.13)
    return (0.5 - distance * size).clip(0, 1), distance * size


def large(regions, height, width, threads=1):
    return np.stack([crop.on(height, width) for crop in regions.resized(height, width, threads)]).astype(int)


def step(mask):
    """How many pixels a mask takes from 0 to 255, going down."""
    return ((mask > 0) & (mask < 255)).sum() / np.abs(np.diff((mask > 127).astype(int), axis=0)).sum()


def strayed(mask, distance):
    """How far from the true border that of a mask (h, w) 0..255 runs, at 99 % of its pixels."""
    inside = mask > 127
    border = np.zeros(mask.shape, bool)
    border[1:] |= inside[1:] != inside[:-1]
    border[:, 1:] |= inside[:, 1:] != inside[:, :-1]
    return np.percentile(np.abs(distance[border]), 99)


@pytest.mark.parametrize(("shape", "kind", "most"), [("disc", "even", 2), ("line", "even", 2), ("line", "hard", 3)])
def test_a_border_is_no_staircase_eight_times_as_large(shape, kind, most):
    """Steps of 8 pixels, as they are if masks are enlarged as pixels, would stray 4 from the line."""
    mask = drawn(shape, 64)[0]
    regions = masks_of(mask if kind == "even" else np.rint(mask))
    found, distance = large(regions, 512, 512), drawn(shape, 512)[1]
    assert strayed(found[1], distance) < most
    assert set(found.sum(0).ravel()) == {255}
    pixels = resized(regions.masks[1], 512, 512)
    assert kind == "even" or strayed(pixels, distance) > 4
    assert step(found[1]) < 2.5 and step(pixels) > 8


def test_what_is_two_pixels_wide_stays():
    y, x = np.mgrid[:64, :64]
    found = large(masks_of(1.0 * ((y + x // 3) % 20 < 2)), 512, 512)[1]
    assert (np.diff((found > 127).astype(int), axis=0) > 0).sum(0).min() >= 2  # lines in each column


@pytest.mark.parametrize("reach", [5, 12])
def test_what_is_soft_stays_soft(reach):
    mask = gaussian_filter(drawn("disc", 64)[0], reach, mode="nearest")
    regions = masks_of(mask)
    plain = np.stack([resized(m, 300, 240) for m in regions.masks]).astype(int)
    found = large(regions, 300, 240)
    assert np.abs(found - plain).max() <= 2 and set(found.sum(0).ravel()) == {255}


def test_a_mask_that_is_hard_here_is_soft_there():
    """Hard at the left, feathered at the right, by a step that becomes gentler and gentler."""
    y, x = np.mgrid[:96, :96] / 95
    regions = masks_of((0.5 + (y - 0.5) * 95 / (1 + 24 * x)).clip(0, 1))
    found = large(regions, 384, 384)[1]
    steps = np.diff(found, axis=0).max(0)
    assert steps[:40].min() > 150 and steps[-80:].max() < 8
    assert np.abs(np.diff(found, axis=1)[:, 80:]).max() < 60  # and from one to the other without a jump


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 6), st.tuples(*[st.integers(1, 20)] * 2), st.tuples(*[st.integers(1, 30)] * 2),
    st.tuples(*[st.integers(1, 60)] * 2), st.integers(0, 99),
)  # fmt: skip
def test_whatever_masks_and_labels_are_all_sums_are_255(count, size, more, shown, seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((count, *size)) ** rng.choice([1, 8, 100]) + 1e-30
    labels = rng.integers(0, count + 1, tuple(a + b for a, b in zip(size, more, strict=True)), np.uint8)
    if rng.random() < 0.5:  # in larger pieces
        labels = np.sort(np.sort(labels, 0), 1)
    labels[labels == count] = NO_LABEL
    infos = tuple(RegionInfo(name=f"region {k}", softness=0.01, edge=0.1) for k in range(count))
    regions = RegionMasks(quantised((weights / weights.sum(0)).astype(np.float32)), infos, labels)
    found = large(regions, *shown)
    if shown[0] > size[0] or shown[1] > size[1]:
        assert (found.sum(0) == 255).all()
        assert np.array_equal(found, large(regions, *shown, threads=3))


def test_256_regions_are_enlarged_as_well():
    labels = np.arange(256).reshape(16, 16).repeat(3, 0).repeat(3, 1)
    masks = ((labels == np.arange(256)[:, None, None]) * 255).astype(np.uint8)
    regions = RegionMasks(masks, tuple(RegionInfo(name=f"r{k}", softness=0.01, edge=0.1) for k in range(256)))
    found = large(regions, 192, 192)
    assert (found.sum(0) == 255).all() and (found.argmax(0)[6::12, 6::12].ravel() == np.arange(256)).all()
    assert regions.refined(np.zeros((192, 192, 3), np.uint8)).labels is None


def photo(shape, size, seed=0):
    """A shape in other colours than what is around it, with noise; and how far from its border each pixel is."""
    mask, distance = drawn(shape, size)
    rgb = np.array([0.55, 0.6, 0.7]) + mask[..., None] * np.array([0.2, -0.15, -0.3])
    rgb = rgb + np.random.default_rng(seed).normal(0, 0.015, (size, size, 1))
    return np.rint(255 * rgb.clip(0, 1)).astype(np.uint8), distance


@pytest.mark.parametrize("shape", ["disc", "line"])
def test_borders_are_refined_by_the_photo(shape):
    """The mask is off by ¾ of its pixels, 3 of the photo's; the border is at the same place at any size."""
    rgb, distance = photo(shape, 512)
    off = drawn(shape, 128)[1] + 0.75
    coarse = masks_of((0.5 - off / 1.5).clip(0, 1))
    fine = coarse.refined(rgb, 1)
    assert fine.labels is not None and fine.labels.shape == (512, 512) and set(np.unique(fine.labels)) == {0, 1}
    again = coarse.refined(rgb, 3).labels
    assert again is not None and np.array_equal(fine.labels, again)
    assert strayed(large(coarse, 512, 512)[1], distance) > 2.5
    for size in (512, 200, 800):
        assert strayed(large(fine, size, size)[1], drawn(shape, size)[1]) < 1.1 + 1.1 * size / 512
    assert np.array_equal(large(fine, 128, 128), fine.masks)  # at the masks' own size they are what they are
    assert np.array_equal(large(fine, 90, 90), large(coarse, 90, 90))


def test_a_border_does_not_follow_edges_that_are_not_its_own():
    """Of the photo's lines none is the border's; two cross it."""
    y, x = np.mgrid[:512, :512] / 512
    lit = (np.abs(y - 0.4 - 0.13 * x - 0.02) < 0.006) | (np.abs(x - 0.5) < 0.01) | (np.abs(x + y - 0.7) < 0.01)
    rgb = np.where(lit[..., None], 230, 60).astype(np.uint8).repeat(3, 2)
    fine = masks_of(drawn("line", 128)[0]).refined(rgb)
    assert fine.labels is not None
    wrong = (fine.labels == 1) != (drawn("line", 512)[0] > 0.5)
    assert np.abs(drawn("line", 512)[1][wrong]).max(initial=0) < 1.5 * 4


def test_there_is_nothing_to_be_refined():
    rgb = photo("disc", 256)[0]
    mask = drawn("disc", 128)[0]
    assert masks_of(mask).refined(rgb[::2, ::2]).labels is None  # a photo no finer than the masks
    assert masks_of(gaussian_filter(mask, 6)).refined(rgb).labels is None  # no hard border
    whole = RegionMasks(np.full((1, 128, 128), 255, np.uint8), (RegionInfo(name="all", softness=0.01, edge=0.1),))
    assert whole.refined(rgb).labels is None  # one region
    refined = masks_of(mask).refined(rgb)
    assert refined.labels is not None and refined.refined(rgb) is refined


def test_labels_have_at_most_4096_pixels_a_side():
    mask = np.zeros((4, 128))
    mask[:2] = 1
    labels = masks_of(mask).refined(np.zeros((160, 5120, 3), np.uint8)).labels
    assert labels is not None and labels.shape == (128, 4096)


@pytest.mark.parametrize("size", [128, 512, 700])
def test_a_repaint_changes_no_border_outside_its_mask(size):
    """Nor do finer masks, as a selection of the photo's size has them."""
    fine = masks_of(drawn("line", 128)[0], labels=None).refined(photo("line", 512)[0])
    mask = np.zeros((size, size), np.uint8)
    mask[size // 8 : size // 2, size // 4 : size // 2] = 255
    regions = fine if size == 128 else fine.at(size, size)
    assert (regions.labels is None) == (size > 128)
    after = regions.with_repaint(mask, RegionInfo(name="new", softness=0.01, edge=0.1))
    for shown in (128, 512, 700):
        if shown < size:
            continue
        new, before = large(after, shown, shown), large(regions, shown, shown)
        far = resized(mask, shown, shown) == 0
        assert far.mean() > 0.5 and np.array_equal(new[:-1, far], before[:, far]) and not new[-1, far].any()
        assert (new.sum(0) == 255).all()
    if size == 512:
        assert np.array_equal(large(fine, 512, 512), regions.masks)  # nor does it change what is seen at their size


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.zeros((20, 20), np.int16), "not a uint8"),
        (np.zeros((20, 20, 1), np.uint8), "not a uint8"),
        (np.zeros((16, 20), np.uint8), "20 x 16 pixels, not of more"),
        (np.zeros((4097, 20), np.uint8), "at most 4096"),
        (np.full((20, 20), 2, np.uint8), "name a region that is not there"),
        (np.full((20, 20), 254, np.uint8), "name a region that is not there"),
    ],
)
def test_labels_that_are_none_are_refused(labels, reason):
    with pytest.raises(ImpastoError, match=reason):
        masks_of(drawn("disc", 16)[0], labels=labels)


def test_a_repaint_of_a_repaint_at_another_size():
    """What is in front has a border of its own, which is as fine as that of the others; soft ones stay soft."""
    regions = masks_of(drawn("line", 96)[0]).refined(photo("line", 384)[0])
    for name, mask in [("hard", drawn("disc", 96)[0]), ("soft", gaussian_filter(drawn("disc", 96)[0].T, 6))]:
        mask = np.rint(255 * mask).astype(np.uint8)
        regions = regions.with_repaint(mask, RegionInfo(name=name, softness=0.01, edge=0.1))
    assert regions.labels is not None and regions.labels.shape == (384, 384) and regions.fronts == 2
    for size in (96, 250, 600):
        found = large(regions, size, size)
        assert (found.sum(0) == 255).all() and np.array_equal(found, large(regions, size, size, threads=3))
        other = regions.at(size, size)
        assert other.fronts == 2 and np.abs(other.masks - found).max() <= 1
        assert (other.labels is None) == (size > 384)
    hard, soft = found[2].astype(float), found[3].astype(float)
    clear = soft == 0
    assert step(np.where(clear, hard, 255 * (hard > 127))) < 2.5 and step(soft) > 50


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"layers": np.zeros((3, 16, 16), np.int8)}, "layers .* are not a uint8"),
        ({"layers": np.zeros((3, 16, 15), np.uint8)}, "layers .* of their size"),
        ({"layers": np.zeros((3, 16, 16), np.uint8)}, "do not make up its masks"),
        ({"fronts": 0}, "0 cannot be repaints"),
        ({"fronts": 3}, "3 cannot be repaints"),
        ({"fronts": 2}, "do not make up its masks"),
        ({"layers": None}, "layers .* are not a uint8"),
        ({"labels": np.full((20, 20), 2, np.uint8)}, "name a region that is not there"),
    ],
)
def test_repaints_that_are_none_are_refused(changed, reason):
    mask = np.rint(255 * drawn("line", 16)[0]).astype(np.uint8)
    regions = masks_of(drawn("disc", 16)[0]).with_repaint(mask, RegionInfo(name="new", softness=0.01, edge=0.1))
    with pytest.raises(ImpastoError, match=reason):
        replace(regions, **changed)
