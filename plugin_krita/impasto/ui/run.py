"""The button, how far the work is, and what went wrong."""

from __future__ import annotations

from typing import Any

from ..link.connection import CONNECTED
from ..qt import QtWidgets
from ..work.stages import CUTTING, FETCHING, READING, SEGMENTING, WAITING
from .parts import Box, button, text_label

STAGES = {READING: "reading the layer", WAITING: "waiting for the engine", FETCHING: "fetching the painting",
          SEGMENTING: "finding regions", CUTTING: "cutting the layers"}  # fmt: skip


class RunBox(Box):
    """Paint or cancel, progress with time left, messages."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._button = button("Paint", lambda: state.run.cancel() if state.run.busy else state.paint())
        self._progress = QtWidgets.QProgressBar()
        self._progress.setRange(0, 1000)
        self._message = text_label()
        self._details = button("Copy details", self._copy)
        for widget in (self._button, self._progress, self._message, self._details):
            self.rows.addWidget(widget)

    def _copy(self) -> None:
        QtWidgets.QApplication.clipboard().setText(f"{self.state.message}\n\n{self.state.details}")

    def show_state(self) -> None:
        """See `Box`."""
        told = self.state
        self._button.setText("Cancel" if told.run.busy else "Paint")
        self._button.setEnabled(told.connection.state == CONNECTED or told.run.busy)
        self._progress.setVisible(told.run.busy)
        self._progress.setUpdatesEnabled(False)  # else setValue draws the window at once, Krita's canvas with it
        self._progress.setValue(int(1000 * told.run.fraction))
        self._progress.setUpdatesEnabled(True)
        left = "" if told.run.left is None else f", {told.run.left:.0f} s left"
        waits = told.connection.state != CONNECTED and told.run.stage != CUTTING
        stage = STAGES[WAITING] if waits else STAGES.get(told.run.stage)
        self._progress.setFormat(stage or f"{told.run.pass_text}{left}")
        self._message.setText(told.message)
        self._message.setVisible(bool(told.message))
        self._details.setVisible(bool(told.details))
