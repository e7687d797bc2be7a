"""Regions that the user has drawn, read out of the document by libkis: masks, layers, the selection."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from krita import Krita

from ..easel.words import tr
from ..qt import GREY, QImage, scaled
from .krita_document import STRIPE, reader_of, to_rgba
from .mask_math import bytes_of, grey
from .open_documents import CanvasError, active_document, id_of, key_of, node_of, space_of

Read = Callable[[int, int], bytes]  # first row, number of rows: a byte for each pixel
MASK = "selectionmask"


def own_regions(width: int, height: int) -> Generator[None, None, list[tuple[str, QImage]]]:
    """Names and planes of what the user has chosen, from the bottom up, width × height; a generator, as it may be much.

    Of several chosen layers, these; of a layer with selection masks, those; of a group, what is in it. Raises
    CanvasError if it is nothing of the kind, or all are empty.
    """
    document = active_document()
    chosen = [(node.name(), _reader(document, node)) for node in _chosen(document)]
    size, found = (document.width(), document.height()), []
    del document  # it may be closed meanwhile
    for name, read in chosen:
        image = yield from _plane(read, size, width, height)
        if bytes_of(image).strip(b"\0"):
            found.append((name, image))
    if not found:
        raise CanvasError(tr("These layers are empty; choose others."))
    return found


def selected_region(width: int, height: int) -> Generator[None, None, list[tuple[str, QImage]]]:
    """The same of the selection. Raises CanvasError if nothing is selected."""
    document = active_document()
    selection = None if document is None else document.selection()
    if document is None or selection is None or selection.width() <= 0 or selection.height() <= 0:
        raise CanvasError(tr("Select something first."))
    across = document.width()
    image = yield from _plane(
        lambda top, tall: bytes(selection.pixelData(0, top, across, tall)), (across, document.height()), width, height
    )
    if not bytes_of(image).strip(b"\0"):
        raise CanvasError(tr("The selection lies beyond the canvas; select a part of the picture."))
    return [(tr("selection"), image)]


def _chosen(document: Any) -> list[Any]:
    if document is None:
        raise CanvasError(tr("Open a picture first."))
    window = Krita.instance().activeWindow()
    view = None if window is None else window.activeView()
    several = {node.uniqueId().toString() for node in view.selectedNodes()} if view is not None else set()
    if len(several) > 1:
        return [node for node in _all(document.rootNode()) if node.uniqueId().toString() in several]
    node = document.activeNode()
    if node is not None and node.type() == MASK:
        node = node.parentNode()
    masks = [] if node is None else [child for child in node.childNodes() if child.type() == MASK]
    if masks:
        return masks
    if node is None or node.type() != "grouplayer":
        raise CanvasError(tr("Choose a layer with selection masks, a group, or several layers."))
    return [child for child in node.childNodes() if child.type().endswith("layer")]


def _all(node: Any) -> Generator[Any, None, None]:
    """All nodes below one, from the bottom up."""
    for child in node.childNodes():
        yield child
        yield from _all(child)


def _reader(document: Any, node: Any) -> Read:
    """It raises CanvasError if the node is gone by then."""
    width, key, uid, space = document.width(), key_of(document), id_of(node), space_of(node)

    def mask(top: int, tall: int) -> bytes:
        there = node_of(key, uid)
        if there is None:
            raise CanvasError(tr("The mask was deleted while it was read; choose another."))
        return bytes(there.pixelData(0, top, width, tall))

    def alpha(top: int, tall: int) -> bytes:
        return to_rgba(reader_of(key, uid)(0, top, width, tall), width, tall, space)[3::4]

    return mask if node.type() == MASK else alpha


def _plane(read: Read, size: tuple[int, int], width: int, height: int) -> Generator[None, None, QImage]:
    """What is read of a canvas of this size, at another size, some rows at a time."""
    across, down = size
    rows = max(1, STRIPE // 4 // across * height // down)
    data = bytearray()
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = top * down // height, bottom * down // height
        data += bytes_of(scaled(grey(read(first, last - first), across, last - first), width, bottom - top))
        yield
    image = grey(data, width, height)
    assert image.format() == GREY
    return image
