"""Are the layers of a painting as they were delivered? What somebody has worked on is never written to, nor hidden.

Each delivered group's layers are noted in one annotation of the document, as a checksum of what they look like.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator
from typing import Any

from ..easel.notes import read_json
from ..protocol import ProtocolError
from . import annotations
from .krita_document import STRIPE
from .open_documents import document_of, id_of, node_of

NAME = "impasto/delivered"
ABOUT = "layers of paintings by Impasto"
MOST_GROUPS, MOST_BYTES = 64, 1 << 18

Prints = dict  # of layers by their unique ids


def note(key: str, group: str) -> Generator[None, None, None]:
    """Note how the layers of a group are now."""
    found = yield from _prints(key, group)
    document = document_of(key)
    if document is None or not found:
        return
    known = {uid: prints for uid, prints in _known(document).items() if uid != group and node_of(key, uid) is not None}
    known[group] = found
    newest = dict(list(known.items())[-MOST_GROUPS:])
    annotations.keep(document, NAME, ABOUT, json.dumps(newest).encode("ascii"))


def untouched(key: str, group: str) -> Generator[None, None, bool]:
    """Are the layers of a group as they were noted? What was never noted may be anybody's."""
    found = yield from _prints(key, group)
    document = document_of(key)
    return document is not None and bool(found) and _known(document).get(group) == found


def _known(document: Any) -> dict[str, Any]:
    if NAME not in document.annotationTypes():
        return {}
    data, size = annotations.head(document, NAME, MOST_BYTES)
    if size > MOST_BYTES:
        return {}
    try:
        return read_json(data)
    except ProtocolError:
        return {}


def _prints(key: str, group: str) -> Generator[None, None, Prints]:
    """What the layers below a group look like on the canvas, stripe by stripe; nothing if it is gone.

    What lies beyond the canvas is not looked at: Krita takes a quarter of a second to say how far a layer reaches.
    """
    found: Prints = {}
    document = document_of(key)
    if document is None:
        return {}
    size = document.width(), document.height()
    rows = max(1, STRIPE // size[0])
    del document
    top = node_of(key, group)
    waiting = [] if top is None else [id_of(child) for child in top.childNodes()]
    while waiting:
        uid = waiting.pop()
        node = node_of(key, uid)
        if node is None:
            return {}
        waiting += [id_of(child) for child in node.childNodes()]
        check = zlib.crc32(repr([node.type(), node.opacity(), node.blendingMode(), *size]).encode())
        if node.type() == "paintlayer":
            for first in range(0, size[1], rows):
                node = node_of(key, uid)
                if node is None:
                    return {}
                tall = min(rows, size[1] - first)
                check = zlib.crc32(bytes(node.pixelData(0, first, size[0], tall)), check)
                yield
        found[uid] = check
    return found
