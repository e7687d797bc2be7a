"""The strokes of a `.impasto` file, read with the standard library alone; whatever is in it is checked."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from array import array
from typing import Any

from .protocol import ProtocolError
from .protocol.limits import LARGEST_SIDE, MOST_REGIONS, MOST_STROKES

COLUMNS = 13  # x0 y0 x1 y1 x2 y2 in canvas units, radii, opacities, red, green, blue
FARTHEST, BROADEST = 5.0, 2.0  # canvas units
_LIMITS = {"recipe.json": 4 << 20, "strokes.npz": 65 << 20}
_HEADER = re.compile(
    r"\{'descr': '([<|][a-z]\d)', 'fortran_order': False, 'shape': \((\d{1,7}),(?: (\d{1,3}))?\), \} *\n"
)
_CODES = {"<f4": "f", "<i4": "i", "<i8": "q", "<i2": "h", "<u2": "H", "|u1": "B", "<u4": "I"}


class StrokeRows:
    """A painting's strokes, in the order in which they are painted, and what they are of.

    width, height: of the painting, pixels; regions: their names, or nothing; passes: how many there are.
    """

    def __init__(self, table: array, region: array, number: array, recipe: dict[str, Any]) -> None:
        self._table, self.region, self.number = table, region, number
        self.width, self.height = recipe["width"], recipe["height"]
        self.regions: list[str] = [each["name"] for each in recipe.get("regions") or []]
        self.passes = max(number, default=0) + 1

    def __len__(self) -> int:
        """How many there are."""
        return len(self.region)

    def __getitem__(self, place: int) -> array:
        """The numbers of one, in canvas units."""
        return self._table[COLUMNS * place : COLUMNS * place + COLUMNS]


def strokes_of(painting: bytes) -> StrokeRows:
    """What is in a painting's file. Raises ProtocolError if that is no sound one."""
    try:
        with zipfile.ZipFile(io.BytesIO(painting)) as archive:
            recipe = json.loads(_member(archive, "recipe.json"))
            with zipfile.ZipFile(io.BytesIO(_member(archive, "strokes.npz"))) as inner:
                table, region, number = (_column(inner, name) for name in ("table", "region", "pass_index"))
        found = StrokeRows(table, region, number, recipe)
        sound = len(table) == COLUMNS * len(region) and len(region) == len(number) and _fits(found)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError, EOFError, RecursionError) as error:
        raise ProtocolError("damaged", f"no painting: {error}") from error
    if not sound:
        raise ProtocolError("damaged", "no strokes that could be painted")
    return found


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LIMITS.get(name, _LIMITS["strokes.npz"]):
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _column(archive: zipfile.ZipFile, name: str) -> array:
    data = _member(archive, name + ".npy")
    if data[:8] != b"\x93NUMPY\1\0":
        raise ValueError(f"{name} is no array")
    begin = 10 + int.from_bytes(data[8:10], "little")
    header = _HEADER.fullmatch(data[10:begin].decode("latin1"))
    if header is None or header[1] not in _CODES:
        raise ValueError(f"{name} is of a kind that is not known")
    values = array(_CODES[header[1]])
    count = int(header[2]) * int(header[3] or 1)
    if len(data) - begin != count * values.itemsize:
        raise ValueError(f"{name} is cut")
    values.frombytes(data[begin:])
    return values


def _fits(found: StrokeRows) -> bool:
    """Are all numbers such as can be painted?"""
    sizes = (found.width, found.height)
    if not all(type(side) is int and 1 <= side <= LARGEST_SIDE for side in sizes) or len(found) > MOST_STROKES:
        return False
    if len(found.regions) > MOST_REGIONS or not all(isinstance(name, str) for name in found.regions):
        return False
    last = max(len(found.regions), 1)
    return (
        all(0 <= each < last for each in found.region)
        and all(0 <= each < 1000 for each in found.number)
        and all(math.isfinite(value) and abs(value) <= FARTHEST for value in found._table)
        and all(0 < value <= BROADEST for k in (6, 7) for value in found._table[k::COLUMNS])
    )
