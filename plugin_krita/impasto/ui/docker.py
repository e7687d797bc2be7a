"""The docker: boxes from the top down that show the model and tell it what the user wants; it knows nothing else."""

from __future__ import annotations

from typing import Any

from krita import DockWidget

from ..model import model
from ..qt import QtWidgets
from .engine import EngineBox
from .run import RunBox
from .style import StyleBox

DOCKER = "impasto_docker"


class Docker(DockWidget):
    """One per window, all of one model."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Impasto")
        told = model()
        run = RunBox(told)
        self.boxes = [EngineBox(told), StyleBox(told), run]
        body = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(body)
        for box in self.boxes:
            if box is not run:
                rows.addWidget(box)
        rows.addStretch(1)
        scroll = QtWidgets.QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(getattr(QtWidgets.QFrame, "Shape", QtWidgets.QFrame).NoFrame)
        scroll.setWidget(body)
        whole = QtWidgets.QWidget()
        below = QtWidgets.QVBoxLayout(whole)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(scroll, 1)
        run.layout().setContentsMargins(9, 0, 9, 9)
        below.addWidget(run)  # the button and the progress are always in sight
        self.scroll = scroll
        self.setWidget(whole)
        told.changed.connect(self._show)
        self._show()

    def canvasChanged(self, canvas: Any) -> None:
        """Krita calls it; the active document is asked for when it is needed."""

    def _show(self) -> None:
        for box in self.boxes:
            box.show_model()
