"""Is there an engine? If not, a button that starts one, what it says while it starts, and what to do if it does not."""

from __future__ import annotations

from typing import Any

from ..changes import Change
from ..easel.addresses import sentence
from ..easel.engine_words import named_as
from ..easel.words import tr
from ..guard import on
from ..link.connection import ABSENT, CONNECTED, CONNECTING, STOPPED
from ..qt import QtGui, QtWidgets
from ..work.stages import CUTTING
from .details import DetailsBox
from .parts import Box, Fold, button, named, text_label, tool
from .settings import SettingsDialog

SHOWN = 5  # lines of the log


class EngineBox(Box):
    """A line on the engine with the settings beside it, and more as long as there is more to say."""

    shows = Change.ENGINE | Change.WORK

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._dialog: Any = None
        self.text, self.problem = text_label(), text_label()
        self.start = button(
            tr("Start the engine"), tr("Start the program beside Krita that paints"), state.engine.start
        )
        self.log = named(lines_shown(SHOWN), tr("Log"), tr("What the engine says while it starts"))
        self.details = DetailsBox(state)
        line = QtWidgets.QHBoxLayout()
        self.more = Fold(tr("Details"), tr("What a report of a fault needs"), self.details)
        on(self.more.opened, lambda opened: opened and self.details.show_state())
        line.addWidget(self.text, 1)
        line.addWidget(tool("configure", tr("Settings of the engine"), self.settings))
        self.rows.addLayout(line)
        for widget in (self.start, self.log, self.problem, self.more):
            self.rows.addWidget(widget)

    def settings(self) -> Any:
        """Open the settings beside the work."""
        if self._dialog is None:
            self._dialog = SettingsDialog(self.state, self.window())
        self._dialog.show_settings()
        return self._dialog

    def show_state(self) -> None:
        """See `Box`."""
        told = self.state
        connection, lines = told.connection, told.engine.process.lines
        state, preparing = connection.state, connection.hello.get("preparing")
        self.text.setText(self._words(state, preparing))
        starting = state != CONNECTED and told.engine.remote is None and bool(told.engine.says)
        is_there = connection.silent or told.engine.remote is not None
        is_there = is_there or told.engine.lacks == "first" or bool(told.engine.installer.step)
        self.start.setVisible(state == ABSENT and not is_there and not told.engine.says)
        wanted = "\n".join(lines)
        self.log.setVisible((starting or bool(told.engine.problem)) and bool(lines))
        if self.log.toPlainText() != wanted:
            self.log.setPlainText(wanted)
            self.log.moveCursor(QtGui.QTextCursor.MoveOperation.End)
        self.problem.setText(told.engine.problem)
        self.problem.setVisible(bool(told.engine.problem))

    def _words(self, state: str, preparing: Any) -> str:
        told, connection = self.state, self.state.connection
        if told.engine.remote:
            return self._words_of_remote(told.engine.remote[0], state, preparing)
        if state == CONNECTED:
            return tr("The engine is {state}.").format(state=_state_words(preparing))
        if state == CONNECTING and not connection.silent:
            return tr("Connecting to the engine.")
        if told.engine.says:
            return tr("The engine is starting.")
        if connection.silent:
            return tr("The engine does not answer. If it stays so, end its process ({number}) and start it again; "
                      "nothing is lost.").format(number=connection.own.process)  # fmt: skip
        if connection.problem and connection.problem != STOPPED:
            return sentence(connection.problem)
        if any(piece.stage != CUTTING for piece in told.run.pieces):
            return tr("The engine has stopped. Start it again, and the painting goes on.")
        return tr("The engine has stopped.") if connection.problem else tr("No engine is running.")

    def _words_of_remote(self, address: str, state: str, preparing: Any) -> str:
        connection = self.state.connection
        if state == CONNECTED:
            return tr("The engine at {address} is {state}.").format(address=address, state=_state_words(preparing))
        if state == CONNECTING and not connection.silent:
            return tr("Connecting to the engine at {address}.").format(address=address)
        if connection.silent or not connection.problem:
            return tr("The engine at {address} does not answer; test it in the settings.").format(address=address)
        return sentence(connection.problem)


def _state_words(preparing: Any) -> str:
    """What the engine is doing before it can paint, or that it can."""
    return named_as("state", str(preparing)) if preparing else tr("ready")


def lines_shown(number: int) -> Any:
    """Plain text, this many lines high, that can be read and copied."""
    box = QtWidgets.QPlainTextEdit()
    box.setReadOnly(True)
    box.setFixedHeight(number * box.fontMetrics().lineSpacing() + 12)
    return box
