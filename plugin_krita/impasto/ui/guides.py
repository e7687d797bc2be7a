"""Which layers guide the strokes, and in which colours they are."""

from __future__ import annotations

from typing import Any

from ..document.guides import paint_layers, palettes
from ..document.open_documents import active_key
from ..easel.words import tr
from ..guard import guarded, on
from ..qt import QtWidgets
from ..work.guides import DETAIL, FLOW
from .parts import Box, calm, form, named, tool


class _Fresh(QtWidgets.QComboBox):
    """A combo box that looks again at what there is whenever it is opened: Krita tells nobody of new layers."""

    def __init__(self, fill: Any) -> None:
        super().__init__()
        self._fill = fill
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    @guarded
    def showPopup(self) -> None:
        """Qt calls it."""
        self._fill()
        super().showPopup()


class GuideBox(Box):
    """A layer of flow, a layer of detail, a palette."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._showing = False
        rows = form()
        self.layers: dict[str, Any] = {}
        for kind, title, tip, new in (
            (FLOW, tr("Flow"), tr("Draw on this layer, with any brush, where brush strokes are to go"),
             tr("Add a layer to draw the flow on")),
            (DETAIL, tr("Detail"), tr("Strokes are close and fine where this layer is white, broad where it is black"),
             tr("Add a layer to draw the detail on")),
        ):  # fmt: skip
            self.layers[kind] = named(calm(_Fresh(self._fill)), title, tip)
            on(self.layers[kind].currentIndexChanged, self._chooser(kind))
            rows.addRow(title, self._with(self.layers[kind], tool("list-add", new, self._adder(kind))))
        self.colours = named(
            calm(_Fresh(self._fill)), tr("Palette"), tr("One of Krita's palettes, whose colours alone are painted in")
        )
        on(self.colours.currentIndexChanged, self._coloured)
        rows.addRow(tr("Palette"), self.colours)
        self.rows.addLayout(rows)

    @staticmethod
    def _with(box: Any, button: Any) -> Any:
        both = QtWidgets.QHBoxLayout()
        both.addWidget(box, 1)
        both.addWidget(button)
        return both

    def _chooser(self, kind: str) -> Any:
        def chosen() -> None:
            if not self._showing:
                self.state.guides.choose(kind, self.layers[kind].currentData() or "")

        return chosen

    def _adder(self, kind: str) -> Any:
        return lambda: self.state.guides.add(kind) if active_key() else None

    def _coloured(self) -> None:
        if not self._showing:
            self.state.guides.choose_palette(self.colours.currentData() or "")

    def show_state(self) -> None:
        """See `Box`."""
        for kind, box in self.layers.items():
            box.setEnabled(not self.state.connection.lacks(kind))
        if self.isVisible():
            self._fill()

    @guarded
    def showEvent(self, shown: Any) -> None:
        """Qt calls it."""
        super().showEvent(shown)
        self._fill()

    def _fill(self) -> None:
        self._showing = True
        guides, there = self.state.guides, paint_layers(active_key())
        for kind, box in self.layers.items():
            chosen = guides.layer(kind)
            gone = [(tr("(gone)"), chosen)] if chosen and chosen not in {uid for _, uid in there} else []
            _show(box, [(tr("None"), ""), *there, *gone], chosen)
        _show(self.colours, [(tr("The picture's colours"), ""), *((name, name) for name in palettes())], guides.palette)
        self._showing = False


def _show(box: Any, entries: list[tuple[str, str]], chosen: str) -> None:
    if [(box.itemText(k), box.itemData(k)) for k in range(box.count())] != entries:
        box.clear()
        for text, value in entries:
            box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
