"""A result painted again with the artist's own brushes: which brush paints what, and over what."""

from __future__ import annotations

from typing import Any

from ..document.brushes import CURRENT, current, why_not
from ..easel.words import tr
from ..guard import on
from ..qt import QtCore, QtWidgets
from ..work.own_brush import BASES
from .parts import Box, Columns, button, combo, form, named, text_label

ROWS = 4  # parts seen at a time; the others are scrolled to


def pair_words(pair: str) -> str:
    """What a pair of brushes is called."""
    return {"current": tr("My current brush"), "oil": tr("Thick oil, details with a plain brush"),
            "dry_oil": tr("Dry oil, details with a plain brush"), "bristles": tr("Wet bristles"),
            "knife": tr("Knife, details with a plain brush"), "chalk": tr("Chalk"),
            "watercolour": tr("Watercolour, on white paper")}.get(pair, pair)  # fmt: skip


def base_words(base: str) -> str:
    """What a base is called."""
    return {"painting": tr("Over the painting"), "white": tr("On white paper"), "none": tr("On nothing")}[base]


class OwnBrushBox(Box):
    """Pairs of brushes, brushes of single passes and regions, the base, and the button."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._showing = False
        self._reason = text_label()
        self.pairs = combo(tr("Brushes"), tr("Which of Krita's brushes paint: for broad passes, and for fine ones"))
        on(self.pairs.currentIndexChanged, self._paired)
        self.base = combo(
            tr("Base"), tr("What lies under the strokes: dry brushes leave gaps"),
            [(base_words(base), base) for base in BASES],
        )  # fmt: skip
        on(self.base.currentIndexChanged, lambda: self._showing or state.own_brush.put_on(self.base.currentData()))
        self.parts = named(
            QtWidgets.QListWidget(), tr("Passes and regions"), tr("A brush of its own for a pass, or for a region")
        )
        self.parts.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection)
        self.parts.setTextElideMode(QtCore.Qt.TextElideMode.ElideRight)
        self.parts.setFixedHeight(ROWS * 20)
        on(self.parts.itemSelectionChanged, self._enable)
        self.own = button(
            tr("Use my brush here"), tr("The chosen passes and regions get the brush that you hold now"), self._hold
        )
        self.usual = button(
            tr("As the pair"), tr("The chosen passes and regions get the brush of the pair again"), self._usual
        )
        self.paint = button(
            tr("Paint with my brush"),
            tr("Krita paints the strokes of the chosen result with your brushes, as a new group: one undo step"),
            state.brush,
        )  # fmt: skip
        rows = form()
        rows.addRow(tr("Brushes"), self.pairs)
        rows.addRow(tr("Base"), self.base)
        self._controls = QtWidgets.QWidget()
        within = QtWidgets.QVBoxLayout(self._controls)
        within.setContentsMargins(0, 0, 0, 0)
        within.addLayout(rows)
        within.addWidget(self.parts)
        within.addWidget(Columns((self.own, self.usual)))
        for widget in (self._reason, self._controls, self.paint):
            self.rows.addWidget(widget)

    def _paired(self) -> None:
        if not self._showing:
            self.state.own_brush.choose(self.pairs.currentData())

    def _chosen(self) -> list[str]:
        return [item.data(QtCore.Qt.ItemDataRole.UserRole) for item in self.parts.selectedItems()]

    def _hold(self) -> None:
        name = current()
        for part in self._chosen():
            self.state.own_brush.set(part, name)

    def _usual(self) -> None:
        for part in self._chosen():
            self.state.own_brush.set(part, None)

    def _enable(self) -> None:
        chosen = bool(self.parts.selectedItems())
        self.own.setEnabled(chosen and bool(current()))
        self.usual.setEnabled(chosen)

    def show_state(self) -> None:
        """See `Box`."""
        reason, entry = why_not(), self.state.history.current()
        self._reason.setText(reason or (tr("This document remembers no painting yet.") if entry is None else ""))
        self._reason.setVisible(bool(self._reason.text()))
        able = not reason and entry is not None
        self._controls.setEnabled(able)
        self._controls.setVisible(not reason)
        self.paint.setEnabled(able and self.state.run.free)
        if able:
            self._fill(entry)
        self._enable()

    def _fill(self, entry: Any) -> None:
        brushes, self._showing = self.state.own_brush, True
        offered = brushes.offered()
        if [self.pairs.itemData(k) for k in range(self.pairs.count())] != offered:
            self.pairs.clear()
            for pair in offered:
                self.pairs.addItem(pair_words(pair), pair)
        self.pairs.setCurrentIndex(max(0, self.pairs.findData(brushes.pair)))
        self.base.setCurrentIndex(self.base.findData(brushes.base))
        parts = [
            *(f"pass {number + 1}" for number in range(len(entry.recipe["values"].get("passes") or [None]))),
            *(f"region {region.name}" for region in self.state.regions.entries),
        ]
        told = [(part, _part_words(part, brushes.parts.get(part))) for part in parts]
        shown = [(item.data(QtCore.Qt.ItemDataRole.UserRole), item.text()) for item in self._items()]
        if [part for part, _ in shown] != parts:
            self.parts.clear()
            for part, text in told:
                item = QtWidgets.QListWidgetItem(text)
                item.setData(QtCore.Qt.ItemDataRole.UserRole, part)
                self.parts.addItem(item)
        elif shown != told:
            for place, item in enumerate(self._items()):
                item.setText(told[place][1])
        self._showing = False

    def _items(self) -> list[Any]:
        return [self.parts.item(k) for k in range(self.parts.count())]


def _part_words(part: str, preset: str | None) -> str:
    """A pass or a region, and its brush."""
    kind, _, name = part.partition(" ")
    title = tr("Pass {number}").format(number=name) if kind == "pass" else name
    if preset is None:
        return title
    return tr("{part}: {brush}").format(part=title, brush=preset if preset != CURRENT else tr("My current brush"))
