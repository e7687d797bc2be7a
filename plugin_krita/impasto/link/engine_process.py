"""Starting the engine: a process beside Krita, in the Python it was installed for or one that the user chose."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from ..guard import on
from ..protocol import ProtocolError
from ..protocol.places import home
from ..qt import QObject, QProcess, Signal
from ..words import tr
from .installing import brought
from .probing import sentence
from .pythons import clean_environment

INSTALLED = "installed.json"  # written by the installer: which interpreter has the engine
NAME = "impasto"  # the engine's module
IDLE = 1800  # seconds after which an engine that the plugin started stops by itself
LINES = 200  # of what it said are kept


class EngineProcess(QObject):
    """The engine's process, if this Krita started it. It outlives Krita, and others may use it."""

    said = Signal(str)  # a line of what it says while it starts
    failed = Signal(str)  # why, and what to do
    started = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.lines: list[str] = []  # what the last one that was started has said
        self._process: Any = None

    def command(self, chosen: str = "") -> list[str]:
        """What starts it: `chosen` (a Python, or an impasto program), else what was installed; or nothing.

        That is what the plugin was installed by, if it is still there, or what the plugin has installed.
        """
        command = self._installed()
        if not chosen or chosen in command[:1]:
            return command
        return [chosen, "-m", NAME] if _is_python(chosen) else [chosen]

    def _installed(self) -> list[str]:
        try:
            found = str(json.loads((Path(__file__).parent.parent / INSTALLED).read_text(encoding="utf-8"))["python"])
        except (OSError, ValueError, KeyError, TypeError):
            found = ""
        if not Path(found).is_file():
            found = brought().get("python", "") or found
        return [found, "-m", NAME] if found else []

    @property
    def is_starting(self) -> bool:
        """Is it on its way?"""
        return self._process is not None and self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, chosen: str = "") -> None:
        """Start it in the background; the connection will find it."""
        command = self.command(chosen)
        self.lines = []
        if not command:
            words = tr(
                "The plugin does not know its engine. "
                "Run: impasto plugin install, or choose another one in the settings."
            )
            self.failed.emit(words)
            return
        if not Path(command[0]).is_file():
            self.failed.emit(_missing(command[0], bool(chosen)))
            return
        try:
            folder = os.fspath(home())
        except ProtocolError as error:
            self.failed.emit(sentence(error))
            return
        process = QProcess(self)
        let_alone(process, folder)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        on(process.readyRead, self._read)
        on(process.finished, self._finished)
        failed = QProcess.ProcessError.FailedToStart
        on(process.errorOccurred, lambda error: error == failed and self._not_started())
        self._process = process
        process.start(command[0], [*command[1:], "serve", "--detach", "--idle", str(IDLE)])

    def _not_started(self) -> None:
        words = tr("{program} is no program that can be started; choose another one in the settings.")
        self.failed.emit(words.format(program=self._process.program()))

    def _read(self) -> None:
        text = bytes(self._process.readAll()).decode("utf-8", "replace")
        for line in text.splitlines():
            if line.strip():
                self.lines = [*self.lines, line.strip()][-LINES:]
                self.said.emit(line.strip())

    def _finished(self, code: int, *_: Any) -> None:
        self._read()
        if code != 0:
            self.failed.emit(_explained(self.lines, code, self._process.program()))
        else:
            self.started.emit()


def let_alone(process: Any, folder: str) -> None:
    """Have a process of the engine's Python see what is its own, and Impasto's home, and nothing of Krita's."""
    environment = clean_environment()
    environment.insert("IMPASTO_HOME", folder)
    process.setProcessEnvironment(environment)
    process.setWorkingDirectory(folder)  # and what lies where Krita was started is nothing to it


def _missing(program: str, is_chosen: bool) -> str:
    """A program that is not there, and what to do; is_chosen: by the artist, not the installer."""
    if is_chosen:
        words = tr("{program}, which starts the engine, is not there; choose another one in the settings.")
    else:
        words = tr(
            "{program}, which starts the engine, is not there; "
            "run again: impasto plugin install, or choose another one in the settings."
        )
    return words.format(program=program)


def _explained(lines: list[str], code: int, program: str) -> str:
    """What an engine that did not start has said, as a sentence with a remedy."""
    if not lines:
        return tr(
            "The engine did not start: it ended with code {code} and said nothing. "
            "The lines above and its log (impasto serve logs) tell more."
        ).format(code=code)
    last = lines[-1]
    missing = re.search(r"No module named '?([\w.]+)", last)
    if missing and missing.group(1).split(".")[0] == NAME:
        return tr(
            "{program} has no Impasto; choose another one in the settings, or install Impasto there as its README says."
        ).format(program=program)
    if missing:
        return tr(
            "{program} lacks {module}; install Impasto there again as its README says, "
            "or choose another one in the settings."
        ).format(program=program, module=missing.group(1))
    return tr("The engine did not start: {last}. The lines above and its log (impasto serve logs) tell more.").format(
        last=last
    )


def _is_python(path: str) -> bool:
    """Is this an interpreter, by its name?"""
    return re.fullmatch(r"(python|pypy)[\d.]*w?(\.exe)?", Path(path).name.lower()) is not None
