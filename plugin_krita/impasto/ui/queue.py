"""All work that goes on, in whatever documents: which is done first, what waits, what is to be stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..easel.words import tr
from ..guard import on
from ..qt import QtCore, QtWidgets
from ..work.piece import Piece, title_of
from .parts import Box, named, tool

ROWS = 4  # seen at a time, the others are scrolled to

Words = Callable[[Any, Piece], str]


class QueueList(Box):
    """Shown as long as there is more than what the progress bar shows."""

    def __init__(self, state: Any, words: Words) -> None:
        super().__init__(state)
        self._words = words
        self.list = named(QtWidgets.QListWidget(), tr("What is painted"), tr("What is painted first is on top"))
        self.list.setTextElideMode(QtCore.Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(ROWS * (self.list.fontMetrics().lineSpacing() + 4) + 4)
        on(self.list.currentRowChanged, self._choose)
        self.chosen: Piece | None = None  # what the buttons are for
        self._showing = False
        run = state.run
        self.earlier = tool("arrowup", tr("Paint this earlier"), lambda: self._done(lambda one: run.move(one, -1)))
        self.later = tool("arrowdown", tr("Paint this later"), lambda: self._done(lambda one: run.move(one, 1)))
        self.pause = tool("animation_pause", tr("Have this wait, or go on"),
                          lambda: self._done(lambda one: run.pause(one, not one.paused)))  # fmt: skip
        self.cancel = tool("dialog-cancel", tr("Stop this"), lambda: self._done(run.cancel))
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(0)
        for widget in (self.earlier, self.later, self.pause, self.cancel):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        self.rows.addWidget(self.list)
        self.rows.addLayout(buttons)

    def _choose(self, row: int) -> None:
        if not self._showing:
            self.chosen = self.state.run.pieces[row] if 0 <= row < len(self.state.run.pieces) else None
            self._show_buttons()

    def _done(self, wanted: Callable[[Piece], None]) -> None:
        if self.chosen is not None and self.chosen in self.state.run.pieces:
            wanted(self.chosen)

    def show_state(self) -> None:
        """See `Box`."""
        pieces, run = self.state.run.pieces, self.state.run
        self.setVisible(bool(pieces) and pieces != [run.work])
        self._showing = True  # what is chosen stays so, wherever it moves
        while self.list.count() > len(pieces):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(pieces):
            self.list.addItem("")
        for row, piece in enumerate(pieces):
            title = title_of(piece, pieces)
            name = f"{title}: {piece.what}" if title else piece.what
            item, text = self.list.item(row), f"{name} \u2013 {self._words(self.state, piece)}"
            if item is not None and item.text() != text:
                item.setText(text)
                item.setToolTip(text.replace("<", "\u2039"))  # Qt would take it for a tag
        self.list.setCurrentRow(pieces.index(self.chosen) if self.chosen in pieces else -1)
        self._showing = False
        self._show_buttons()

    def _show_buttons(self) -> None:
        run = self.state.run
        chosen = self.chosen if self.chosen in run.pieces else None
        can = chosen is not None and run.can_arrange(chosen)
        row = self.list.currentRow()
        self.earlier.setEnabled(can and row > 0)
        self.later.setEnabled(can and row < len(run.pieces) - 1)
        self.pause.setEnabled(can)
        self.cancel.setEnabled(chosen is not None)
