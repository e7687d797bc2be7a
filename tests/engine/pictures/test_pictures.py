"""Pictures in every format and mode, read from real files: modes, frames, orientation, profiles."""

import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_pictures import (
    HEIGHT,
    LEFT,
    PALETTE,
    RIGHT,
    SIZE,
    WIDTH,
    colours,
    encoded,
    green_cyan_profile,
    linear_grey_profile,
    linear_rgb_profile,
    load,
    palette,
    plain,
    png,
    swapped_profile,
    tiff,
)
from PIL import Image

from impasto.engine.pictures.io import load_picture


@pytest.mark.parametrize(
    ("image", "kind", "options", "expected"),
    [
        (plain("RGB", RIGHT), "PNG", {}, {RIGHT}),
        (plain("RGBA", (*RIGHT, 128)), "PNG", {}, {(*RIGHT, 128)}),
        (plain("RGBA", (*RIGHT, 255)), "PNG", {}, {RIGHT}),
        (plain("L", 77), "PNG", {}, {(77, 77, 77)}),
        (plain("LA", (77, 50)), "PNG", {}, {(77, 77, 77, 50)}),
        (plain("1", 1), "PNG", {}, {(255, 255, 255)}),
        (palette(PALETTE), "PNG", {}, {LEFT, RIGHT}),
        (palette(PALETTE), "PNG", {"transparency": 2}, {(*LEFT, 0), (*RIGHT, 255)}),
        (palette(PALETTE), "PNG", {"transparency": b"\0\x40\x80"}, {(*LEFT, 128), (*RIGHT, 64)}),
        (plain("RGB", RIGHT), "PNG", {"transparency": RIGHT}, {(*RIGHT, 0)}),
        (plain("I;16", 0x8000), "PNG", {}, {(128, 128, 128)}),
        (plain("L", 77), "JPEG", {}, {(77, 77, 77)}),
        (plain("CMYK", (0, 0, 0, 155)), "JPEG", {}, {(100, 100, 100)}),
        (plain("RGB", RIGHT), "WEBP", {"lossless": True}, {RIGHT}),
        (plain("RGBA", (*RIGHT, 128)), "WEBP", {"lossless": True}, {(*RIGHT, 128)}),
        (plain("RGB", RIGHT), "TIFF", {}, {RIGHT}),
        (plain("RGB", RIGHT), "TIFF", {"compression": "tiff_lzw"}, {RIGHT}),
        (plain("RGBA", (*RIGHT, 128)), "TIFF", {}, {(*RIGHT, 128)}),
        (plain("L", 77), "TIFF", {}, {(77, 77, 77)}),
        (plain("LA", (77, 50)), "TIFF", {}, {(77, 77, 77, 50)}),
        (plain("1", 1), "TIFF", {"compression": "group4"}, {(255, 255, 255)}),
        (palette(PALETTE), "TIFF", {}, {LEFT, RIGHT}),
        (plain("CMYK", (0, 255, 0, 0)), "TIFF", {}, {(255, 0, 255)}),
        (plain("YCbCr", (100, 128, 128)), "TIFF", {}, {(100, 100, 100)}),
        (plain("I;16", 0x8000), "TIFF", {}, {(128, 128, 128)}),
        (plain("I;16B", 0x8000), "TIFF", {}, {(128, 128, 128)}),
        (plain("I", 0x8000), "TIFF", {}, {(128, 128, 128)}),
        (plain("I", 100), "TIFF", {}, {(100, 100, 100)}),
        (plain("I", -5), "TIFF", {}, {(0, 0, 0)}),
        (plain("F", 0.5), "TIFF", {}, {(128, 128, 128)}),
        (plain("F", 0), "TIFF", {}, {(0, 0, 0)}),
        (plain("F", 1.3), "TIFF", {"compression": "tiff_deflate"}, {(255, 255, 255)}),
        (plain("F", 100), "TIFF", {}, {(100, 100, 100)}),
        (plain("F", 0x8000), "TIFF", {}, {(128, 128, 128)}),
        (plain("F", 1e6), "TIFF", {}, {(255, 255, 255)}),
        (plain("RGB", RIGHT), "BMP", {}, {RIGHT}),
        (plain("L", 77), "BMP", {}, {(77, 77, 77)}),
        (plain("1", 1), "BMP", {}, {(255, 255, 255)}),
        (palette(PALETTE), "BMP", {}, {LEFT, RIGHT}),
    ],
)
def test_reads_every_mode(
    tmp_path: Path, image: Image.Image, kind: str, options: dict[str, Any], expected: set[tuple[int, ...]]
) -> None:
    assert colours(load(tmp_path, encoded(image, kind, **options))) == expected


@pytest.mark.parametrize(
    ("image", "kind", "tolerance"),
    [
        (plain("RGB", RIGHT), "JPEG", 3),
        (plain("RGB", RIGHT), "WEBP", 8),
        (plain("RGB", RIGHT).convert("YCbCr"), "TIFF", 2),
        (plain("LAB", (115, 128 + 62, 128 + 31)), "TIFF", 2),  # CIELAB of RIGHT under D50
    ],
)
def test_reads_lossy_modes(tmp_path: Path, image: Image.Image, kind: str, tolerance: int) -> None:
    rgb = load(tmp_path, encoded(image, kind)).rgb.astype(int)
    assert np.abs(rgb - RIGHT).max() <= tolerance


def test_pixels_keep_their_places(tmp_path: Path) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    for kind in ("PNG", "TIFF", "BMP"):
        assert np.array_equal(load(tmp_path, encoded(Image.fromarray(rgb), kind)).rgb, rgb)


GREY_TAGS: dict[str, list[int]] = {"t262": [1], "t277": [1], "t258": [16]}
RGB_TAGS: dict[str, list[int]] = {"t262": [2], "t277": [3], "t258": [16, 16, 16]}
DEEP = struct.pack("<3H", 0xC811, 0x2822, 0x3C33)  # RIGHT in 16 bits
WORD = struct.pack("<H", 0x4000)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(16, 2, b"\xc8\xc8\x28\x28\x3c\x3c" * WIDTH), {RIGHT}),
        (png(16, 6, b"\xc8\xc8\x28\x28\x3c\x3c\x80\x80" * WIDTH), {(*RIGHT, 128)}),
        (png(16, 4, b"\x4d\x4d\x80\x80" * WIDTH), {(77, 77, 77, 128)}),
        (png(1, 0, b"\xf0" * 5, tRNS=b"\0\1"), {(255, 255, 255, 0), (0, 0, 0, 255)}),
        (png(2, 0, b"\x55" * 10, tRNS=b"\0\1"), {(85, 85, 85, 0)}),
        (png(4, 0, b"\x5a" * 20, tRNS=b"\0\5"), {(85, 85, 85, 0), (170, 170, 170, 255)}),
        (png(16, 0, b"\x4d\x4d\x4d\x4e" * 20, tRNS=b"\x4d\x4d"), {(77, 77, 77, 0), (77, 77, 77, 255)}),
        (png(16, 2, b"\xc8\x11\x28\x22\x3c\x33" * WIDTH, tRNS=b"\xc8\x11\x28\x22\x3c\x33"), {(*RIGHT, 0)}),
        (tiff([DEEP * WIDTH * HEIGHT], **RGB_TAGS), {RIGHT}),
        (tiff([DEEP[n : n + 2] * WIDTH * HEIGHT for n in (0, 2, 4)], **RGB_TAGS, t284=[2]), {RIGHT}),
        (tiff([WORD * WIDTH * HEIGHT], **GREY_TAGS), {(64, 64, 64)}),
        (tiff([WORD * WIDTH * HEIGHT], **GREY_TAGS | {"t262": [0]}), {(191, 191, 191)}),
        (tiff([b"\x80\x08\x00" * (WIDTH // 2 * HEIGHT)], **GREY_TAGS | {"t258": [12]}), {(128, 128, 128)}),
    ],
)
def test_reads_what_pillow_cannot_write(tmp_path: Path, content: bytes, expected: set[tuple[int, ...]]) -> None:
    assert colours(load(tmp_path, content)) == expected


@pytest.mark.filterwarnings("error")
def test_strange_floats_are_black_or_white(tmp_path: Path) -> None:
    values = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    values[0, :4] = math.nan, math.inf, -math.inf, 1
    grey = load(tmp_path, encoded(Image.fromarray(values), "TIFF")).rgb[..., 1]
    assert grey[0, :5].tolist() == [0, 255, 0, 255, 128]


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("MPO", {})])
def test_reads_the_first_frame(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    later = [plain("RGB", (0, 0, 0))]
    content = encoded(plain("RGB", (99, 99, 99)), kind, save_all=True, append_images=later, **options)
    assert colours(load(tmp_path, content)) == {(99, 99, 99)}


UPRIGHT = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
UPRIGHT[:18, :20], UPRIGHT[:18, 20:], UPRIGHT[18:, :20] = 240, 160, 80
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT),  # to be turned clockwise
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 100}),
        ("WEBP", {"quality": 100}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_turns_the_picture_upright(tmp_path: Path, orientation: int, kind: str, options: dict[str, Any]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    picture = load(tmp_path, encoded(stored, kind, exif=exif, **options))
    assert (picture.height, picture.width) == (HEIGHT, WIDTH)
    centres = picture.rgb[9::18, 10::20].astype(int)
    assert np.abs(centres - UPRIGHT[9::18, 10::20]).max() <= 3


def test_turns_alpha_and_deep_grey_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    picture = load(tmp_path, encoded(Image.fromarray(pixels), "PNG", exif=exif))
    assert picture.alpha is not None
    assert np.array_equal(picture.rgb, np.rot90(pixels[..., :3], -1))
    assert np.array_equal(picture.alpha, np.rot90(pixels[..., 3], -1))
    grey = pixels[..., 0].astype(np.uint16) * 257
    picture = load(tmp_path, encoded(Image.fromarray(grey), "PNG", exif=exif))
    assert np.array_equal(picture.rgb[..., 2], np.rot90(pixels[..., 0], -1))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01", b"Exif\0\0"])
def test_broken_exif_is_ignored(tmp_path: Path, exif: bytes) -> None:
    assert colours(load(tmp_path, encoded(plain("L", 99), "JPEG", exif=exif))) == {(99, 99, 99)}


@pytest.mark.parametrize(
    ("image", "kind", "icc", "expected", "tolerance"),
    [
        (plain("RGB", RIGHT), "PNG", swapped_profile(), (40, 200, 60), 1),
        (plain("RGB", RIGHT), "JPEG", swapped_profile(), (40, 200, 60), 3),
        (plain("RGB", RIGHT), "WEBP", swapped_profile(), (40, 200, 60), 9),
        (plain("RGB", RIGHT), "TIFF", swapped_profile(), (40, 200, 60), 1),
        (plain("RGBA", (*RIGHT, 99)), "PNG", swapped_profile(), (40, 200, 60, 99), 1),
        (Image.new("P", SIZE, 0), "PNG", swapped_profile(), (0, 0, 0), 0),
        (palette([9, 9, 9, *RIGHT, *RIGHT]), "PNG", swapped_profile(), (40, 200, 60), 1),
        (plain("L", 55), "PNG", linear_rgb_profile(), (128, 128, 128), 1),
        (plain("LA", (55, 9)), "PNG", linear_rgb_profile(), (128, 128, 128, 9), 1),
        (plain("L", 55), "PNG", linear_grey_profile(), (128, 128, 128), 1),
        (plain("LA", (55, 99)), "PNG", linear_grey_profile(), (128, 128, 128, 99), 1),
        (plain("I;16", 55 * 257), "PNG", linear_grey_profile(), (128, 128, 128), 1),
        (plain("CMYK", (255, 0, 0, 0)), "TIFF", green_cyan_profile(), (0, 255, 0), 10),
        (plain("CMYK", (255, 0, 0, 0)), "JPEG", green_cyan_profile(), (0, 255, 0), 10),
    ],
)
def test_applies_the_profile(
    tmp_path: Path, image: Image.Image, kind: str, icc: bytes, expected: tuple[int, ...], tolerance: int
) -> None:
    found = colours(load(tmp_path, encoded(image, kind, icc_profile=icc)))
    assert np.abs(np.array(list(found)) - expected).max() <= tolerance


@pytest.mark.parametrize("icc", [b"rubbish", swapped_profile()[:200], green_cyan_profile(), linear_grey_profile()])
def test_ignores_a_broken_or_foreign_profile(tmp_path: Path, icc: bytes) -> None:
    assert colours(load(tmp_path, encoded(plain("RGB", RIGHT), "PNG", icc_profile=icc))) == {RIGHT}


def test_what_a_png_says_of_itself_is_no_reason_to_refuse_it(tmp_path: Path) -> None:
    """A profile with large tables, a recipe of three megabytes, Photoshop's history."""
    long = zlib.compress(b"1, " * 1_000_000)
    profile = bytes(3_000_000)
    chunks = {
        "iCCP": b"wide\0\0" + zlib.compress(profile),
        "zTXt": b"workflow\0\0" + long,
        "iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + long,
    }
    path = tmp_path / "told.png"
    for name, data in chunks.items():
        path.write_bytes(png(8, 2, bytes([9, 90, 200]) * WIDTH, SIZE, **{name: data}))
        assert (load_picture(path).rgb == (9, 90, 200)).all(), name
