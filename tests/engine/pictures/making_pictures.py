"""Pictures for the tests: in many formats and modes, with profiles, damaged."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.io import Picture, load_picture

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


def noise(channels: int, size: tuple[int, int] = (64, 64)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (size[1], size[0], channels), np.uint8)
