"""Installing an engine from the plugin: its wheel of ours is run by a Python that fits, and says how it goes."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from ..guard import on
from ..protocol import ProtocolError
from ..protocol.places import home, home_path
from ..qt import QObject, QProcess, Signal
from ..words import tr
from .failing import failure_sentence
from .probing import sentence
from .pythons import OUTSIDE, PythonSeeker, clean_environment
from .uv import UvPython

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


class EngineInstaller(QObject):
    """Looks what is to be fetched, tells it, and fetches it once the artist agrees.

    `step` is what is going on, `looked` what there is to agree to, `problem` what went wrong, as a sentence.
    """

    changed = Signal()
    installed = Signal()  # or updated, or something was added

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.step, self.problem, self.regions = "", "", False
        self.looked: dict[str, Any] = {}
        self.progress: tuple[int, int, str] = (0, 0, "")  # bytes, of how many, and the file
        self.lines: list[str] = []
        self.there: dict[str, Any] = {}
        self._python, self._process, self._task = "", None, ""
        self._seeker, self._uv = PythonSeeker(self), UvPython(self)
        on(self._seeker.found, self._found)
        on(self._uv.found, self._found)
        on(self._uv.failed, self._fail)
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
        process, self._process = self._process, None
        if process is not None:
            process.kill()
        self.changed.emit()

    def _begin(self, step: str) -> None:
        self.refresh()
        self.step, self.problem, self.progress = step, "", (0, 0, "")
        self.changed.emit()

    def _found(self, python: str) -> None:
        if self.step not in (SEEKING, BRINGING, REMOVING):
            return
        if not python and self.step == SEEKING:
            self.step = PYTHON
            self.changed.emit()
            return
        self._python = python or self.there.get("python", "")
        if self.step != REMOVING:
            self.step = LOOKING
        self._run(self._task)
        self.changed.emit()

    def _folder(self) -> Any:
        """Where the engine is or will be, or None if there is no home, which is said."""
        try:
            return home() / FOLDER
        except ProtocolError as error:
            self._fail("", {"sentence": sentence(error)})
            return None

    def _run(self, task: str) -> None:
        folder = self._folder()
        if folder is None:
            return
        words = [task, "--wheels", os.fspath(WHEELS), "--folder", os.fspath(folder)] + ["--regions"] * self.regions
        self._process = process = QProcess(self)
        process.setProcessEnvironment(clean_environment())
        process.setWorkingDirectory(os.fspath(folder.parent))
        on(process.readyReadStandardOutput, lambda: self._read(process))
        on(process.finished, lambda *_: self._ended(process))
        on(process.errorOccurred, lambda error: error == QProcess.ProcessError.FailedToStart and self._ended(process))
        process.start(self._python, ["-I", os.fspath(OUTSIDE), os.fspath(self._wheel), *words])

    def _read(self, process: Any) -> None:
        while process is self._process and process.canReadLine():
            self._heard(bytes(process.readLine()).decode("utf-8", "replace").strip())

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
            self._process = None
            self._fail(str(said["code"]), said)
        elif kind == "done":
            self._process = None
            self.step = ""
            self.refresh()
            self.installed.emit()
        self.changed.emit()

    def _ended(self, process: Any) -> None:
        """Its process has ended; it has said why, unless it was killed or is broken."""
        self._read(process)
        if process is self._process:
            self._process = None
            said = bytes(process.readAllStandardError()).decode("utf-8", "replace").strip().splitlines()
            self.lines = [*self.lines, *said][-LINES:]
            if self.step != OFFERED:
                self._fail("ended", {"why": said[-1] if said else tr("it said nothing")})
        process.deleteLater()

    def _fail(self, code: str, facts: dict[str, Any]) -> None:
        self.step, self.problem = "", failure_sentence(code, facts)
        self.changed.emit()


def _numbers(version: str) -> list[int]:
    """A version as numbers that can be compared."""
    return [int(number) for number in re.findall(r"\d+", version.partition("+")[0])]
