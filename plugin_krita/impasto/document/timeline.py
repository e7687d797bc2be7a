"""Pictures as an animated layer: made in a document that nobody sees, and moved over as one undo step.

Part of the room that touches Krita's documents.
"""

from __future__ import annotations

from typing import Any

from krita import Krita

from ..easel.words import tr
from .open_documents import (
    CanvasError,
    document_of,
    found_below,
    id_of,
    key_of,
    layer_of,
    node_of,
    open_document,
    space_of,
)


def animate(key: str, title: str, files: list[str], first: int, step: int, beside: str) -> str:
    """A layer whose frames are pictures, `step` apart from the frame `first` on; its unique id.

    beside: the node above which it lies, on top if there is none. Krita lets Qt go on while it reads them. Raises
    CanvasError if the document is gone, or Krita cannot read the pictures.
    """
    document = open_document(key)
    own = Krita.instance().createDocument(document.width(), document.height(), "timeline", *space_of(document), 72.0)
    del document
    if own is None:
        raise CanvasError(tr("Krita makes no document in the colours of this one; convert its colour space first."))
    own.setBatchmode(True)
    hidden, kept = key_of(own), own  # Krita closes it when that goes
    try:
        read = own.importAnimation(files, first, step)
        own = document_of(hidden)
        made = None if own is None else next((node for node in own.rootNode().childNodes() if node.animated()), None)
        if not read or made is None:
            raise CanvasError(tr("Krita could not read the frames; try fewer of them."))
        made.setName(title)
        uid = id_of(made)
        document = open_document(key)  # it may be gone by now
        made.remove()
        _hang(document, made, beside)
    finally:
        own = document_of(hidden)
        if own is not None:
            own.setModified(False)
            own.close()
        del kept
    if node_of(key, uid) is None:
        raise CanvasError(tr("This document takes no layers; save it as another one, and paint that."))
    return uid


def _hang(document: Any, made: Any, beside: str) -> None:
    """Move a layer over: the one undo step."""
    active, root = document.activeNode(), document.rootNode()
    chosen = "" if active is None else id_of(active)
    above = layer_of(found_below(root, beside)) if beside else None
    (root if above is None else above.parentNode()).addChildNode(made, above)
    before = found_below(document.rootNode(), chosen) if chosen else None
    if before is not None:
        document.setActiveNode(before)


def stretch(key: str, last: int) -> None:
    """Have the document's time last at least until this frame; it is no undo step."""
    document = document_of(key)
    if document is not None and document.fullClipRangeEndTime() < last:
        document.setFullClipRangeEndTime(last)


def first_frame(key: str) -> int:
    """The frame that a document shows."""
    document = document_of(key)
    return 0 if document is None else document.currentTime()
