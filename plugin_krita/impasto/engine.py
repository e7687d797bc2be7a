"""Starting the engine: a process beside Krita, in the Python it was installed for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from protocol.places import home

from .qt import QObject, QProcess, Signal

INSTALLED = "installed.json"  # written by the installer: which interpreter, which program
IDLE = 1800  # seconds after which an engine that the plugin started stops by itself


class Engine(QObject):
    """The engine's process, if this Krita started it. It outlives Krita, and others may use it."""

    said = Signal(str)  # a line of what it says while it starts
    failed = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._process: Any = None

    @property
    def command(self) -> list[str]:
        """What starts it: an interpreter and a program; empty if the installer has not said."""
        try:
            found = json.loads((Path(__file__).parent / INSTALLED).read_text(encoding="utf-8"))
            command = [str(found["python"]), str(found["program"])]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return command

    def start(self) -> None:
        """Start it in the background; the connection will find it."""
        command = self.command
        if not command:
            self.failed.emit("The plugin does not know its engine. Install it with: impasto plugin install")
            return
        if not Path(command[0]).exists():
            self.failed.emit(f"The engine's Python {command[0]} is gone. Run again: impasto plugin install")
            return
        process = QProcess(self)
        environment = process.systemEnvironment()
        # Krita's own Python paths would lead the engine's astray.
        environment = [line for line in environment if not line.startswith(("PYTHONPATH=", "PYTHONHOME="))]
        process.setEnvironment([*environment, f"IMPASTO_HOME={os.fspath(home())}"])
        channels = getattr(QProcess, "ProcessChannelMode", QProcess)
        process.setProcessChannelMode(channels.MergedChannels)
        process.readyRead.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(lambda _: self.failed.emit("The engine could not be started."))
        self._process, self._lines = process, []
        process.start(command[0], [*command[1:], "serve", "--detach", "--idle", str(IDLE)])

    def _read(self) -> None:
        text = bytes(self._process.readAll()).decode("utf-8", "replace")
        for line in text.splitlines():
            if line.strip():
                self._lines.append(line.strip())
                self.said.emit(line.strip())

    def _finished(self, code: int, *_: Any) -> None:
        self._read()
        if code != 0:
            self.failed.emit(self._lines[-1] if self._lines else f"The engine ended with code {code}.")
