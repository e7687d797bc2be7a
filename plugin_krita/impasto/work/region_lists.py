"""The lists of regions of all open documents, each with its undo and redo, and kept by its document."""

from __future__ import annotations

from typing import Any

from ..document.open_documents import active_key, is_open
from ..qt import QObject, Signal
from .region_book import RegionBook
from .region_steps import RegionKeeper, RegionSteps


class RegionLists(QObject):
    """Undo and redo are those of the document that is looked at."""

    changed = Signal()

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._books: dict[str, RegionBook] = {}  # by the keys of their documents
        self._steps: dict[str, RegionSteps] = {}
        self._keeper = RegionKeeper(state, self._brought)

    # --- undo and redo of all that

    @property
    def can_undo(self) -> bool:
        """Is there a step to undo in the document that is looked at?"""
        steps = self._steps.get(active_key())
        return steps is not None and steps.can_undo

    @property
    def can_redo(self) -> bool:
        """Is there an undone step to do again?"""
        steps = self._steps.get(active_key())
        return steps is not None and steps.can_redo

    def undo(self) -> None:
        """Take the last step back."""
        if self.can_undo:
            key = active_key()
            self._put(key, self._steps[key].undone(self._book(key)))

    def redo(self) -> None:
        """Do the last step that was undone again."""
        if self.can_redo:
            key = active_key()
            self._put(key, self._steps[key].done_again(self._book(key)))

    # --- what documents keep

    def look(self) -> None:
        """Krita may show another document now: it may bring a list of its own."""
        key = active_key()
        if key and key not in self._books and key not in self._steps:
            self._keeper.bring(key)

    def _brought(self, key: str, book: RegionBook) -> None:
        """A document's own list was read; what was made meanwhile counts more."""
        if key not in self._books and key not in self._steps:
            self._books[key] = book
            self.changed.emit()

    def _become(self, key: str, book: Any, what: str = "") -> None:
        """From now on this is the list of a document, in one step."""
        if book is not None:
            book.settle()
        self._books = {each: its for each, its in self._books.items() if is_open(each)}
        self._steps = {each: its for each, its in self._steps.items() if is_open(each)}
        self._steps.setdefault(key, RegionSteps()).step(self._book(key), what)
        self._put(key, book)

    def _put(self, key: str, book: Any) -> None:
        if book is None:
            self._books.pop(key, None)
        else:
            self._books[key] = book
        self._keeper.keep(key, book)
        self.changed.emit()

    def _book(self, key: str) -> Any:
        return self._books.get(key)
