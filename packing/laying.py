"""A plug-in's folder where an editor looks, and in an archive for every machine."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from impasto.engine.files import atomic_write
from impasto.engine.version import IMPASTO_VERSION
from impasto.packing.kept import INSTALLED, cache
from impasto.packing.own_wheel import own_wheel
from impasto.packing.vendor import fetched_pip

WHEELS = "wheels"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever an archive is made
_FOLDER = "/"  # at the end of a folder's name
_UNIX, _IS_FOLDER = 3, 0x10  # of an archive's entries: the system whose modes they have; what Windows knows folders by


def lay(plugin: Path, files: Iterable[tuple[str, bytes]], inner: str = "", program: str = "") -> None:
    """Put a plug-in's folder in place, whole or not at all, for the engine of this Python.

    inner: the folder in it that is our package; program: what its editor executes, if anything. Raises OSError.
    """
    beside = plugin.with_name(f".{plugin.name}.new")
    note = json.dumps({"python": sys.executable, "version": IMPASTO_VERSION}).encode()
    try:
        shutil.rmtree(beside, ignore_errors=True)
        for name, data in (*files, (f"{inner}/{INSTALLED}".lstrip("/"), note)):
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if program:
            (beside / program).chmod(0o755)
        shutil.rmtree(plugin, ignore_errors=True)
        beside.replace(plugin)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def wheels_in(folder: str) -> list[tuple[str, bytes]]:
    """Our wheel and pip's, of which a plug-in that knows no engine makes one. Raises ImpastoError without them."""
    pip = fetched_pip(cache())
    return [(f"{folder}/{WHEELS}/{name}", data) for name, data in (own_wheel(), (pip.name, pip.read_bytes()))]


def pack(path: Path, entries: Iterable[tuple[str, bytes]], overwrite: bool = False, program: str = "") -> int:
    """Write an archive of names and bytes, the same on every machine; returns its own bytes.

    program: what may be executed in it. Raises ImpastoError if the file cannot be written.
    """
    entries = [(name.replace("\\", "/"), data) for name, data in entries]
    folders = {f"{parent.as_posix()}{_FOLDER}" for name, _ in entries for parent in list(Path(name).parents)[:-1]}
    with atomic_write(path, overwrite) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        # without its folders Krita finds no plugin in an archive
        for name, data in [*((folder, b"") for folder in sorted(folders)), *entries]:
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.create_system = _UNIX
            if name.endswith(_FOLDER):  # which nobody could enter without its mode, once it is unpacked
                info.external_attr = 0o40755 << 16 | _IS_FOLDER
            else:
                mode = 0o100755 if name == program else 0o100644
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, mode << 16
            archive.writestr(info, data)
    return path.stat().st_size
