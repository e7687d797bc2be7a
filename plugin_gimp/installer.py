"""Bringing the plug-in to GIMP, saying whether it is there, taking it away, and packing it for any machine."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.version import IMPASTO_VERSION
from impasto.packing.kept import INSTALLED, cache, noted_engine
from impasto.packing.own_wheel import own_wheel
from impasto.packing.vendor import fetched_pip, this_system, vendored
from impasto.plugin_gimp.gimps import NAME, GimpFolders, gimp_folders

HERE = Path(__file__).parent
INNER, PROGRAM = "impasto", f"{NAME}.py"  # our package, and what GIMP starts
VERSION, WHEELS = "version.txt", "wheels"
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
    beside = gimp.plugins / f".{NAME}.new"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        for name, data in _files(this_system()):
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        program = beside / PROGRAM
        if sys.platform.startswith("linux"):
            program.write_bytes(_LINUX + program.read_bytes().partition(b"\n")[2])
        program.chmod(0o755)
        note = {"python": sys.executable, "version": IMPASTO_VERSION}
        (beside / INNER / INSTALLED).write_text(json.dumps(note), encoding="utf-8")
        shutil.rmtree(gimp.plugin, ignore_errors=True)
        beside.replace(gimp.plugin)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
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
    entries = _files(None)
    pip = fetched_pip(cache())
    entries += [(f"{INNER}/{WHEELS}/{name}", data) for name, data in (own_wheel(), (pip.name, pip.read_bytes()))]
    with atomic_write(path, overwrite) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(f"{NAME}/{name}", (1980, 1, 1, 0, 0, 0))
            mode = 0o100755 if name == PROGRAM else 0o100644
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, mode << 16, 3
            archive.writestr(info, data)
    return path.stat().st_size


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
