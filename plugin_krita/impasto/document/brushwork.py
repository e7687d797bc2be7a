"""Where the user's brush paints for us: layers of a document that nobody sees, which are moved over when all is there.

Part of the room that touches Krita's documents. A stroke painted into the user's document would be an undo step each,
and push out all that there were; a group that comes from here is one, and is exact when it is done again.
"""

from __future__ import annotations

from collections.abc import Generator

from ..qt import QtCore, QtGui
from .hidden import HiddenGroup
from .krita_document import STRIPE, from_rgba
from .open_documents import node_of, space_of

PIECES = 8  # of a stroke that is pressed harder at one end than at the other
FINEST, BROADEST = 1.0, 1000.0  # pixels: brushes Krita paints with


class BrushedGroup(HiddenGroup):
    """A group of paint layers that the brush paints."""

    def __init__(self, key: str, title: str) -> None:
        super().__init__(key, title, "brushed")

    def add(self, name: str) -> int:
        """A new layer on top; its number."""
        self._add(self.need().createNode(name, "paintlayer"))
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
        white = from_rgba(b"\xff\xff\xff\xff", 1, 1, space_of(layer))
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


def _on(curve: tuple[float, ...], t: float) -> tuple[float, float]:
    """A place on a quadratic Bézier."""
    x0, y0, x1, y1, x2, y2 = curve
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
    return a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2
