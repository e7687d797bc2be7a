"""Pictures resampled and written as real files."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from limits import largest_file
from making_pictures import (
    EXTENSIONS,
    LOSSLESS,
    names,
    noise,
    refusal,
)
from PIL import Image, JpegImagePlugin

from impasto.engine.pictures.io import Picture, check_output, load_picture, save_picture


def lanczos(count: int, size: int, first: float, last: float) -> np.ndarray:
    """Return the (count, size) weights of Lanczos from first..last of `size` pixels to `count`."""
    scale = (last - first) / count
    centres = first + (np.arange(count) + 0.5) * scale
    x = (np.arange(size) + 0.5 - centres[:, None]) / max(scale, 1)
    weights = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
    return weights / weights.sum(1, keepdims=True)


def wavy(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    waves = [128 + 120 * np.sin(x / a + y / b) for a, b in ((3, 7), (11, -5), (4, 40))]
    return np.stack(waves, -1).astype(np.uint8)


BOXES = [(23, 31, None), (200, 90, None), (40, 30, (0, 0, 60, 80)), (17, 29, (10.3, 7.75, 71.5, 60.125))]


@pytest.mark.parametrize(("height", "width", "box"), BOXES)
@pytest.mark.parametrize("with_alpha", [False, True])
def test_resamples_by_the_definition(
    height: int, width: int, box: tuple[float, float, float, float] | None, with_alpha: bool
) -> None:
    rgb = wavy(80, 90)
    alpha = wavy(80, 90)[::-1, :, 2].copy() if with_alpha else None
    left, upper, right, lower = box or (0, 0, 90, 80)
    down, across = lanczos(height, 80, upper, lower), lanczos(width, 90, left, right)
    weight = np.ones((80, 90)) if alpha is None else alpha / 255
    expected_alpha = down @ weight @ across.T
    light = np.stack([down @ (rgb[..., c] / 255 * weight) @ across.T for c in range(3)], -1)

    found, found_alpha = Picture(rgb, alpha).resampled(height, width, box)
    assert found.dtype == found_alpha.dtype == np.float32
    assert found.shape == (height, width, 3) and found_alpha.shape == (height, width)
    assert np.abs(found_alpha - expected_alpha.clip(0, 1)).max() < 1e-4
    expected = (light / np.maximum(expected_alpha, 0.005)[..., None]).clip(0, 1)
    error = np.abs(found - expected) * np.where(expected_alpha < 0.005, 0, expected_alpha)[..., None]
    assert error.max() < (0.0005 if with_alpha else 0.0045)  # 0.0045: a little over one of 255 steps
    assert found.min() >= 0 and found.max() <= 1 and np.isfinite(found).all()


def test_own_size_is_exact() -> None:
    pixels = noise(4)
    rgb, alpha = Picture(pixels[..., :3], pixels[..., 3]).resampled(64, 64)
    assert np.array_equal(rgb, (pixels[..., :3] / 255).astype(np.float32))
    assert np.array_equal(alpha, (pixels[..., 3] / 255).astype(np.float32))
    assert rgb.dtype == alpha.dtype == np.float32
    _, alpha = Picture(pixels[..., :3]).resampled(64, 64)
    assert alpha.shape == (64, 64) and alpha.min() == 1


def test_colours_under_clear_pixels_do_not_bleed() -> None:
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, :33], rgb[:, 33:] = (200, 100, 50), (0, 255, 0)
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, :33] = 255
    found, found_alpha = Picture(rgb, alpha).resampled(20, 20)
    seen = found_alpha > 0.02
    assert 0.1 < found_alpha[0, 10] < 0.9
    assert np.abs(found[seen] * 255 - (200, 100, 50)).max() < 1
    assert np.allclose(found[:, -1], (0, 1, 0))  # nothing to be seen here: the plain average


def test_faint_colours_keep_their_hue() -> None:
    rgb = np.full((64, 64, 3), (200, 100, 50), np.uint8)
    found, alpha = Picture(rgb, np.ones((64, 64), np.uint8)).resampled(20, 20)
    assert np.abs(found * 255 - (200, 100, 50)).max() < 0.5
    assert np.allclose(alpha, 1 / 255)


def test_a_box_is_read_in_its_surroundings() -> None:
    """Tiles fit together: a tile is the same whether it is resampled alone or with the rest."""
    pixels = np.dstack([wavy(200, 300), wavy(200, 300)[..., 0]])
    picture = Picture(pixels[..., :3], pixels[..., 3])
    whole = np.dstack(picture.resampled(100, 150))
    tile = np.dstack(picture.resampled(50, 50, (100 + 1e-9, 100, 200, 200 + 1e-9)))
    assert np.abs(tile - whole[50:, 50:100]).max() < 0.005


@pytest.mark.parametrize(
    "box", [(-1, 0, 5, 5), (0, 0, 65, 5), (0, 0, 5, 65), (5, 5, 5, 9), (9, 0, 5, 5), (90, 90, 99, 99)]
)
def test_impossible_boxes_are_errors(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError):
        Picture(noise(3)).resampled(8, 8, box)


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("channels", [3, 4])
def test_writes_opaque_pictures(tmp_path: Path, extension: str, channels: int) -> None:
    pixels = np.full((48, 40, channels), 255, np.uint8)
    pixels[..., :3] = wavy(48, 40) // 8 * 4
    path = tmp_path / f"out{extension}"
    check_output(path)
    save_picture(path, pixels)
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert image.format != "JPEG" or JpegImagePlugin.get_sampling(image) == 0  # colour at full size
        assert not {"exif", "xmp", "comment", "icc_profile", "Software"} & image.info.keys()
        assert not {270, 271, 272, 305, 306, 315, 316} & getattr(image, "tag_v2", {}).keys()
    picture = load_picture(path)
    assert picture.alpha is None
    difference = np.abs(picture.rgb.astype(int) - pixels[..., :3])
    assert difference.mean() < (0.001 if extension.lower() in LOSSLESS else 3)
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_writes_alpha_or_flattens_onto_white(tmp_path: Path, extension: str) -> None:
    pixels = np.full((48, 40, 4), (200, 40, 60, 255), np.uint8)
    pixels[:24, :, 3] = 51  # a fifth
    path = tmp_path / f"out{extension}"
    save_picture(path, pixels)
    picture = load_picture(path)
    if extension.lower() in (".jpg", ".jpeg", ".bmp"):
        assert picture.alpha is None
        assert np.abs(picture.rgb[10, 10].astype(int) - (244, 212, 216)).max() <= 3
    else:
        assert picture.alpha is not None
        assert np.array_equal(picture.alpha, pixels[..., 3])
    assert np.abs(picture.rgb[40, 10].astype(int) - (200, 40, 60)).max() <= 8


def test_quality_matters(tmp_path: Path) -> None:
    for name in ("out.jpg", "out.webp"):
        path = tmp_path / name
        save_picture(path, noise(3), quality=10)
        coarse = path.stat().st_size
        save_picture(path, noise(3), overwrite=True)
        assert path.stat().st_size > 2 * coarse


def test_replaces_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    assert "--force" in refusal(lambda: save_picture(path, noise(3)))
    assert "--force" in refusal(lambda: check_output(path))
    assert path.read_bytes() == b"old"
    check_output(path, overwrite=True)
    save_picture(path, noise(3), overwrite=True)
    assert np.array_equal(load_picture(path).rgb, noise(3))


@pytest.mark.parametrize("name", ["out", "out.gif", "out.png.old", ".png", "png"])
def test_refuses_unknown_extensions(tmp_path: Path, name: str) -> None:
    for wish in (lambda: check_output(tmp_path / name), lambda: save_picture(tmp_path / name, noise(3))):
        assert ".png .jpg .jpeg .webp .tif .tiff .bmp" in refusal(wish)
    assert names(tmp_path) == []


def test_refuses_a_missing_folder(tmp_path: Path) -> None:
    for wish in (check_output, lambda path: save_picture(path, noise(3))):
        assert "no folder" in refusal(lambda wish=wish: wish(tmp_path / "missing" / "out.png"))
    assert names(tmp_path) == []


@pytest.mark.parametrize(("name", "most"), [("out.webp", 16383), ("out.jpg", 65500)])
def test_refuses_sides_the_format_cannot_hold(tmp_path: Path, name: str, most: int) -> None:
    save_picture(tmp_path / name, np.zeros((1, most, 3), np.uint8))
    with Image.open(tmp_path / name) as image:
        assert image.size == (most, 1)
    for shape in ((1, most + 1, 3), (most + 1, 1, 4)):
        sentence = refusal(lambda shape=shape: save_picture(tmp_path / f"x{name}", np.zeros(shape, np.uint8)))
        assert str(most) in sentence and ".png" in sentence
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("side", [100, 600])  # 600: far more than any buffer between here and the disk
def test_full_disk_leaves_no_trace(tmp_path: Path, extension: str, side: int) -> None:
    old, new = tmp_path / f"old{extension}", tmp_path / f"new{extension}"
    old.write_bytes(b"old")
    pixels = noise(3, (side, side))
    with largest_file(3000):
        sentence = refusal(lambda: save_picture(new, pixels))
        refusal(lambda: save_picture(old, pixels, overwrite=True))
    assert str(new) in sentence and "could not be written" in sentence
    assert names(tmp_path) == [old.name] and old.read_bytes() == b"old"
    save_picture(new, pixels)
    assert load_picture(new).width == side


def test_full_disk_at_the_last_moment_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    sentence = refusal(lambda: save_picture(tmp_path / "out.png", noise(3)))
    assert os.strerror(errno.ENOSPC) in sentence
    assert names(tmp_path) == []
