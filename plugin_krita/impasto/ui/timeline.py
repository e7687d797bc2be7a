"""A result on the timeline: how many frames, how far apart, how long the last one stays."""

from __future__ import annotations

from typing import Any

from ..easel.words import tr
from ..link.connection import CONNECTED
from ..qt import QtWidgets
from ..work.timeline import FEATURE, FRAMES, LEAST, MOST, MOST_HOLD, MOST_STEP, why_not
from .parts import Box, button, calm, form, named, text_label


class TimelineBox(Box):
    """Three numbers and a button."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._reason = text_label()
        rows = form()
        self.frames = self._number(
            rows, tr("Frames"), tr("How many pictures show how the painting came about"), (LEAST, MOST, FRAMES)
        )
        self.step = self._number(rows, tr("Step"), tr("How many frames each picture stays"), (1, MOST_STEP, 2))
        self.hold = self._number(
            rows, tr("Hold"), tr("How many frames the finished painting stays"), (0, MOST_HOLD, 24)
        )
        self.make = button(
            tr("Put on the timeline"),
            tr("How the chosen result came about, as an animated layer from the frame that shows: one undo step"),
            lambda: state.film(self.frames.value(), self.step.value(), self.hold.value()),
        )  # fmt: skip
        self.rows.addWidget(self._reason)
        self.rows.addLayout(rows)
        self.rows.addWidget(self.make)

    @staticmethod
    def _number(rows: Any, name: str, tip: str, limits: tuple[int, int, int]) -> Any:
        box = named(calm(QtWidgets.QSpinBox()), name, tip)
        box.setRange(*limits[:2])
        box.setValue(limits[2])
        rows.addRow(name, box)
        return box

    def show_state(self) -> None:
        """See `Box`."""
        told, reason = self.state, why_not()
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        able = not reason and told.connection.state == CONNECTED and not told.connection.lacks(FEATURE)
        self.make.setEnabled(able and told.history.current() is not None and told.run.free)
