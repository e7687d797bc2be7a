"""Strokes as shapes in vector layers, and vector layers as drawings.

Part of the room that touches Krita's documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator
from typing import Any

from ..easel.words import tr
from ..planes import Plane
from .hidden import HiddenGroup
from .krita_document import STRIPE, from_rgba
from .open_documents import (
    CanvasError,
    active_document,
    id_of,
    node_of,
    space_of,
)

MOST_SHAPES = 3000  # of a painting: with more, Krita takes its time whenever it saves, opens or selects
A_LAYER = 100  # shapes of one layer, which Krita adds in one go
KIND = "vectorlayer"
_PAINTING = re.compile(r'\bid="impasto-([0-9a-f]{16})-\d')
_SHAPE = re.compile(r"<(?:path|rect|circle|ellipse|line|poly\w+)\b")


class ShapeGroup(HiddenGroup):
    """A group of vector layers."""

    def __init__(self, key: str, title: str) -> None:
        super().__init__(key, title, "shapes")

    def lay_ground(self, name: str, pixels: Plane) -> Generator[None, None, None]:
        """What lies beneath the shapes: RGBA of the whole canvas, stripe by stripe. Raises CanvasError."""
        layer = self._add(self.need().createNode(name, "paintlayer"))
        space, rows = space_of(layer), max(1, STRIPE // self.width)
        for top in range(0, self.height, rows):
            tall = min(rows, self.height - top)
            part = bytes(pixels[4 * top * self.width : 4 * (top + tall) * self.width])
            part = from_rgba(part, self.width, tall, space)
            self.need()  # Krita lets Qt go on while it converts
            layer.setPixelData(part, 0, top, self.width, tall)
            yield

    def add(self, name: str, text: str) -> None:
        """A layer on top, of the shapes in an SVG document, whose units are pixels. Raises CanvasError."""
        self._add(self.need().createVectorLayer(name)).addShapesFromSvg(text)


def chosen_shapes() -> tuple[str, list[str]]:
    """What is chosen in the document in front: the unique id of a group of vector layers, or of one, and those of all
    that are in it and can be seen, from the bottom up.

    Of a vector layer in a group of such it is that group. Raises CanvasError if nothing of the kind is chosen.
    """
    document = active_document()
    if document is None:
        raise CanvasError(tr("Open a picture first."))
    node, root = document.activeNode(), id_of(document.rootNode())
    while node is not None and node.parentNode() is not None and node.type() not in (KIND, "grouplayer"):
        node = node.parentNode()
    if node is None or id_of(node) == root:
        raise CanvasError(tr("Choose a vector layer, or a group of them, first."))
    if node.type() == KIND:
        above = node.parentNode()
        if id_of(above) != root and len(_below(above)) > 1:
            node = above
    found = _below(node)
    if not found:
        raise CanvasError(tr("Choose a vector layer, or a group of them, first."))
    return id_of(node), found


def _below(node: Any) -> list[str]:
    if not node.visible():
        return []
    if node.type() == KIND:
        return [id_of(node)]
    return [uid for child in node.childNodes() for uid in _below(child)]


def drawing_of(key: str, uid: str) -> str:
    """A vector layer as an SVG document. Raises CanvasError if it is gone."""
    node = node_of(key, uid)
    if node is None:
        raise CanvasError(tr("A layer of the shapes was deleted while it was read; try again."))
    return str(node.toSvg())


def shapes_in(text: str) -> int:
    """About how many shapes an SVG document of Krita's has."""
    return len(_SHAPE.findall(text))


def painting_of(texts: list[str]) -> str:
    """The sixteen digits of the result that most shapes are of; nothing if they are of none."""
    found = Counter(digits for text in texts for digits in _PAINTING.findall(text))
    return max(found, key=lambda digits: found[digits]) if found else ""


def named_for_engine(text: str, digits: str) -> str:
    """The document, its shapes called as the engine calls strokes, if they are of this result."""
    return text.replace(f'id="impasto-{digits}-', 'id="stroke-') if digits else text
