"""Pictures as phones and cameras write them: GIF, AVIF, HEIC, raw files."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from making_pictures import HEIGHT, LEFT, RIGHT, WIDTH, colours, encoded, load, palette, plain, refusal
from making_pictures import PALETTE as COLOURS
from PIL import Image
from pillow_heif import register_heif_opener

from impasto.engine.pictures.io import load_picture

register_heif_opener()  # to write with


def halves(size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    image = Image.new("RGB", size, RIGHT)
    image.paste(LEFT, (0, 0, size[0] // 2, size[1]))
    return image


def near(path: Path) -> None:
    """Is it the two halves, as far as a codec keeps them?"""
    picture = load_picture(path)
    assert picture.rgb.shape == (HEIGHT, WIDTH, 3) and picture.alpha is None
    middle = WIDTH // 2
    assert np.abs(picture.rgb[:, : middle - 8] - np.array(LEFT, float)).mean() < 3
    assert np.abs(picture.rgb[:, middle + 8 :] - np.array(RIGHT, float)).mean() < 3


def test_a_gif_is_its_first_frame(tmp_path: Path) -> None:
    frames = [palette([7, 7, 7, 8, 8, 8, 9, 9, 9]), plain("RGB", (0, 0, 0))]
    content = encoded(palette(COLOURS), "GIF", save_all=True, append_images=frames)
    assert colours(load(tmp_path, content)) == {LEFT, RIGHT}
    clear = encoded(palette(COLOURS), "GIF", transparency=1)
    assert colours(load(tmp_path, clear)) == {(*LEFT, 255), (*RIGHT, 0)}


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_what_phones_write(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(encoded(halves(), kind, quality=100))
    near(tmp_path / "a")
    if kind == "AVIF":  # where Pillow makes the file's own turn of it; in HEIC, EXIF has no say
        turned = Image.Exif()
        turned[274] = 6  # to be turned by a quarter
        content = encoded(halves().transpose(Image.Transpose.ROTATE_90), kind, quality=100, exif=turned)
        (tmp_path / "b").write_bytes(content)
        near(tmp_path / "b")
    see_through = halves().convert("RGBA")
    see_through.putalpha(128)
    (tmp_path / "c").write_bytes(encoded(see_through, kind, quality=100))
    alpha = load_picture(tmp_path / "c").alpha
    assert alpha is not None and abs(float(alpha.mean()) - 128) < 2


def test_heic_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(halves(), "HEIF")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    said = refusal(lambda: load(tmp_path, content))
    assert "is a HEIC file, which takes more than is installed; run " in said and "[photos]" in said


def dng(width: int, height: int, turn: int = 1, keep: int | None = None) -> bytes:
    """A raw file whose left half is red and whose right half is blue, by hand; keep: so many bytes of its pixels."""
    pixels = np.full((48, 64), 6000, "<u2")
    pixels[0::2, 0:32:2], pixels[0::2, 32::2] = 40000, 4000
    pixels[1::2, 1:32:2], pixels[1::2, 33::2] = 4000, 40000
    data = pixels.tobytes()[:keep]
    body = bytearray(b"II*\0" + bytes(4) + data)

    def packed(kind: int, form: str, *values: int) -> tuple[int, int, bytes]:
        return kind, len(values), struct.pack(f"<{len(values)}{form}", *values)

    def short(*values: int) -> tuple[int, int, bytes]:
        return packed(3, "H", *values)

    def rational(kind: int, *values: float) -> tuple[int, int, bytes]:
        return kind, len(values), b"".join(struct.pack("<iI", round(value * 1e4), 10_000) for value in values)

    matrix = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)  # the camera is sRGB
    tags = {
        254: short(0), 256: packed(4, "I", width), 257: packed(4, "I", height), 258: short(16), 259: short(1),
        262: short(32803), 271: (2, 5, b"None\0"), 272: (2, 5, b"None\0"), 273: packed(4, "I", 8), 274: short(turn),
        277: short(1), 278: packed(4, "I", height), 279: packed(4, "I", len(data)), 33421: short(2, 2),
        33422: packed(1, "B", 0, 1, 1, 2), 50706: packed(1, "B", 1, 4, 0, 0), 50708: (2, 5, b"None\0"),
        50717: packed(4, "I", 65535), 50721: rational(10, *matrix), 50728: rational(5, 1, 1, 1), 50778: short(21),
    }  # fmt: skip
    entries = b""
    for tag, (kind, count, value) in sorted(tags.items()):
        if len(value) > 4:
            body += bytes(len(body) % 2)
            value, place = struct.pack("<I", len(body)), value
            body += place
        entries += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
    body += bytes(len(body) % 2)
    body[4:8] = struct.pack("<I", len(body))
    return bytes(body + struct.pack("<H", len(tags)) + entries + bytes(4))


def test_a_raw_file_is_developed_upright(tmp_path: Path) -> None:
    for turn, shape, left, right in ((1, (48, 64), (24, 10), (24, 54)), (6, (64, 48), (10, 24), (54, 24))):
        picture = load(tmp_path, dng(64, 48, turn))
        assert picture.rgb.shape == (*shape, 3)
        assert picture.rgb[left].argmax() == 0 and picture.rgb[right].argmax() == 2


def test_a_raw_file_that_claims_too_much_or_is_cut(tmp_path: Path) -> None:
    assert "--max-pixels" in refusal(lambda: load(tmp_path, dng(60_000, 50_000)))
    assert "is a raw file (DNG) that is damaged" in refusal(lambda: load(tmp_path, dng(64, 48, keep=100)))
