"""The regions of each open document: their names, how each is painted, and the planes they consist of.

Planes are grey pictures, smaller than the canvas and spread over it. Those that were found share each pixel; those that
are `over` them, the user's own, lie on top, in the order of the list. `rest` is the region that has what no other has.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from ..document.mask_math import bytes_of, shares
from ..document.open_documents import CanvasError, active_key, is_open, open_document
from ..qt import QImage, QObject, QtGui, Signal, scaled
from ..words import tr

SIDE = 1024  # longer side of planes, pixels
SMALL = 256  # the same, of those that are only looked at
LEAST, MOST = 0.25, 4.0  # detail
MOST_REGIONS = 256
LONGEST_NAME = 60
_NOT_IN_NAMES = dict.fromkeys(map(ord, ":=,;/\\"), " ")  # the engine takes no such names
_GOLDEN = 0.618034  # of the circle of hues from one region to the next: they stay apart, however many there are

Found = tuple  # (name, picture)


class MaskPlane:
    """A grey picture, and whether it lies over those that were found."""

    def __init__(self, image: QImage, over: bool) -> None:
        self.image, self.over = image, over
        side = max(image.width(), image.height(), SMALL)
        self.small = scaled(image, max(1, image.width() * SMALL // side), max(1, image.height() * SMALL // side))


class RegionRow:
    """One entry of the list."""

    def __init__(self, key: int, name: str, planes: list[MaskPlane], rest: bool = False) -> None:
        self.key, self.name, self.planes, self.rest = key, name, planes, rest
        self.colour = "#8c8c8c" if rest else QtGui.QColor.fromHsvF(key * _GOLDEN % 1, 0.7, 0.95).name()
        self.visible = True  # painted, or left out
        self.style: str | None = None  # None: as everything
        self.medium: str | None = None  # that of its style
        self.detail = 1.0


class _Book:
    """The regions of one document, back to front. Raises CanvasError if that was closed."""

    def __init__(self, key: str) -> None:
        self.key, self.canvas = key, canvas_of(key)
        self.size = (0, 0)  # of planes
        self.base: list[MaskPlane] = []  # all that were found, also those whose region was removed
        self.entries: list[RegionRow] = []
        self.made = 0

    def add(self, name: str, planes: list[MaskPlane]) -> None:
        self.made += 1
        self.entries.append(RegionRow(self.made, self.unique(name), planes))

    def unique(self, name: str, but: RegionRow | None = None) -> str:
        name = cleaned(name)
        taken, number, found = {e.name for e in self.entries if e is not but}, 1, name
        while found in taken:
            number += 1
            found = f"{name[: LONGEST_NAME - 5].strip()} {number}"
        return found

    def settle(self) -> None:
        """See that there is a rest if something is left for it, and none otherwise."""
        owned = {id(plane) for entry in self.entries if not entry.rest for plane in entry.planes}
        needed = bool(self.entries) and (not self.base or any(id(plane) not in owned for plane in self.base))
        rest = [entry for entry in self.entries if entry.rest]
        if needed and not rest:
            self.made += 1
            self.entries.insert(0, RegionRow(self.made, self.unique(tr("rest")), [], rest=True))
        elif not needed:
            self.entries = [entry for entry in self.entries if not entry.rest]
        if not any(entry.planes for entry in self.entries) and not self.base:
            self.entries = []

    def planes(self) -> tuple[list[MaskPlane], int]:
        """All planes as they lie over each other, and how many of them are over those that were found."""
        over = [plane for entry in self.entries for plane in entry.planes if plane.over]
        return [*self.base, *over], len(over)

    def owners(self, planes: list[MaskPlane]) -> tuple[list[list[int]], int]:
        """The numbers of each region's planes, and the number of the rest or -1."""
        numbers = {id(plane): number for number, plane in enumerate(planes)}
        rest = next((number for number, entry in enumerate(self.entries) if entry.rest), -1)
        return [[] if e.rest else [numbers[id(p)] for p in e.planes] for e in self.entries], rest


class DocumentRegions(QObject):
    """What is said and asked here is about the document that is looked at, or that of a key."""

    changed = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._books: list[_Book] = []

    # --- what there is

    @property
    def entries(self) -> list[RegionRow]:
        """The regions, back to front."""
        book = self._book(active_key())
        return [] if book is None else book.entries

    def names(self, key: str) -> list[str]:
        """The names of a document's regions, back to front."""
        book = self._book(key)
        return [] if book is None else [entry.name for entry in book.entries]

    def entry(self, key: int) -> RegionRow:
        """A region by its key."""
        return next(entry for entry in self.entries if entry.key == key)

    def shares(self, key: str, small: bool = False) -> Generator[None, None, list[QImage]]:
        """How much of each pixel each region has; a generator, since it takes its time."""
        book: Any = self._book(key)
        planes, over = book.planes()
        owners, rest = book.owners(planes)
        return (yield from shares([plane.small if small else plane.image for plane in planes], over, owners, rest))

    # --- what is done to them

    def found(self, key: str, regions: Iterable[Found]) -> None:
        """Regions were found, back to front; the user's own stay, over them. Raises CanvasError."""
        book, own = _Book(key), []
        before = self._book(key)
        if before is not None:
            book.made = before.made
            if before.canvas == book.canvas:
                own = [e for e in before.entries if not e.rest and all(plane.over for plane in e.planes)]
        for name, image in regions:
            plane = MaskPlane(image, over=False)
            book.base.append(plane)
            book.add(name, [plane])
            book.size = (image.width(), image.height())
        for entry in own:
            entry.name = book.unique(entry.name)
            entry.planes = [MaskPlane(scaled(plane.image, *book.size), over=True) for plane in entry.planes]
            book.entries.append(entry)
        self._keep(book)

    def add(self, key: str, regions: Iterable[Found]) -> None:
        """The user's own regions, over all that are there. Raises CanvasError if they become too many."""
        book, regions = self._book(key), list(regions)
        if book is not None and book.canvas != canvas_of(key):
            book = None
        if len(regions) + (0 if book is None else len(book.entries)) >= MOST_REGIONS:
            words = tr("These would be over {count} regions; merge or remove some.")
            raise CanvasError(words.format(count=MOST_REGIONS - 1))
        book = _Book(key) if book is None else book
        for name, image in regions:
            if book.size == (0, 0):
                book.size = (image.width(), image.height())
            book.add(name, [MaskPlane(scaled(image, *book.size), over=True)])
        self._keep(book)

    def rename(self, key: int, name: str) -> None:
        """Call it something else; a name that is taken gets a number."""
        book = self._here()
        entry = self.entry(key)
        if name.strip() and name != entry.name:
            entry.name = book.unique(name, but=entry)
        self.changed.emit()

    def show(self, key: int, visible: bool) -> None:
        """Paint it or leave it out."""
        self.entry(key).visible = visible
        self.changed.emit()

    def restyle(self, keys: Iterable[int], style: str | None) -> None:
        """A style of their own, or None."""
        for key in keys:
            self.entry(key).style = style
        self.changed.emit()

    def remake(self, keys: Iterable[int], medium: str | None) -> None:
        """A medium of their own, or None."""
        for key in keys:
            self.entry(key).medium = medium
        self.changed.emit()

    def refine(self, keys: Iterable[int], detail: float) -> None:
        """How many strokes they get, as times the usual share."""
        for key in keys:
            self.entry(key).detail = min(MOST, max(LEAST, detail))
        self.changed.emit()

    def reorder(self, keys: list[int]) -> None:
        """Bring them into this order, back to front."""
        book = self._here()
        if sorted(keys) == sorted(entry.key for entry in book.entries):
            book.entries = [self.entry(key) for key in keys]
        self.changed.emit()

    def merge(self, keys: Iterable[int]) -> None:
        """Make one of several, where the front one is; it is called as that one, and painted like it."""
        book = self._here()
        chosen = [entry for entry in book.entries if entry.key in set(keys)]
        if len(chosen) > 1:
            front = chosen[-1]
            front.planes = [plane for entry in chosen for plane in entry.planes]
            front.rest = any(entry.rest for entry in chosen)
            book.entries = [entry for entry in book.entries if entry is front or entry not in chosen]
        self._settled(book)

    def remove(self, keys: Iterable[int]) -> None:
        """Take them off the list; what was theirs becomes the rest's, or that of those below."""
        book, gone = self._here(), set(keys)
        book.entries = [entry for entry in book.entries if entry.key not in gone]
        if not any(not entry.rest for entry in book.entries):
            book.base = []
        self._settled(book)

    def clear(self) -> None:
        """Take all off the list."""
        here = self._book(active_key())
        self._books = [book for book in self._books if book is not here]
        self.changed.emit()

    # --- what the engine is told

    def asked(self, key: str, connection: Any, chosen: Any) -> Generator[Any, Any, dict[str, Any]]:
        """The fields of a request that say them, their planes handed over; {} if there are none.

        chosen: the style for everything, see `ChosenStyle`, with the others that there are.
        Raises CanvasError if they do not fit the document any more, nothing of them is to be painted, or the engine is
        too old.
        """
        book = self._book(key)
        if book is None or not book.entries:
            return {}
        if book.canvas != canvas_of(key):
            raise CanvasError(tr("The picture has changed its size since its regions were made; make them again."))
        if not any(entry.visible for entry in book.entries):
            raise CanvasError(tr("All regions are left out; choose one to be painted."))
        if connection.version < 2:
            raise CanvasError(tr("This engine is too old for a list of regions; update it, or clear the list."))
        planes, over = book.planes()
        owners, _ = book.owners(planes)
        values = {style["name"]: style["values"] for style in chosen.known}
        everything = chosen.changed()["values"]
        regions = [
            {"name": entry.name, "kind": "rest" if entry.rest else "user", "planes": owners[number],
             "detail": entry.detail, "style": _own_style(entry, values.get(entry.style), everything),
             "skip": not entry.visible}
            for number, entry in enumerate(book.entries)
        ]  # fmt: skip
        data = bytearray()
        for plane in planes:
            data += bytes_of(plane.image)
            yield
        name = yield connection.put(data)
        width, height = book.size
        masks = {"plane": name, "width": width, "height": height, "count": len(planes), "over": over}
        return {"regions": regions, "masks": masks}

    def _keep(self, book: _Book) -> None:
        """It is that of its document from now on; those of closed ones go."""
        self._books = [b for b in self._books if b.key != book.key and is_open(b.key)] + [book]
        self._settled(book)

    def _settled(self, book: _Book) -> None:
        book.settle()
        self.changed.emit()

    def _here(self) -> _Book:
        book = self._book(active_key())
        if book is None:
            raise CanvasError(tr("This document has no regions."))
        return book

    def _book(self, key: str) -> Any:
        return next((book for book in self._books if book.key == key), None)


def _own_style(entry: RegionRow, own: dict[str, Any] | None, everything: dict[str, Any]) -> dict[str, Any] | None:
    """The values of a region's own style, in its own medium; None if it is painted as everything."""
    if entry.medium is None:
        return own
    style = everything if own is None else own
    return {**style, "medium": {**style.get("medium", {}), "kind": entry.medium}}


def canvas_of(key: str) -> tuple[int, int]:
    """Width and height of a document. Raises CanvasError if it was closed."""
    document = open_document(key)
    return document.width(), document.height()


def plane_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of planes for a canvas."""
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def cleaned(text: str) -> str:
    """Any text as a region's name that the engine takes."""
    text = "".join(letter if letter.isprintable() else " " for letter in text.translate(_NOT_IN_NAMES))
    return " ".join(text.split())[:LONGEST_NAME].strip() or tr("region")
