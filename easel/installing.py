"""Installing an engine from the plugin: its wheel of ours is run by a Python that fits, and says how it goes."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from ..protocol import ProtocolError
from ..protocol.places import home, home_path
from . import Handler, Later
from .addresses import sentence
from .failing import failure_sentence
from .program import Program
from .pythons import OUTSIDE, PythonSeeker, clean_environment
from .uv import UvPython
from .words import tr

WHEELS = Path(__file__).parent.parent / "wheels"  # there if the plugin came as a zip
FOLDER, INSTALLED = "engine", "installed.json"  # in Impasto's home
SEEKING, LOOKING, OFFERED = "seeking", "looking", "offered"
PYTHON, BRINGING = "python", "bringing"  # there is none that fits: one is offered, and fetched
FETCHING, INSTALLING, REMOVING = "fetching", "installing", "removing"
LINES = 200  # of what was said are kept


def brought() -> dict[str, Any]:
    """The engine that a plugin has installed here, as it was noted, or nothing."""
    try:
        found = json.loads((home_path() / FOLDER / INSTALLED).read_text(encoding="utf-8"))
        sound = all(isinstance(found[name], str) for name in ("python", "version", "folder"))
        return found if sound and isinstance(found.get("extras", []), list) else {}
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return {}


class EngineInstaller:
    """Looks what is to be fetched, tells it, and fetches it once the artist agrees.

    `step` is what is going on, `looked` what there is to agree to, `problem` what went wrong, as a sentence.
    changed: hears of all that; installed: that it was done, or an update, or something was added, or all was removed.
    """

    def __init__(self, later: Later, changed: Handler, installed: Handler) -> None:
        self._changed, self._installed = changed, installed
        self.step, self.problem, self.regions = "", "", False
        self.looked: dict[str, Any] = {}
        self.progress: tuple[int, int, str] = (0, 0, "")  # bytes, of how many, and the file
        self.lines: list[str] = []
        self.there: dict[str, Any] = {}
        self._python, self._task = "", ""
        self._program = Program(later, self._heard, self._ended)
        self._seeker, self._uv = PythonSeeker(later, self._found), UvPython(later, self._found, self._fail)
        self._wheel = next(iter(WHEELS.glob("impasto-*.whl")), None)
        self.version = self._wheel.name.split("-")[1] if self._wheel else ""
        self._sum = hashlib.sha256(self._wheel.read_bytes()).hexdigest() if self._wheel else ""
        self.refresh()

    @property
    def can(self) -> bool:
        """Has this plugin an engine with it?"""
        return self._wheel is not None

    @property
    def is_older(self) -> bool:
        """Is an engine here that is older than the plugin's, or another build of the same version?"""
        if not self.can or not self.there:
            return False
        there, ours = _numbers(self.there["version"]), _numbers(self.version)
        return there < ours or (there == ours and self.there.get("wheel") != self._sum)

    @property
    def is_newer(self) -> bool:
        """Is an engine here that is newer than the plugin's?"""
        return self.can and bool(self.there) and _numbers(self.there["version"]) > _numbers(self.version)

    def refresh(self) -> None:
        """Look again what is there."""
        self.there = brought()
        if self.there and not Path(self.there["python"]).is_file():
            self.there = {}

    def look(self, regions: bool = False) -> None:
        """Find out what is to be fetched; regions: to add what finding them needs."""
        self._begin(SEEKING)
        self.regions, self._task = regions, "look"
        if regions and self.there:
            self._found(self.there["python"])
        else:
            self._seeker.seek(self.there.get("base", ""))

    def agree(self) -> None:
        """Fetch what was told, and install it; of a Python that is only the first step."""
        if self.step == PYTHON:
            self._begin(BRINGING)
            folder = self._folder()
            if folder is not None:
                self._uv.fetch(folder)
        elif self.step == OFFERED:
            self._begin(FETCHING)
            self._run("bring")

    def remove(self) -> None:
        """End the engine that was installed, and take it away."""
        self._begin(REMOVING)
        self.regions, self._task = False, "remove"
        self._seeker.seek(self.there.get("base", ""))

    def stop(self) -> None:
        """Leave it; what was fetched stays for another time."""
        self.step = self.problem = ""
        self._seeker.stop()
        self._uv.stop()
        self._program.kill()
        self._changed()

    def _begin(self, step: str) -> None:
        self.refresh()
        self.step, self.problem, self.progress = step, "", (0, 0, "")
        self._changed()

    def _found(self, python: str) -> None:
        if self.step not in (SEEKING, BRINGING, REMOVING):
            return
        if not python and self.step == SEEKING:
            self.step = PYTHON
            self._changed()
            return
        self._python = python or self.there.get("python", "")
        if self.step != REMOVING:
            self.step = LOOKING
        self._run(self._task)
        self._changed()

    def _folder(self) -> Any:
        """Where the engine is or will be, or None if there is no home, which is said."""
        try:
            return home() / FOLDER
        except ProtocolError as error:
            self._fail("", {"sentence": sentence(error)})
            return None

    def _run(self, task: str) -> None:
        folder = self._folder()
        if folder is None or self._wheel is None:
            return
        words = [task, "--wheels", os.fspath(WHEELS), "--folder", os.fspath(folder)] + ["--regions"] * self.regions
        command = [self._python, "-I", os.fspath(OUTSIDE), os.fspath(self._wheel), *words]
        try:
            self._program.start(command, clean_environment(), os.fspath(folder.parent))
        except OSError as error:
            self._fail("ended", {"why": error.strerror or str(error)})

    def _heard(self, line: str) -> None:
        try:
            said = json.loads(line)
            kind = said["kind"]
        except (ValueError, KeyError, TypeError):
            self.lines = [*self.lines, line][-LINES:]
            return
        if kind == "progress":
            self.progress = int(said["done"]), int(said["of"]), str(said["name"])
        else:
            self.lines = [*self.lines, line][-LINES:]
        if kind == "stage" and said["stage"] == "installing":
            self.step = INSTALLING
        elif kind == "looked":
            self.looked = said
            self.step = OFFERED if self.step == LOOKING else self.step
        elif kind == "failed":
            self._program.kill()
            self._fail(str(said["code"]), said)
        elif kind == "done":
            self._program.kill()
            self.step = ""
            self.refresh()
            self._installed()
        self._changed()

    def _ended(self, code: int, errors: list[str]) -> None:
        """Its process has ended; it has said why, unless it was killed or is broken."""
        self.lines = [*self.lines, *errors][-LINES:]
        if self.step != OFFERED:
            self._fail("ended", {"why": errors[-1] if errors else tr("it said nothing")})

    def _fail(self, code: str, facts: dict[str, Any]) -> None:
        self.step, self.problem = "", failure_sentence(code, facts)
        self._changed()


def _numbers(version: str) -> list[int]:
    """A version as numbers that can be compared."""
    return [int(number) for number in re.findall(r"\d+", version.partition("+")[0])]
