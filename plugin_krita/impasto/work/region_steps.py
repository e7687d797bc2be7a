"""What was done to lists of regions, to be undone and done again; and the lists in their documents, to be saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..document import kept_regions
from ..document.mask_math import bytes_of, grey
from ..document.open_documents import document_of
from ..easel.words import tr
from ..protocol import ProtocolError
from ..told import KeptRegions
from .region_book import MaskPlane, RegionBook, RegionRow
from .steps import Steps, Task

MOST_STEPS = 100


class RegionSteps:
    """The lists that one document had before, and those that were undone; None: it had none."""

    def __init__(self) -> None:
        self._before: list[Any] = []
        self._after: list[Any] = []
        self._what = ""

    @property
    def can_undo(self) -> bool:
        """Is there a step?"""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Is there one that was undone?"""
        return bool(self._after)

    def step(self, before: Any, what: str) -> None:
        """Something is done to the list that is there. what: if not empty, more of the same is the same step."""
        if not (what and what == self._what and self._before):
            self._before = [*self._before, before][-MOST_STEPS:]
        self._after, self._what = [], what

    def undone(self, now: Any) -> Any:
        """The list before the last step."""
        self._after.append(now)
        self._what = ""
        return self._before.pop()

    def done_again(self, now: Any) -> Any:
        """The list after the last step that was undone."""
        self._before.append(now)
        self._what = ""
        return self._after.pop()


class RegionKeeper:
    """Writes lists into their documents, and reads them; what takes time is done in small steps.

    brought: hears the key of a document and its list.
    """

    def __init__(self, state: Any, brought: Callable[[str, RegionBook], None]) -> None:
        self._state, self._brought = state, brought
        self._tasks: dict[str, Task] = {}  # by document

    def keep(self, key: str, book: RegionBook | None) -> None:
        """Have a document keep this list. If its planes are there already, it does when this returns."""
        self._stop(key)
        document = document_of(key)
        if document is None:
            return
        wanted = {} if book is None else {plane.id: plane for plane in _planes(book)}
        there = kept_regions.planes_there(document)
        missing = [plane for id, plane in wanted.items() if id not in there]
        if missing:
            self._tasks[key] = Task(self._write(key, book, missing), self._state.trouble)
        else:
            kept_regions.keep_list(document, None if book is None else _described(book))

    def bring(self, key: str) -> None:
        """Read the list that a document keeps, if it does."""
        document = document_of(key)
        kept = None if document is None else kept_regions.kept_list(document)
        if kept is not None and key not in self._tasks:
            self._tasks[key] = Task(self._read(key, kept), self._state.trouble)

    def _stop(self, key: str) -> None:
        task = self._tasks.pop(key, None)
        if task is not None:
            task.stop()

    def _write(self, key: str, book: Any, missing: list[MaskPlane]) -> Steps:
        size = 0
        for plane in missing:
            document = document_of(key)
            if document is None:
                return
            size += kept_regions.keep_plane(document, plane.id, bytes_of(plane.image))
            if size > kept_regions.MOST_BYTES:
                kept_regions.keep_list(document, None)
                self._state.say(tr("These regions are too large to be saved with the document."), key=key)
                return
            yield
        document = document_of(key)
        if document is not None:
            kept_regions.keep_list(document, _described(book))

    def _read(self, key: str, kept: KeptRegions) -> Steps:
        across, down = kept["across"], kept["down"]
        planes: dict[str, MaskPlane] = {}
        for told in kept["planes"]:
            document = document_of(key)
            if document is None:
                return
            try:
                data = kept_regions.kept_plane(document, told["id"], across * down)
            except ProtocolError:  # somebody else's, or half of it: it is left alone
                return
            planes[told["id"]] = MaskPlane(grey(data, across, down), told["over"])
            planes[told["id"]].id = told["id"]
            yield
        self._tasks.pop(key, None)
        self._brought(key, _made(key, kept, planes))


def _planes(book: RegionBook) -> list[MaskPlane]:
    return book.planes()[0]


def _described(book: RegionBook) -> KeptRegions:
    """See `kept_regions.RULES`."""
    width, height = book.canvas
    across, down = book.size
    return {
        "width": width, "height": height, "across": across, "down": down,
        "planes": [{"id": plane.id, "over": plane.over} for plane in _planes(book)],
        "base": [plane.id for plane in book.base],
        "entries": [
            {"name": row.name, "planes": [plane.id for plane in row.planes], "rest": row.rest, "visible": row.visible,
             "style": row.style, "medium": row.medium, "detail": row.detail, "more": row.changes}
            for row in book.entries
        ],
    }  # fmt: skip


def _made(key: str, kept: KeptRegions, planes: dict[str, MaskPlane]) -> RegionBook:
    book = RegionBook(key)
    book.canvas, book.size = (kept["width"], kept["height"]), (kept["across"], kept["down"])
    book.base = [planes[id] for id in kept["base"]]
    for told in kept["entries"]:
        book.made += 1
        row = RegionRow(book.made, book.unique(told["name"]), [planes[id] for id in told["planes"]], told["rest"])
        row.visible, row.detail = told["visible"], told["detail"]
        row.style, row.medium = told["style"], told["medium"]
        row.changes = told["more"]
        book.entries.append(row)
    book.settle()
    return book
