"""Which Python on this computer can an engine be made with? Each that may be one is asked, one after the other."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ..guard import later, on
from ..qt import QObject, QProcess, QtCore, Signal

OLDEST, NEWEST = 10, 14  # of Python 3: as our wheel says of itself
_USUAL = (13, 12, 14, 11, 10)  # in the order in which they are taken
PATIENCE = 10_000  # milliseconds in which one has to answer
OUTSIDE = Path(__file__).with_name("outside.py")
_ASTRAY = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


def clean_environment() -> Any:
    """Krita's, without what would lead another Python astray: its own variables, and libraries of an AppImage."""
    environment = QtCore.QProcessEnvironment.systemEnvironment()
    for name in _ASTRAY:
        environment.remove(name)
    inside = environment.value("APPDIR")
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_FILE"):
        if inside and inside in environment.value(name):
            environment.remove(name)
    return environment


def candidates() -> list[str]:
    """Programs that may be a Python, the likeliest first; each is there."""
    names = [f"python3.{minor}" for minor in _USUAL] + ["python3", "python"]
    if sys.platform == "win32":
        names = [f"{name}.exe" for name in names]
    folders = [Path(sys.base_exec_prefix), Path(sys.base_exec_prefix) / "bin"]  # Krita's own, where it has a program
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


class PythonSeeker(QObject):
    """Asks one program after the other; `found` has the first that fits, or nothing."""

    found = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._waiting: list[str] = []
        self._process: Any = None

    def seek(self, first: str = "") -> None:
        """Begin; `first` is asked first, if it is there."""
        self._waiting = [first] * bool(first) + [path for path in candidates() if path != first]
        later(0, self._next)

    def stop(self) -> None:
        """Seek no longer."""
        self._waiting = []
        if self._process is not None:
            self._process.kill()

    def _next(self) -> None:
        if not self._waiting:
            self.found.emit("")
            return
        self._process = process = QProcess(self)
        process.setProcessEnvironment(clean_environment())
        on(process.finished, lambda *_: self._answered(process))
        on(process.errorOccurred, lambda error: self._answered(process, error))
        process.start(self._waiting.pop(0), ["-I", os.fspath(OUTSIDE)])
        later(PATIENCE, lambda: process is self._process and process.kill())

    def _answered(self, process: Any, error: Any = None) -> None:
        if process is not self._process or (error is not None and error != QProcess.ProcessError.FailedToStart):
            return  # it is over with that one, or will be told of as finished
        self._process = None
        if _fits(bytes(process.readAllStandardOutput())):
            self.found.emit(process.program())
        else:
            later(0, self._next)
        process.deleteLater()


def _fits(answer: bytes) -> bool:
    try:
        major, minor, pointer, kind = json.loads(answer.decode("ascii"))
    except (ValueError, TypeError):
        return False
    return (major, pointer, kind) == (3, 8, "cpython") and OLDEST <= minor <= NEWEST
