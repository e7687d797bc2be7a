"""Which engine paints: one that this Krita starts, or one at an address; and what is known of its start."""

from __future__ import annotations

from typing import Any

from ..protocol.keys import is_key
from ..qt import QObject
from .connection import CONNECTED
from .engine_process import EngineProcess


class EngineChoice(QObject):
    """The engine that the settings name. `says` is the last line of one that is starting, `problem` why it did not."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._state = state
        self.says = self.problem = ""
        self.process = EngineProcess(self)
        self.process.said.connect(self._said)
        self.process.failed.connect(self._failed)
        state.connection.changed.connect(self._connected)

    @property
    def remote(self) -> Any:
        """(address, public key) of the engine elsewhere that is to paint, or None."""
        settings = self._state.settings
        wanted = settings["address"], settings["key"]
        return wanted if settings["remote"] and wanted[0] and is_key(wanted[1]) else None

    def look(self) -> None:
        """Look for the engine that the settings name until Krita closes; it may be called for each window."""
        self._state.connection.use(self.remote)
        self._state.connection.start()

    def start(self) -> None:
        """Start the engine."""
        self.says, self.problem = "starting", ""
        self._state.say("")
        self.process.start(self._state.settings["python"])

    def choose(self, **values: Any) -> None:
        """Keep these settings of the engine, and use the one they name."""
        if self._state.run.busy:
            self._state.say("Another engine can be chosen when this painting is done.")
            return
        for name, value in values.items():
            self._state.settings[name] = value
        self.says = self.problem = ""
        self._state.connection.use(self.remote)
        self._state.changed.emit()

    def _connected(self) -> None:
        if self._state.connection.state == CONNECTED:
            self.says = self.problem = ""
        self._state.changed.emit()

    def _said(self, line: str) -> None:
        self.says = line
        self._state.changed.emit()

    def _failed(self, why: str) -> None:
        self.says, self.problem = "", why
        self._state.changed.emit()
