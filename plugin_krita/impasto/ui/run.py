"""The buttons, how far the work in this document is, what else waits, and what went wrong."""

from __future__ import annotations

from typing import Any

from ..changes import Change
from ..easel.words import tr
from ..link.connection import CONNECTED
from ..qt import QtWidgets, copy_text
from ..work.piece import Piece
from ..work.seeds import SEEDS
from ..work.stages import (
    BRUSHING,
    CUTTING,
    FETCHING,
    LOOKING,
    LOOKING_FOR,
    PAINTING,
    READING,
    SEGMENTING,
    SENDING,
    SHAPING,
    WAITING,
)
from .parts import Box, button, named, text_label, tool
from .queue import QueueList


def stage_words(stage: str) -> str:
    """What is being done, for those stages that have no passes; else nothing."""
    return {READING: tr("reading the layer"), SENDING: tr("handing it to the engine"),
            WAITING: tr("waiting for the engine"), FETCHING: tr("fetching the painting"),
            SEGMENTING: tr("finding regions"), CUTTING: tr("cutting the layers"), LOOKING: tr("trying the look"),
            LOOKING_FOR: tr("looking at the picture"), SHAPING: tr("making the layers")}.get(stage, "")  # fmt: skip


def progress_words(state: Any, piece: Piece) -> str:
    """How far a piece of work is, in a few words."""
    if piece.stage == BRUSHING:
        words = tr("your brush paints, {seconds:.0f} s left")
        return tr("your brush paints") if piece.left is None else words.format(seconds=piece.left)
    if state.connection.state != CONNECTED and piece.stage not in (CUTTING, SHAPING):
        return stage_words(WAITING)
    if piece.paused:
        return tr("paused")
    if piece.stage == WAITING and any(each.stage == PAINTING for each in state.run.pieces):
        return tr("waiting for its turn")
    words = stage_words(piece.stage)
    if words or piece.left is None:
        return words or piece.pass_text
    return tr("{passes}, {seconds:.0f} s left").format(passes=piece.pass_text, seconds=piece.left)


class RunBox(Box):
    """Paint, progress with what stops it, the list of all work if there is more, messages."""

    shows = Change.ENGINE | Change.WORK | Change.MESSAGE

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._button = button(tr("Paint"), tr("Paint the chosen layer, or as much of it as is selected"), state.paint)
        self._four = button(
            tr("Paint {count}").format(count=SEEDS),
            tr("Paint the chosen layer {count} times, by as many seeds, to choose from").format(count=SEEDS),
            state.paint_seeds,
        )  # fmt: skip
        self._progress = named(QtWidgets.QProgressBar(), tr("Progress"), tr("How far the painting is"))
        self._progress.setRange(0, 1000)
        self._cancel = tool("dialog-cancel", tr("Stop painting"), lambda: state.run.cancel())
        self._now = QtWidgets.QWidget()
        self.queue = QueueList(state, progress_words)
        self._message = text_label()
        self._details = button(tr("Copy details"), tr("Copy what went wrong, to report it"), self._copy)
        first, second = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout(self._now)
        first.addWidget(self._button, 2)
        first.addWidget(self._four, 1)
        second.setContentsMargins(0, 0, 0, 0)
        second.addWidget(self._progress, 1)
        second.addWidget(self._cancel)
        self.rows.addLayout(first)
        for widget in (self._now, self.queue, self._message, self._details):
            self.rows.addWidget(widget)
        for widget in (self._button, self._four):
            widget.setMinimumWidth(1)

    def _copy(self) -> None:
        copy_text(f"{self.state.message}\n\n{self.state.details}")

    def show_state(self) -> None:
        """See `Box`."""
        told, work = self.state, self.state.run.work
        for widget in (self._button, self._four):
            widget.setEnabled(told.connection.state == CONNECTED and told.run.free)
        self._now.setVisible(work is not None)
        if work is not None:
            self._progress.setUpdatesEnabled(False)  # else setValue draws the window at once, Krita's canvas with it
            self._progress.setValue(int(1000 * (work.fraction if work.stage == PAINTING else work.part)))
            self._progress.setUpdatesEnabled(True)
            self._progress.setFormat(progress_words(told, work))
        self.queue.show_state()
        self._message.setText(told.message)
        self._message.setVisible(bool(told.message))
        self._details.setVisible(bool(told.details))
