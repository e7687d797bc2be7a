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
        """The folder of its plug-ins."""
        return self.settings / "plug-ins"

    @property
    def plugin(self) -> Path:
        """Our folder there."""
        return self.plugins / NAME


def gimp_folders() -> list[GimpFolders]:
    """Those of every GIMP 3 that this user has started, the newest first."""
    found = []
    for name, place in _places():
        for folder in place.glob("3.*") if place.is_dir() else ():
            if folder.is_dir() and re.fullmatch(r"3\.\d+", folder.name):
                found.append((int(folder.name[2:]), GimpFolders(f"{name} {folder.name}", folder)))
    return [folders for _, folders in sorted(found, key=lambda pair: -pair[0])]


def _places() -> list[tuple[str, Path]]:
    home = Path.home()
    if sys.platform == "win32":
        return [("GIMP", Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "GIMP")]
    if sys.platform == "darwin":
        return [("GIMP", home / "Library" / "Application Support" / "GIMP")]
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    flatpak = home / ".var" / "app" / "org.gimp.GIMP" / "config"
    return [("GIMP", config / "GIMP"), ("GIMP from Flatpak", flatpak / "GIMP")]
