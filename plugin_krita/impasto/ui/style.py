"""The style and how it is painted."""

from __future__ import annotations

from typing import Any

from ..connection import CONNECTED
from ..qt import QtWidgets
from .parts import Box, combo, form, slider, switch

LAYERS = (("One layer", "none"), ("A layer per region", "regions"), ("A layer per region and pass", "passes"))
MOST_STROKES, STEP = 10_000, 100


class StyleBox(Box):
    """Style, strokes, what comes out, seed, and switches."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._showing = False
        rows = form()
        self._styles, self._layers = combo(), combo(LAYERS)
        self._styles.activated.connect(self._style_chosen)
        self._layers.activated.connect(lambda k: self._keep("layers", LAYERS[k][1]))
        line, self._strokes, self._strokes_text = slider(1, MOST_STROKES // STEP, self._strokes_moved)
        self._seed = QtWidgets.QSpinBox()
        self._seed.setRange(0, 2**31 - 1)
        self._seed.valueChanged.connect(lambda value: self._keep("seed", value))
        rows.addRow("Style", self._styles)
        rows.addRow("Strokes", line)
        rows.addRow("Result", self._layers)
        rows.addRow("Seed", self._seed)
        self.rows.addLayout(rows)
        self.switches = {}
        for text, name in (("Region by region", "regions"), ("All visible layers", "visible"),
                           ("Live preview", "preview")):  # fmt: skip
            self.switches[name] = switch(text, model.settings[name], lambda on, name=name: self._keep(name, on))
            self.rows.addWidget(self.switches[name])

    def _keep(self, name: str, value: Any) -> None:
        if not self._showing:
            self.model.settings[name] = value

    def _style_chosen(self, number: int) -> None:
        self._keep("style", self._styles.itemText(number))
        self._keep("strokes", 0)  # each style has its own number
        self.show_model()

    def _strokes_moved(self, value: int) -> None:
        if not self._showing:
            self._keep("strokes", value * STEP)
            self._strokes_text.setText(str(value * STEP))

    def show_model(self) -> None:
        """See `Box`."""
        self._showing = True
        told, names = self.model, [style["name"] for style in self.model.styles]
        if told.connection.state == CONNECTED and names:
            if [self._styles.itemText(k) for k in range(self._styles.count())] != names:
                self._styles.clear()
                for style in told.styles:
                    self._styles.addItem(style["name"])
                    self._styles.setItemData(self._styles.count() - 1, style["description"], 3)
            self._styles.setCurrentText(told.style()["name"])
            strokes = told.settings["strokes"] or told.style()["values"]["strokes"]
            self._strokes.setValue(round(strokes / STEP))
            self._strokes_text.setText(str(strokes))
        self._layers.setCurrentIndex([value for _, value in LAYERS].index(told.settings["layers"]))
        self._seed.setValue(told.settings["seed"])
        for name, box in self.switches.items():  # a document may bring settings of its own
            box.setChecked(told.settings[name])
        self._showing = False
