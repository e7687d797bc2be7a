"""What an .impasto file is made of: suspicious when reading, the same bytes every time when writing.

Nothing here is ever unpickled or evaluated, and every size is checked before it is believed. Whoever reads
should expect `Refused` for what this room notices itself and any other exception (zipfile, zlib, Pillow) for
what the libraries below notice; `engine.painting.painting` turns all of them into one sentence.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, BinaryIO, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath
from impasto.engine.painting.region_masks import RegionInfo
from impasto.engine.texture.strips import COLUMNS, ROWS
from impasto.protocol.limits import LARGEST_SIDE, MOST_STROKES

FORMAT, VERSION = "impasto", 3  # 2: with regions; 3: another medium than flat, opacity above 1
MAX_UNDERPAINTING_SIDE = 256
TIP = ROWS, COLUMNS  # the shape of a tip
MAX_STYLE = 64 << 10  # bytes of JSON
MAX_FILE = 512 << 20  # bytes, packed and unpacked

# What each member may unpack to, in bytes. Strokes: a million of them; mask: 4096 x 4096 of noise.
LIMITS = {
    "recipe.json": 4 << 20,
    "strokes.npz": 65 << 20,
    "mask.png": 20 << 20,
    "underpainting.png": 1 << 20,
    "tip.png": 4 << 20,
    "refit.npz": 40 << 20,
    "regions.npz": (1 << 28) + (1 << 16),
    "borders.npz": (1 << 28) + (1 << 24) + (1 << 16),
    "checkpoint.json": 4 << 20,
    "checkpoint.npz": 256 << 20,
}

_Unit = Annotated[float, Field(ge=0, le=1)]

_MAX_DIRECTORY = 128 << 10  # bytes; some 1000 members, a hundred times more than a painting has
_MAX_DEPTH = 32  # of lists in lists in JSON
_MAX_DIGITS = 80  # of a whole number in JSON; the state of a random generator needs 39
_MAX_ARRAYS = 256
_MAX_DIMENSIONS = 8

_DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
_ARRAY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_NPY_HEADER = re.compile(
    r"\{'descr': '([^']{3})', 'fortran_order': (False|True), 'shape': \((|\d{1,12}(?:, \d{1,12})*,?)\), \} *\n"
)


class Refused(ValueError):
    """Why bytes or values cannot be in a painting: a phrase; the caller names the file and the remedy."""


@contextmanager
def one_sentence(
    path: AnyPath, sentence: str, *, unknown: str = "it cannot be unpacked", known: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Whatever goes wrong with a file's bytes is an ImpastoError, and so a sentence.

    sentence: what follows the path, with {reason} in it: the phrase of `Refused`, or of a `known` exception, else
    `unknown`.
    """
    try:
        yield
    except ImpastoError:
        raise
    except MemoryError as error:
        raise ImpastoError(f"{path} does not fit into memory; close other programs") from error
    except Exception as error:  # zipfile, zlib, expat, NumPy and Pillow have many names for broken bytes
        reason = error if isinstance(error, (Refused, *known)) else unknown
        raise ImpastoError(f"{path} {sentence.format(reason=reason)}") from error


class Recipe(BaseModel):
    """recipe.json: everything in a painting that is neither strokes nor pixels."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)

    format: Literal["impasto"]
    version: int = Field(ge=1, le=VERSION)
    engine: str = Field(max_length=64)
    strokes: int = Field(ge=0, le=MOST_STROKES)
    width: int = Field(ge=1, le=LARGEST_SIDE)
    height: int = Field(ge=1, le=LARGEST_SIDE)
    style: dict[str, Any]
    seed: int = Field(ge=0, lt=2**63)
    background: tuple[_Unit, _Unit, _Unit, _Unit] = Field(strict=False)  # JSON knows lists only
    softness: float = Field(gt=0, le=0.2)
    edge: float = Field(ge=0, le=2)
    regions: tuple[RegionInfo, ...] = Field(default=(), max_length=256, strict=False)

    @field_validator("style")
    @classmethod
    def _short_enough(cls, style: dict[str, Any]) -> dict[str, Any]:
        if len(pack_json({"style": style})) > MAX_STYLE:
            raise ValueError(f"it is larger than {MAX_STYLE >> 10} kB")
        return style

    @classmethod
    def read(cls, values: dict[str, Any]) -> Recipe:
        """The recipe with these values.

        Raises:
            Refused: one is missing, of another type or out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            message = first["msg"].removeprefix("Value error, ")
            raise Refused(f"{first['loc'][0]}: {message[:1].lower()}{message[1:]}") from error


class Archive:
    """A zip file that nobody vouches for, opened for reading."""

    def __init__(self, file: BinaryIO, total: int) -> None:
        """Read the directory of `file` (seekable), which may unpack to `total` bytes.

        Raises:
            Refused: its end is not a plain zip directory, this is damaged, a name occurs twice, or it unpacks to more.
        """
        count = _check_directory(file)
        self._zip = ZipFile(file)
        members = self._zip.infolist()
        if len(members) != count:  # one that is not seen would be taken for one that was never there
            raise Refused("its directory is damaged")
        self._members = {member.filename: member for member in members}
        if len(self._members) != len(members):
            raise Refused("two of its members have the same name")
        if sum(member.file_size for member in members) > total:
            raise Refused(f"it would unpack to more than {total >> 20} MB")
        for member in members:  # nor does what has another name in the directory
            try:
                self._zip.open(member).close()
            except RuntimeError:  # packed in a way that is refused if it is wanted
                continue
            except Exception as error:  # zipfile has many names for that
                raise Refused("its directory is damaged") from error

    @property
    def names(self) -> list[str]:
        """The members' names, in file order."""
        return list(self._members)

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The unpacked bytes of the member `name`, at most `limit` or what `LIMITS` allows it.

        Raises:
            Refused: it is missing, too large, packed in a way that cannot be bounded, or cut short.
        """
        limit = LIMITS[name] if limit is None else limit
        member = self._members.get(name)
        if member is None:
            raise Refused(f"{name} is missing")
        if member.file_size > limit:
            raise Refused(f"{name} is larger than {limit >> 10} kB")
        # zipfile unpacks bzip2 and lzma in one go, whatever their size; deflate it can be made to stop.
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise Refused(f"{name} is packed with an unknown method")
        with self._zip.open(member) as stream:
            data = stream.read(member.file_size + 1)
        if len(data) != member.file_size:
            raise Refused(f"{name} is cut short")
        return data


def _check_directory(file: BinaryIO) -> int:
    """Refuse a huge directory before zipfile turns each of its entries into objects; how many it says it has."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - 42))
    tail = file.read(42)
    end = tail[-22:]
    if not end.startswith(b"PK\5\6") or end[20:] != b"\0\0":
        raise Refused("its end is missing")
    if tail.startswith(b"PK\6\7") or int.from_bytes(end[12:16], "little") > _MAX_DIRECTORY:
        raise Refused("it holds too many members")
    return int.from_bytes(end[10:12], "little")


def write_zip(file: BinaryIO, members: Iterable[tuple[str, bytes]], method: int = ZIP_DEFLATED) -> None:
    """Write a zip that depends on nothing but the members: no clock, no operating system, no user."""
    with ZipFile(file, "w") as archive:
        for name, data in members:
            info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # else Windows and Unix would differ
            info.external_attr = 0o644 << 16
            info.compress_type = method
            archive.writestr(info, data)


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of an uncompressed .npz that `numpy.load` reads too.

    Args:
        arrays: up to 256 of them, of any shapes of up to 8 dimensions; booleans, integers and floats.

    Raises:
        Refused: a name or an array is of another kind, or they are too many.
    """
    if len(arrays) > _MAX_ARRAYS:
        raise Refused(f"{len(arrays)} arrays are more than {_MAX_ARRAYS}")
    buffer = io.BytesIO()
    packed = [(f"{name}.npy", _pack_array(name, arrays[name])) for name in sorted(arrays)]
    write_zip(buffer, packed, ZIP_STORED)
    return buffer.getvalue()


def _pack_array(name: str, array: NDArray[Any]) -> bytes:
    if not _ARRAY_NAME.fullmatch(name):
        raise Refused(f"the array name {name!r:.80} is not a plain word")
    if not isinstance(array, np.ndarray) or array.ndim > _MAX_DIMENSIONS:
        raise Refused(f"'{name}' is not an array of up to {_MAX_DIMENSIONS} dimensions")
    array = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    if array.dtype.str not in _DTYPES:
        raise Refused(f"the array '{name}' holds {array.dtype} instead of numbers")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, (1, 0), allow_pickle=False)
    return buffer.getvalue()


def unpack_arrays(data: bytes, what: str) -> dict[str, NDArray[Any]]:
    """The arrays that `pack_arrays` packed, in native byte order.

    Args:
        data: the bytes of an .npz.
        what: its name, for errors and its limit.

    Raises:
        Refused: it holds anything else.
    """
    archive = Archive(io.BytesIO(data), LIMITS[what])
    arrays = {}
    for member in archive.names:
        name = member.removesuffix(".npy")
        if name == member or not _ARRAY_NAME.fullmatch(name):
            raise Refused(f"{what} holds something that is not an array")
        arrays[name] = unpack_array(archive.read(member, LIMITS[what]), f"{name} in {what}")
    return arrays


def unpack_array(data: bytes, what: str) -> NDArray[Any]:
    """One .npy; NumPy's own reader would evaluate the header and allocate what it promises. Raises Refused."""
    start = 10 + int.from_bytes(data[8:10], "little")
    header = _NPY_HEADER.fullmatch(data[10:start].decode("latin-1"))
    if data[:8] != b"\x93NUMPY\1\0" or header is None or header[1] not in _DTYPES:
        raise Refused(f"{what} is not a plain array")
    dtype = np.dtype(header[1])
    shape = tuple(int(side) for side in re.findall(r"\d+", header[3]))
    if len(shape) > _MAX_DIMENSIONS or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise Refused(f"{what} does not have the size it promises")
    raw = np.ndarray(shape, dtype, data, start, order="F" if header[2] == "True" else "C")
    if dtype == np.bool_:  # a byte other than 0 and 1 would make a boolean that is neither
        return np.asarray(raw.view(np.uint8) != 0)
    return raw.astype(dtype.newbyteorder("="), order="C")


def pack_json(value: dict[str, Any]) -> bytes:
    """Compact UTF-8 JSON with sorted keys.

    Raises:
        Refused: `value` is not a dict with text keys of such dicts, lists, text, finite numbers, booleans
            and None.
    """
    if not isinstance(value, dict):
        raise Refused("its JSON is not an object")
    _check_tree(value, 0)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise Refused(f"it holds what JSON cannot, {str(error)[:80]}") from error


def _check_tree(value: Any, depth: int) -> None:
    """Refuse what `json.dumps` would write but not read back alike."""
    if depth > _MAX_DEPTH:
        raise Refused(f"its JSON is nested deeper than {_MAX_DEPTH} levels")
    if isinstance(value, int) and abs(value) >= 10**_MAX_DIGITS:
        raise Refused(f"a number in its JSON has more than {_MAX_DIGITS} digits")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise Refused("a key in its JSON is not text")
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for item in value:
        _check_tree(item, depth + 1)


def unpack_json(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `data`, which `pack_json` would accept again.

    Raises:
        Refused: it is not UTF-8, not JSON, not an object, nested too deep, or holds NaN or Infinity.
    """
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what} is not JSON") from error
    pack_json(value)  # Python reads NaN, half a surrogate pair and 1e999, which is infinite
    return value


def pack_image(pixels: NDArray[np.uint8]) -> bytes:
    """An 8-bit PNG of pixels (h, w) in grey or (h, w, 3) in RGB."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def unpack_image(data: bytes, what: str, mode: str, largest: int) -> NDArray[np.uint8]:
    """The uint8 pixels of an 8-bit PNG: (h, w) for mode "L", (h, w, 3) for "RGB"; sides of at most `largest`.

    Raises:
        Refused: it is another kind of picture, or larger.
    """
    from PIL import Image

    kind = {"L": 0, "RGB": 2}[mode]
    if data[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" or data[24:29] != bytes([8, kind, 0, 0, 0]):
        raise Refused(f"{what} is not an 8-bit PNG in {mode}")
    width, height = struct.unpack(">II", data[16:24])
    if not (0 < width <= largest and 0 < height <= largest):
        raise Refused(f"{what} is {width} x {height} pixels, beyond {largest}")
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        if image.size != (width, height) or image.mode != mode:  # a second header may say otherwise
            raise Refused(f"{what} contradicts itself")
        return np.array(image)
