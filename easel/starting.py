"""Starting the engine: a process beside the editor, in the Python it was installed for or one that the user chose."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from ..protocol import ProtocolError
from ..protocol.places import home
from . import Handler, Later
from .addresses import sentence
from .installing import brought
from .program import Program
from .pythons import clean_environment
from .words import tr

INSTALLED = "installed.json"  # written by the installer: which interpreter has the engine
NAME = "impasto"  # the engine's module
IDLE = 1800  # seconds after which an engine that the plugin started stops by itself
LINES = 200  # of what it said are kept


class EngineProcess:
    """The engine's process, if this editor started it. It outlives the editor, and others may use it.

    said: is told each line of what it says while it starts; started: that it runs; failed: why not, and what to do.
    """

    def __init__(self, later: Later, said: Handler, started: Handler, failed: Handler) -> None:
        self._said, self._started, self._failed = said, started, failed
        self.lines: list[str] = []  # what the last one that was started has said
        self._command: list[str] = []
        self._program = Program(later, self._heard, self._ended)

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
        return self._program.is_running

    def start(self, chosen: str = "") -> None:
        """Start it in the background; the connection will find it."""
        command = self.command(chosen)
        self.lines = []
        if not command:
            words = tr(
                "The plugin does not know its engine. "
                "Run: impasto plugin install, or choose another one in the settings."
            )
            self._failed(words)
            return
        try:
            folder = os.fspath(home())
        except ProtocolError as error:
            self._failed(sentence(error))
            return
        if not Path(command[0]).is_file():
            self._failed(_missing(command[0], bool(chosen)))
            return
        self._command = [*command, "serve", "--detach", "--idle", str(IDLE)]
        try:
            self._program.start(self._command, environment(folder), folder, merged=True)
        except OSError:
            self._failed(not_started(command[0]))

    def _heard(self, line: str) -> None:
        self.lines = [*self.lines, line][-LINES:]
        self._said(line)

    def _ended(self, code: int, errors: list[str]) -> None:
        if code != 0:
            self._failed(_explained(self.lines, code, self._command[0]))
        else:
            self._started()


def environment(folder: str) -> dict[str, str]:
    """Of a process of the engine's Python: it sees what is its own, and Impasto's home, and nothing of the editor's."""
    return {**clean_environment(), "IMPASTO_HOME": folder}


def not_started(program: str) -> str:
    """What to say of a file that is no program."""
    words = tr("{program} is no program that can be started; choose another one in the settings.")
    return words.format(program=program)


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
