"""Where the GIMPs of this user look for plug-ins."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "impasto-gimp"


@dataclass(frozen=True)
class GimpFolders:
    """Where one GIMP keeps its things: its name, and the folder of its settings, one for each minor version."""

    name: str
    settings: Path

    @property
    def plugins(self) -> Path:
        """The folder of its plug-ins: the usual one, unless the user has told GIMP to look elsewhere."""
        usual = self.settings / "plug-ins"
        own = _looked_in(self.settings)
        return own[0] if own and usual not in own else usual

    @property
    def plugin(self) -> Path:
        """Our folder there."""
        return self.plugins / NAME


def gimp_folders() -> list[GimpFolders]:
    """Those of every GIMP 3 that this user has started, the newest first.

    But before these the one that GIMP3_DIRECTORY names, as it does to a GIMP that is started from here.
    """
    found = []
    if (named := os.environ.get("GIMP3_DIRECTORY")) and (folder := Path.home() / named).is_dir():
        found.append((sys.maxsize, GimpFolders("GIMP of GIMP3_DIRECTORY", folder)))
    for name, place in _places():
        for folder in place.glob("3.*") if place.is_dir() else ():
            if folder.is_dir() and re.fullmatch(r"3\.\d+", folder.name):
                found.append((int(folder.name[2:]), GimpFolders(f"{name} {folder.name}", folder)))
    return [folders for _, folders in sorted(found, key=lambda pair: -pair[0])]


def _looked_in(settings: Path) -> list[Path]:
    """Where a GIMP is told by its settings to look for plug-ins, without its own folders."""
    try:
        text = (settings / "gimprc").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    match = re.search(r'^\s*\(plug-in-path\s+"((?:[^"\\]|\\.)*)"\s*\)', text, re.MULTILINE)
    if match is None:
        return []

    def value(name: re.Match[str]) -> str:
        return str(settings) if name[1] == "gimp_dir" else os.environ.get(name[1], name[0])

    said = re.sub(r"\\(.)", r"\1", match[1]).split(os.pathsep)
    paths = [Path(re.sub(r"\$\{(\w+)\}", value, each)).expanduser() for each in said]
    return [path for path in paths if path.is_absolute()]  # GIMP's own begin with ${gimp_plug_in_dir}


def _places() -> list[tuple[str, Path]]:
    home = Path.home()
    if sys.platform == "win32":
        return [("GIMP", Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "GIMP")]
    if sys.platform == "darwin":
        return [("GIMP", home / "Library" / "Application Support" / "GIMP")]
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    flatpak = home / ".var" / "app" / "org.gimp.GIMP" / "config"
    return [("GIMP", config / "GIMP"), ("GIMP from Flatpak", flatpak / "GIMP")]
