"""This very Impasto as a wheel, for a plugin that takes its engine along: built from a checkout, or put together again.

An index is never asked for our name: what one has under it need not be ours.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path

from impasto.engine.errors import ImpastoError

NAME = "impasto"
ROOT = Path(__file__).resolve().parents[1]  # of a checkout, or the installed package
SETUPTOOLS = 77  # as pyproject.toml has it
_BUILT_FROM = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
_WEIGHTS = "model_checkpoints"  # in whose folders there may be gigabytes, which no wheel has
_METADATA = ("METADATA", "WHEEL", "entry_points.txt", "top_level.txt")  # what else is there, installers have added


def own_wheel() -> tuple[str, bytes]:
    """Its file's name, and its bytes.

    Raises ImpastoError if it cannot be built, or if what is installed is not what was.
    """
    if (ROOT / "pyproject.toml").is_file():
        return _built()
    try:
        return _gathered(distribution(NAME))
    except PackageNotFoundError:
        raise ImpastoError("this Impasto was copied, not installed; install it with pip from its wheel") from None


def _built() -> tuple[str, bytes]:
    """From a copy, since building leaves files behind, and two cannot build in one folder at a time."""
    with tempfile.TemporaryDirectory() as folder:
        copy, out = Path(folder, "checkout"), Path(folder, "out")
        copy.mkdir()
        for name in _BUILT_FROM:
            shutil.copy(ROOT / name, copy)
        for room in (NAME, *(link.name for link in (ROOT / NAME).iterdir() if link.is_dir())):
            for path in (ROOT / room).glob("*" if room in (NAME, _WEIGHTS) else "**/*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    to = copy / path.relative_to(ROOT)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, to)
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(out), *_builder(), str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        found = sorted(out.glob("*.whl"))
        if done.returncode or not found:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise ImpastoError(f"the wheel of {ROOT} could not be built ({last}); check the network")
        return found[0].name, found[0].read_bytes()


def _builder() -> list[str]:
    """What spares pip to fetch the builder that pyproject.toml asks for, if it is here."""
    try:
        return ["--no-build-isolation"] if int(version("setuptools").split(".")[0]) >= SETUPTOOLS else []
    except (PackageNotFoundError, ValueError):
        return []


def _gathered(ours: Distribution) -> tuple[str, bytes]:
    """From the files that are installed, as its RECORD has them (the format of wheels: PEP 427)."""
    files: dict[str, bytes] = {}
    for path in ours.files or ():
        name = path.as_posix()
        info = path.parts[0].endswith(".dist-info")
        if name.endswith(".pyc") or not (path.parts[0] == NAME or (info and _is_metadata(path.parts))):
            continue
        try:
            files[name] = Path(str(path.locate())).read_bytes()
        except OSError as error:
            raise _not_whole(name) from error
        if path.hash is None or path.hash.value != _hash(files[name]):
            raise _not_whole(name)
    infos = {name.split("/")[0] for name in files if ".dist-info/" in name}
    tag = ours.read_text("WHEEL") or ""
    tags = [line.partition(":")[2].strip() for line in tag.splitlines() if line.startswith("Tag:")]
    if len(infos) != 1 or len(tags) != 1:
        raise _not_whole("its metadata")
    record = f"{infos.pop()}/RECORD"
    lines = [f"{name},sha256={_hash(data)},{len(data)}" for name, data in sorted(files.items())]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return f"{NAME}-{ours.version}-{tags[0]}.whl", whole.getvalue()


def _is_metadata(parts: tuple[str, ...]) -> bool:
    return parts[1] == "licenses" or (len(parts) == 2 and parts[1] in _METADATA)


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _not_whole(name: str) -> ImpastoError:
    return ImpastoError(f"{name} of this Impasto is not as it was installed; install it again, then pack")
