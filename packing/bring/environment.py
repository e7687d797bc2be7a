"""The engine's folder: an environment for each version, of which `installed.json` names the one that holds.

It is written last, and the old one taken away only then: whatever cuts an installation leaves an engine that works.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

from impasto.packing.bring.failing import NotBrought, not_written
from impasto.packing.bring.network import environment
from impasto.protocol.lock import take

INSTALLED = "installed.json"
OURS = "impasto"


class Engine:
    """A folder in which an engine is or will be, and the plugin's wheels. One process at a time may have it."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder, self.fetched = folder.absolute(), folder.absolute() / "wheels"
        self.wheel, self._packed_pip = _only(wheels, f"{OURS}-*.whl"), _only(wheels, "pip-*.whl")
        self.pip = self.fetched / self._packed_pip.stem  # a folder: from a wheel it would be compiled each time
        self.version = self.wheel.name.split("-")[1]
        self._lock: Any = None

    def __enter__(self) -> Engine:
        """Make the folder, and have it for oneself. Raises NotBrought."""
        try:
            self.fetched.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = take(self.folder)
            if self._lock is not None and not self.pip.exists():
                self._unpack_pip()
        except OSError as error:
            raise not_written(self.folder, error) from error
        if self._lock is None:
            raise NotBrought("busy")
        sys.path.insert(0, str(self.pip))  # it reads requirements and versions as everybody does
        return self

    def __exit__(self, *_: object) -> None:
        """Let others have it."""
        if self._lock is not None:
            self._lock.close()

    def _unpack_pip(self) -> None:
        new = self.pip.with_name("pip.new")
        shutil.rmtree(new, ignore_errors=True)
        with zipfile.ZipFile(self._packed_pip) as wheel:
            wheel.extractall(new)
        new.replace(self.pip)

    def current(self) -> dict[str, Any]:
        """What `installed.json` says, or nothing."""
        try:
            found = json.loads((self.folder / INSTALLED).read_text(encoding="utf-8"))
            return found if isinstance(found["python"], str) and isinstance(found["version"], str) else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def wants_regions(self, asked: bool) -> bool:
        """Are regions asked for, now or when the engine was brought that is there?"""
        return asked or "regions" in self.current().get("extras", [])

    def is_adding(self, regions: bool) -> bool:
        """Is this process's Python that of the environment that holds, to which something is to be added?"""
        there = self.current()
        same = there.get("wheel") == self._checksum() and Path(there.get("folder", "")).name == Path(sys.prefix).name
        return regions and same

    def _checksum(self) -> str:
        return hashlib.sha256(self.wheel.read_bytes()).hexdigest()

    def check(self) -> None:
        """Raise NotBrought if a newer engine is there than this plugin brings: its jobs may be none of ours."""
        from pip._vendor.packaging.version import InvalidVersion, Version

        there = self.current()
        try:
            if there and Version(there["version"]) > Version(self.version):
                raise NotBrought("newer", there=there["version"], ours=self.version)
        except InvalidVersion:
            return

    def requirements(self, *extras: str) -> list[str]:
        """What our wheel needs in this Python with these extras, as pip takes it; ourselves are not among it."""
        from pip._vendor.packaging.requirements import Requirement

        with zipfile.ZipFile(self.wheel) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            lines = Parser().parsestr(wheel.read(name).decode("utf-8"), headersonly=True).get_all("Requires-Dist", [])
        needed = []
        for needs in map(Requirement, lines):
            if needs.marker is None or any(needs.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                if needs.name == OURS:
                    needed += self.requirements(*needs.extras)
                else:
                    more = f"[{','.join(sorted(needs.extras))}]" if needs.extras else ""
                    needed.append(f"{needs.name}{more}{needs.specifier}")
        return list(dict.fromkeys(needed))

    def free(self) -> int:
        """Bytes of the disk that are free."""
        return shutil.disk_usage(self.folder).free

    def install(self, files: list[Path], regions: bool) -> None:
        """Make an environment of these wheels and ours; regions: add them to the one that holds. Raises NotBrought."""
        before, adding = self.current(), self.is_adding(regions)
        place = Path(before["folder"]) if adding else self._next()
        python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        try:
            if not adding:
                shutil.rmtree(place, ignore_errors=True)
                self._run([sys.executable, "-I", "-m", "venv", "--without-pip", str(place)])
                files = [*files, self.wheel]
            if files:
                self._run([str(python), "-I", f"{self.pip}/pip", "install", "--no-index", "--no-deps", "--no-user",
                           "--no-cache-dir", "--disable-pip-version-check", "--no-warn-script-location", "--quiet",
                           *map(str, files)])  # fmt: skip
            self._run([str(python), "-I", "-m", OURS, "--version"])
            extras = ["regions"] if regions else []
            if hasattr(os, "sync"):
                os.sync()  # all of it is on the disk before it is said to be there
            self._stop(before)
            base = getattr(sys, "_base_executable", sys.executable)
            self._write({"python": str(python), "version": self.version, "folder": str(place), "extras": extras,
                         "wheel": self._checksum(), "base": base})  # fmt: skip
        except OSError as error:
            raise not_written(self.folder, error) from error
        for other in self.folder.glob(f"{OURS}-*"):
            if other != place:
                shutil.rmtree(other, ignore_errors=True)

    def remove(self) -> None:
        """End the engine, and take all of the folder away; what it has painted is elsewhere. Raises NotBrought."""
        self._stop(self.current())
        self.__exit__()
        try:
            shutil.rmtree(self.folder)
        except OSError as error:
            raise not_written(self.folder, error) from error

    def _next(self) -> Path:
        """Another folder than the one that holds: an engine may still run from that."""
        names = (f"{OURS}-{self.version}-{number}" for number in range(1, 1000))
        held = Path(self.current().get("folder", "")).name
        return self.folder / next(name for name in names if name != held)

    def _stop(self, before: dict[str, Any]) -> None:
        """End the engine that was there; its jobs go on in the next one."""
        if before and Path(before["python"]).is_file():
            home = environment() | {"IMPASTO_HOME": str(self.folder.parent)}
            subprocess.run([before["python"], "-I", "-m", OURS, "serve", "stop"], env=home, capture_output=True,
                           stdin=subprocess.DEVNULL, check=False)  # fmt: skip

    def _run(self, command: list[str]) -> None:
        alone = {name: value for name, value in environment().items() if not name.startswith("PIP_")}
        alone["PIP_CONFIG_FILE"] = os.devnull
        done = subprocess.run(command, env=alone, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            lines = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.strip()] or ["it said nothing"]
            if "No space left" in said:
                raise NotBrought("full", folder=str(self.folder))
            raise NotBrought("not-installed", why=lines[-1][:300])

    def _write(self, facts: dict[str, Any]) -> None:
        new = self.folder / f"{INSTALLED}.new"
        with new.open("w", encoding="utf-8") as file:
            json.dump(facts, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / INSTALLED)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.absolute().glob(pattern))
    if len(found) != 1:
        raise NotBrought("no-wheels", folder=str(folder))
    return found[0]
