"""Paintings: kept in one file that nothing can break silently, and rendered at any size."""

import io
import json
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painting import painting as painting_module
from impasto.engine.painting import render as rendering
from impasto.engine.painting.painting import Checkpoint, Painting, fit_mask
from impasto.engine.painting.strokes import Strokes


def sample(**changed):
    """A small painting that uses every part of the format."""
    rng = np.random.default_rng(5)
    table = rng.random((6, 13), np.float32)
    table[:, 6:8] *= 0.2
    strokes = Strokes.of(table, region=[0, 0, 1, 1, 2, 2], pass_index=[0, 1, 0, 1, 0, 1], first_id=40)
    values = {
        "strokes": strokes.take([3, 1, 0, 2, 5, 4]),
        "width": 64,
        "height": 48,
        "style": {"name": "öl", "passes": [{"strokes": 10, "radius": 0.25}], "bold": True, "base": None},
        "seed": 2**63 - 1,
        "background": (1.0, 0.5, 0.25, 0.0),
        "softness": 0.01,
        "edge": 0.5,
        "mask": rng.integers(0, 256, (5, 7), np.uint8),
        "underpainting": rng.integers(0, 256, (6, 8, 3), np.uint8),
        "checkpoint": Checkpoint({"random": 2**127, "pass": 1}, {"moments": rng.random((6, 13)), "on": table > 0.5}),
    }
    return Painting(**(values | changed))


def assert_same(one, other):
    for name in ("width", "height", "style", "seed", "background", "softness", "edge"):
        assert getattr(one, name) == getattr(other, name), name
    for field in fields(Strokes):
        assert_same_array(getattr(one.strokes, field.name), getattr(other.strokes, field.name))
    for name in ("mask", "underpainting", "tip"):
        picture, twin = getattr(one, name), getattr(other, name)
        assert (picture is None) == (twin is None)
        if picture is not None:
            assert_same_array(picture, twin)
    assert (one.checkpoint is None) == (other.checkpoint is None)
    if one.checkpoint is not None:
        assert one.checkpoint.state == other.checkpoint.state
        assert one.checkpoint.arrays.keys() == other.checkpoint.arrays.keys()
        for name, array in one.checkpoint.arrays.items():
            assert_same_array(array, other.checkpoint.arrays[name])


def assert_same_array(one, other):
    assert one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


# Keeping


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"mask": None},
        {"underpainting": None},
        {"checkpoint": None},
        {"strokes": Strokes.empty(), "style": {}, "seed": 0},
        {"checkpoint": Checkpoint({}, {})},
        {"mask": np.zeros((1, 4096), np.uint8)},
        {"tip": np.random.default_rng(1).integers(0, 256, (256, 128), np.uint8)},
    ],
)
def test_a_painting_comes_back_and_can_be_saved_again_to_the_same_bytes(tmp_path, changed):
    first, second = tmp_path / "first.impasto", str(tmp_path / "second.impasto")
    before = sample(**changed)
    before.save(first)
    after = Painting.load(first)
    assert_same(before, after)
    after.save(second)
    assert first.read_bytes() == Path(second).read_bytes()


def test_the_file_is_a_zip_that_others_can_read(tmp_path):
    painting = sample()
    painting.save(tmp_path / "a.impasto")
    with zipfile.ZipFile(tmp_path / "a.impasto") as archive:
        names = ["recipe.json", "strokes.npz", "mask.png", "underpainting.png"]
        names += ["checkpoint.json", "checkpoint.npz"]
        assert archive.namelist() == names and archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        recipe = json.loads(archive.read("recipe.json"))
        assert recipe["format"] == "impasto" and recipe["version"] == 1 and recipe["strokes"] == 6
        assert isinstance(recipe["engine"], str) and recipe["background"] == [1.0, 0.5, 0.25, 0.0]
        with np.load(io.BytesIO(archive.read("strokes.npz"))) as arrays:
            assert np.array_equal(arrays["table"], painting.strokes.table)
            assert arrays["id"].tolist() == [43, 41, 40, 42, 45, 44]


def test_a_tip_of_another_size_in_a_file_is_refused(tmp_path):
    sample(mask=np.zeros((128, 256), np.uint8), tip=None).save(tmp_path / "a.impasto")
    with zipfile.ZipFile(tmp_path / "a.impasto") as archive:
        members = {name.replace("mask", "tip"): archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "b.impasto", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(ImpastoError, match=r"b.impasto is damaged \(tip.png is not 128 x 256 pixels\)"):
        Painting.load(tmp_path / "b.impasto")


@pytest.mark.parametrize(("opacity", "version"), [(1.0, 1), (1.01, 3), (4.0, 3)])
def test_opacity_above_one_is_for_newer_versions(tmp_path, opacity, version):
    """Older ones say "update Impasto", and render no such stroke wrongly."""
    painting = sample()
    painting.strokes.table[2, 8] = opacity
    painting.save(tmp_path / "a.impasto")
    with zipfile.ZipFile(tmp_path / "a.impasto") as archive:
        assert json.loads(archive.read("recipe.json"))["version"] == version
    assert Painting.load(tmp_path / "a.impasto").strokes.table[2, 8] == np.float32(opacity)


def test_an_existing_file_is_replaced_only_on_demand(tmp_path):
    path = tmp_path / "a.impasto"
    sample().save(path)
    with pytest.raises(ImpastoError, match="already exists"):
        sample(seed=1).save(path)
    assert Painting.load(path).seed == sample().seed
    sample(seed=1).save(path, overwrite=True)
    assert Painting.load(path).seed == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": 0}, "width: input should be greater"),
        ({"height": 65_536}, "height: input should be less"),
        ({"width": 10.5}, "width: .* integer"),
        ({"height": True}, "height: .* integer"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"style": {"a": "x" * 70_000}}, "style: it is larger than 64 kB"),
        ({"style": {"a": float("nan")}}, "style: it holds what JSON cannot"),
        ({"style": {"a": {1, 2}}}, "style: it holds what JSON cannot"),
        ({"style": []}, "style: .* dictionary"),
        ({"background": (1, 1, 1)}, "background"),
        ({"background": (1, 1, 1, 1.5)}, "background: .* less than or equal to 1"),
        ({"background": (1, 1, 1, float("nan"))}, "background"),
        ({"background": None}, "background"),
        ({"softness": 0}, "softness"),
        ({"softness": 0.3}, "softness"),
        ({"edge": -0.1}, "edge"),
        ({"edge": float("inf")}, "edge"),
        ({"mask": np.zeros((2, 2))}, "mask"),
        ({"mask": np.zeros((2, 2, 1), np.uint8)}, "mask"),
        ({"mask": np.zeros((0, 2), np.uint8)}, "mask"),
        ({"mask": np.zeros((1, 4097), np.uint8)}, "fit_mask"),
        ({"mask": [[255]]}, "mask"),
        ({"underpainting": np.zeros((2, 2), np.uint8)}, "underpainting"),
        ({"underpainting": np.zeros((2, 257, 3), np.uint8)}, "underpainting"),
        ({"tip": np.zeros((128, 256), np.uint8)}, r"tip is not a uint8 \(256, 128\) array"),
        ({"tip": np.zeros((256, 128))}, "tip"),
    ],
)
def test_a_painting_that_cannot_be_is_refused_where_it_is_made(changed, message):
    with pytest.raises(ImpastoError, match=message):
        sample(**changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"strokes": Strokes.of(np.full((1, 13), 9.0))}, "the painting's strokes: the position of stroke 0"),
        ({"checkpoint": Checkpoint({"a": np.zeros(1)}, {})}, "holds what JSON cannot"),
        ({"checkpoint": Checkpoint({"a": "x" * (4 << 20)}, {})}, "checkpoint.json would be larger"),
        ({"checkpoint": Checkpoint({}, {"a": np.array([None])})}, "object instead of numbers"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_leaves_no_file(tmp_path, changed, message):
    with pytest.raises(ImpastoError, match=message):
        sample(**changed).save(tmp_path / "a.impasto")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(painting_module.LIMITS, "checkpoint.npz", 1000)
    with pytest.raises(ImpastoError, match="npz would be larger than"):
        sample(checkpoint=Checkpoint({}, {"a": np.zeros(200)})).save(tmp_path / "a.impasto")


def test_fit_mask():
    assert fit_mask(None) is None
    assert fit_mask(np.full((3, 3), 255, np.uint8)) is None
    small = np.array([[0, 255]], np.uint8)
    assert fit_mask(small) is small
    large = np.repeat(np.array([[0], [255]], np.uint8), 5000, axis=0).repeat(3, axis=1)
    fitted = fit_mask(large)
    assert fitted is not None and fitted.shape == (4096, 1) and fitted[:2000].max() == 0 and fitted[-2000:].min() == 255


# Rendering


def shown(**changed):
    """A painting of two crossing strokes, red below half transparent blue, on nothing."""
    table = [
        [0.1, 0.1, 0.5, 0.3, 0.9, 0.6, 0.06, 0.1, 1.0, 1.0, 1.0, 0.0, 0.0],
        [0.2, 0.7, 0.5, 0.2, 0.8, 0.1, 0.05, 0.08, 0.5, 0.5, 0.0, 0.0, 1.0],
    ]
    values = {
        "strokes": Strokes.of(table),
        "background": (0.0, 0.0, 0.0, 0.0),
        "mask": None,
        "underpainting": None,
        "checkpoint": None,
    }
    return sample(**(values | changed))


def in_bands(painting, monkeypatch, *size):
    """Rendered 16 rows at a time."""
    with monkeypatch.context() as patch:
        patch.setattr(rendering, "BAND_PIXELS", 1)
        return painting.render(*size)


def test_the_size_is_its_own_or_keeps_its_proportions():
    painting = shown()
    assert painting.render().shape == (48, 64, 4) and painting.render().dtype == np.uint8
    assert painting.render(24).shape == (24, 32, 4)
    assert painting.render(width=100).shape == (75, 100, 4)
    assert painting.render(np.int64(30), 90).shape == (30, 90, 4)
    assert replace(painting, height=1, width=300).render(width=100).shape == (1, 100, 4)


@pytest.mark.parametrize(
    "size",
    [
        (0, 10),
        (10, -1),
        (65_536, 1),
        (1, 65_536),
        (20_000, 20_000),
        (65_535, None),
        (None, 10**400),
        (-5, None),
    ],
)
def test_impossible_sizes_are_refused(size):
    with pytest.raises(ImpastoError, match=r"cannot render .* pixels; choose sides of 1 to 65,535"):
        shown().render(*size)


@pytest.mark.parametrize("size", [(10.5, 10), ("10", None), (None, float("nan"))])
def test_sizes_are_whole_numbers(size):
    with pytest.raises(ImpastoError, match="whole numbers"):
        shown().render(*size)


@pytest.mark.parametrize("size", [(48, 64), (100, 133), (16, 20), (33, 7)])
@pytest.mark.parametrize("mask", [None, np.random.default_rng(3).integers(0, 256, (9, 7), np.uint8)])
def test_bands_show_no_seams(monkeypatch, size, mask):
    painting = shown(mask=mask)
    assert np.array_equal(painting.render(*size), in_bands(painting, monkeypatch, *size))


def test_the_pixels_do_not_depend_on_the_number_of_threads():
    assert np.array_equal(shown().render(200, threads=1), shown().render(200, threads=2))


def test_on_a_transparent_background_only_the_strokes_show_in_their_own_colours():
    pixels = shown().render(300)
    colour, alpha = pixels[..., :3].astype(int), pixels[..., 3]
    assert (alpha == 0).mean() > 0.2 and not colour[alpha == 0].any()
    assert (alpha == 255).mean() > 0.1
    red_only = (alpha > 0) & (colour[..., 2] == 0)
    assert red_only.mean() > 0.1 and (colour[red_only] == (255, 0, 0)).all()
    blue_only = (alpha > 0) & (colour[..., 0] == 0)
    assert alpha[blue_only].max() in (127, 128)
    crossing = (alpha == 255) & (colour[..., 2] > 120)
    assert crossing.any() and abs(colour[crossing][:, 0] - 127.5).max() <= 8


def test_an_opaque_background_lies_under_everything():
    painting = shown(background=(0.0, 1.0, 0.5, 1.0))
    pixels = painting.render(100)
    assert (pixels[..., 3] == 255).all()
    assert (pixels[-1, 0, :3] == (0, 255, 128)).all()
    assert np.array_equal(pixels, shown().render(100, background=painting.background))


@pytest.mark.parametrize("background", [(1, 1, 1), (0, 0, 0, 2), (0, 0, 0, float("nan")), "red", 0.5])
def test_a_background_that_is_no_colour_is_refused(background):
    with pytest.raises(ImpastoError, match="background"):
        shown().render(background=background)


def test_no_strokes_show_the_background():
    pixels = shown(strokes=Strokes.empty(), background=(0.2, 0.4, 0.6, 0.8)).render(10)
    assert (pixels == (51, 102, 153, 204)).all()


def test_an_underpainting_lies_under_the_strokes():
    under = np.zeros((2, 2, 3), np.uint8)
    under[:, 1] = (255, 128, 0)
    painting = shown(strokes=Strokes.empty(), underpainting=under)
    pixels = painting.render(40, 80)
    assert (pixels[..., 3] == 255).all() and not pixels[:, :20, :3].any()
    assert (pixels[:, 60:, :3] == (255, 128, 0)).all()
    assert (painting.render(40, 80, background=(0.0, 1.0, 0.0, 1.0))[..., :3] == (0, 255, 0)).all()
    full = shown(underpainting=under).render(48, 64)
    bare = shown(background=(0.0, 0.0, 0.0, 0.0)).render(48, 64)
    assert np.array_equal(full[bare[..., 3] == 255], bare[bare[..., 3] == 255])


def test_the_mask_multiplies_alpha_and_leaves_colour_alone():
    mask = np.full((48, 64), 255, np.uint8)
    mask[:, :20], mask[:, 20:40] = 0, 51
    painting = shown(background=(0.2, 0.4, 0.6, 1.0))
    bare, masked = painting.render(), replace(painting, mask=mask).render()
    assert not masked[:, :20].any()
    assert (masked[:, 20:40, 3] == 51).all() and np.array_equal(masked[:, 40:], bare[:, 40:])
    difference = masked[:, 20:40, :3].astype(int) - bare[:, 20:40, :3]
    assert abs(difference).max() <= 1


def test_the_mask_is_spread_over_any_size():
    painting = shown(background=(1.0, 1.0, 1.0, 1.0), mask=np.array([[0, 255]], np.uint8))
    alpha = painting.render(100, 200)[..., 3].astype(int)
    assert (alpha == alpha[0]).all() and (np.diff(alpha[0]) >= 0).all()
    assert not alpha[0, :50].any() and (alpha[0, 150:] == 255).all() and abs(alpha[0, 99:101].mean() - 127.5) < 2


def test_another_scale_shows_the_same_picture():
    painting = shown(background=(1.0, 1.0, 1.0, 1.0), softness=0.03, mask=None)
    small = painting.render(48, 64).astype(float)
    large = painting.render(192, 256).reshape(48, 4, 64, 4, 4).mean(axis=(1, 3))
    assert abs(small - large).mean() < 1 and abs(small - large).max() < 16
    assert small[..., 0].min() < 200  # or there would be nothing to compare
