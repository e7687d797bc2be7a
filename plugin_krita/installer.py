"""Bringing the plugin to Krita, saying whether it is there, taking it away, and packing it for any machine."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.version import IMPASTO_VERSION
from impasto.packing import laying
from impasto.packing.kept import cache, noted_engine
from impasto.packing.laying import lay, wheels_in
from impasto.packing.vendor import this_system, vendored
from impasto.plugin_krita.kritas import NAME, KritaFolders, is_running, krita_folders

HERE = Path(__file__).parent
VERSION = "version.txt"
_ENABLED = f"enable_{NAME}"


def chosen_places() -> list[KritaFolders]:
    """The Kritas that were ever started, or the usual one."""
    return [krita for krita in krita_folders() if krita.there] or krita_folders()[:1]


def environment() -> str:
    """The Python environment that is active in this shell, or nothing: a Krita started in it finds no plugin at all."""
    names = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME")
    return next((os.environ[name] for name in names if os.environ.get(name)), "") or _python_before_the_systems()


def _python_before_the_systems() -> str:
    """The folder of a Python of the system's version that comes first on PATH: Krita takes it for its own."""
    first = shutil.which("python3")
    place = Path(first).parent.parent if first else Path("/usr")
    if not sys.platform.startswith("linux") or place in (Path("/usr"), Path("/")):
        return ""
    alike = any(Path("/usr/lib", each.parent.name).is_dir() for each in place.glob("lib/python3.*/os.py"))
    return str(place) if alike or (place / "pyvenv.cfg").exists() else ""


def install(krita: KritaFolders) -> None:
    """Put the plugin where a Krita looks, for the engine of this Python, and enable it.

    Raises ImpastoError if Krita is running, or a folder or file cannot be written.
    """
    if is_running():
        raise ImpastoError("Krita is running and would undo this when it ends; close it and run the command again")
    try:
        lay(krita.plugin, _files(this_system()))
        for path in krita.files:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path, overwrite=True) as file:
                file.write((HERE / path.name).read_bytes())
        _enable(krita, True)
    except OSError as error:
        where = error.filename or krita.plugins
        raise ImpastoError(f"{where} cannot be written ({error.strerror}); change its permissions") from error


def uninstall(krita: KritaFolders) -> bool:
    """Take the plugin away; says whether it was there. Raises ImpastoError as `install` does."""
    if not krita.plugin.exists():
        return False
    if is_running():
        raise ImpastoError("Krita is running; close it and run the command again")
    try:
        shutil.rmtree(krita.plugin)
        for path in krita.files:
            path.unlink(missing_ok=True)
        _enable(krita, False)
    except OSError as error:
        raise ImpastoError(f"{error.filename} cannot be removed ({error.strerror}); change its permissions") from error
    return True


def status(krita: KritaFolders) -> dict[str, object]:
    """What is installed for one Krita: the plugin's version, whether it is enabled, and whether its engine is there."""
    found: dict[str, object] = {"krita": krita.name, "folder": str(krita.plugins), "installed": None, "enabled": False}
    try:
        found["installed"] = (krita.plugin / VERSION).read_text(encoding="utf-8").strip()
    except OSError:
        return found
    found["enabled"] = bool(re.search(rf"^{_ENABLED}=true$", _settings(krita), re.MULTILINE))
    found["current"] = found["installed"] == IMPASTO_VERSION
    found["engine"] = noted_engine(krita.plugin)
    return found


def pack(path: Path, overwrite: bool = False) -> int:
    """Write one archive for every machine, as Krita imports it; returns its bytes.

    It knows no engine yet, but has our wheel and pip's in it, of which the plugin makes one. Raises ImpastoError if a
    wheel cannot be fetched or made, or the file cannot be written.
    """
    return laying.pack(
        path,
        [
            *((f"{NAME}/{name}", data) for name, data in _files(None)),
            *wheels_in(NAME),
            (f"{NAME}.desktop", (HERE / f"{NAME}.desktop").read_bytes()),
            (f"actions/{NAME}.action", (HERE / f"{NAME}.action").read_bytes()),
        ],
        overwrite,
    )


def _files(system: str | None) -> list[tuple[str, bytes]]:
    """Everything in the plugin's folder."""
    ours = HERE / NAME
    found = [
        (path.relative_to(ours).as_posix(), path.read_bytes())
        for path in sorted(ours.rglob("*"))
        if path.suffix in (".py", ".html", ".json", ".svg", ".png") and "__pycache__" not in path.parts
    ]
    found += vendored(cache(), system)
    return [*found, (VERSION, f"{IMPASTO_VERSION}\n".encode())]


def _settings(krita: KritaFolders) -> str:
    try:
        return krita.settings.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def _enable(krita: KritaFolders, on: bool) -> None:
    """Set the plugin's switch in Krita's settings, and touch nothing else there."""
    lines = [line for line in _settings(krita).splitlines() if not line.startswith(f"{_ENABLED}=")]
    if on:
        if "[python]" not in lines:
            lines += ["", "[python]"] if lines else ["[python]"]
        lines.insert(lines.index("[python]") + 1, f"{_ENABLED}=true")
    krita.settings.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(krita.settings, overwrite=True) as file:
        file.write(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
