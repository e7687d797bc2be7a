"""Which Python on this computer can an engine be made with? Each that may be one is asked, one after the other."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from . import Handler, Later
from .program import Program

OLDEST, NEWEST = 10, 14  # of Python 3: as our wheel says of itself
_USUAL = (13, 12, 14, 11, 10)  # in the order in which they are taken
PATIENCE = 10_000  # milliseconds in which one has to answer
OUTSIDE = Path(__file__).with_name("outside.py")
_ASTRAY = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


def clean_environment() -> dict[str, str]:
    """The editor's, without what would lead another Python astray: its own variables, and libraries of an AppImage."""
    found = {name: value for name, value in os.environ.items() if name not in _ASTRAY}
    inside = found.get("APPDIR")
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_FILE"):
        if inside and inside in found.get(name, ""):
            del found[name]
    return found


def candidates() -> list[str]:
    """Programs that may be a Python, the likeliest first; each is there."""
    names = [f"python3.{minor}" for minor in _USUAL] + ["python3", "python"]
    if sys.platform == "win32":
        names = [f"{name}.exe" for name in names]
    folders = [
        Path(sys.base_exec_prefix),
        Path(sys.base_exec_prefix) / "bin",
    ]  # the editor's own
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += _usual_folders()
    found = (folder / name for name in names for folder in folders)
    # what Windows has in WindowsApps opens its shop
    real = [path for path in found if "WindowsApps" not in path.parts and path.is_file()]
    return list(dict.fromkeys(os.fspath(path) for path in real))


def _usual_folders() -> list[Path]:
    """Where installers put them on Windows and macOS, whose desktops' PATH does not say."""
    if sys.platform == "darwin":
        frameworks = Path("/Library/Frameworks/Python.framework/Versions")
        versions = [frameworks / f"3.{minor}" / "bin" for minor in _USUAL]
        return [*versions, Path("/opt/homebrew/bin"), Path("/usr/local/bin"), Path("/usr/bin")]
    if sys.platform != "win32":
        return []
    own = Path(os.environ.get("LOCALAPPDATA", "C:\\")) / "Programs" / "Python"
    roots = (own, Path(os.environ.get("PROGRAMFILES", "C:\\")))
    return [root / f"Python3{minor}" for root in roots for minor in _USUAL]


class PythonSeeker:
    """Asks one program after the other; `found` is told the first that fits, or nothing."""

    def __init__(self, later: Later, found: Handler) -> None:
        self._later, self._found = later, found
        self._waiting: list[str] = []
        self._asked = ""
        self._said: list[str] = []
        self._program = Program(later, lambda line: self._said.append(line), self._answered)

    def seek(self, first: str = "") -> None:
        """Begin; `first` is asked first, if it is there."""
        self._waiting = [first] * bool(first) + [path for path in candidates() if path != first]
        self._later(0, self._next)

    def stop(self) -> None:
        """Seek no longer."""
        self._waiting = []
        self._program.kill()

    def _next(self) -> None:
        while self._waiting:
            self._asked, self._said = self._waiting.pop(0), []
            try:
                self._program.start(
                    [self._asked, "-I", os.fspath(OUTSIDE)], clean_environment(), os.fspath(Path.home())
                )
            except (OSError, RuntimeError):
                continue
            self._watch(self._asked)
            return
        self._found("")

    def _watch(self, asked: str) -> None:
        def too_late() -> None:
            if asked == self._asked and self._program.is_running:
                self._program.kill()
                self._next()

        self._later(PATIENCE, too_late)

    def _answered(self, code: int, errors: list[str]) -> None:
        if any(map(_fits, self._said)):
            self._found(self._asked)
        else:
            self._next()


def _fits(answer: str) -> bool:
    try:
        major, minor, pointer, kind = json.loads(answer)
    except (ValueError, TypeError):
        return False
    return (major, pointer, kind) == (3, 8, "cpython") and OLDEST <= minor <= NEWEST
