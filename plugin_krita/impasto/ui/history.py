"""What the document remembers of its paintings, and what can be done with each."""

from __future__ import annotations

import time
from typing import Any

from ..changes import Change
from ..easel.engine_words import named_as
from ..easel.words import tr
from ..guard import on
from ..link.connection import CONNECTED
from ..qt import QtCore, QtGui, QtWidgets
from ..work.shapes import FEATURE
from .parts import Box, Columns, button, named, text_label

ICON, ROWS = 48, 3  # pixels of a picture; results seen at a time, the others are scrolled to


class HistoryBox(Box):
    """The results of the active document as a list, the newest first; buttons for the chosen one."""

    shows = Change.ENGINE | Change.WORK | Change.RESULTS

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        history = state.history
        self._version, self._showing = -1, False
        self._list = named(QtWidgets.QListWidget(), tr("Results"), tr("The newest first"))
        self._list.setIconSize(QtCore.QSize(ICON, ICON))
        self._list.setFixedHeight(ROWS * (ICON + 8))
        self._list.setTextElideMode(QtCore.Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        on(self._list.currentRowChanged, self._chosen)
        self._nothing = text_label()
        self._nothing.setText(tr("This document remembers no painting yet."))
        self._apply = button(
            tr("Apply"), tr("Add the layers of this painting to the document once more"),
            lambda: state.apply(self._name()),
        )  # fmt: skip
        self._compare = button(
            tr("Compare"), tr("As long as it is held, the document is shown without the layers of this painting"),
            lambda: None,
        )  # fmt: skip
        on(self._compare.pressed, lambda: history.compare(self._name(), True))
        on(self._compare.released, lambda: history.compare(self._name(), False))
        self._use = button(
            tr("Use settings"), tr("Set style, strokes and seed as this was painted"),
            lambda: history.use_settings(self._name()),
        )  # fmt: skip
        self._remove = button(
            tr("Remove"), tr("Forget this painting; its layers stay"), lambda: history.remove(self._name())
        )
        self._alone = button(
            tr("Only this"), tr("Show the layers of this painting and hide those of the others"),
            lambda: history.show_alone(self._name()),
        )  # fmt: skip
        self._repaint = button(
            tr("Repaint selection"),
            tr("Paint what is selected again, with the style, strokes and seed chosen above"), state.repaint,
        )  # fmt: skip
        self.shape = button(
            tr("As shapes"), tr("Add the strokes as shapes that can be edited, in vector layers: one undo step"),
            state.shape,
        )  # fmt: skip
        self.redraw = button(
            tr("Paint shapes"),
            tr("Paint what was made of them: choose their group, or a vector layer, first"), state.redraw,
        )  # fmt: skip
        self._buttons = Columns(
            (self._apply, self._compare, self._use, self._remove, self._alone, self.shape, self.redraw)
        )
        for widget in (self._nothing, self._list, self._buttons, self._repaint):
            self.rows.addWidget(widget)

    def _name(self) -> str:
        entry = self.state.history.current()
        return "" if entry is None else entry.name

    def _chosen(self, row: int) -> None:
        entries = self.state.history.entries
        if not self._showing and 0 <= row < len(entries):
            self.state.history.choose(entries[row].name)

    def show_state(self) -> None:
        """See `Box`."""
        history = self.state.history
        self._showing = True
        if self._version != history.version:
            self._version = history.version
            self._list.clear()
            for entry in history.entries:
                self._list.addItem(_item(entry))
        current = history.current()
        if current is not None:
            self._list.setCurrentRow(history.entries.index(current))
        self._nothing.setVisible(current is None)
        self._list.setVisible(current is not None)
        for widget in (self._buttons, self._repaint):
            widget.setVisible(current is not None)
        ready = self.state.connection.state == CONNECTED and self.state.run.free
        self._apply.setEnabled(ready)
        self._repaint.setEnabled(ready)
        for widget in (self.shape, self.redraw):
            widget.setEnabled(ready and not self.state.connection.lacks(FEATURE))
        self._showing = False


def _item(entry: Any) -> Any:
    """How a result is shown in the list."""
    recipe = entry.recipe
    when = time.strftime("%d %b, %H:%M", time.localtime(recipe["date"]))
    item = QtWidgets.QListWidgetItem(
        tr("{style}\n{count:,} strokes\n{when}, seed {seed}").format(
            style=named_as("style", recipe["style"]),
            count=recipe["strokes"],
            when=when,
            seed=recipe["settings"].get("seed", 0),
        )
    )
    item.setIcon(QtGui.QIcon(QtGui.QPixmap.fromImage(entry.image())))
    item.setToolTip(entry.title.replace("<", "\u2039"))  # Qt would take it for a tag
    return item
