"""The regions of each open document, with undo and redo; each document keeps its own when it is saved."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

from ..document.mask_math import bytes_of, shares
from ..document.open_documents import CanvasError, active_key
from ..easel.parameters import sound, with_changes
from ..easel.words import tr
from ..qt import QImage, scaled
from ..told import OfferedStyle
from .region_book import MaskPlane, RegionBook, RegionRow, canvas_of
from .region_lists import RegionLists

LEAST, MOST = 0.25, 4.0  # detail
MOST_REGIONS = 256

Found = tuple  # (name, picture)


class DocumentRegions(RegionLists):
    """What is said and asked here is about the document that is looked at, or that of a key."""

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
        images = []
        for plane in planes:
            images.append(plane.small if small else plane.image)
            yield
        return (yield from shares(images, over, owners, rest))

    # --- what is done to them

    def found(self, key: str, regions: Iterable[Found]) -> None:
        """Regions were found, back to front; the user's own stay, over them. Raises CanvasError."""
        book, own = RegionBook(key), []
        before = self._book(key)
        if before is not None:
            book.made = before.made
            if before.canvas == book.canvas:
                own = [e.copied() for e in before.entries if not e.rest and all(plane.over for plane in e.planes)]
        for name, image in regions:
            plane = MaskPlane(image, over=False)
            book.base.append(plane)
            book.add(name, [plane])
            book.size = (image.width(), image.height())
        for entry in own:
            entry.name = book.unique(entry.name)
            entry.planes = [MaskPlane(scaled(plane.image, *book.size), over=True) for plane in entry.planes]
            book.entries.append(entry)
        self._become(key, book)

    def add(self, key: str, regions: Iterable[Found]) -> None:
        """The user's own regions, over all that are there. Raises CanvasError if they become too many."""
        book, regions = self._book(key), list(regions)
        if book is not None and book.canvas != canvas_of(key):
            book = None
        if len(regions) + (0 if book is None else len(book.entries)) >= MOST_REGIONS:
            words = tr("These would be over {count} regions; merge or remove some.")
            raise CanvasError(words.format(count=MOST_REGIONS - 1))
        book = RegionBook(key) if book is None else book.copied()
        for name, image in regions:
            if book.size == (0, 0):
                book.size = (image.width(), image.height())
            book.add(name, [MaskPlane(scaled(image, *book.size), over=True)])
        self._become(key, book)

    def rename(self, key: int, name: str) -> None:
        """Call it something else; a name that is taken gets a number."""
        entry = self.entry(key)
        if not name.strip() or name == entry.name:
            self.changed.emit()
            return
        self._change(lambda book: setattr(book.entry(key), "name", book.unique(name, but=book.entry(key))))

    def show(self, key: int, visible: bool) -> None:
        """Paint it or leave it out."""
        self._set([key], "visible", visible)

    def restyle(self, keys: Iterable[int], style: str | None) -> None:
        """A style of their own, or None."""
        self._set(keys, "style", style)

    def remake(self, keys: Iterable[int], medium: str | None) -> None:
        """A medium of their own, or None."""
        self._set(keys, "medium", medium)

    def refine(self, keys: Iterable[int], detail: float) -> None:
        """How many strokes they get, as times the usual share."""
        self._set(keys, "detail", min(MOST, max(LEAST, detail)))

    def alter(self, keys: Iterable[int], path: str, value: Any) -> None:
        """Change a parameter of the style that these are painted in; None: as that style has it."""
        wanted = sorted(keys)

        def put(book: RegionBook) -> None:
            for key in wanted:
                row = book.entry(key)
                others = {each: its for each, its in row.changes.items() if each != path}
                row.changes = others if value is None else {**others, path: value}

        if wanted:
            self._change(put, what=f"{path} {wanted}")

    def reset(self, keys: Iterable[int]) -> None:
        """Set all parameters of these back as their style has them."""
        self._set(keys, "changes", {})

    def reorder(self, keys: list[int]) -> None:
        """Bring them into this order, back to front."""

        def arrange(book: RegionBook) -> None:
            if sorted(keys) == sorted(entry.key for entry in book.entries):
                book.entries = [book.entry(key) for key in keys]

        self._change(arrange)

    def merge(self, keys: Iterable[int]) -> None:
        """Make one of several, where the front one is; it is called as that one, and painted like it."""
        wanted = set(keys)

        def merge(book: RegionBook) -> None:
            chosen = [entry for entry in book.entries if entry.key in wanted]
            if len(chosen) > 1:
                front = chosen[-1]
                front.planes = [plane for entry in chosen for plane in entry.planes]
                front.rest = any(entry.rest for entry in chosen)
                book.entries = [entry for entry in book.entries if entry is front or entry not in chosen]

        self._change(merge)

    def remove(self, keys: Iterable[int]) -> None:
        """Take them off the list; what was theirs becomes the rest's, or that of those below."""
        gone = set(keys)

        def remove(book: RegionBook) -> None:
            book.entries = [entry for entry in book.entries if entry.key not in gone]
            if not any(not entry.rest for entry in book.entries):
                book.base = []

        self._change(remove)

    def clear(self) -> None:
        """Take all off the list."""
        key = active_key()
        if self._book(key) is not None:
            self._become(key, None)

    # --- what the engine is told

    def asked(
        self, key: str, connection: Any, known: list[OfferedStyle], everything: dict[str, Any]
    ) -> Generator[Any, Any, dict[str, Any]]:
        """The fields of a request that say them, their planes handed over; {} if there are none.

        known: the styles that there are; everything: the values of that for everything.
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
        values = {style["name"]: style["values"] for style in known}
        schema = connection.hello["parameters"]
        regions = []
        for number, entry in enumerate(book.entries):
            style = _own_style(entry, values.get(entry.style), everything, schema)
            regions.append({
                "name": entry.name, "kind": "rest" if entry.rest else "user", "planes": owners[number],
                "detail": entry.detail, "style": style, "skip": not entry.visible,
            })  # fmt: skip
            yield
        data = bytearray()
        for plane in planes:
            data += bytes_of(plane.image)
            yield
        name = yield connection.put(data)
        width, height = book.size
        masks = {"plane": name, "width": width, "height": height, "count": len(planes), "over": over}
        return {"regions": regions, "masks": masks}

    def _set(self, keys: Iterable[int], name: str, value: Any) -> None:
        """Set an attribute of some regions; one after the other of the same is one step."""
        wanted = sorted(keys)

        def put(book: RegionBook) -> None:
            for key in wanted:
                setattr(book.entry(key), name, value)

        if wanted:
            self._change(put, what=f"{name} {wanted}" if name == "detail" else "")

    def _change(self, change: Callable[[RegionBook], None], what: str = "") -> None:
        """Change the list of the document that is looked at. what: changes of the same kind, which are one step."""
        key = active_key()
        book = self._book(key)
        if book is None:
            raise CanvasError(tr("This document has no regions."))
        book = book.copied()
        change(book)
        self._become(key, book, what)


def _own_style(
    entry: RegionRow, own: dict[str, Any] | None, everything: dict[str, Any], schema: dict[str, Any]
) -> dict[str, Any] | None:
    """The values of a region's own style, with what was changed of it; None if it is painted as everything."""
    style = everything if own is None else own
    changes = sound(schema, style, entry.changes) if entry.changes else {}
    if changes:
        style = with_changes(style, changes)
    if entry.medium is not None:
        style = {**style, "medium": {**style.get("medium", {}), "kind": entry.medium}}
    return own if style is everything else style
