"""Regions that the user drew: soft, overlapping, of another size, and hostile."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.segment import Region, Regions, segment
from impasto.engine.segment.masks import (
    Mask,
    read_mask,
    regions_of_labels,
    regions_of_masks,
    regions_of_planes,
    same_aspect,
)

HEIGHT, WIDTH = 48, 64


def disc(y: float, x: float, radius: float, soft: float = 1.0) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.clip((radius - np.hypot(rows - y, columns - x)) / soft + 0.5, 0, 1).astype(np.float32)


def given_masks(**values: np.ndarray) -> list[Mask]:
    return [Mask(name, array, f"{name}.png") for name, array in values.items()]


def save(path: Path, values: np.ndarray) -> Path:
    Image.fromarray((values * 255 + 0.5).astype(np.uint8)).save(path)
    return path


def weight(regions: Regions, name: str) -> np.ndarray:
    return regions.masks[regions.index(name)]


def test_one_mask_and_the_rest():
    regions = regions_of_masks(given_masks(face=disc(20, 30, 10)), HEIGHT, WIDTH)
    assert regions.names == ("rest", "face")
    assert [region.kind for region in regions.regions] == ["rest", "user"]
    np.testing.assert_allclose(weight(regions, "face"), disc(20, 30, 10), atol=1e-6)
    np.testing.assert_allclose(weight(regions, "rest"), 1 - disc(20, 30, 10), atol=1e-6)
    assert regions.warnings == ()


def test_the_later_lie_on_top():
    below, above = disc(20, 25, 12), disc(20, 40, 12)
    regions = regions_of_masks(given_masks(below=below, above=above), HEIGHT, WIDTH)
    assert regions.names == ("rest", "below", "above")
    np.testing.assert_allclose(weight(regions, "above"), above, atol=1e-6)
    np.testing.assert_allclose(weight(regions, "below"), np.minimum(below, 1 - above), atol=1e-6)


def test_masks_that_meet_along_a_soft_edge_leave_no_gap():
    left = np.broadcast_to(np.clip((32.5 - np.arange(WIDTH)) / 9 + 0.5, 0, 1), (HEIGHT, WIDTH)).astype(np.float32)
    regions = regions_of_masks(given_masks(left=left, right=1 - left), HEIGHT, WIDTH)
    assert regions.names == ("left", "right")
    np.testing.assert_allclose(regions.masks[0], left, atol=1e-6)


@given(st.lists(arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32)), min_size=1, max_size=6))
def test_whatever_masks_share_every_pixel(arrays_given):
    masks = [Mask(f"m{k}", values, "m.png") for k, values in enumerate(arrays_given) if values.max() > 0.05]
    if not masks:
        return
    regions = regions_of_masks(masks, 4, 5)
    assert np.abs(regions.masks.sum(0) - 1).max() < 1e-5
    top = masks[-1]
    # A rest of up to 2 % is shared out among all.
    np.testing.assert_allclose(weight(regions, top.name), top.values, atol=1e-3, rtol=0.0205)
    for mask in masks:
        if mask.name in regions.names:
            assert (weight(regions, mask.name) <= mask.values / 0.98 + 1e-3).all()


def eight_bits(*masks: np.ndarray) -> np.ndarray:
    return np.stack([np.rint(mask * 255).astype(np.uint8) for mask in masks])


def test_planes_of_the_users_are_given_out_as_masks_are():
    below, above = disc(20, 25, 12, 6), disc(20, 40, 12, 6)
    expected = regions_of_masks(given_masks(below=below, above=above), HEIGHT, WIDTH)
    wanted = [(Region("rest", "rest"), []), (Region("above"), [1]), (Region("below"), [0])]
    regions = regions_of_planes(eight_bits(below, above), 2, wanted, HEIGHT, WIDTH)
    for name in expected.names:
        np.testing.assert_allclose(weight(regions, name), weight(expected, name), atol=0.005)


def test_planes_over_others_and_merged_ones_at_another_size():
    first, top = disc(20, 25, 12, 6), disc(20, 40, 12, 6)
    base = eight_bits(first)
    planes = np.concatenate([base, 255 - base, eight_bits(top)])
    wanted = [(Region("second"), [1]), (Region("both"), [0, 2])]
    regions = regions_of_planes(planes, 1, wanted, HEIGHT, WIDTH)
    np.testing.assert_allclose(weight(regions, "second"), (1 - first) * (1 - top), atol=0.005)
    smaller = regions_of_planes(planes, 1, wanted, HEIGHT // 2, WIDTH // 2)
    assert smaller.names == ("second", "both")
    means = [regions.masks[0].reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean((1, 3)), smaller.masks[0]]
    assert np.abs(means[0] - means[1]).mean() < 0.005


@pytest.mark.parametrize(
    "pair", [((8, 1024), (30, 4000)), ((683, 1024), (2, 3)), ((1024, 1), (1900, 2)), ((7, 7),) * 2]
)
def test_whose_aspect_agrees(pair):
    assert same_aspect(*pair) and same_aspect(*pair[::-1])


@pytest.mark.parametrize("pair", [((48, 64), (64, 48)), ((500, 1000), (512, 1000)), ((8, 1024), (40, 4000))])
def test_whose_aspect_does_not(pair):
    assert not same_aspect(*pair) and not same_aspect(*pair[::-1])


def test_a_mask_that_is_covered_is_left_out_with_a_warning():
    regions = regions_of_masks(given_masks(small=disc(20, 30, 5), large=disc(20, 30, 12)), HEIGHT, WIDTH)
    assert regions.names == ("rest", "large")
    assert regions.warnings == ("the mask small.png of small is covered by those after it and left out",)


def test_a_mask_of_another_size(tmp_path):
    """Within 1 % of the aspect it is resized, with a warning; else refused."""
    big = save(tmp_path / "big.png", np.kron(disc(20, 30, 10), np.ones((4, 4))))
    regions = regions_of_masks([read_mask("face", big)], HEIGHT, WIDTH)
    assert regions.warnings == (f"{big} is 256×192 and the picture 64×48: it was resized",)
    np.testing.assert_allclose(weight(regions, "face"), disc(20, 30, 10), atol=0.2)
    near = Mask("near", np.ones((100, 134), np.float32), "near.png")
    assert len(regions_of_masks([near], HEIGHT, WIDTH).warnings) == 1
    for shape in ((100, 136), (64, 48), (48, 65 * 2)):
        with pytest.raises(ImpastoError, match="make the mask as large as the picture"):
            regions_of_masks([Mask("far", np.ones(shape, np.float32), "far.png")], HEIGHT, WIDTH)


def test_the_working_size_is_kept_to():
    regions = regions_of_masks(given_masks(face=disc(20, 30, 10)), HEIGHT, WIDTH, 32)
    assert regions.masks.shape == (2, 24, 32)
    assert regions.warnings == ()


def test_grey_and_alpha(tmp_path):
    shape = disc(20, 30, 10)
    grey = save(tmp_path / "grey.png", shape)
    np.testing.assert_allclose(read_mask("a", grey).values, shape, atol=1 / 255)
    alpha = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    alpha[..., 0], alpha[..., 3] = 200, shape * 255
    Image.fromarray(alpha).save(tmp_path / "alpha.png")
    np.testing.assert_allclose(read_mask("a", tmp_path / "alpha.png").values, shape, atol=1 / 255)
    Image.open(grey).convert("RGB").save(tmp_path / "grey.jpg", quality=90)
    np.testing.assert_allclose(read_mask("a", tmp_path / "grey.jpg").values, shape, atol=0.1)
    Image.open(grey).convert("1").save(tmp_path / "one.png")
    assert set(np.unique(read_mask("a", tmp_path / "one.png").values)) == {0, 1}
    deep = Image.fromarray((shape * 65535).astype(np.uint16))
    deep.save(tmp_path / "deep.png")
    np.testing.assert_allclose(read_mask("a", tmp_path / "deep.png").values, shape, atol=1 / 255)


def test_a_picture_in_colours_is_no_mask(tmp_path):
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:, :20] = (255, 0, 0)
    Image.fromarray(rgb).save(tmp_path / "red.png")
    with pytest.raises(ImpastoError, match=r"red\.png is in colours; make the mask grey"):
        read_mask("a", tmp_path / "red.png")


def test_hostile_files(tmp_path):
    good = save(tmp_path / "good.png", disc(20, 30, 10)).read_bytes()
    for name, content in (
        ("cut.png", good[:60]),
        ("text.png", b"hello"),
        ("empty.png", b""),
        ("zero.png", b"\0" * 999),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImpastoError, match=name):
            read_mask("a", tmp_path / name)
    with pytest.raises(ImpastoError, match="there is no file"):
        read_mask("a", tmp_path / "none.png")
    with pytest.raises(ImpastoError, match="over the limit"):
        read_mask("a", tmp_path / "good.png", max_pixels=100)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        ([], "give one at least"),
        (given_masks(face=np.zeros((HEIGHT, WIDTH), np.float32)), "face.png of face is empty"),
        (given_masks(face=np.full((HEIGHT, WIDTH), 0.01, np.float32)), "face.png of face is empty"),
        (given_masks(face=np.full((HEIGHT, WIDTH), np.nan, np.float32)), "not in 0..1"),
        (given_masks(face=np.full((HEIGHT, WIDTH), 2, np.float32)), "not in 0..1"),
        (given_masks(face=np.ones((HEIGHT, WIDTH, 3), np.float32)), "not in 0..1"),
        (given_masks(face=disc(20, 30, 9)) * 2, "two masks are called 'face'"),
        (given_masks(**{"a:b": disc(20, 30, 9)}), "no name for a region"),
        (given_masks(**{"": disc(20, 30, 9)}), "no name for a region"),
        ([Mask(f"m{k}", disc(20, 30, 9), "m.png") for k in range(256)], "over 255"),
    ],
)  # fmt: skip
def test_masks_that_are_refused(masks, words):
    with pytest.raises(ImpastoError, match=words):
        regions_of_masks(masks, HEIGHT, WIDTH)


@pytest.fixture
def coloured(tmp_path: Path) -> Path:
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:20], rgb[20:40, :30], rgb[20:40, 30:] = (255, 0, 0), (0, 0, 255), (250, 0, 0)
    Image.fromarray(rgb).save(tmp_path / "labels.png")
    return tmp_path / "labels.png"


def test_a_label_image(coloured):
    regions = regions_of_labels(coloured, HEIGHT, WIDTH)
    assert regions.names == ("rest", "red", "red 2", "blue")  # the large behind the small
    assert [round(float(share), 4) for share in regions.shares] == [
        round(a / (48 * 64), 4) for a in (8 * 64, 20 * 64, 20 * 34, 20 * 30)
    ]
    assert set(np.unique(regions.masks)) == {0, 1}
    named = regions_of_labels(coloured, HEIGHT, WIDTH, names={"#FF0000": "sky", "#0000ff": "sea"})
    assert named.names == ("rest", "sky", "red", "sea")


def test_label_images_of_indices_and_palettes(tmp_path):
    numbers = np.zeros((HEIGHT, WIDTH), np.uint8)
    numbers[10:30], numbers[30:, :20] = 1, 2
    Image.fromarray(numbers).save(tmp_path / "grey.png")
    assert [round(float(s) * 48 * 64) for s in regions_of_labels(tmp_path / "grey.png", HEIGHT, WIDTH).shares] == [
        10 * 64 + 18 * 44, 20 * 64, 18 * 20,
    ]  # fmt: skip
    image = Image.fromarray(numbers, "P")
    image.putpalette([0, 0, 0, 0, 200, 0, 90, 90, 250])
    image.save(tmp_path / "palette.png")
    assert regions_of_labels(tmp_path / "palette.png", HEIGHT, WIDTH).names == ("rest", "green", "blue")


def test_see_through_is_the_rest(tmp_path):
    rgba = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    rgba[:, 32:] = (255, 0, 0, 0)
    Image.fromarray(rgba).save(tmp_path / "labels.png")
    assert regions_of_labels(tmp_path / "labels.png", HEIGHT, WIDTH).names == ("rest", "white")


def test_label_images_that_are_refused(tmp_path, coloured):
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "black.png")
    for name, words in (("photo.png", "colours, over 255"), ("black.png", "black all over")):
        with pytest.raises(ImpastoError, match=words):
            regions_of_labels(tmp_path / name, HEIGHT, WIDTH)
    with pytest.raises(ImpastoError, match="as large as the picture"):
        regions_of_labels(coloured, WIDTH, HEIGHT)
    with pytest.raises(ImpastoError, match="no #123456 in"):
        regions_of_labels(coloured, HEIGHT, WIDTH, names={"#123456": "sky"})
    assert len(regions_of_labels(coloured, 2 * HEIGHT, 2 * WIDTH).warnings) == 1


def test_masks_lie_on_top_of_what_is_found(blocks):
    face = np.zeros((96, 128), np.float32)
    face[10:40, 50:80] = 1
    own = regions_of_masks([Mask("face", face, "face.png")], 96, 128)
    both = segment(blocks, "unsupervised", masks=own)
    alone = segment(blocks, "unsupervised")
    assert both.names[-1] == "face"
    np.testing.assert_allclose(weight(both, "face"), face, atol=1e-6)
    for name in both.names[:-1]:
        np.testing.assert_allclose(weight(both, name), weight(alone, name) * (1 - face), atol=1e-5)
    assert segment(blocks, "masks", masks=own).names == ("rest", "face")
    assert segment(blocks, "masks", masks=own, order=["face", "rest"]).names == ("face", "rest")
    with pytest.raises(ImpastoError, match="needs masks"):
        segment(blocks, "masks")


def test_labels_of_16_bits_stay_apart(tmp_path):
    """As datasets number things: 26001 and 26002 are one in 8 bits."""
    numbers = np.zeros((HEIGHT, WIDTH), np.uint16)
    numbers[:, :20], numbers[:10, 20:40] = 26001, 26002
    Image.fromarray(numbers).save(tmp_path / "numbers.png")
    regions = regions_of_labels(tmp_path / "numbers.png", HEIGHT, WIDTH)
    shares = dict(zip(regions.names, regions.shares, strict=True))
    assert set(shares) == {"number 26001", "number 26002", "rest"}
    assert shares["number 26001"] == pytest.approx(20 / WIDTH, abs=0.01)
    assert shares["number 26002"] == pytest.approx(10 * 20 / (WIDTH * HEIGHT), abs=0.01)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ((1, 2), np.float32), ((70001, 70002), np.float32), ((70001, 70001 + 65536), np.int32),
        ((7, 3_000_000_001), np.uint32), ((26001, 26002), np.dtype(">u2")),
    ],
)  # fmt: skip
def test_labels_of_any_numbers_stay_apart(tmp_path, numbers, kind):
    tifffile = pytest.importorskip("tifffile")  # of scikit-image
    table = np.zeros((HEIGHT, WIDTH), kind)
    table[:, :20], table[:10, 20:40] = numbers
    tifffile.imwrite(tmp_path / "numbers.tif", table, byteorder=">" if table.dtype.byteorder == ">" else "<")
    found = regions_of_labels(tmp_path / "numbers.tif", HEIGHT, WIDTH)
    assert set(found.names) == {*(f"number {number}" for number in numbers), "rest"} and not found.warnings


def test_that_of_deep_colours_half_is_seen_is_said(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    table = np.zeros((HEIGHT, WIDTH, 3), np.uint16)
    table[:, :20], table[:10, 20:40] = 26001, 26002
    for path, kind in ((tmp_path / "deep.tif", np.uint16), (tmp_path / "plain.tif", np.uint8)):
        tifffile.imwrite(path, table.astype(kind), photometric="rgb")
        said = regions_of_labels(path, HEIGHT, WIDTH).warnings
        assert any("8 of 16 bits are seen" in each for each in said) == (kind == np.uint16)


@pytest.mark.parametrize("how", ["mask", "labels"])
def test_large_ones_take_little_more_than_their_pixels(tmp_path, how):
    """A file of a few kilobytes may have a hundred million."""
    side = 3000
    path = tmp_path / "large.png"
    Image.fromarray(np.repeat(np.arange(side, dtype=np.uint8)[:, None] // 64 * 60, side, 1)).save(path)
    tracemalloc.start()
    try:
        if how == "mask":
            read_mask("a", path)
        else:
            regions_of_labels(path, side, side, size=64)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * side * side  # three of the picture, four of the result, and what a decoder needs
