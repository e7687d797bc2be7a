"""The only room that touches Krita's documents: pixels out of them, results into them, one undo step each.

Documents and nodes are looked up each time: the user may close, undo, move or delete what was there a moment ago.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

from ..easel.words import tr
from ..planes import Plane, room
from ..qt import ARGB32, RGBA8888, QImage, raw_bytes, scaled
from . import pen, scratch
from .mask_math import meet, united
from .open_documents import (
    CanvasError,
    active_document,
    document_of,
    found_below,
    groups_above,
    hung,
    id_of,
    is_open,
    key_of,
    layer_of,
    node_of,
    open_document,
    space_of,
)

SRGB = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
STRIPE = 1 << 18  # pixels read, converted or written before the windows get a turn
MULTIPLY = "multiply"
LINEAR = ("linear", "g10")  # in names of profiles
SETTLED = 0.4  # seconds
SHARE = 0.2  # of the time, at most, that goes into showing previews

Reader = Callable[[int, int, int, int], bytes]  # x, y, width, height
Come = Callable[[float], None]  # hears how much has been done, 0 to 1


class Source:
    """What is to be painted: pixels (RGBA, 8 bit, sRGB, straight) of the whole canvas, and the selection's mask."""

    def __init__(self, document: Any, name: str, width: int, height: int) -> None:
        self.key, self.name, self.width, self.height = key_of(document), name, width, height
        self.pixels: Plane = b""
        self.mask: Plane | None = None
        self.node = ""

    @property
    def is_open(self) -> bool:
        """Is its document still open?"""
        return is_open(self.key)

    def described(self, plane: str) -> dict[str, Any]:
        """The pixels as the engine is told of them, once they were handed over as a plane of this name."""
        return {"plane": plane, "width": self.width, "height": self.height, "channels": 4, "depth": "u8",
                "stride": 4 * self.width}  # fmt: skip


def read_source(
    visible: bool = False, come: Come = lambda part: None, key: str = ""
) -> Generator[None, None, Source]:  # fmt: skip
    """The active layer (or all that is visible), with the selection; a generator, since it reads stripe by stripe.

    come: hears how much has been read; key: of the document, if not the one in front.

    If a mask is active, that is the layer it lies on. Raises CanvasError if there is no document, no layer, or the
    selection lies elsewhere.
    """
    document = open_document(key) if key else active_document()
    if document is None:
        raise CanvasError(tr("Open a picture first."))
    node = layer_of(document.activeNode())
    if node is None and not visible:
        raise CanvasError(tr("Choose a layer first."))
    name = document.name() if visible or node is None else node.name()
    source = Source(document, name, document.width(), document.height())
    source.node = "" if node is None else id_of(node)
    reader = reader_of(source.key) if visible else reader_of(source.key, source.node)
    space = space_of(document if visible else node)
    del document, node  # they may be gone by the next stripe
    yield from fill_source(source, reader, space, come)
    return source


def reader_of(key: str, uid: str = "") -> Reader:
    """What reads the pixels of a node as it shows, or of all that is visible; raises CanvasError if that is gone."""

    def read(x: int, y: int, width: int, height: int) -> bytes:
        if not uid:
            return bytes(open_document(key).pixelData(x, y, width, height))
        node = node_of(key, uid)
        if node is None:
            raise CanvasError(tr("The layer was deleted, or its document closed, while it was read; choose another."))
        return bytes(node.projectionPixelData(x, y, width, height))

    return read


def multiplies(key: str) -> bool:
    """Are layers that are multiplied in this document what they are in ours? In other models they are not."""
    model, depth, profile = space_of(open_document(key))
    return model == "RGBA" and depth in ("U8", "U16") and not any(word in profile.lower() for word in LINEAR)


def prepare(source: Source) -> None:
    """Make now what `Result.build` will need, while the engine does not yet keep the processor busy.

    Raises CanvasError if it cannot be made, or the document was closed.
    """
    scratch.prepare(space_of(open_document(source.key)))


def fill_source(
    source: Source, reader: Reader, space: tuple[str, str, str], come: Come = lambda part: None
) -> Generator[None, None, None]:
    """Read a source's pixels, stripe by stripe, and the selection. Raises CanvasError if there is nothing to paint."""
    source.mask = yield from selection_of(source.key)
    width, rows = source.width, max(1, STRIPE // source.width)
    source.pixels = pixels = room(4 * width * source.height)
    is_there = is_selected = False
    for top in range(0, source.height, rows):
        height = min(rows, source.height - top)
        part = to_rgba(reader(0, top, width, height), width, height, space)
        pixels[4 * top * width : 4 * top * width + len(part)] = part
        painted = part[3::4]
        is_there = is_there or painted.count(0) < len(painted)
        if source.mask is not None and not is_selected:
            is_selected = meet(source.mask[top * width : (top + height) * width], painted)
        come((top + height) / source.height)
        yield
    if not is_there:
        raise CanvasError(tr("This layer is empty; choose one with something on it."))
    if source.mask is not None and not is_selected:
        raise CanvasError(tr("This layer is empty where the selection is; choose another, or select something on it."))


def thumbnail(key: str, width: int, height: int) -> Generator[None, None, QImage]:
    """A small picture of all that is visible, stripe by stripe: Krita's own takes long. Raises CanvasError."""
    document, read = open_document(key), reader_of(key)
    across, down, space = document.width(), document.height(), space_of(document)
    del document
    rows = max(1, STRIPE // 4 // across * height // down)
    data = b""
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = top * down // height, bottom * down // height
        part = to_rgba(read(0, first, across, last - first), across, last - first, space)
        data += pixels_of(scaled(QImage(part, across, last - first, 4 * across, RGBA8888), width, bottom - top))
        yield
    return QImage(data, width, height, 4 * width, RGBA8888).copy()


def to_rgba(raw: bytes, width: int, height: int, space: tuple[str, str, str]) -> bytes:
    """Pixels of a colour space (model, depth, profile) as RGBA of 8 bits in sRGB."""
    if space != SRGB:
        raw = scratch.converted(raw, width, height, space, SRGB)
    return _swapped(raw, width, height, ARGB32, RGBA8888)


def from_rgba(pixels: bytes, width: int, height: int, space: tuple[str, str, str]) -> bytes:
    """RGBA of 8 bits in sRGB as pixels of a colour space."""
    raw = _swapped(pixels, width, height, RGBA8888, ARGB32)
    return raw if space == SRGB else scratch.converted(raw, width, height, SRGB, space)


class Result:
    """A group in a document, made in one undo step, whose layers are written to as they come."""

    def __init__(self, source: Source) -> None:
        self._key, self.group = source.key, ""
        self.width, self.height = source.width, source.height
        self._above, self._active = source.node, ""
        self._layers: list[str] = []
        self._next = 0.0
        self._stale: Any = None
        self._final = self._unwanted = False

    def build(
        self, title: str, layers: list[tuple[str | None, str]], known: Sequence[str] = (),
        multiplied: Sequence[int] = (),
    ) -> None:  # fmt: skip
        """Make it, beside the source's node: all of it comes into the document at once.

        layers: (group or None, name) of each, from the bottom up; known: `parts` of one that was made before, which
        is taken again if the document still has all of it; multiplied: the numbers of those that are multiplied by
        what lies below. Raises CanvasError if the document takes no layers.
        """
        if len(known) == len(layers) + 1 and all(node_of(self._key, uid) is not None for uid in known):
            self.group, *self._layers = known
            return
        document = document_of(self._key)
        if document is None:
            return
        whole, made = scratch.made_in(space_of(document), lambda there: _made(there, title, layers, multiplied))
        document = document_of(self._key)  # Krita may have let Qt go on
        if document is None or self._unwanted:
            return
        active = document.activeNode()
        self._active = "" if active is None else id_of(active)
        self.group, self._layers = id_of(whole), made
        if not hung(self._key, whole, self._above) and is_open(self._key):
            self.group, self._layers = "", []
            raise CanvasError(
                tr("The group was deleted at once, or this document takes no layers; save it as another one.")
            )

    @property
    def parts(self) -> list[str]:
        """The unique ids of the group and of its layers."""
        return [self.group, *self._layers] if self.group else []

    @property
    def there(self) -> bool:
        """Is the group still in an open document?"""
        return node_of(self._key, self.group) is not None

    def write(self, number: int, pixels: bytes, x: int, y: int, width: int, height: int) -> Generator[None, None, None]:
        """Write RGBA pixels into a layer, stripe by stripe."""
        rows = max(1, STRIPE // max(width, 1))
        for top in range(0, height, rows):
            tall = min(rows, height - top)
            layer = self._layer(number)
            if layer is None:
                return
            part = from_rgba(bytes(pixels[top * width * 4 : (top + tall) * width * 4]), width, tall, space_of(layer))
            layer = self._layer(number)  # Krita lets Qt go on while it converts
            if layer is None:
                return
            layer.setPixelData(part, x, y + top, width, tall)
            yield

    def keep_active(self) -> None:
        """Choose the layer again that was chosen before the group came: Krita chooses what is new, a little later."""
        document = document_of(self._key) if self._active else None
        chosen = None if document is None else document.activeNode()
        if document is not None and chosen is not None and id_of(chosen) != self._active:
            before, self._active = found_below(document.rootNode(), self._active), ""
            if before is not None and self.group in (id_of(chosen), *groups_above(chosen)):
                document.setActiveNode(before)

    def settled(self) -> Generator[None, None, None]:
        """Wait until that has happened, a moment at most: else the next painting would be one of this group."""
        end = time.monotonic() + SETTLED
        while self._active and time.monotonic() < end:
            self.keep_active()
            yield

    def show(self, image: QImage, part: tuple[int, int, int, int]) -> Generator[None, None, None]:
        """Show a preview (any size) in the first layer, stripe by stripe, if enough time has passed since the last one.

        part: x, y, width, height of what changed in it since the last call.
        """
        self.changed(part)
        if time.monotonic() < self._next or pen.is_down() or not self.there:
            return
        (x, y, width, height), self._stale = self._stale, None
        begun = time.monotonic()
        across, down = self.width / image.width(), self.height / image.height()
        left, right = int(x * across), min(-int(-(x + width) * across // 1), self.width)
        rows = max(1, int(STRIPE / (right - left) / down))
        for first in range(y, y + height, rows):
            last = min(first + rows, y + height)
            top, bottom = int(first * down), min(-int(-last * down // 1), self.height)
            shown = image.copy(x, first, width, last - first)
            if (width, last - first) != (right - left, bottom - top):
                shown = shown.scaled(right - left, bottom - top)
            layer = self._layer(0)
            raw = b"" if layer is None else from_rgba(pixels_of(shown), right - left, bottom - top, space_of(layer))
            layer = self._layer(0)
            if layer is None or self._final:  # Krita lets Qt go on while it converts, and the painting may have come
                return
            layer.setPixelData(raw, left, top, right - left, bottom - top)
            yield
        if pen.is_down():
            self.changed((x, y, width, height))
        elif not self._final:
            self.refresh()
        spent = time.monotonic() - begun
        self._next = time.monotonic() + spent * (1 / SHARE - 1)

    def changed(self, part: tuple[int, int, int, int]) -> None:
        """This part of the preview (as in `show`) has changed; it is shown with the next one."""
        self._stale = part if self._stale is None else united(self._stale, part)

    def begin_final(self) -> None:
        """From now on the painting itself is written: no preview may come over it."""
        self._final = True

    def clear(self, number: int) -> Generator[None, None, None]:
        """Make a layer empty again, stripe by stripe."""
        rows = max(1, STRIPE // self.width)
        blank = b""
        for top in range(0, self.height, rows):
            layer = self._layer(number)
            if layer is None:
                return
            tall = min(rows, self.height - top)
            blank = blank or bytes(len(bytes(layer.pixelData(0, 0, 1, 1))) * self.width * rows)
            layer.setPixelData(blank[: len(blank) // rows * tall], 0, top, self.width, tall)
            yield

    def hurry(self) -> None:
        """The next preview is shown at once, whatever the last one took."""
        self._next = 0.0

    def finish(self) -> None:
        """All is there: the user may work on it."""
        for number in range(len(self._layers)):
            layer = self._layer(number)
            if layer is not None:
                layer.setLocked(False)

    def refresh(self) -> None:
        """Redraw the document."""
        document = document_of(self._key)
        if document is not None:
            document.refreshProjection()

    def _layer(self, number: int) -> Any:
        """A layer of it, or None if that or its document is gone."""
        return node_of(self._key, self._layers[number]) if number < len(self._layers) else None

    def remove(self) -> None:
        """Take the group away, and make it no more."""
        self._unwanted = True
        group = node_of(self._key, self.group)
        if group is not None:
            group.remove()
            self.refresh()


def _made(
    there: Callable[[], Any], title: str, layers: list[tuple[str | None, str]], multiplied: Sequence[int]
) -> tuple[Any, list[str]]:
    """A group with these layers, which is in no document yet, and the layers' unique ids; see `scratch.made_in`."""
    whole = there().createGroupLayer(title)
    groups: dict[str, Any] = {}
    made = []
    for number, (group, name) in enumerate(layers):
        if group is not None and group not in groups:
            groups[group] = there().createGroupLayer(group)
            if number in multiplied:  # its layers by themselves, and then what lies below
                _multiply(groups[group], 0 not in multiplied)
            else:
                groups[group].setPassThroughMode(True)
            whole.addChildNode(groups[group], None)
        layer = there().createNode(name, "paintlayer")
        if number in multiplied:
            _multiply(layer, group is None and 0 not in multiplied)
        layer.setLocked(True)  # until all is there; what the user drew now would be lost
        (whole if group is None else groups[group]).addChildNode(layer, None)
        made.append(id_of(layer))
    there()
    return whole, made


def _multiply(node: Any, clipped: bool) -> None:
    """Have a node multiplied by what lies below; clipped: it shows only where that does (a selection is soft)."""
    node.setBlendingMode(MULTIPLY)
    node.setInheritAlpha(clipped)


def selection_of(key: str) -> Generator[None, None, Plane | None]:
    """The selection as 8 bits for each pixel of the canvas, stripe by stripe, or None if nothing is selected.

    Raises CanvasError if it lies wholly beyond the canvas, or the document was closed.
    """
    document = open_document(key)
    width, height = document.width(), document.height()
    raw, some = room(width * height), False
    rows = max(1, 4 * STRIPE // width)
    for top in range(0, height, rows):
        selection = open_document(key).selection()
        if selection is None or selection.width() <= 0 or selection.height() <= 0:
            return None
        part = bytes(selection.pixelData(0, top, width, min(rows, height - top)))
        some = some or part.count(0) < len(part)
        raw[top * width : top * width + len(part)] = part
        yield
    if not some:
        raise CanvasError(tr("The selection lies beyond the canvas; select a part of the picture."))
    return raw


def _swapped(raw: bytes, width: int, height: int, before: Any, after: Any) -> bytes:
    return pixels_of(QImage(raw, width, height, 4 * width, before).convertToFormat(after))


def pixels_of(image: QImage) -> bytes:
    """The bytes of a picture of four channels of 8 bits, row by row."""
    return raw_bytes(image)
