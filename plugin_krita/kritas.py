"""Where the Kritas of this user look for plugins, and where they keep their settings."""

from __future__ import annotations

import itertools
import os
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "impasto"


@dataclass(frozen=True)
class KritaFolders:
    """Where one Krita keeps its things: its name, the folder of its data and the file of its settings."""

    name: str
    data: Path
    settings: Path

    @property
    def plugins(self) -> Path:
        """The folder of its Python plugins."""
        return self.data / "pykrita"

    @property
    def plugin(self) -> Path:
        """Our folder there."""
        return self.plugins / NAME

    @property
    def files(self) -> tuple[Path, Path]:
        """Our files beside it: what makes Krita find the plugin, and its actions."""
        return self.plugins / f"{NAME}.desktop", self.data / "actions" / f"{NAME}.action"

    @property
    def there(self) -> bool:
        """Has this Krita ever been started?"""
        return self.data.is_dir() or self.settings.exists()


def krita_folders() -> list[KritaFolders]:
    """The folders of every Krita that this user may have, the usual one first."""
    home = Path.home()
    if sys.platform == "win32":
        roaming = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        found = [_folders("Krita", roaming / "krita", local / "kritarc")]
        for package in sorted((local / "Packages").glob("49800Krita_*")):
            cache = package / "LocalCache"
            found.append(_folders("Krita from the Store", cache / "Roaming" / "krita", cache / "Local" / "kritarc"))
        return found
    if sys.platform == "darwin":
        library = home / "Library"
        return [_folders("Krita", library / "Application Support" / "krita", library / "Preferences" / "kritarc")]
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    flatpak = home / ".var" / "app" / "org.kde.krita"
    return [
        _folders("Krita", data / "krita", config / "kritarc"),  # of a package and of an AppImage alike
        _folders("Krita from Flatpak", flatpak / "data" / "krita", flatpak / "config" / "kritarc"),
    ]


def _folders(name: str, data: Path, settings: Path) -> KritaFolders:
    """Those of a Krita whose data are usually there: its settings may name another folder."""
    return KritaFolders(name, _chosen(settings) or data, settings)


def _chosen(settings: Path) -> Path | None:
    """The resource folder that the user has chosen in Krita, if one was: an entry before all groups."""
    try:
        lines = settings.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in itertools.takewhile(lambda line: not line.startswith("["), lines):
        key, _, value = line.partition("=")
        if key in ("ResourceDirectory", "ResourceDirectory[$e]") and value:
            value = value.replace("\\s", " ").replace("\\\\", "\\")
            path = Path(os.path.expandvars(value) if key.endswith("[$e]") else value)
            return path if path.is_absolute() else None
    return None


def is_running() -> bool:
    """Is a Krita of this user running? (It writes its settings when it ends, over whatever was changed meanwhile.)"""
    if sys.platform == "win32":
        import subprocess

        listed = subprocess.run(["tasklist", "/fi", "imagename eq krita.exe"], capture_output=True, check=False).stdout
        return b"krita.exe" in listed.lower()
    if sys.platform == "darwin":
        import subprocess

        return subprocess.run(["pgrep", "-x", "krita"], capture_output=True, check=False).returncode == 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = process.stat().st_uid == os.getuid() and (process / "comm").read_text().strip() == "krita"
            if mine and _home_of((process / "environ").read_bytes()) == os.environ.get("HOME"):
                return True
        except OSError:
            continue
    return False


def _home_of(environment: bytes) -> str | None:
    """HOME in a process's environment: a Krita with another one has settings of its own."""
    for entry in environment.split(b"\0"):
        if entry.startswith(b"HOME="):
            return os.fsdecode(entry[5:])
    return None
