"""Bytes of whole pictures, which take too long to be copied, compared or searched in one turn of the event loop."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Generator
from typing import Union

Plane = Union[bytes, bytearray, mmap.mmap]  # noqa: UP007 (Python 3.8)
PIECE = 1 << 20  # bytes that are looked at before the windows get a turn


def room(size: int) -> mmap.mmap:
    """So many bytes, all 0, which cost nothing until they are written to.

    A bytearray that grows is copied now and then, and to fill one with zeros takes as long: 20 ms at 4000².
    """
    if sys.platform == "win32":
        return mmap.mmap(-1, max(1, size))
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # else it takes three times as long to be given back
    return mmap.mmap(-1, max(1, size), flags=private)


def same(one: Plane, two: Plane) -> Generator[None, None, bool]:
    """Are these equally long planes the same?"""
    for begin in range(0, len(one), PIECE):
        if one[begin : begin + PIECE] != two[begin : begin + PIECE]:
            return False
        yield
    return True
