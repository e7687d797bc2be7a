"""How kernels are compiled, where the compiled code is kept, and what happens when it cannot be kept.

Compiling takes some twenty seconds, so it is done once per machine and version: the code lives in the user's cache
folder (`IMPASTO_CACHE` names another one), in a folder named after the sources it was made from. Numba's own
cache does not notice when a kernel's *callee* in another file changes; the folder's name does.

Nor does it notice damage, as a loss of power leaves it. So each kernel's files get a seal, their checksums, and before
any is loaded all that do not fit theirs are removed, to be compiled again. And since what lies there is run as this
user, nobody else may write there.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numba
from numba import njit
from numba.core.caching import FunctionCache

# Everything fastmath has but the freedom to assume things about signed zeros in comparisons we rely on.
_FLAGS = {"nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc"}
_ENGINE = Path(__file__).parent
# Every file with kernels, or with what they are made of; a test looks for others.
_SOURCES = (
    "compiling.py", "raster/layout.py", "raster/cpu", "painter/adam.py", "painter/simplifying.py",
    "painter/seeing/windows.py",
    "painter/tracing/kernels.py", "pictures/blur.py", "segment/voting.py", "segment/networks/convolving.py",
    "texture/kernels", "wash/kernels",
    "painting/spreading.py", "painting/refining.py",
)  # fmt: skip
_MARK, _SEAL, _CODE = "complete", ".seal", (".nbi", ".nbc")
_lost: list[str] = []  # kernels whose code could not be saved


@cache
def cache_folder() -> Path | None:
    """Where compiled kernels of exactly these sources are kept; None if no folder of ours can be written."""
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
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _shut_out_others(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
        _remove_damaged(folder)
    except OSError:
        return None
    return folder


def _shut_out_others(folder: Path) -> None:
    """Let nobody else write there; what somebody could have written is removed. Raises OSError if that cannot be."""
    if os.name == "nt":  # which keeps a user's folders by other means
        return
    for place in [folder, *(path for path in folder.iterdir() if path.is_dir())]:
        if not place.exists():  # it lay in a folder that was open to others
            continue
        found = place.stat()
        if found.st_uid not in (0, os.geteuid()):
            raise PermissionError(f"{place} belongs to another user")
        if found.st_mode & 0o022:
            for path in place.iterdir():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            place.chmod(0o700)
            if place.stat().st_mode & 0o022:
                raise PermissionError(f"{place} is open to others, on a disk that knows nothing else")


def _remove_damaged(folder: Path) -> None:
    """Remove code that is not as it was when it was sealed, or never was. Raises OSError if some cannot be removed."""
    for place in [path for path in folder.iterdir() if path.is_dir()]:
        sound = {name for seal in place.glob(f"*{_SEAL}") for name in _sealed(seal)}
        damaged = [path for path in place.iterdir() if path.suffix in _CODE and path.name not in sound]
        for path in damaged:
            path.unlink(missing_ok=True)
        if damaged:  # the next compilation is announced
            (folder / _MARK).unlink(missing_ok=True)


def _sealed(seal: Path) -> list[str]:
    """Names of a kernel's files, if all of them are as they were sealed."""
    try:
        sums = json.loads(seal.read_bytes())
        if all(Path(name).name == name and _checksum(seal.with_name(name)) == sums[name] for name in sums):
            return list(sums)
        return []
    except (OSError, ValueError, TypeError):  # one is missing, or this is no seal
        return []


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _seal(function: Callable, place: Path) -> None:
    """Note what a kernel's code is like on disk, now that it has been written. A seal cut short is none."""
    code = function.__code__
    kernel = f"{Path(code.co_filename).stem}.{function.__qualname__}-{code.co_firstlineno}"
    try:
        sums = {path.name: _checksum(path) for path in place.glob(f"{kernel}.*") if path.suffix in _CODE}
        (place / f"{kernel}{_SEAL}").write_text(json.dumps(sums))
    except OSError:
        _lost.append(function.__name__)


def inner(function: Callable) -> Any:
    """Compile a function that only other kernels call; its code travels inside theirs.

    Inlined always: as a function of its own it would be another one, rounded otherwise, in the process that compiled it
    than in those that load the kernel from disk.
    """
    return njit(fastmath=_FLAGS, error_model="numpy", forceinline=True)(function)


class _Loaded(FunctionCache):
    """Numba's cache of a kernel, without all that Numba learns before it compiles: code that is there needs none of it.

    Numba would import its knowledge of Python's and NumPy's functions first, which takes four times as long as the
    kernels do. It still does so when one is to be compiled.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled code for these types of arguments, or None if it is not there."""
        try:
            from numba.core.runtime.nrt import rtsys

            rtsys.initialize(target_context)  # what the code itself calls: making room for arrays, and giving it back
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except (ImportError, AttributeError, TypeError):  # a Numba that is made otherwise: by its own, slower way
            return super().load_overload(sig, target_context)


def kernel(function: Callable) -> Any:
    """Compile a function that Python calls: it releases the GIL, and its code is kept on disk if possible."""
    return _kept(function, _FLAGS)


def exact_kernel(function: Callable) -> Any:
    """As `kernel`, with floating-point sums as they are written: in their order, each rounded."""
    return _kept(function, False)


def _kept(function: Callable, fastmath: set[str] | bool) -> Any:
    folder = cache_folder()
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    try:
        numba.config.CACHE_DIR = str(folder or "")  # type: ignore[attr-defined]
        compiled = njit(fastmath=fastmath, error_model="numpy", nogil=True)(function)
        if folder is not None:
            compiled._cache = _Loaded(function)  # type: ignore[attr-defined]
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]

    @wraps(function)
    def forgiving(*args: Any) -> Any:
        known = len(compiled.overloads)
        try:
            result = compiled(*args)
        except OSError:
            # The disk is full. Numba compiles, registers the code, and only then fails to save it: now it is there.
            _lost.append(function.__name__)
            return compiled(*args)
        if folder is not None and len(compiled.overloads) > known and compiled.stats.cache_misses:
            _seal(function, Path(str(compiled.stats.cache_path)))
        return result

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
