"""A picture's file without what it says of itself: that may be damaged, or too much, where the picture is sound."""

from __future__ import annotations

import io
import struct
import zlib
from typing import BinaryIO

MOST_TOLD = 64 << 20  # bytes of a profile, or of text
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_NEEDED = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT")
_TOLD = (b"tRNS", b"eXIf", b"iCCP")  # of use, if they are sound
_PIECE = 1 << 20  # bytes that are copied at once
_SHORTEST = {0xE0: 14, 0xE1: 0, 0xE2: 16, 0xEE: 12}  # a JPEG's markers that are of use, and bytes of sound ones
_SCAN = 0xDA


def bare(stream: BinaryIO) -> BinaryIO | None:
    """The same PNG or JPEG, with its pixels, profile and orientation alone, as far as they are sound.

    None if that would leave nothing out. `stream` is read from its beginning.
    """
    stream.seek(0)
    head = stream.read(8)
    if head == _PNG:
        return _bare_png(stream)
    return _bare_jpeg(stream) if head.startswith(_JPEG) else None


def _bare_png(stream: BinaryIO) -> BinaryIO | None:
    """See PNG (Third Edition), 5: chunks of a length, a name, data and a checksum."""
    kept, left_out = io.BytesIO(), False
    kept.write(_PNG)
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name in _NEEDED or (name in _TOLD and _is_sound(stream, name, length)):
            kept.write(head)
            _copy(stream, kept, length + 4)
        else:
            left_out = True
            stream.seek(length + 4, io.SEEK_CUR)
    kept.seek(0)
    return kept if left_out else None


def _is_sound(stream: BinaryIO, name: bytes, length: int) -> bool:
    if not 0 < length <= MOST_TOLD:
        return False
    data, checksum = stream.read(length), stream.read(4)
    stream.seek(-len(data) - len(checksum), io.SEEK_CUR)
    if checksum != struct.pack(">I", zlib.crc32(name + data)):
        return False
    if name != b"iCCP":
        return True
    packed = data.partition(b"\0")[2]
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed[1:], MOST_TOLD)
    except zlib.error:
        return False
    return packed[:1] == b"\0" and unpacking.eof


def _bare_jpeg(stream: BinaryIO) -> BinaryIO | None:
    """See ITU-T T.81, B.1.1.4: segments of a marker and a length up to the first scan, after which all is copied."""
    stream.seek(2)
    kept, left_out, marker = io.BytesIO(), False, 0
    kept.write(_JPEG)
    while marker != _SCAN and len(head := stream.read(4)) == 4:
        first, marker, length = struct.unpack(">BBH", head)
        if first != 0xFF or length < 2:
            return None
        says = marker == 0xFE or 0xE0 <= marker <= 0xEF
        if not says or (marker in _SHORTEST and length - 2 >= _SHORTEST[marker]):
            kept.write(head)
            _copy(stream, kept, length - 2)
        else:
            left_out = True
            stream.seek(length - 2, io.SEEK_CUR)
    while piece := stream.read(_PIECE):
        kept.write(piece)
    kept.seek(0)
    return kept if left_out else None


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length > 0 and (piece := source.read(min(length, _PIECE))):
        target.write(piece)
        length -= len(piece)
