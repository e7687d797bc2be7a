"""Checksums of what is kept: of each file its size and, for each block of it, a digest, checked whenever it is read.

By blocks, so that a part of a large file can be checked without reading the rest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK = 1 << 20  # bytes
DIGEST = 16  # bytes of each digest

Sums = list[Any]  # a file's size in bytes, and the digests of its blocks, one after the other


class Damaged(Exception):
    """A file that is not as it was when it was kept; `file` is its name."""

    def __init__(self, file: str) -> None:
        super().__init__(f"its {file} is damaged")
        self.file = file


def digest(data: bytes | memoryview) -> bytes:
    """What tells these bytes from any others."""
    return hashlib.blake2b(data, digest_size=DIGEST).digest()


def kept(path: Path) -> Sums:
    """The sums of a file, which is on disk, to the last byte, when this returns. Raises OSError."""
    with path.open("r+b") as file:  # a file open for reading cannot be synced everywhere
        digests = b"".join(digest(block) for block in iter(lambda: file.read(BLOCK), b""))
        size = file.tell()
        os.fsync(file.fileno())
    return [size, digests]


def checked(path: Path, sums: Sums, offset: int, size: int) -> bytes:
    """A part of a file. Raises Damaged if the file is not as its sums say, and OSError for what cannot be read now."""
    first = offset // BLOCK * BLOCK
    blocks = []
    for at, block in _blocks(path, sums, first, offset + size):
        blocks.append(block)
        if at + len(block) >= offset + size:
            break
    return b"".join(blocks)[offset - first : offset - first + size]


def check(path: Path, sums: Sums) -> None:
    """See that a file is wholly as its sums say. Raises Damaged, and OSError for what cannot be read now."""
    for _ in _blocks(path, sums, 0, sums[0]):
        pass


def is_sums(value: Any) -> bool:
    """Can this be the sums of a file?"""
    return (
        isinstance(value, list) and len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], bytes)
        and value[0] >= 0 and len(value[1]) == -(-value[0] // BLOCK) * DIGEST
    )  # fmt: skip


def _blocks(path: Path, sums: Sums, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Blocks of a file from `start` (where one begins) on that reach before `end`, each as its digest says."""
    size, digests = sums
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                raise Damaged(path.name)
            file.seek(start)
            for at in range(start, min(end, size), BLOCK):
                block = file.read(BLOCK)
                number = at // BLOCK
                if digest(block) != digests[number * DIGEST : (number + 1) * DIGEST]:
                    raise Damaged(path.name)
                yield at, block
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Damaged(path.name) from error
