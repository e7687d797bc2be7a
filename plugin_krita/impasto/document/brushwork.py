"""Where the user's brush paints for us: layers of a document that nobody sees, which are moved over when all is there.

Part of the room that touches Krita's documents. A stroke painted into the user's document would be an undo step each,
and push out all that there were; a group that comes from here is one, and is exact when it is done again.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from krita import Krita

from ..easel.words import tr
from ..qt import QtCore, QtGui
from .krita_document import SRGB, STRIPE
from .open_documents import (
    CanvasError,
    document_of,
    found_below,
    id_of,
    is_open,
    key_of,
    layer_of,
    node_of,
    open_document,
    space_of,
)

PIECES = 8  # of a stroke that is pressed harder at one end than at the other
FINEST, BROADEST = 1.0, 1000.0  # pixels: brushes Krita paints with


def idle(key: str) -> bool:
    """Has Krita nothing left to do in a document? What is asked of it meanwhile would pile up."""
    document = document_of(key)
    if document is None or not document.tryBarrierLock():
        return False
    document.unlock()
    return True


class BrushedGroup:
    """A group of layers in a document of its own, as large as the user's and in its colours.

    key: of the user's document. Raises CanvasError if that is gone, or Krita makes no second one.
    """

    def __init__(self, key: str, title: str) -> None:
        users = open_document(key)
        self._key, self.width, self.height = key, users.width(), users.height()
        space = space_of(users)
        made = _hidden(self.width, self.height, "brushed", space)
        self.own, self._kept = key_of(made), made  # Krita closes it when that goes; it is never used
        self._group: Any = made.createGroupLayer(title)  # in no document: one that is taken out of one loses its layers
        self._layers: list[Any] = []
        self.group = id_of(self._group)

    @property
    def stands(self) -> bool:
        """Is it still there, and the user's document as well?"""
        return is_open(self.own) and is_open(self._key)

    def need(self) -> None:
        """Raises CanvasError if it is not."""
        if not is_open(self._key):
            raise CanvasError(tr("The document was closed; nothing was painted with your brush."))
        if not is_open(self.own):
            raise CanvasError(tr("A script has closed the document that your brush painted in; paint it again."))

    def add(self, name: str) -> int:
        """A new layer on top; its number."""
        layer = document_of(self.own).createNode(name, "paintlayer")
        self._group.addChildNode(layer, self._layers[-1] if self._layers else None)
        self._layers.append(layer)
        return len(self._layers) - 1

    def copy(self, number: int, uid: str) -> Generator[None, None, bool]:
        """What a node of the user's document shows, into a layer; False if there is no such node."""
        rows = max(1, STRIPE // self.width)
        for top in range(0, self.height, rows):
            self.need()
            node, tall = node_of(self._key, uid), min(rows, self.height - top)
            if node is None:
                return False
            part = node.projectionPixelData(0, top, self.width, tall)
            if space_of(node) != space_of(self._layers[number]):
                return False
            self._layers[number].setPixelData(part, 0, top, self.width, tall)
            yield
        return True

    def fill_white(self, number: int) -> Generator[None, None, None]:
        """A sheet of white paper."""
        layer = self._layers[number]
        sheet = _hidden(1, 1, "white", space_of(layer))
        spot = sheet.createNode("white", "paintlayer")
        before = space_of(spot)
        spot.setColorSpace(*SRGB)
        spot.setPixelData(b"\xff\xff\xff\xff", 0, 0, 1, 1)
        spot.setColorSpace(*before)
        white = bytes(spot.pixelData(0, 0, 1, 1))
        sheet.setModified(False)
        sheet.close()
        rows = max(1, STRIPE // self.width)
        for top in range(0, self.height, rows):
            self.need()
            tall = min(rows, self.height - top)
            layer.setPixelData(white * (self.width * tall), 0, top, self.width, tall)
            yield

    def stroke(self, number: int, curve: tuple[float, ...], ends: tuple[float, float]) -> None:
        """Paint a curve (x0 y0 x1 y1 x2 y2, pixels) with the brush as it is held.

        ends: how hard it is pressed at both, 0..1; equal ones are painted in one go.
        """
        layer = self._layers[number]
        if ends[0] == ends[1]:
            path = QtGui.QPainterPath(QtCore.QPointF(*curve[:2]))
            path.quadTo(*curve[2:])
            layer.paintPath(path, "ForegroundColor", "None")
            return
        places = [_on(curve, k / PIECES) for k in range(PIECES + 1)]
        for k in range(PIECES):
            pressed = [ends[0] + (ends[1] - ends[0]) * t / PIECES for t in (k, k + 1)]
            layer.paintLine(QtCore.QPointF(*places[k]), QtCore.QPointF(*places[k + 1]), *pressed, "ForegroundColor")

    def hang(self, beside: str) -> None:
        """Move the group over: the one undo step. beside: the node above which it lies; on top if there is none.

        Raises CanvasError if the document is gone, or takes no layers.
        """
        self.need()
        document = document_of(self._key)
        active, root = document.activeNode(), document.rootNode()
        chosen = "" if active is None else id_of(active)
        above = layer_of(found_below(root, beside)) if beside else None
        parent = root if above is None else above.parentNode()
        parent.addChildNode(self._group, above)
        if node_of(self._key, self.group) is None:
            root.addChildNode(self._group, None)
        if node_of(self._key, self.group) is None:
            raise CanvasError(tr("This document takes no layers; save it as another one, and paint that."))
        before = found_below(document.rootNode(), chosen) if chosen else None
        if before is not None:
            document.setActiveNode(before)

    def strike(self) -> None:
        """Close the document that nobody sees; once it is idle."""
        self._layers, self._group = [], None
        document = document_of(self.own)
        if document is not None:
            document.setModified(False)
            document.close()


def _hidden(width: int, height: int, name: str, space: tuple[str, str, str]) -> Any:
    """A document that nobody sees and Krita asks nothing about. Raises CanvasError if it makes none."""
    made = Krita.instance().createDocument(width, height, name, *space, 72.0)
    if made is None:
        raise CanvasError(tr("Krita makes no document in the colours of this one; convert its colour space first."))
    made.setBatchmode(True)
    return made


def _on(curve: tuple[float, ...], t: float) -> tuple[float, float]:
    """A place on a quadratic Bézier."""
    x0, y0, x1, y1, x2, y2 = curve
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2
