"""Strokes as NumPy's .npz, as the writer of .npz gives them; only `table` has to be there, with width and height."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from impasto.engine.imports.reader import Reader, Unreadable
from impasto.protocol.limits import MOST_STROKES

if TYPE_CHECKING:
    from impasto.engine.painting.exchange import Parts


_HEADER = 1 << 12
_LONGEST = 8 * MOST_STROKES  # bytes of an array of one number a stroke
_LARGEST = {"table": 13 * _LONGEST, "region": _LONGEST, "pass_index": _LONGEST, "id": _LONGEST, "made_for": 64}


def _read(file: BinaryIO, _path: Path) -> Parts:
    from impasto.engine.painting.archive import LIMITS, MAX_FILE, Archive, unpack_array, unpack_json
    from impasto.engine.painting.exchange import OTHERS, Parts
    from impasto.engine.painting.strokes import Strokes

    archive = Archive(file, MAX_FILE)
    limits = {**_LARGEST, "recipe": LIMITS["recipe.json"], **{name: LIMITS[name] for name in OTHERS}}
    arrays = {
        name: unpack_array(archive.read(f"{name}.npy", most + _HEADER), name)
        for name, most in limits.items()
        if f"{name}.npy" in archive.names  # what else is there may be for other programs
    }
    for name in ("table", "recipe"):
        if name not in arrays:
            raise Unreadable(f"it lacks the array {name!r}")
    strokes = Strokes.of(arrays["table"], arrays.get("region", 0), arrays.get("pass_index", 0))
    if "id" in arrays:
        if arrays["id"].dtype.kind not in "iu" or arrays["id"].shape != strokes.id.shape:
            raise Unreadable("'id' is not one whole number for each stroke")
        strokes.id[:] = arrays["id"]
    others = {name: _bytes(arrays, name) for name in OTHERS if name in arrays}
    made_for = _bytes(arrays, "made_for").decode("ascii", "replace") if "made_for" in arrays else ""
    return Parts(strokes, unpack_json(_bytes(arrays, "recipe"), "recipe"), others, made_for)


def _bytes(arrays: dict[str, NDArray[Any]], name: str) -> bytes:
    array = arrays[name]
    if array.dtype != np.uint8 or array.ndim != 1:
        raise Unreadable(f"{name!r} is not made of bytes")
    return array.tobytes()


READER = Reader(_read, (".npz",))
