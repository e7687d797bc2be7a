"""`impasto doctor`, run by the engine's Python beside the editor: is all there that an installation needs?"""

from __future__ import annotations

import json
import os

from ..protocol import ProtocolError
from ..protocol.places import home
from . import Handler, Later
from .addresses import sentence
from .program import Program
from .starting import environment, not_started
from .words import tr

MARKS = {"good": "\u2713", "hint": "\u2013", "bad": "\u2717"}


class Doctor:
    """`lines` are what was found, to be read; `changed` hears when there are, or it has begun."""

    def __init__(self, later: Later, changed: Handler) -> None:
        self._changed = changed
        self._said: list[str] = []
        self._program = Program(later, lambda line: self._said.append(line), self._ended)
        self.lines: list[str] = []

    @property
    def is_at_work(self) -> bool:
        """Is there more to come?"""
        return self._program.is_running

    def look(self, command: list[str]) -> None:
        """Begin to check with what starts the engine; what was found before is forgotten."""
        if self.is_at_work:
            return
        if not command:
            self._end([tr("The plugin does not know its engine; choose one in the settings.")])
            return
        self._said, self.lines = [], []
        try:
            folder = os.fspath(home())
            self._program.start([*command, "doctor", "--json"], environment(folder), folder)
        except ProtocolError as error:
            self._end([sentence(error)])
        except OSError:
            self._end([not_started(command[0])])
        else:
            self._changed()

    def _ended(self, code: int, errors: list[str]) -> None:
        self._end(_read("\n".join(self._said)) or [tr("The check did not work; this engine said:"), *errors[-8:]])

    def _end(self, lines: list[str]) -> None:
        self.lines = lines
        self._changed()


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
