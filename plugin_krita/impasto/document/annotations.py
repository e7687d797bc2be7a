"""The other half of the canvas room: what documents remember (their annotations), and which layers of theirs show."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from krita import Krita

from ..easel.words import tr
from ..qt import ALPHA8, QImage, QtCore, raw_bytes
from .krita_document import SRGB, Source, fill_source, reader_of
from .open_documents import (
    CanvasError,
    active_document,
    document_of,
    groups_above,
    id_of,
    is_open,
    key_of,
    layer_of,
    node_of,
    space_of,
)


def names(document: Any, prefix: str) -> list[str]:
    """The names of annotations that begin like this."""
    return [name for name in document.annotationTypes() if name.startswith(prefix)]


def head(document: Any, name: str, most: int) -> tuple[bytes, int]:
    """The first bytes of an annotation, and how many it has in all."""
    data = document.annotation(name)
    return bytes(data.left(most)), data.size()


def whole(document: Any, name: str) -> bytes:
    """All bytes of an annotation."""
    return bytes(document.annotation(name))


def keep(document: Any, name: str, about: str, data: bytes) -> None:
    """Write an annotation; the document is modified by that, which is no step of its undo."""
    document.setAnnotation(name, about, QtCore.QByteArray(data))


def forget(document: Any, name: str) -> None:
    """Take an annotation away."""
    document.removeAnnotation(name)
    document.setModified(True)


def shown(key: str, uid: str) -> bool | None:
    """Is this node visible? None: it is gone."""
    node = node_of(key, uid)
    return None if node is None else node.visible()


def show(key: str, uid: str, on: bool) -> None:
    """Show or hide a node, which is no step of the document's undo."""
    node = node_of(key, uid)
    if node is not None:
        node.setVisible(on)
        document_of(key).refreshProjection()


def active_groups() -> list[str]:
    """The unique ids of the active layer and the groups it lies in."""
    document = active_document()
    node = None if document is None else document.activeNode()
    return [] if node is None else [id_of(node), *groups_above(node)]


def is_selected() -> bool:
    """Is anything selected in the active document?"""
    document = active_document()
    selection = None if document is None else document.selection()
    return selection is not None and selection.width() > 0 and selection.height() > 0


def thumbnail(key: str, uid: str, width: int, height: int) -> QImage:
    """A small picture of a node; a null image if it is gone."""
    node = node_of(key, uid)
    return QImage() if node is None else node.thumbnail(width, height)


def reopened(file: str, name: str, width: int, height: int) -> Any:
    """The document of a file, opened if it is not; or a new one of this size, if there is no such file any more."""
    krita = Krita.instance()
    for document in krita.documents():
        if file and document.fileName() == file:
            return document
    found = krita.openDocument(file) if file and Path(file).is_file() else None
    if found is None:
        found = krita.createDocument(width, height, name, *SRGB, 300.0)
    window = krita.activeWindow()
    if found is None or window is None:
        raise CanvasError(tr("There is no window to show the painting in; open one first."))
    window.addView(found)
    return found


def settled(key: str) -> Generator[None, None, None]:
    """Wait until a document that was just opened has been drawn and a layer of it is chosen, or it is closed."""
    end = time.monotonic() + 5
    while is_open(key) and document_of(key).activeNode() is None and time.monotonic() < end:
        yield
    if is_open(key):
        document_of(key).waitForDone()


def read_again(uid: str, visible: bool, groups: list[str], name: str) -> Generator[None, None, Source]:
    """What was painted once, as `read_source` read it then: a layer, or all that is visible except what was painted.

    Raises CanvasError if that layer is gone.
    """
    document = active_document()
    key = key_of(document)
    node = layer_of(node_of(key, uid))  # older versions noted a mask, if one was active
    if node is None and not visible:
        raise CanvasError(tr("The layer that this was painted from is gone; paint another one instead."))
    source = Source(document, name, document.width(), document.height())
    source.node = "" if node is None else id_of(node)
    if not visible:
        yield from fill_source(source, reader_of(key, source.node), space_of(node))
        return source
    hidden = [group for group in groups if shown(key, group)]
    for group in hidden:
        node_of(key, group).setVisible(False)
    document.refreshProjection()
    raw = bytes(document.pixelData(0, 0, source.width, source.height))  # in one go: the user should not see it
    for group in hidden:
        found = node_of(key, group)
        if found is not None:
            found.setVisible(True)
    document.refreshProjection()
    row = len(raw) // source.height
    yield from fill_source(source, lambda x, y, w, h: raw[y * row : (y + h) * row], space_of(document))
    return source


def mask_image(source: Source, width: int, height: int) -> QImage:
    """The mask of a source at another size, as an image of alpha alone."""
    mask: Any = source.mask or bytes(source.width * source.height)  # PyQt takes any buffer, and says bytes
    image = QImage(mask, source.width, source.height, source.width, ALPHA8)
    return image.scaled(width, height).copy()  # else it may point into what is gone


def mask_bytes(image: QImage) -> bytes:
    """The bytes of an image of alpha alone, row by row."""
    line, raw = image.bytesPerLine(), raw_bytes(image)
    return b"".join(raw[k * line : k * line + image.width()] for k in range(image.height()))
