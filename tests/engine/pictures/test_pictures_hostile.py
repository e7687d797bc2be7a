"""Pictures that are too large, damaged, or none at all are refused."""

import struct
import threading
import time
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_pictures import HEIGHT, RIGHT, WIDTH, encoded, load, noise, plain, png, refusal, tiff
from PIL import Image, ImageOps, TiffImagePlugin
from pillow_heif import register_heif_opener

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.io import load_picture

register_heif_opener()  # to write with


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
        b"GIF89a"
        + struct.pack("<HHBBB", 60000, 60000, 0, 0, 0)
        + b","
        + struct.pack("<HHHHBB", 0, 0, 60000, 60000, 0, 8),
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


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF"])
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
    for kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF"):
        content = np.frombuffer(encoded(plain("RGB", RIGHT), kind), np.uint8)
        for _ in range(60):
            damaged = content.copy()
            damaged[random.integers(0, min(len(content), 400), 3)] = random.integers(0, 256, 3)
            try:
                load(tmp_path, damaged.tobytes())
            except ImpastoError:
                sentences += 1
    assert 100 < sentences < 480


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"These are words.", "not a picture"),
        (b"GIF89a" + bytes(100), "no pixels"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "damaged"),
        (b"\0\0\0\x18ftypavif" + bytes(100), "damaged"),
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


@pytest.mark.parametrize("kind", ["PPM", "TGA", "ICO", "JPEG2000", "EPS"])
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


def told(name: bytes, data: bytes, wrong: int = 0) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ wrong)


LONG = zlib.compress(bytes(70 << 20))


@pytest.mark.parametrize(
    "chunk",
    [
        told(b"zTXt", b"a\0\0" + LONG), told(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG), told(b"gAMA", b"\0"),
        told(b"iCCP", b"a\0\0" + LONG), told(b"iCCP", b"a\0\7"),
        told(b"iCCP", b"a\0\0" + zlib.compress(b"a profile"), wrong=1), told(b"tEXt", b"a\0b", wrong=1),
        told(b"tRNS", b""), told(b"pHYs", b"\0"), told(b"sRGB", b""), told(b"cHRM", b"\0"),
    ],
)  # fmt: skip
def test_what_is_wrong_beside_the_pixels_of_a_png_is_left_out(tmp_path: Path, chunk: bytes) -> None:
    """And nothing else: the picture is upright, and see-through where it was."""
    pixels = np.random.default_rng(1).integers(0, 255, (40, 50, 4), np.uint8)
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(pixels).save(file, "PNG", exif=exif)
    at = file.getvalue().index(b"IDAT") - 4
    path = tmp_path / "told.png"
    path.write_bytes(file.getvalue()[:at] + chunk + file.getvalue()[at:])
    picture = load_picture(path)
    assert picture.alpha is not None
    assert np.array_equal(np.dstack([picture.rgb, picture.alpha]), pixels[::-1, ::-1])
    path.write_bytes(path.read_bytes()[:-60])  # damage to the pixels is still one
    with pytest.raises(ImpastoError, match="damaged"):
        load_picture(path)


@pytest.mark.parametrize("segment", [b"\xff\xe0\0\x07JFIF\0", b"\xff\xe2\0\x0eICC_PROFILE\0", b"\xff\xee\0\x08Adobe\0"])
def test_what_is_wrong_beside_the_pixels_of_a_jpeg_is_left_out(tmp_path: Path, segment: bytes) -> None:
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8)).save(file, "JPEG", exif=exif)
    good, path = tmp_path / "good.jpg", tmp_path / "told.jpg"
    good.write_bytes(file.getvalue())
    path.write_bytes(file.getvalue()[:2] + segment + file.getvalue()[2:])
    assert np.array_equal(load_picture(path).rgb, load_picture(good).rgb)
