"""A brush's tip from a file of the user's, as the picture of a whole stroke that it draws.

Read are brushes of GIMP (.gbr, and of several tips in a .gih the first), pictures (.png) and presets of Krita (.kpp)
that carry their tip with them. Nothing in such a file is believed before it is checked.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.files import open_input
from impasto.engine.pictures.bare import bare
from impasto.engine.pictures.resize import resized
from impasto.engine.texture.strips import COLUMNS, ROWS, hashed

LARGEST_FILE = 16 << 20  # bytes
LARGEST_SIDE, SMALLEST_SIDE = 4096, 3  # pixels
LARGEST_HEADER = 4096  # bytes
LARGEST_PRESET = 32 << 20  # bytes of a preset's text, unpacked
STRIPE = 2.0  # how much longer than wide a picture of a whole stroke is,
STREAKS = 1.6  # and how much more it changes across than along; a rake does so along
FAINTEST = 8  # levels of paint; a tip that has no more than that is empty

# How a tip is dragged: laid down every so many widths, with so much paint, over so many widths, and how far it drifts.
SPACING, FLOW, LENGTH, DRIFT, BACK = 0.015, 0.10, 4.0, 0.003, 0.02

_PNG = b"\x89PNG\r\n\x1a\n"


class _Refused(ValueError):
    """Why bytes are no tip: a phrase; the caller names the file."""


def load_tip(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The picture (ROWS across, COLUMNS along) of a stroke drawn with a tip, 0 where it is bare, 255 full of paint.

    A picture over twice as long as wide, with streaks along it, is a stroke itself; any other tip is dragged into one.

    Raises ImpastoError for a file that cannot be read, is no tip, an empty one, or too large.
    """
    path = Path(path)
    with open_input(path) as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ImpastoError(f"{path} is over {LARGEST_FILE >> 20} MB; that is no tip of a brush")
    try:
        paint, whole = _paint_in(data)
        return _strip(paint, whole)
    except _Refused as reason:
        raise ImpastoError(f"{path} cannot be used as a tip: {reason}") from None
    except Exception as error:  # Pillow has many names for broken bytes
        raise ImpastoError(f"{path} is damaged or no tip of a brush; give a .gbr, .png or .kpp file") from error


def _paint_in(data: bytes) -> tuple[NDArray[np.uint8], bool]:
    """How much paint (h, w) there is in a tip's file, and whether it may show a whole stroke."""
    if data[:8] == _PNG:
        preset = _preset_in(data)
        if preset is not None:
            return _paint_in_preset(preset), False
        return _paint_in_png(data), True
    return _paint_in_gbr(data), False


def _paint_in_gbr(data: bytes) -> NDArray[np.uint8]:
    """Of a brush of GIMP, versions 1 to 3: grey levels that are paint, or a picture with alpha."""
    if data[20:24] != b"GIMP" and data[:LARGEST_HEADER].count(b"\n") > 1:  # a .gih has two lines of text in front
        data = data.split(b"\n", 2)[2]
    if len(data) < 20:
        raise _Refused("it is neither a .gbr, a .png nor a .kpp file")
    start, version, width, height, depth = struct.unpack(">5I", data[:20])
    if not (1 <= version <= 3 and 20 <= start <= LARGEST_HEADER) or (version > 1 and data[20:24] != b"GIMP"):
        raise _Refused("it is neither a .gbr, a .png nor a .kpp file")
    _check_size(width, height)
    size = {1: 1, 4: 4, 18: 2}.get(depth)
    if size is None:
        raise _Refused(f"it has {depth} bytes a pixel, and can have 1 or 4")
    body = data[start : start + width * height * size]
    if len(body) < width * height * size:
        raise _Refused("it is cut short")
    if depth == 4:
        return _paint_of(np.frombuffer(body, np.uint8).reshape(height, width, 4))
    if depth == 18:  # the upper halves of floats, most significant byte first
        halves = np.frombuffer(body, ">u2").astype(np.uint32) << 16
        levels = np.nan_to_num(halves.view(np.float32), nan=0, posinf=1, neginf=0).clip(0, 1) * 255
        return np.rint(levels).astype(np.uint8).reshape(height, width)
    return np.frombuffer(body, np.uint8).reshape(height, width)


def _paint_in_png(data: bytes) -> NDArray[np.uint8]:
    from PIL import Image

    _check_size(*struct.unpack(">II", data[16:24].ljust(8, b"\0")))
    stream = io.BytesIO(data)
    with Image.open(bare(stream) or stream, formats=["PNG"]) as image:  # whatever it says of itself, and how much
        _check_size(*image.size)
        if image.mode.startswith("I"):  # 16 bits of grey
            grey = np.asarray(image).astype(np.float32) / 257
            return 255 - np.rint(grey.clip(0, 255)).astype(np.uint8)
        return _paint_of(np.asarray(image.convert("RGBA")))


def _paint_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of a picture (h, w, 4): its alpha, or if it is opaque, how dark it is."""
    if pixels[..., 3].min(initial=255) < 255:
        return pixels[..., 3]
    red, green, blue = (pixels[..., k].astype(np.uint16) for k in range(3))
    return (255 - (77 * red + 150 * green + 29 * blue + 128) // 256).astype(np.uint8)


def _check_size(width: int, height: int) -> None:
    if not (SMALLEST_SIDE <= width <= LARGEST_SIDE and SMALLEST_SIDE <= height <= LARGEST_SIDE):
        raise _Refused(f"it is {width}×{height} pixels, and a side has {SMALLEST_SIDE} to {LARGEST_SIDE}")


def _preset_in(data: bytes) -> bytes | None:
    """The text of a preset of Krita's in a PNG, as XML; None if it is just a picture."""
    for kind, body in _chunks(data):
        key, _, rest = body.partition(b"\0")
        if key != b"preset":
            continue
        if kind == b"tEXt":
            return rest
        if kind == b"zTXt":
            return _unpacked(rest[1:])
        if kind == b"iTXt":
            packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
            return _unpacked(text) if packed else text
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG)
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        yield kind, data[place + 8 : place + 8 + size]
        place += size + 12


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(packed, LARGEST_PRESET)
    if unpacker.unconsumed_tail:
        raise _Refused(f"its preset is larger than {LARGEST_PRESET >> 20} MB")
    return text


def _paint_in_preset(text: bytes) -> NDArray[np.uint8]:
    """The tip that a preset carries; of several the one it names."""
    # Older versions of Krita wrote sections within sections, which no reader of XML takes.
    text = text.replace(b"<curve><![CDATA[", b"<curve>").replace(b"]]></curve>", b"</curve>")
    wanted, carried = _brushes_in(text)
    if not carried:
        if wanted:
            raise _Refused(f"the preset only names its tip, {_shown(wanted)}; give that file instead")
        raise _Refused("the preset has no tip, as Krita computes it; give a .gbr, .gih or .png file instead")
    data = carried.get(wanted) or next(iter(carried.values()))
    try:
        inner = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        raise _Refused("the tip in the preset is damaged") from None
    if inner[:8] == _PNG:
        return _paint_in_png(inner)
    if inner[20:24] != b"GIMP":
        name = _shown(wanted or next(iter(carried)))
        raise _Refused(f"the preset's tip, {name}, is neither a .gbr nor a .png; export it as one")
    return _paint_in_gbr(inner)


def _brushes_in(text: bytes) -> tuple[str, dict[str, bytes]]:
    """The file name of a preset's tip ("" if it has none), and the brushes it carries, by file name, in base64."""
    wanted = ""
    parts: list[str] = []
    reading: str | None = None
    carried: dict[str, bytes] = {}

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal reading
        parts.clear()
        if name == "resource" and values.get("type") == "brushes":
            reading = values.get("filename") or values.get("name") or "unnamed"
        elif name == "param" and values.get("name") == "requiredBrushFile":
            reading = ""

    def end(name: str) -> None:
        nonlocal reading, wanted
        if name == "resource" and reading:
            carried[reading] = "".join(parts).encode("ascii", "replace")
        elif name == "param" and reading == "":
            wanted = "".join(parts).strip()
        reading = None

    def add(more: str) -> None:
        if reading is not None:
            parts.append(more)

    def refuse(*_: object) -> None:
        raise _Refused("its preset declares a document type")

    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, add
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except ExpatError:
        raise _Refused("its preset is damaged") from None
    return wanted, carried


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:80]


def _strip(paint: NDArray[np.uint8], whole: bool) -> NDArray[np.uint8]:
    """The picture (ROWS, COLUMNS) of a stroke, of paint (h, w) that is one if `whole` and long, or else of its tip."""
    rows, columns = (np.flatnonzero(paint.max(axis) > FAINTEST) for axis in (1, 0))
    if len(rows) == 0:
        raise _Refused("it is empty")
    paint = paint[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = paint.shape
    lying = np.rot90(paint) if height > width else paint
    if whole and _is_stroke(lying):
        return resized(lying, ROWS, COLUMNS)
    return _dragged(np.rot90(paint) if width > height else paint)  # the longer side lies across


def _is_stroke(paint: NDArray[np.uint8]) -> bool:
    """Is this the picture (h, w) of a stroke from left to right?"""
    height, width = paint.shape
    if width <= STRIPE * height:
        return False
    small = resized(paint, 64, max(1, 64 * width // height)).astype(np.float32)
    return bool(np.abs(np.diff(small, axis=0)).mean() > STREAKS * np.abs(np.diff(small, axis=1)).mean())


def _dragged(paint: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The stroke (ROWS, COLUMNS) that a tip (h, w) draws."""
    width = max(1, round(ROWS * paint.shape[1] / paint.shape[0]))
    stamp = resized(paint, ROWS, width).astype(np.float64) / 255
    along = int(ROWS * LENGTH)
    places = np.arange(0, along, SPACING * ROWS).astype(int)
    steps = (hashed(np.arange(len(places)), 12).sum(1, dtype=np.float64) - 6) * DRIFT * ROWS  # about normal
    room = np.pad(stamp, ((ROWS // 8, ROWS // 8), (0, 0)))
    bare, drift = np.ones((ROWS, along + width)), 0.0
    for place, step in zip(places, steps, strict=True):
        top = min(max(ROWS // 8 - int(drift), 0), ROWS // 4)
        bare[:, place : place + width] *= 1 - FLOW * room[top : top + ROWS]
        drift += step - BACK * drift
    drawn = 1 - bare[:, width // 2 : width // 2 + along]
    return resized(np.rint(drawn * (255 / drawn.max())).astype(np.uint8), ROWS, COLUMNS)
