"""What was found in pictures, kept beside compiled kernels: who paints a picture again need not look at it again.

A kept file is believed if its checksum fits, and is of exactly this code that looks; without a folder nothing is kept.
"""

import hashlib
import os
import struct
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from impasto.engine.compiling import cache_folder
from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write

LAYERS = 3
MOST_KEPT = 100  # pictures, 200 kB each at most: the ones that were not asked for longest make way
_ENGINE = Path(__file__).parent.parent
_FINDERS = (
    "painter/interest.py", "painter/looking.py", "segment/classes.py", "segment/colours.py", "segment/eyes.py",
    "segment/faces.py", "segment/onlookers.py", "segment/things.py", "segment/networks/convolving.py",
    "segment/networks/plain_lite0.py", "pictures/blur.py", "pictures/resize.py",
)  # fmt: skip
_HEAD = struct.Struct("<32sHH")  # checksum of all that follows it; height and width


def recall(key: bytes, size: tuple[int, int]) -> np.ndarray | None:
    """The layers (3, h, w) uint8 that were kept of a picture, or None; key: its digest, size: (h, w)."""
    place = _place(key)
    if place is None:
        return None
    length = LAYERS * size[0] * size[1]
    try:
        with place.open("rb") as stream:
            data = stream.read(_HEAD.size + length + 1)
        checksum, *found = _HEAD.unpack_from(data)
        if tuple(found) != size or len(data) != _HEAD.size + length or checksum != _checksum(key, data):
            return None
        os.utime(place)  # it was asked for just now
    except (OSError, struct.error):
        return None
    return np.frombuffer(data, np.uint8, offset=_HEAD.size).reshape(LAYERS, *size)


def keep(key: bytes, layers: np.ndarray) -> None:
    """Keep layers (3, h, w) uint8 of a picture with that digest, if there is room."""
    place = _place(key)
    if place is None:
        return
    body = _HEAD.pack(b"", *layers.shape[1:]) + np.ascontiguousarray(layers).tobytes()
    with suppress(OSError, ImpastoError):  # no room: it is looked at again the next time
        place.parent.mkdir(exist_ok=True)
        with atomic_write(place, overwrite=True) as stream:
            stream.write(_checksum(key, body) + body[32:])
        others = sorted(set(place.parent.glob("*.map")) - {place}, key=lambda path: path.stat().st_mtime)
        for path in others[: -MOST_KEPT + 1]:
            path.unlink(missing_ok=True)


def _checksum(key: bytes, data: bytes) -> bytes:
    return hashlib.sha256(key + data[32:]).digest()


def _place(key: bytes) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder.parent / "interest" / f"{_version()}-{key.hex()}.map"


@cache
def _version() -> str:
    """Of the code that looks: what other code has found is none of it."""
    digest = hashlib.sha256()
    for name in _FINDERS:
        digest.update((_ENGINE / name).read_bytes())
    return digest.hexdigest()[:16]
