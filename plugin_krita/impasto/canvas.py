"""The only room that touches Krita's documents: pixels out of them, results into them, one undo step each.

Nodes are looked up by their unique id each time: the user may undo, move or delete what was there a moment ago.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any

from krita import Krita

from .qt import ARGB32, RGBA8888, QImage

SRGB = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
STRIPE = 1 << 20  # pixels read, converted or written before the windows get a turn
SHARE = 0.2  # of the time, at most, that goes into showing previews


class CanvasError(Exception):
    """What is wrong with the document, in a sentence for the user."""


class Source:
    """What is to be painted: pixels (RGBA, 8 bit, sRGB, straight) of the whole canvas, and the selection's mask."""

    def __init__(self, document: Any, name: str, width: int, height: int) -> None:
        self.document, self.name, self.width, self.height = document, name, width, height
        self.pixels = bytearray()
        self.mask: bytearray | None = None
        self.node = ""


def active_document() -> Any:
    """The document that is looked at, or None."""
    return Krita.instance().activeDocument()


def read_source(visible: bool = False) -> Generator[None, None, Source]:
    """The active layer (or all that is visible), with the selection; a generator, since it reads stripe by stripe.

    Raises CanvasError if there is no document, no layer, or the selection lies elsewhere.
    """
    document = active_document()
    if document is None:
        raise CanvasError("Open a picture first.")
    node = document.activeNode()
    if node is None and not visible:
        raise CanvasError("Choose a layer first.")
    source = Source(document, document.name() if visible else node.name(), document.width(), document.height())
    source.node = "" if node is None else _id(node)
    reader = document.pixelData if visible else node.projectionPixelData
    yield from fill_source(source, reader, space_of(document if visible else node))
    return source


def fill_source(source: Source, reader: Any, space: tuple[str, str, str]) -> Generator[None, None, None]:
    """Read a source's pixels, stripe by stripe, by `reader(x, y, width, height)`, and the selection."""
    rows = max(1, STRIPE // source.width)
    for top in range(0, source.height, rows):
        height = min(rows, source.height - top)
        raw = bytes(reader(0, top, source.width, height))
        source.pixels += to_rgba(raw, source.width, height, space)
        yield
    source.mask = _selection(source.document)
    if not any(source.pixels[3::4]):
        raise CanvasError("This layer is empty; choose one with something on it.")


def to_rgba(raw: bytes, width: int, height: int, space: tuple[str, str, str]) -> bytes:
    """Pixels of a colour space (model, depth, profile) as RGBA of 8 bits in sRGB."""
    if space != SRGB:
        raw = _converted(raw, width, height, space, SRGB)
    return _swapped(raw, width, height, ARGB32, RGBA8888)


def from_rgba(pixels: bytes, width: int, height: int, space: tuple[str, str, str]) -> bytes:
    """RGBA of 8 bits in sRGB as pixels of a colour space."""
    raw = _swapped(pixels, width, height, RGBA8888, ARGB32)
    return raw if space == SRGB else _converted(raw, width, height, SRGB, space)


class Result:
    """A group in a document, made in one undo step, whose layers are written to as they come.

    layers: (group or None, name) of each, from the bottom up; source: the unique id of the node it lies above.
    known: `parts` of one that was made before, which is taken again if the document still has all of it.
    """

    def __init__(
        self, source: Source, title: str, layers: list[tuple[str | None, str]], known: Sequence[str] = ()
    ) -> None:
        self.document = source.document
        self.width, self.height = source.width, source.height
        self._space = space_of(self.document)
        self._next = 0.0
        self._stale: Any = None
        self._active = ""
        if len(known) == len(layers) + 1 and all(node_of(self.document, uid) is not None for uid in known):
            self.group, *self._layers = known
            return
        krita = Krita.instance()
        scratch = krita.createDocument(self.width, self.height, "scratch", *self._space, self.document.resolution())
        scratch.setBatchmode(True)
        whole = scratch.createGroupLayer(title)
        groups: dict[str, Any] = {}
        self._layers: list[str] = []
        for group, name in layers:
            parent = whole
            if group is not None:
                if group not in groups:
                    groups[group] = scratch.createGroupLayer(group)
                    groups[group].setPassThroughMode(True)
                    whole.addChildNode(groups[group], None)
                parent = groups[group]
            layer = scratch.createNode(name, "paintlayer")
            layer.setLocked(True)  # until all is there; what the user drew now would be lost
            parent.addChildNode(layer, None)
            self._layers.append(_id(layer))
        self.group = _id(whole)
        active = self.document.activeNode()
        self._active = "" if active is None else _id(active)
        above = _found(self.document.rootNode(), source.node)
        parent = above.parentNode() if above is not None else None
        (parent or self.document.rootNode()).addChildNode(whole, above)  # the one undo step
        scratch.setModified(False)
        scratch.close()

    @property
    def parts(self) -> list[str]:
        """The unique ids of the group and of its layers."""
        return [self.group, *self._layers]

    @property
    def there(self) -> bool:
        """Is the group still in an open document?"""
        return is_open(self.document) and _found(self.document.rootNode(), self.group) is not None

    def write(self, number: int, pixels: bytes, x: int, y: int, width: int, height: int) -> Generator[None, None, None]:
        """Write RGBA pixels into a layer, stripe by stripe."""
        rows = max(1, STRIPE // max(width, 1))
        for top in range(0, height, rows):
            tall = min(rows, height - top)
            layer = _found(self.document.rootNode(), self._layers[number]) if is_open(self.document) else None
            if layer is None:
                return
            part = bytes(pixels[top * width * 4 : (top + tall) * width * 4])
            layer.setPixelData(from_rgba(part, width, tall, space_of(layer)), x, y + top, width, tall)
            yield

    def keep_active(self) -> None:
        """Choose the layer again that was chosen before the group came: Krita chooses what is new, a little later."""
        if not self._active or not is_open(self.document):
            return
        chosen = self.document.activeNode()
        if chosen is not None and _id(chosen) != self._active:
            before, self._active = _found(self.document.rootNode(), self._active), ""
            if before is not None and self.group in (_id(chosen), *_above(chosen)):
                self.document.setActiveNode(before)

    def show(self, image: QImage, part: tuple[int, int, int, int]) -> None:
        """Show a preview (any size) in the first layer, if enough time has passed since the last one.

        part: x, y, width, height of what changed in it since the last call.
        """
        self._stale = part if self._stale is None else _united(self._stale, part)
        if time.monotonic() < self._next or not self.there:
            return
        begun = time.monotonic()
        layer = _found(self.document.rootNode(), self._layers[0])
        if layer is not None:
            (x, y, width, height), self._stale = self._stale, None
            across, down = self.width / image.width(), self.height / image.height()
            left, top = int(x * across), int(y * down)
            wide = min(-int(-(x + width) * across // 1), self.width) - left
            tall = min(-int(-(y + height) * down // 1), self.height) - top
            shown = image.copy(x, y, width, height)
            if (width, height) != (wide, tall):
                shown = shown.scaled(wide, tall)
            layer.setPixelData(from_rgba(_bytes(shown), wide, tall, space_of(layer)), left, top, wide, tall)
            self.document.refreshProjection()
        spent = time.monotonic() - begun
        self._next = time.monotonic() + spent * (1 / SHARE - 1)

    def clear(self, number: int) -> Generator[None, None, None]:
        """Make a layer empty again, stripe by stripe."""
        rows = max(1, STRIPE // self.width)
        blank = b""
        for top in range(0, self.height, rows):
            layer = _found(self.document.rootNode(), self._layers[number]) if is_open(self.document) else None
            if layer is None:
                return
            tall = min(rows, self.height - top)
            blank = blank or bytes(len(bytes(layer.pixelData(0, 0, 1, 1))) * self.width * rows)
            layer.setPixelData(blank[: len(blank) // rows * tall], 0, top, self.width, tall)
            yield

    def finish(self) -> None:
        """All is there: the user may work on it."""
        if not is_open(self.document):
            return
        for uid in self._layers:
            layer = _found(self.document.rootNode(), uid)
            if layer is not None:
                layer.setLocked(False)

    def refresh(self) -> None:
        """Draw the document anew."""
        if is_open(self.document):
            self.document.refreshProjection()

    def remove(self) -> None:
        """Take the group away."""
        if is_open(self.document):
            group = _found(self.document.rootNode(), self.group)
            if group is not None:
                group.remove()
                self.document.refreshProjection()


def _united(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The smallest rectangle around two, each as x, y, width, height."""
    left, top = min(one[0], two[0]), min(one[1], two[1])
    right, bottom = max(one[0] + one[2], two[0] + two[2]), max(one[1] + one[3], two[1] + two[3])
    return left, top, right - left, bottom - top


def is_open(document: Any) -> bool:
    """Is this document still open?"""
    return any(document == other for other in Krita.instance().documents())


def node_of(document: Any, uid: str) -> Any:
    """The node of a unique id, or None if it is gone, or its document is."""
    return _found(document.rootNode(), uid) if uid and is_open(document) else None


def _found(root: Any, uid: str) -> Any:
    """The node of a unique id under `root`, or None."""
    for child in root.childNodes():
        if _id(child) == uid:
            return child
        below = _found(child, uid)
        if below is not None:
            return below
    return None


def _above(node: Any) -> list[str]:
    """The unique ids of the groups a node lies in."""
    parent = node.parentNode()
    return [] if parent is None else [_id(parent), *_above(parent)]


def _id(node: Any) -> str:
    return node.uniqueId().toString()


def space_of(thing: Any) -> tuple[str, str, str]:
    """The colour space of a document or a node: model, depth, profile."""
    return thing.colorModel(), thing.colorDepth(), thing.colorProfile()


def _selection(document: Any) -> bytearray | None:
    """The selection as 8 bits for each pixel of the canvas, or None if nothing is selected.

    Raises CanvasError if it lies wholly beyond the canvas.
    """
    selection = document.selection()
    if selection is None or selection.width() <= 0 or selection.height() <= 0:
        return None
    raw = bytearray(bytes(selection.pixelData(0, 0, document.width(), document.height())))
    if not any(raw):
        raise CanvasError("The selection lies beyond the canvas; select a part of the picture.")
    return raw


def _converted(raw: bytes, width: int, height: int, before: tuple[str, str, str], after: tuple[str, str, str]) -> bytes:
    """Pixels of one colour space in another, by Krita itself; in a document that nobody sees and that has no undo."""
    scratch = Krita.instance().createDocument(width, height, "scratch", *before, 72.0)
    scratch.setBatchmode(True)
    node = scratch.createNode("pixels", "paintlayer")
    node.setPixelData(raw, 0, 0, width, height)
    node.setColorSpace(*after)
    found = bytes(node.pixelData(0, 0, width, height))
    scratch.setModified(False)
    scratch.close()
    return found


def _swapped(raw: bytes, width: int, height: int, before: Any, after: Any) -> bytes:
    return _bytes(QImage(raw, width, height, 4 * width, before).convertToFormat(after))


def _bytes(image: QImage) -> bytes:
    data = image.constBits()
    data.setsize(image.width() * image.height() * 4)
    return bytes(data)
