"""Which Impasto this is, to the letter, and what it stands on: what both sides of a cluster have to agree on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.version import IMPASTO_VERSION

PROGRAM, DASK = "impasto", "distributed"
_BENEATH = ("numba", "llvmlite", "numpy", "pillow", "scipy")  # others of these give other bits, hardly other pictures
VERSION_TROUBLE = "the worker that was to paint it has another Impasto; install the same on all machines"
_ROOT = Path(__file__).parents[2]
_ROOMS = ("engine", "commands", "protocol")


@cache
def fingerprint() -> str:
    """Of all sources: what is the same paints the same."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((_ROOT / room).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def versions() -> dict[str, str]:
    """By names: of Impasto, of Dask, and of what is beneath."""
    found = {PROGRAM: f"{IMPASTO_VERSION} ({fingerprint()})", "python": platform.python_version()}
    for name in (DASK, *_BENEATH):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def compared(others: Iterable[tuple[str, dict[str, str]]]) -> list[str]:
    """What is to be said of others' versions, given by where they are.

    Raises ImpastoError if one has another Impasto or Dask.
    """
    ours, said = versions(), dict[str, None]()
    for where, theirs in others:
        for name in (PROGRAM, DASK):
            if theirs.get(name) != ours[name]:
                here = f"{where} has {name} {theirs.get(name, 'none')} and this machine {ours[name]}"
                raise ImpastoError(f"{here}; install the same on both")
        other = [f"{name} {theirs.get(name)}" for name in _BENEATH if theirs.get(name) != ours[name]]
        if other:
            said[f"{where} has {' and '.join(other)}: what it paints may differ by a hair"] = None
    return list(said)
