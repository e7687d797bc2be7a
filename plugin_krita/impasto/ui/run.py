"""The button, how far the work is, and what went wrong."""

from __future__ import annotations

from typing import Any

from ..link.connection import CONNECTED
from ..qt import QtWidgets
from ..words import tr
from ..work.stages import CUTTING, FETCHING, LOOKING, LOOKING_FOR, READING, SEGMENTING, WAITING
from .parts import Box, button, named, text_label


def stage_words(stage: str) -> str:
    """What is being done, for those stages that have no passes; else nothing."""
    return {READING: tr("reading the layer"), WAITING: tr("waiting for the engine"),
            FETCHING: tr("fetching the painting"), SEGMENTING: tr("finding regions"),
            CUTTING: tr("cutting the layers"), LOOKING: tr("trying the look"),
            LOOKING_FOR: tr("looking at the picture")}.get(stage, "")  # fmt: skip


class RunBox(Box):
    """Paint or cancel, progress with time left, messages."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._button = button(tr("Paint"), "", lambda: state.run.cancel() if state.run.busy else state.paint())
        self._progress = named(QtWidgets.QProgressBar(), tr("Progress"), tr("How far the painting is"))
        self._progress.setRange(0, 1000)
        self._message = text_label()
        self._details = button(tr("Copy details"), tr("Copy what went wrong, to report it"), self._copy)
        for widget in (self._button, self._progress, self._message, self._details):
            self.rows.addWidget(widget)

    def _copy(self) -> None:
        QtWidgets.QApplication.clipboard().setText(f"{self.state.message}\n\n{self.state.details}")

    def show_state(self) -> None:
        """See `Box`."""
        told = self.state
        text = tr("Cancel") if told.run.busy else tr("Paint")
        self._button.setText(text)
        named(self._button, text, tr("Stop painting") if told.run.busy else
              tr("Paint the chosen layer, or as much of it as is selected"))  # fmt: skip
        self._button.setEnabled(told.connection.state == CONNECTED or told.run.busy)
        self._progress.setVisible(told.run.busy)
        self._progress.setUpdatesEnabled(False)  # else setValue draws the window at once, Krita's canvas with it
        self._progress.setValue(int(1000 * told.run.fraction))
        self._progress.setUpdatesEnabled(True)
        waits = told.connection.state != CONNECTED and told.run.stage != CUTTING
        words = stage_words(WAITING if waits else told.run.stage)
        if not words and told.run.left is not None:
            words = tr("{passes}, {seconds:.0f} s left").format(passes=told.run.pass_text, seconds=told.run.left)
        self._progress.setFormat(words or told.run.pass_text)
        self._message.setText(told.message)
        self._message.setVisible(bool(told.message))
        self._details.setVisible(bool(told.details))
