"""`impasto doctor`, run by the engine's Python beside Krita: is all there that an installation needs?"""

from __future__ import annotations

import json
import os
from typing import Any

from ..guard import on
from ..protocol import ProtocolError
from ..protocol.places import home
from ..qt import QObject, QProcess, Signal
from ..words import tr
from .engine_process import let_alone
from .probing import sentence

MARKS = {"good": "\u2713", "hint": "\u2013", "bad": "\u2717"}


class Doctor(QObject):
    """`lines` are what was found, to be read; `is_at_work` as long as there is more to come."""

    changed = Signal()

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._state = state
        self._process: Any = None
        self.lines: list[str] = []
        self.is_at_work = False

    def look(self) -> None:
        """Begin to check; what was found before is forgotten."""
        if self.is_at_work:
            return
        command = self._state.engine.process.command(self._state.settings["python"])
        if not command:
            self._end([tr("The plugin does not know its engine; choose one in the settings.")])
            return
        try:
            folder = os.fspath(home())
        except ProtocolError as error:
            self._end([sentence(error)])
            return
        self.is_at_work, self.lines = True, []
        process = self._process = QProcess(self)
        let_alone(process, folder)
        on(process.finished, self._finished)
        failed = QProcess.ProcessError.FailedToStart
        on(process.errorOccurred, lambda error: error == failed and self._not_started())
        process.start(command[0], [*command[1:], "doctor", "--json"])
        self.changed.emit()

    def _not_started(self) -> None:
        words = tr("{program} is no program that can be started; choose another one in the settings.")
        self._end([words.format(program=self._process.program())])

    def _finished(self, *_: Any) -> None:
        said = bytes(self._process.readAllStandardOutput()).decode("utf-8", "replace")
        wrong = bytes(self._process.readAllStandardError()).decode("utf-8", "replace")
        self._end(_read(said) or [tr("The check did not work; this engine said:"), *wrong.strip().splitlines()[-8:]])

    def _end(self, lines: list[str]) -> None:
        self.lines, self.is_at_work = lines, False
        self.changed.emit()


def _read(said: str) -> list[str]:
    """Each finding as a line, and what to do about it as another; nothing if these are none."""
    try:
        found = json.loads(said)
        lines = []
        for each in found:
            lines.append(f"{MARKS[each['state']]} {each['name']}: {each['says']}")
            lines += [f"    {each['remedy']}"] if each["remedy"] else []
    except (ValueError, TypeError, KeyError):
        return []
    return lines
