"""What the artist has drawn for the engine to go by: layers as they are read for it, and palettes.

Part of the room that touches Krita's documents.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from krita import Krita

from ..easel.words import tr
from ..qt import GREY, RGBA8888, QImage, QtGui, scaled
from .krita_document import SRGB, STRIPE, pixels_of, reader_of, to_rgba
from .mask_math import bytes_of
from .open_documents import CanvasError, document_of, id_of, node_of, open_document, space_of

LARGEST = 1024  # pixels of the longer side that are handed over
MOST_COLOURS = 256  # of a palette


def paint_layers(key: str) -> list[tuple[str, str]]:
    """The names and unique ids of a document's paint layers, the top one first."""
    document = document_of(key)
    return [] if document is None else list(_below(document.rootNode()))[::-1]


def _below(node: Any) -> Generator[tuple[str, str], None, None]:
    for child in node.childNodes():
        if child.type() == "paintlayer":
            yield child.name(), id_of(child)
        yield from _below(child)


def new_layer(key: str, name: str) -> str:
    """A new layer to draw on, on top and chosen; its unique id. Raises CanvasError if the document is gone."""
    document = open_document(key)
    made = document.createNode(name, "paintlayer")
    document.rootNode().addChildNode(made, None)
    document.setActiveNode(made)
    return id_of(made)


def is_seen(key: str, uid: str) -> bool:
    """Does a layer show in what is visible?"""
    node = node_of(key, uid)
    return node is not None and node.visible()


def read_layer(key: str, uid: str) -> Generator[None, None, QImage]:
    """A layer as large as the canvas, or `LARGEST` pixels, as RGBA, stripe by stripe.

    Raises CanvasError if it is gone.
    """
    document, node = open_document(key), node_of(key, uid)
    if node is None:
        raise CanvasError(tr("The layer that was to guide the strokes is gone; choose another one, or none."))
    across, down, space = document.width(), document.height(), space_of(node)
    del document, node
    scale = min(1.0, LARGEST / max(across, down))
    width, height = (max(1, round(side * scale)) for side in (across, down))
    read, rows, data = reader_of(key, uid), max(1, STRIPE // 4 // across * height // down), b""
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = top * down // height, max(bottom * down // height, top * down // height + 1)
        part = to_rgba(read(0, first, across, last - first), across, last - first, space)
        data += pixels_of(scaled(QImage(part, across, last - first, 4 * across, RGBA8888), width, bottom - top))
        yield
    return QImage(data, width, height, 4 * width, RGBA8888).copy()


def grey_of(image: QImage) -> bytes:
    """The grey of a layer over mid-grey, a byte a pixel."""
    sheet = QImage(image.size(), QImage.Format.Format_RGB32)
    sheet.fill(QtGui.QColor(128, 128, 128))
    painter = QtGui.QPainter(sheet)
    painter.drawImage(0, 0, image)
    painter.end()
    return bytes_of(sheet.convertToFormat(GREY))


def palettes() -> list[str]:
    """The names of all palettes, the documents' own among them."""
    return sorted(Krita.instance().resources("palette"))


def colours_of(name: str) -> list[str]:
    """The colours of a palette as #rrggbb, each once. Raises CanvasError if it is gone, or has too few or too many."""
    import krita

    resource = Krita.instance().resources("palette").get(name)
    if resource is None:
        raise CanvasError(tr("The palette {name} is gone; choose another one, or none.").format(name=name))
    palette = krita.Palette(resource)
    entry = getattr(palette, "entryByIndex", None) or palette.colorSetEntryByIndex
    found: dict[str, None] = {}
    count = palette.colorsCountTotal() if hasattr(palette, "colorsCountTotal") else palette.numberOfEntries()
    for number in range(count):
        swatch = entry(number)
        if swatch is None or not swatch.isValid():
            continue
        colour = swatch.color()
        colour.setColorSpace(*SRGB)
        blue, green, red, *_ = colour.components()
        found["#{:02x}{:02x}{:02x}".format(*(round(255 * min(max(part, 0), 1)) for part in (red, green, blue)))] = None
    if not 2 <= len(found) <= MOST_COLOURS:
        words = tr("The palette {name} has {count} colours, and paintings 2 to {most}; choose another one.")
        raise CanvasError(words.format(name=name, count=len(found), most=MOST_COLOURS))
    return list(found)
