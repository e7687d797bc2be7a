"""The list of regions as a document keeps it: one annotation for the list, one for each plane, packed.

A document may be anybody's, so what is read is checked field by field, and no plane unpacks to more than it says.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any, cast

from ..easel.notes import read_json
from ..protocol import ProtocolError
from ..protocol.limits import LARGEST_MASK_SIDE, LARGEST_SIDE, MOST_REGIONS
from ..protocol.messages import Each, Fields, Flag, Number, Plain, Text, Whole, checked_fields, maybe
from ..told import KeptRegions
from . import annotations

LIST, PLANE = "impasto/regions", "impasto/plane-"
ABOUT = "regions of Impasto"
MOST_LIST, MOST_BYTES = 1 << 20, 64 << 20  # bytes of the list, and of all its planes as they are packed
_ID = re.compile("[0-9a-f]{16}")

RULES = {
    "width": Whole(1, LARGEST_SIDE),  # of the canvas that they were made for
    "height": Whole(1, LARGEST_SIDE),
    "across": Whole(1, LARGEST_MASK_SIDE),  # of each plane
    "down": Whole(1, LARGEST_MASK_SIDE),
    "planes": Each(Fields({"id": Text(16, 16), "over": Flag()}), MOST_REGIONS),
    "base": Each(Text(16, 16), MOST_REGIONS),  # ids of planes, back to front
    "entries": Each(
        Fields(
            {
                "name": Text(60, 1),
                "planes": Each(Text(16, 16), MOST_REGIONS),
                "rest": Flag(),
                "visible": Flag(),
                "style": maybe(Text(100)),
                "medium": maybe(Text(100)),
                "detail": Number(0.25, 4),
                "more": Plain(1000),
            }
        ),
        MOST_REGIONS,
    ),
}  # ids are those of `planes`, each in one entry at most


def kept_list(document: Any) -> KeptRegions | None:
    """The list that a document keeps, see `RULES`; None if there is none that is sound."""
    if LIST not in document.annotationTypes():
        return None
    data, size = annotations.head(document, LIST, MOST_LIST)
    try:
        if size > MOST_LIST:
            raise ProtocolError("damaged", "too large")
        found = cast(KeptRegions, checked_fields(read_json(data), RULES))
    except ProtocolError:
        return None
    ids = [plane["id"] for plane in found["planes"]]
    used = [id for entry in found["entries"] for id in entry["planes"]]
    sound = len(set(ids)) == len(ids) and len(set(used)) == len(used) and {*used, *found["base"]} <= set(ids)
    return found if sound and found["entries"] and all(map(_ID.fullmatch, ids)) else None


def kept_plane(document: Any, id: str, size: int) -> bytes:
    """The bytes of a plane, of which there are so many. Raises ProtocolError if it is not whole."""
    if PLANE + id not in document.annotationTypes():
        raise ProtocolError("damaged", "a plane is missing")
    data, packed = annotations.head(document, PLANE + id, MOST_BYTES)
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(data, size + 1)
    except zlib.error as error:
        raise ProtocolError("damaged", f"a plane cannot be unpacked: {error}") from error
    if len(found) != size or packed > MOST_BYTES or not unpacking.eof:
        raise ProtocolError("damaged", "a plane has another size")
    return found


def planes_there(document: Any) -> set[str]:
    """The ids of the planes that a document keeps."""
    return {name[len(PLANE) :] for name in annotations.names(document, PLANE)}


def keep_plane(document: Any, id: str, data: bytes) -> int:
    """Keep a plane, and return how many bytes it takes; the list that names it comes after all of its planes."""
    packed = zlib.compress(data, 1)
    annotations.keep(document, PLANE + id, ABOUT, packed)
    return len(packed)


def keep_list(document: Any, kept: KeptRegions | None) -> None:
    """Keep the list, whose planes are there, and throw away planes that it does not name; None: there is none any more.

    Nothing is written that is there already: the document would count as changed.
    """
    wanted = set() if kept is None else {plane["id"] for plane in kept["planes"]}
    data = json.dumps(kept).encode("ascii")
    there = LIST in document.annotationTypes()
    if kept is not None and not (there and annotations.whole(document, LIST) == data):
        annotations.keep(document, LIST, ABOUT, data)
    elif kept is None and there:
        annotations.forget(document, LIST)
    for id in planes_there(document) - wanted:
        annotations.forget(document, PLANE + id)
