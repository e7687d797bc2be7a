"""What a plugin needs inside its editor, whose Python has nothing: our protocol and easel, msgpack and pyzmq.

msgpack is taken without its compiled part: it only ever packs headers. pyzmq is compiled, so there is one folder of it
for each Python and system: vendor/zmq-311-linux-x86_64 and so on. `easel/vendoring.py` chooses.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from impasto.engine.errors import ImpastoError

PYZMQ = "27.1.0"  # the first with one wheel for all Pythons from 3.12 on
PIP = "26.3"  # what it says and how it reads metadata is relied upon (bring/)


@dataclass(frozen=True)
class Wheel:
    """One build of pyzmq: the Python it is for (312: that and all later ones), and the system, as pip names it."""

    python: str
    system: str
    platforms: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Its folder in vendor/."""
        return f"zmq-{self.python}-{self.system}"


_SYSTEMS = {
    "linux-x86_64": ("manylinux_2_28_x86_64", "manylinux_2_26_x86_64", "manylinux2014_x86_64"),
    "linux-aarch64": ("manylinux_2_28_aarch64", "manylinux_2_26_aarch64", "manylinux2014_aarch64"),
    "windows-amd64": ("win_amd64",),
    "macos": ("macosx_10_15_universal2", "macosx_10_9_universal2", "macosx_11_0_universal2"),
}
PYTHONS = ("310", "311", "312")


def wheels(system: str | None = None) -> list[Wheel]:
    """All builds, or those of one system."""
    return [Wheel(p, s, names) for s, names in _SYSTEMS.items() for p in PYTHONS if system in (None, s)]


def this_system() -> str:
    """This machine's name in the table above."""
    import platform

    machine = platform.machine().lower()
    if sys.platform == "win32":
        return "windows-amd64"
    if sys.platform == "darwin":
        return "macos"
    return "linux-aarch64" if machine in ("aarch64", "arm64") else "linux-x86_64"


def fetched(wheel: Wheel, cache: Path) -> Path:
    """The wheel's file, from the cache or by pip. Raises ImpastoError if it cannot be had."""
    words = ["--python-version", f"{wheel.python[0]}.{wheel.python[1:]}", "--implementation", "cp"]
    for name in wheel.platforms:
        words += ["--platform", name]
    return _downloaded(cache / wheel.folder, f"pyzmq>={PYZMQ},<28", words)


def fetched_pip(cache: Path) -> Path:
    """The wheel of the pip that installs an engine where there is no other, or an old one. Raises as `fetched` does."""
    return _downloaded(cache / f"pip-{PIP}", f"pip=={PIP}", [])


def _downloaded(place: Path, wanted: str, words: list[str]) -> Path:
    found = sorted(place.glob("*.whl"))
    if found:
        return found[-1]
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImpastoError(
            f"what is fetched cannot be kept in {place} ({error.strerror}); set IMPASTO_CACHE to a folder of yours "
            "that can be written"
        ) from error
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(place)]
    done = subprocess.run([*command, *words, wanted], capture_output=True, text=True, check=False)
    found = sorted(place.glob("*.whl"))
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ImpastoError(f"{wanted} for {place.name} could not be fetched ({last}); check the network")
    return found[-1]


def vendored(cache: Path, system: str | None) -> Iterator[tuple[str, bytes]]:
    """Every file that the plugin needs beside its own, with its bytes: for all systems, or one."""
    from impasto import easel, protocol

    for room in (protocol, easel):  # they import themselves relatively, and so does the plugin
        for path in _sources(room):
            yield f"{path.parent.name}/{path.name}", path.read_bytes()
    for pattern in ("languages/*.json", "pictures/*.png"):
        for path in sorted(Path(str(easel.__file__)).parent.glob(pattern)):
            yield f"easel/{path.parent.name}/{path.name}", path.read_bytes()
    import msgpack

    for path in _sources(msgpack):
        yield f"vendor/common/msgpack/{path.name}", path.read_bytes()
    for wheel in wheels(system):
        with zipfile.ZipFile(fetched(wheel, cache)) as archive:
            for name in sorted(archive.namelist()):
                wanted = name.startswith(("zmq/", "pyzmq.libs/", "zmq.libs/"))
                if wanted and not name.endswith("/") and not _unused(name):
                    yield f"vendor/{wheel.folder}/{name}", archive.read(name)


def _sources(package: ModuleType) -> list[Path]:
    return sorted(Path(str(package.__file__)).parent.glob("*.py"))


def _unused(name: str) -> bool:
    return name.startswith(("zmq/tests/", "zmq/eventloop/", "zmq/green/")) or name.endswith((".pyi", ".pxd", ".h"))
