"""Which engine paints: one that this Krita starts, or one at an address; and what is known of its start."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ..changes import Change
from ..easel.installing import EngineInstaller
from ..easel.starting import EngineProcess
from ..easel.words import tr
from ..guard import later, on
from ..protocol.keys import is_key
from ..qt import QObject
from .connection import CONNECTED

PATIENCE = 10_000  # milliseconds within which an engine that was started is found


class EngineChoice(QObject):
    """The engine that the settings name. `says` is the last line of one that is starting, `problem` why it did not."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._state = state
        self.says = self.problem = ""
        self.process = EngineProcess(later, self._said, self._started, self._failed)
        on(state.connection.changed, self._connected)
        self.installer = EngineInstaller(later, partial(state.tell, Change.ENGINE), self._installed)

    @property
    def remote(self) -> Any:
        """(address, public key) of the engine elsewhere that is to paint, or None."""
        settings = self._state.settings
        wanted = settings["address"], settings["key"]
        return wanted if settings["remote"] and wanted[0] and is_key(wanted[1]) else None

    @property
    def lacks(self) -> str:
        """What could be installed: "first" if there is no engine, "update", "regions"; "newer" is too new; or "".

        Of an engine elsewhere, or one that the artist has chosen or installed, it is not this plugin's to say.
        """
        installer, settings = self.installer, self._state.settings
        if not installer.can or settings["remote"] or self._state.run.busy:
            return ""
        command = self.process.command(settings["python"])
        if not command or not Path(command[0]).is_file():
            return "" if self._state.connection.state == CONNECTED else "first"
        if command[0] != installer.there.get("python"):
            return ""
        if installer.is_newer or installer.is_older:
            return "newer" if installer.is_newer else "update"
        wanted = "regions" not in installer.there.get("extras", []) and not settings["without_regions"]
        return "regions" if wanted and self._state.connection.state == CONNECTED else ""

    def look(self) -> None:
        """Look for the engine that the settings name until Krita closes; it may be called for each window."""
        self._state.connection.use(self.remote)
        self._state.connection.start()

    def start(self) -> None:
        """Start the engine."""
        self.says, self.problem = "starting", ""
        self._state.say("")
        self._state.tell(Change.ENGINE)
        self.process.start(self._state.settings["python"])

    def choose(self, **values: Any) -> None:
        """Keep these settings of the engine, and use the one they name."""
        if self._state.run.pieces and self._state.connection.state == CONNECTED:
            self._state.say(tr("Cancel what is going on, or wait until it is done; then another engine can be chosen."))
            return
        self._state.run.leave()
        for name, value in values.items():
            self._state.settings[name] = value
        self.says = self.problem = ""
        self._state.connection.use(self.remote)
        self._state.tell(Change.ENGINE)

    def _installed(self) -> None:
        """The installer has done its work: the engine there is now is the one to be used, if there is one."""
        if self.installer.there:
            self._state.settings["python"] = ""
            self.start()

    def _connected(self) -> None:
        if self._state.connection.state == CONNECTED:
            self.says = self.problem = ""
        self._state.tell(Change.ENGINE)

    def _said(self, line: str) -> None:
        self.says = line
        self._state.tell(Change.ENGINE)

    def _started(self) -> None:
        """Its process says that it runs; so it should be found in a moment."""
        later(PATIENCE, self._look_again)

    def _look_again(self) -> None:
        if self.says and not self.process.is_starting and self._state.connection.state != CONNECTED:
            self._failed(tr("The engine was started, but is not there. Its log (impasto serve logs) tells more."))

    def _failed(self, why: str) -> None:
        self.says, self.problem = "", why
        self._state.tell(Change.ENGINE)
