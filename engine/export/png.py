"""PNG written row by row, so that a picture need not be in memory, and a place to keep many of them meanwhile."""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_LEVEL = 4  # of zlib; 6 takes half as long again, for 1 % less
_SUB, _UP = 1, 2  # how a row is told from what is left of it or above it
_COPY = 1 << 20  # bytes at a time

T = TypeVar("T")
R = TypeVar("R")


class PngStream:
    """The bytes of one 8-bit RGBA PNG, in pieces; equal pixels give equal bytes, however they are cut into rows.

    The pieces, to be kept in this order, are `head`, what `rows` returns for all rows from top to bottom, and `end`.
    """

    def __init__(self, height: int, width: int) -> None:
        self.head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
        self._above = np.zeros((1, width * 4), np.uint8)
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
        self._waiting = b""

    def rows(self, pixels: NDArray[np.uint8]) -> bytes:
        """The next rows (h, width, 4), straight alpha; may be called from any thread, by one at a time."""
        if len(pixels) == 0:
            return b""
        rows = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
        up = np.concatenate([self._above, rows[:-1]])
        np.subtract(rows, up, out=up)
        left = rows.copy()
        left[:, 4:] -= rows[:, :-4]
        self._above = rows[-1:].copy()
        flat = _size(left) < _size(up)
        filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
        filtered[:, 0] = np.where(flat, _SUB, _UP)
        filtered[:, 1:] = np.where(flat[:, None], left, up)
        return self._pieces(self._packer.compress(filtered.data), last=False)

    def end(self) -> bytes:
        """What follows the last row."""
        return self._pieces(self._packer.flush(), last=True) + _chunk(b"IEND", b"")

    def _pieces(self, data: bytes, last: bool) -> bytes:
        """Data in chunks of one size, so that they do not depend on how many rows came at a time."""
        data = self._waiting + data
        whole = len(data) if last else len(data) // _COPY * _COPY
        self._waiting = data[whole:]
        return b"".join(_chunk(b"IDAT", data[at : min(at + _COPY, whole)]) for at in range(0, whole, _COPY))


class RowSpool:
    """Bytes of many files that grow side by side, in one temporary file without a name."""

    def __init__(self, files: int) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._parts: list[list[tuple[int, int]]] = [[] for _ in range(files)]

    def __enter__(self) -> RowSpool:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget it all."""
        self.close()

    def close(self) -> None:
        """Forget it all."""
        self._file.close()

    def add(self, number: int, data: bytes) -> None:
        """Append to a file."""
        if data:
            self._parts[number].append((self._file.seek(0, 2), len(data)))
            self._file.write(data)

    def size(self, number: int) -> int:
        """How many bytes a file has."""
        return sum(length for _, length in self._parts[number])

    def read(self, number: int) -> Iterator[bytes]:
        """A file from its beginning, in pieces."""
        for start, length in self._parts[number]:
            for at in range(start, start + length, _COPY):
                self._file.seek(at)
                yield self._file.read(min(_COPY, start + length - at))


class Gallery:
    """Many PNGs that grow side by side, packed by several threads and kept in a spool until they are whole."""

    def __init__(self, sizes: Iterable[tuple[int, int]], threads: int | None = None) -> None:
        from impasto.engine.raster.cpu.raster import default_threads

        self._streams = [PngStream(*size) for size in sizes]
        self._spool = RowSpool(len(self._streams))
        workers = threads or default_threads()
        self._pool, self._at_once = ThreadPoolExecutor(workers), 4 * workers

    def __enter__(self) -> Gallery:
        """Begin each of them."""
        for number, stream in enumerate(self._streams):
            self._spool.add(number, stream.head)
        return self

    def __exit__(self, *_: object) -> None:
        """Forget them all."""
        self._pool.shutdown(cancel_futures=True)
        self._spool.close()

    def add(self, rows: Iterable[tuple[int, NDArray[np.uint8]]]) -> None:
        """Append rows (h, width, 4) to some of the pictures, each at most once; a few are taken at a time."""
        waiting = iter(rows)
        while some := list(islice(waiting, self._at_once)):
            packed = self._each(lambda row: self._streams[row[0]].rows(row[1]), some)
            for (number, _), data in zip(some, packed, strict=True):
                self._spool.add(number, data)

    def end(self) -> None:
        """There are no more rows."""
        for number, data in enumerate(self._each(PngStream.end, self._streams)):
            self._spool.add(number, data)

    def size(self, number: int) -> int:
        """How many bytes a picture has."""
        return self._spool.size(number)

    def read(self, number: int) -> Iterator[bytes]:
        """The bytes of a picture, in pieces."""
        return self._spool.read(number)

    def _each(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return self._pool.map(work, items)


def _size(differences: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How much there is in each row, by PNG's customary rule: the sum of the differences, read as signed."""
    return np.minimum(differences, 0 - differences).sum(1, dtype=np.int64)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
