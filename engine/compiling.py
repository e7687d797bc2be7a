"""How kernels are compiled, where the compiled code is kept, and what happens when it cannot be kept.

Compiling takes some twenty seconds, so it is done once per machine and version: the code lives in the user's cache
folder (`IMPASTO_CACHE` names another one), in a folder named after the sources it was made from. Numba's own
cache does not notice when a kernel's *callee* in another file changes; the folder's name does.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numba
from numba import njit

# Everything fastmath has but the freedom to assume things about signed zeros in comparisons we rely on.
_FLAGS = {"nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc"}
_ENGINE = Path(__file__).parent
# Every file with kernels, or with what they are made of; a test looks for others.
_SOURCES = ("compiling.py", "raster/layout.py", "raster/cpu", "painter/adam.py", "segment/voting.py")
_MARK = "complete"
_lost: list[str] = []  # kernels whose code could not be saved


@cache
def cache_folder() -> Path | None:
    """Where compiled kernels of exactly these sources are kept; None if no folder can be written."""
    digest = hashlib.sha256(numba.__version__.encode())
    for place in (_ENGINE / name for name in _SOURCES):
        for source in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(source.read_bytes())
    home = os.environ.get("IMPASTO_CACHE")
    if home is None:
        from platformdirs import user_cache_path

        home = user_cache_path("impasto", appauthor=False)
    folder = Path(home) / f"kernels-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return folder


def inner(function: Callable) -> Any:
    """Compile a function that only other kernels call; its code travels inside theirs.

    Inlined always: as a function of its own it would be another one, rounded otherwise, in the process that compiled it
    than in those that load the kernel from disk.
    """
    return njit(fastmath=_FLAGS, error_model="numpy", forceinline=True)(function)


def kernel(function: Callable) -> Any:
    """Compile a function that Python calls: it releases the GIL, and its code is kept on disk if possible."""
    folder = cache_folder()
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    try:
        numba.config.CACHE_DIR = str(folder or "")  # type: ignore[attr-defined]
        compiled = njit(fastmath=_FLAGS, error_model="numpy", nogil=True, cache=folder is not None)(function)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]

    @wraps(function)
    def forgiving(*args: Any) -> Any:
        try:
            return compiled(*args)
        except OSError:
            # The disk is full. Numba compiles, registers the code, and only then fails to save it: now it is there.
            _lost.append(function.__name__)
            return compiled(*args)

    return forgiving


def is_compiled() -> bool:
    """Have the kernels of these sources been compiled on this machine before?"""
    folder = cache_folder()
    return folder is not None and (folder / _MARK).exists()


def mark_compiled() -> None:
    """Remember that all kernels are on disk, if they are; nothing depends on it but the announcement."""
    folder = cache_folder()
    if folder is not None and not _lost:
        try:
            (folder / _MARK).touch()
        except OSError:  # the disk filled up: the next start announces the compilation again
            return
