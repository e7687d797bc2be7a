"""Bringing the plug-in to GIMP, saying whether it is there, taking it away, and packing it for any machine."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.version import IMPASTO_VERSION
from impasto.packing import laying
from impasto.packing.kept import cache, noted_engine
from impasto.packing.laying import lay, wheels_in
from impasto.packing.vendor import this_system, vendored
from impasto.plugin_gimp.gimps import NAME, GimpFolders, gimp_folders

HERE = Path(__file__).parent
INNER, PROGRAM = "impasto", f"{NAME}.py"  # our package, and what GIMP starts
VERSION = "version.txt"
# GIMP starts it by its first line: an environment that is active in a shell has none of GIMP's own libraries
_LINUX = b"#!/usr/bin/python3\n"


def chosen_places() -> list[GimpFolders]:
    """The GIMPs that were ever started. Raises ImpastoError if none was: it makes its folders then."""
    found = gimp_folders()
    if not found:
        raise ImpastoError("no GIMP 3 of yours was ever started; start it once, then run this again")
    return found


def install(gimp: GimpFolders) -> None:
    """Put the plug-in where a GIMP looks, for the engine of this Python. Raises ImpastoError."""
    files = dict(_files(this_system()))
    if sys.platform.startswith("linux"):
        files[PROGRAM] = _LINUX + files[PROGRAM].partition(b"\n")[2]
    try:
        lay(gimp.plugin, files.items(), INNER, PROGRAM)
    except OSError as error:
        where = error.filename or gimp.plugins
        raise ImpastoError(f"{where} cannot be written ({error.strerror}); close GIMP, or change it") from error


def uninstall(gimp: GimpFolders) -> bool:
    """Take the plug-in away; says whether it was there. Raises ImpastoError if it cannot be removed."""
    if not gimp.plugin.exists():
        return False
    try:
        shutil.rmtree(gimp.plugin)
    except OSError as error:
        raise ImpastoError(
            f"{error.filename} cannot be removed ({error.strerror}); close GIMP, or change it"
        ) from error
    return True


def status(gimp: GimpFolders) -> dict[str, object]:
    """What is installed for one GIMP: the plug-in's version, whether it can be started, and where its engine is."""
    found: dict[str, object] = {"gimp": gimp.name, "folder": str(gimp.plugins), "installed": None, "enabled": False}
    try:
        found["installed"] = (gimp.plugin / INNER / VERSION).read_text(encoding="utf-8").strip()
        mode = (gimp.plugin / PROGRAM).stat().st_mode
    except OSError:
        return found
    found["enabled"] = sys.platform == "win32" or bool(mode & 0o100)
    found["current"] = found["installed"] == IMPASTO_VERSION
    found["engine"] = noted_engine(gimp.plugin / INNER)
    return found


def pack(path: Path, overwrite: bool = False) -> int:
    """Write one archive for every machine, to be unpacked into GIMP's folder for plug-ins; returns its bytes.

    It knows no engine yet, but has our wheel and pip's in it, of which the plug-in makes one. Raises ImpastoError if a
    wheel cannot be fetched or made, or the file cannot be written.
    """
    entries = [(f"{NAME}/{name}", data) for name, data in _files(None)]
    return laying.pack(path, [*entries, *wheels_in(f"{NAME}/{INNER}")], overwrite, f"{NAME}/{PROGRAM}")


def _files(system: str | None) -> list[tuple[str, bytes]]:
    """Everything in the plug-in's folder."""
    ours = HERE / INNER
    found = [(PROGRAM, (HERE / PROGRAM).read_bytes())]
    found += [
        (f"{INNER}/{path.relative_to(ours).as_posix()}", path.read_bytes())
        for path in sorted(ours.rglob("*.py"))
        if "__pycache__" not in path.parts
    ]
    found += [(f"{INNER}/{name}", data) for name, data in vendored(cache(), system)]
    return [*found, (f"{INNER}/{VERSION}", f"{IMPASTO_VERSION}\n".encode())]
