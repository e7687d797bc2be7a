"""The docker: it shows the model and tells it what the user wants; it knows nothing else."""

from __future__ import annotations

from typing import Any

from krita import DockWidget

from ..connection import ABSENT, CONNECTED, CONNECTING
from ..model import FETCHING, READING, WAITING, model
from ..qt import HORIZONTAL, QtWidgets

DOCKER = "impasto_docker"
STAGES = {READING: "reading the layer", WAITING: "waiting for the engine", FETCHING: "fetching the painting"}
LAYERS = (("One layer", "none"), ("A layer per region", "regions"), ("A layer per region and pass", "passes"))
MOST_STROKES, STEP = 10_000, 100


class Docker(DockWidget):
    """One per window, all of one model."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Impasto")
        self._model = model()
        self.setWidget(self._built())
        self._model.changed.connect(self._show)
        self._show()

    def canvasChanged(self, canvas: Any) -> None:
        """Krita calls it; the active document is asked for when it is needed."""

    def _built(self) -> Any:
        body = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(body)
        rows.addWidget(self._engine_box())
        form = QtWidgets.QFormLayout()
        form.setRowWrapPolicy(getattr(QtWidgets.QFormLayout, "RowWrapPolicy", QtWidgets.QFormLayout).WrapLongRows)
        self.style_box = QtWidgets.QComboBox()
        self.style_box.activated.connect(self._style_chosen)
        form.addRow("Style", self.style_box)
        self.strokes = QtWidgets.QSlider(HORIZONTAL)
        self.strokes.setRange(1, MOST_STROKES // STEP)
        self.strokes.valueChanged.connect(self._strokes_moved)
        self.strokes_text = QtWidgets.QLabel()
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.strokes, 1)
        line.addWidget(self.strokes_text)
        form.addRow("Strokes", line)
        self.layers = QtWidgets.QComboBox()
        for box in (self.style_box, self.layers):  # the docker may be narrower than their longest entry
            box.setMinimumContentsLength(6)
            policies = getattr(QtWidgets.QComboBox, "SizeAdjustPolicy", QtWidgets.QComboBox)
            box.setSizeAdjustPolicy(policies.AdjustToMinimumContentsLengthWithIcon)
        for text, value in LAYERS:
            self.layers.addItem(text, value)
        self.layers.activated.connect(lambda k: self._keep("layers", LAYERS[k][1]))
        form.addRow("Result", self.layers)
        self.seed = QtWidgets.QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.valueChanged.connect(lambda value: self._keep("seed", value))
        form.addRow("Seed", self.seed)
        rows.addLayout(form)
        self.regions = self._check("Region by region", "regions", rows)
        self.visible = self._check("All visible layers", "visible", rows)
        self.preview = self._check("Live preview", "preview", rows)
        self.paint = QtWidgets.QPushButton("Paint")
        self.paint.clicked.connect(self._paint_or_cancel)
        rows.addWidget(self.paint)
        self.progress = QtWidgets.QProgressBar()
        self.progress.setRange(0, 1000)
        rows.addWidget(self.progress)
        self.message = QtWidgets.QLabel()
        self.message.setWordWrap(True)
        rows.addWidget(self.message)
        self.details = QtWidgets.QPushButton("Copy details")
        self.details.clicked.connect(self._copy)
        rows.addWidget(self.details)
        rows.addStretch(1)
        scroll = QtWidgets.QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(getattr(QtWidgets.QFrame, "Shape", QtWidgets.QFrame).NoFrame)
        scroll.setWidget(body)
        return scroll

    def _engine_box(self) -> Any:
        self.engine_box = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(self.engine_box)
        rows.setContentsMargins(0, 0, 0, 0)
        self.engine_text = QtWidgets.QLabel()
        self.engine_text.setWordWrap(True)
        rows.addWidget(self.engine_text)
        self.start = QtWidgets.QPushButton("Start the engine")
        self.start.clicked.connect(lambda: self._model.start_engine())
        rows.addWidget(self.start)
        return self.engine_box

    def _check(self, text: str, name: str, rows: Any) -> Any:
        box = QtWidgets.QCheckBox(text)
        box.setChecked(self._model.settings[name])
        box.toggled.connect(lambda on: self._keep(name, on))
        rows.addWidget(box)
        return box

    def _keep(self, name: str, value: Any) -> None:
        self._model.settings[name] = value

    def _style_chosen(self, number: int) -> None:
        self._keep("style", self.style_box.itemText(number))
        self._keep("strokes", 0)  # each style has its own number
        self._show()

    def _strokes_moved(self, value: int) -> None:
        if not self._showing:
            self._keep("strokes", value * STEP)
            self.strokes_text.setText(str(value * STEP))

    def _paint_or_cancel(self) -> None:
        if self._model.busy:
            self._model.cancel()
        else:
            self._model.paint()

    def _copy(self) -> None:
        text = f"{self._model.message}\n\n{self._model.details}"
        QtWidgets.QApplication.clipboard().setText(text)

    _showing = False

    def _show(self) -> None:
        """Make everything as the model says."""
        self._showing = True
        told, connection = self._model, self._model.connection
        here = connection.state == CONNECTED
        self.engine_box.setVisible(not here or bool(connection.hello.get("preparing")))
        self.start.setVisible(connection.state == ABSENT and not told.engine_says)
        preparing = connection.hello.get("preparing")
        words = {ABSENT: told.engine_says or "No engine is running.", CONNECTING: "Connecting to the engine."}
        self.engine_text.setText(words.get(connection.state) or f"The engine is {preparing}.")
        if here and [self.style_box.itemText(k) for k in range(self.style_box.count())] != [
            s["name"] for s in told.styles
        ]:
            self.style_box.clear()
            for style in told.styles:
                self.style_box.addItem(style["name"])
                self.style_box.setItemData(self.style_box.count() - 1, style["description"], 3)
        if here and told.styles:
            self.style_box.setCurrentText(told.style()["name"])
            strokes = told.settings["strokes"] or told.style()["values"]["strokes"]
            self.strokes.setValue(round(strokes / STEP))
            self.strokes_text.setText(str(strokes))
        self.layers.setCurrentIndex([value for _, value in LAYERS].index(told.settings["layers"]))
        self.seed.setValue(told.settings["seed"])
        self.paint.setText("Cancel" if told.busy else "Paint")
        self.paint.setEnabled(here or told.busy)
        self.progress.setVisible(told.busy)
        self.progress.setValue(int(1000 * told.fraction))
        self.progress.setFormat(self._progress_text())
        self.message.setText(told.message)
        self.message.setVisible(bool(told.message))
        self.details.setVisible(bool(told.details))
        self._showing = False

    def _progress_text(self) -> str:
        told = self._model
        if told.stage in STAGES:
            return STAGES[told.stage]
        left = "" if told.left is None else f", {told.left:.0f} s left"
        return f"{told.pass_text}{left}"
