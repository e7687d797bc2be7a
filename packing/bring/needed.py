"""Which packages the engine needs, as our wheel says, and which files these are for this Python, as pip finds them.

Our own name is in no question to an index.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from impasto.packing.bring.environment import Engine
from impasto.packing.bring.failing import NotBrought
from impasto.packing.bring.network import Network, environment

TORCH_INDEX = "IMPASTO_TORCH_INDEX"  # a mirror of the next, or nothing: then the usual index has the right build
TORCH = "https://download.pytorch.org/whl/cpu"  # the build without CUDA; on Windows and macOS the usual index has it


@dataclass
class Package:
    """A file to be fetched: its address, its checksum if the index told one, and its bytes once that is known."""

    url: str
    sha256: str
    size: int = 0

    @property
    def file(self) -> str:
        """The name of its file."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])

    @property
    def host(self) -> str:
        """Where it comes from; nothing if it is on this machine."""
        return urlsplit(self.url).hostname or ""

    @property
    def here(self) -> Path | None:
        """The file, if it is on this machine."""
        return None if self.host else Path(url2pathname(urlsplit(self.url).path))


class Needed:
    """What an engine needs that is not there yet."""

    def __init__(self, engine: Engine, network: Network, regions: bool) -> None:
        self._engine, self._network, self._regions = engine, network, regions

    def resolved(self) -> list[Package]:
        """All files. Raises NotBrought if there is none that fits, or no way to the index."""
        names = self._engine.requirements("krita", *(["regions"] if self._regions else []))
        words = [*self._network.words, "--find-links", str(self._engine.fetched)]
        if self._regions:
            words += self._torch()
        found, why = self._asked(names, words)
        if found is None:
            problem = "no-index" if self._network.offline else self._network.unreachable(self._network.index)
            if problem and any(self._engine.fetched.glob("*.whl")):
                found, why = self._asked(names, ["--no-index", "--find-links", str(self._engine.fetched)])
            if found is None and problem:
                raise NotBrought("unreachable", host=urlsplit(self._network.index).hostname or "", why=problem,
                              wanted=names, folder=str(self._engine.fetched))  # fmt: skip
        if found is None:
            raise NotBrought("nothing-fits", why=why, python=sys.version.split()[0])
        if any(package.file.startswith("nvidia") for package in found):
            raise NotBrought("cuda", host=urlsplit(self._torch_index()).hostname or "")
        return found

    def _torch_index(self) -> str:
        usual = TORCH if sys.platform.startswith("linux") else ""
        return os.environ.get(TORCH_INDEX, usual)

    def _torch(self) -> list[str]:
        index = self._torch_index()
        if not index or any(self._engine.fetched.glob("torch-*")):
            return []
        why = self._network.unreachable(f"{index.rstrip('/')}/torch/")
        if why:
            raise NotBrought("torch", host=urlsplit(index).hostname or "", why=why, folder=str(self._engine.fetched),
                          address=f"{index.rstrip('/')}/torch/")  # fmt: skip
        return ["--extra-index-url", index]

    def _asked(self, names: list[str], words: list[str]) -> tuple[list[Package] | None, str]:
        """What pip would install, without doing it; or None, and why.

        It reads the metadata at the ends of the files, so that nothing is fetched before the user has agreed to it.
        """
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.json")
            command = [sys.executable, "-I", f"{self._engine.pip}/pip", "install", "--dry-run", "--quiet", "--no-input",
                       "--only-binary", ":all:", "--use-feature=fast-deps", "--no-cache-dir", "--no-user",
                       "--disable-pip-version-check", "--retries", "2", "--report", str(report)]  # fmt: skip
            command += [] if self._engine.is_adding(self._regions) else ["--ignore-installed"]
            done = subprocess.run([*command, *words, *names], capture_output=True, env=environment(),
                                  stdin=subprocess.DEVNULL, check=False)  # fmt: skip
            if done.returncode == 0:
                items = json.loads(report.read_text(encoding="utf-8"))["install"]
                return [_package(item["download_info"]) for item in items], ""
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        errors = [line.partition("ERROR: ")[2] for line in lines if line.startswith("ERROR: ")]
        return None, (errors or lines or ["pip said nothing"])[0][:300]


def _package(info: dict) -> Package:
    hashes = info.get("archive_info", {}).get("hashes") or {}
    return Package(info["url"], hashes.get("sha256", ""))
