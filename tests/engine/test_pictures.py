"""Pictures in every format and mode, read and written as real files."""

import errno
import io
import math
import os
import resource
import struct
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, TiffImagePlugin

from engine.errors import ImpastoError
from engine.pictures import Picture, check_output, load_picture, save_picture

WIDTH, HEIGHT = 40, 36
SIZE = (WIDTH, HEIGHT)
EXTENSIONS = [".png", ".jpg", ".JPEG", ".webp", ".tif", ".TIFF", ".bmp"]
LOSSLESS = [".png", ".tif", ".bmp"]


def refusal(wish: Callable[[], object]) -> str:
    """Return the one sentence `wish` is refused with."""
    with pytest.raises(ImpastoError) as caught:
        wish()
    sentence = str(caught.value)
    assert "\n" not in sentence and ". " not in sentence and ";" in sentence
    return sentence


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def png(depth: int, kind: int, row: bytes, size: tuple[int, int] = SIZE, **chunks: bytes) -> bytes:
    """Build a PNG by hand, every row alike."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0))]
    parts += [chunk(name.encode(), data) for name, data in chunks.items()]
    parts += [chunk(b"IDAT", zlib.compress((b"\0" + row) * min(size[1], 1000))), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(strips: list[bytes], **tags: list[int]) -> bytes:
    """Build an uncompressed little-endian TIFF by hand; tags are 32-bit, named t and their number."""
    entries = {256: [WIDTH], 257: [HEIGHT], 259: [1], 278: [HEIGHT]}
    entries |= {int(name[1:]): values for name, values in tags.items()}
    entries |= {273: [0] * len(strips), 279: [len(strip) for strip in strips]}
    after = 8 + 2 + 12 * len(entries) + 4
    extra_at = after + sum(map(len, strips))
    entries[273] = [after + sum(map(len, strips[:n])) for n in range(len(strips))]
    directory, extra = b"", b""
    for tag, values in sorted(entries.items()):
        data = struct.pack(f"<{len(values)}I", *values)
        if len(values) > 1:
            extra, data = extra + data, struct.pack("<I", extra_at + len(extra))
        directory += struct.pack("<HHI", tag, 4, len(values)) + data
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", 0)
    return head + b"".join(strips) + extra


def load(tmp_path: Path, content: bytes) -> Picture:
    path = tmp_path / "picture"  # no extension: the content alone decides
    path.write_bytes(content)
    return load_picture(path)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colours(picture: Picture) -> set[tuple[int, ...]]:
    """Return the set of the picture's RGB or, where it has alpha, RGBA values."""
    parts = [picture.rgb] if picture.alpha is None else [picture.rgb, picture.alpha[..., None]]
    pixels = np.concatenate(parts, -1)
    assert pixels.dtype == np.uint8 and pixels.shape[:2] == (HEIGHT, WIDTH)
    return {tuple(int(value) for value in pixel) for pixel in pixels.reshape(-1, pixels.shape[-1])}


def plain(mode: str, colour: Any) -> Image.Image:
    return Image.new(mode, SIZE, colour)


def palette(entries: list[int]) -> Image.Image:
    image = Image.new("P", SIZE, 1)
    image.putpalette(entries)
    image.paste(2, (0, 0, WIDTH // 2, HEIGHT))
    return image


PALETTE = [9, 9, 9, 200, 40, 60, 10, 90, 250]
LEFT, RIGHT = (10, 90, 250), (200, 40, 60)


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


def swapped_profile() -> bytes:
    """Return sRGB with the primaries of red and green exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def profile(kind: bytes, space: bytes, connection: bytes, **tags: bytes) -> bytes:
    """Build an ICC profile by hand."""
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name.encode() + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    white = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)  # D50
    head = struct.pack(">I4xI4s4s4s12x4s28x", start + len(data), 0x2100000, kind, space, connection, b"acsp")
    return head + white + bytes(48) + table + data


D50 = b"XYZ \0\0\0\0" + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)


LINEAR = b"curv\0\0\0\0" + struct.pack(">IH", 1, 256)  # gamma 1


def linear_grey_profile() -> bytes:
    return profile(b"mntr", b"GRAY", b"XYZ ", wtpt=D50, kTRC=LINEAR)


def linear_rgb_profile() -> bytes:
    """Return sRGB without its gamma."""
    primaries = {
        "rXYZ": (0.436, 0.2225, 0.0139),
        "gXYZ": (0.3851, 0.7169, 0.0971),
        "bXYZ": (0.1431, 0.0606, 0.7139),
    }
    tags = {
        name: b"XYZ \0\0\0\0" + struct.pack(">3I", *(int(v * 65536) for v in xyz)) for name, xyz in primaries.items()
    }
    return profile(b"mntr", b"RGB ", b"XYZ ", wtpt=D50, rTRC=LINEAR, gTRC=LINEAR, bTRC=LINEAR, **tags)


def green_cyan_profile() -> bytes:
    """Return a profile of a press whose cyan ink prints pure green, and every other one black."""
    corners = bytearray(16 * 3)
    for index in range(16):  # cyan is the slowest axis
        lab = {0: (255, 128, 128), 8: (224, 128 - 79, 128 + 81)}.get(index, (0, 128, 128))
        corners[3 * index : 3 * index + 3] = bytes(lab)
    identity = b"".join(struct.pack(">3I", *row) for row in np.eye(3, dtype=int) * 0x10000)
    table = b"mft1\0\0\0\0\x04\x03\x02\0" + identity + bytes(range(256)) * 4 + corners + bytes(range(256)) * 3
    return profile(b"prtr", b"CMYK", b"Lab ", wtpt=D50, A2B0=table)


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


@pytest.mark.parametrize("size", [(32, 32), (32, 640), (640, 32)])
def test_accepts_the_extreme_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = load(tmp_path, encoded(Image.new("L", size), "PNG"))
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize(
    ("size", "remedy"),
    [((31, 32), "larger"), ((500, 31), "larger"), ((32, 641), "crop"), ((641, 32), "crop")],
)
def test_refuses_other_sizes(tmp_path: Path, size: tuple[int, int], remedy: str) -> None:
    sentence = refusal(lambda: load(tmp_path, encoded(Image.new("L", size), "PNG")))
    assert f"{size[0]}×{size[1]} pixels" in sentence and remedy in sentence and str(tmp_path) in sentence


def test_pixel_limit(tmp_path: Path) -> None:
    path = tmp_path / "picture.bmp"
    plain("L", 5).save(path)
    assert load_picture(path, WIDTH * HEIGHT).width == WIDTH
    sentence = refusal(lambda: load_picture(path, WIDTH * HEIGHT - 1))
    assert f"{WIDTH}×{HEIGHT}" in sentence and "--max-pixels" in sentence


@pytest.mark.parametrize(
    "bomb",
    [
        png(8, 2, b"", (60000, 60000)),
        png(1, 0, b"", (2**31 - 1, 2**31 - 1)),
        tiff([b""], t256=[200_000], t257=[200_000], t262=[1], t258=[8]),
        b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0),
    ],
)
def test_refuses_bombs_by_their_header(tmp_path: Path, bomb: bytes) -> None:
    assert "--max-pixels" in refusal(lambda: load(tmp_path, bomb))


def test_pillow_limit_neither_hinders_nor_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    good, bad = tmp_path / "good.webp", tmp_path / "bad.png"
    plain("L", 5).save(good)
    bad.write_bytes(good.read_bytes()[:60])
    failures: list[BaseException] = []
    really_open = Image.open

    def open_slowly(*arguments: Any, **options: Any) -> Image.Image:
        time.sleep(0.003)  # so that the threads would be sure to meet if they were let
        return really_open(*arguments, **options)

    monkeypatch.setattr(Image, "open", open_slowly)

    def many_loads() -> None:
        try:
            for _ in range(10):
                load_picture(good)
                refusal(lambda: load_picture(bad))
        except BaseException as error:
            failures.append(error)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threads = [threading.Thread(target=many_loads) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert Image.MAX_IMAGE_PIXELS == 100
    assert TiffImagePlugin.READ_LIBTIFF is False


def noise(channels: int, size: tuple[int, int] = (64, 64)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (size[1], size[0], channels), np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.9])
def test_refuses_a_truncated_picture(tmp_path: Path, kind: str, part: float) -> None:
    content = encoded(Image.fromarray(noise(3)), kind)
    sentence = refusal(lambda: load(tmp_path, content[: max(3, int(len(content) * part))]))
    assert "damaged" in sentence or "not a picture" in sentence
    assert str(tmp_path / "picture") in sentence


def test_refuses_a_truncated_compressed_tiff(tmp_path: Path) -> None:
    content = encoded(Image.fromarray(noise(3)), "TIFF", compression="tiff_lzw")
    # Pillow writes the directory first, so the cut goes through the pixels.
    assert "damaged" in refusal(lambda: load(tmp_path, content[: len(content) // 2]))


def test_refuses_damage_anywhere_without_a_traceback(tmp_path: Path) -> None:
    """Whatever happens to the bytes, there is a picture or a sentence."""
    random = np.random.default_rng(4)
    sentences = 0
    for kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP"):
        content = np.frombuffer(encoded(plain("RGB", RIGHT), kind), np.uint8)
        for _ in range(60):
            damaged = content.copy()
            damaged[random.integers(0, min(len(content), 400), 3)] = random.integers(0, 256, 3)
            try:
                load(tmp_path, damaged.tobytes())
            except ImpastoError:
                sentences += 1
    assert 50 < sentences < 300


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"These are words.", "not a picture"),
        (b"GIF89a" + bytes(100), "GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "HEIC"),
        (b"8BPS\0\1" + bytes(100), "PSD"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n", "not a picture"),
        (png(8, 0, b"", (0, 40)), "no pixels"),
        (png(8, 0, b"", (40, 0)), "no pixels"),
        (b"\xff\xd8\xff\xe0", "damaged"),
    ],
)
def test_refuses_what_is_no_picture(tmp_path: Path, content: bytes, reason: str) -> None:
    sentence = refusal(lambda: load(tmp_path, content))
    assert reason in sentence and str(tmp_path / "picture") in sentence


@pytest.mark.parametrize("kind", ["GIF", "PPM", "TGA", "ICO", "JPEG2000", "EPS"])
def test_refuses_other_formats_pillow_knows(tmp_path: Path, kind: str) -> None:
    assert "PNG" in refusal(lambda: load(tmp_path, encoded(plain("RGB", RIGHT), kind)))


def test_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "there is no file" in refusal(lambda: load_picture(tmp_path / "missing.png"))
    assert "is a folder" in refusal(lambda: load_picture(str(tmp_path)))


def test_refuses_more_than_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    content = encoded(plain("RGB", RIGHT), "BMP")
    for place, name in ((ImageOps, "exif_transpose"), (Image.core, "new")):  # turning, decoding
        with monkeypatch.context() as patch:
            patch.setattr(place, name, no_memory)
            assert "memory" in refusal(lambda: load(tmp_path, content))


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


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Make the system refuse to let any file grow beyond `size`, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


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
