"""Regions found a moment ago: who paints one picture in style after style should not wait for them each time."""

from __future__ import annotations

import hashlib

import numpy as np

from impasto.engine.pictures.io import Picture
from impasto.engine.segment import SEGMENTERS, Regions, segment

MOST_MASK_BYTES = 1 << 26  # of masks that are kept


class RegionCache:
    """Finds regions as `engine.segment.segment` does, and keeps the last ones, of up to 64 MiB, in memory."""

    def __init__(self) -> None:
        self._of: tuple[bytes, str, int] | None = None
        self._found: Regions | None = None

    def segment(self, picture: Picture, method: str, *, model: str | None, size: int) -> Regions:
        """Divide a picture into regions. Raises ImpastoError as `engine.segment.segment` does."""
        if model is not None or method not in SEGMENTERS or not SEGMENTERS[method].repeatable:
            return segment(picture, method, model=model, size=size)
        key = _digest(picture), method, size
        if self._found is None or self._of != key:
            self._of = self._found = None  # before others are found: memory for one is enough
            found = segment(picture, method, size=size)
            if found.masks.nbytes > MOST_MASK_BYTES:
                return found
            self._of, self._found = key, found
        return self._found


def _digest(picture: Picture) -> bytes:
    digest = hashlib.blake2b(repr(picture.rgb.shape).encode())
    for plane in (picture.rgb, picture.alpha):
        if plane is not None:
            digest.update(np.ascontiguousarray(plane).data)
    return digest.digest()
