"""What stays on a computer when the plugin is taken away, and taking that away, too.

Only what Impasto itself has written is touched, by its names: a home or a cache of the user's choice may hold more.
Styles of one's own are work, as paintings are, and stay in any case.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.packing.kept import cache
from impasto.plugin_krita.kritas import NAME, KritaFolders, is_running
from impasto.protocol.places import home_path, running

_IN_HOME = {  # names, and what it is
    "jobs, keys and logs": ("daemon.*", "keys", "spool", "krita", "gimp"),
    "the engine that the docker has installed": ("engine",),
    "fetched networks": ("models",),
}
_IN_CACHE = {
    "compiled kernels": ("kernels-*",), "fetched libraries": ("plugin", "*.npz"),
    "what was seen in pictures": ("interest",),
}  # fmt: skip
_GROUP = f"[{NAME}]"  # of Krita's settings


@dataclass(frozen=True)
class Leaving:
    """Something that stays: what it is, where it is, and which files and folders there it consists of."""

    what: str
    place: Path
    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(_size(path) for path in self.paths)


def leavings() -> list[Leaving]:
    """All that there is of it. Raises RuntimeError if the system knows of no folder of this user's."""
    found = []
    for folder, kinds in ((home_path(), _IN_HOME), (cache().parent, _IN_CACHE)):
        for what, names in kinds.items():
            paths = tuple(path for name in names for path in sorted(folder.glob(name)))
            if paths:
                found.append(Leaving(what, folder, paths))
    return found


def has_settings(krita: KritaFolders) -> bool:
    """Are settings of the plugin's among Krita's?"""
    return _GROUP in _lines(krita)


def engine_process() -> int | None:
    """The pid of this user's engine, if one runs."""
    found = running(home_path()) if home_path().is_dir() else None
    return None if found is None else found["pid"]


def purge(kritas: list[KritaFolders]) -> None:
    """Take all of it away. Raises ImpastoError if Krita or an engine runs, or something cannot be removed."""
    if is_running():
        raise ImpastoError("Krita is running and would write its settings again; close it and run the command again")
    if (process := engine_process()) is not None:
        raise ImpastoError(f"an engine is running (process {process}); run impasto serve stop, then this again")
    try:
        for leaving in leavings():
            for path in leaving.paths:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            if not any(leaving.place.iterdir()):
                leaving.place.rmdir()
        for krita in kritas:
            if has_settings(krita):
                with atomic_write(krita.settings, overwrite=True) as file:
                    file.write("".join(f"{line}\n" for line in _without(_lines(krita))).encode("utf-8", _ESCAPED))
    except OSError as error:
        raise ImpastoError(f"{error.filename} cannot be removed ({error.strerror}); change its permissions") from error


_ESCAPED = "surrogateescape"  # what is no UTF-8 in Krita's settings stays as it is


def _lines(krita: KritaFolders) -> list[str]:
    try:
        return krita.settings.read_text(encoding="utf-8", errors=_ESCAPED).splitlines()
    except OSError:
        return []


def _without(lines: list[str]) -> Iterator[str]:
    """All lines but those of our group."""
    ours = False
    for line in lines:
        if line.startswith("["):
            ours = line == _GROUP
        if not ours:
            yield line


def _size(path: Path) -> int:
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_size
    return sum(Path(folder, name).lstat().st_size for folder, _, names in os.walk(path) for name in names)
