"""EfficientNet-Lite0's weights as `PlainLite0` takes them, kept beside compiled kernels once torch has read them."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.compiling import cache_folder
from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.segment.networks.lite0_package import weights_file
from impasto.engine.segment.networks.plain_lite0 import PlainLite0, Weights, folded, shapes

_SUM = "sum"  # the checksum's name among the arrays


@cache
def load_plain_lite0() -> PlainLite0:
    """Return the trained network, which is read by torch unless its weights were kept by an earlier look.

    Raises ImpastoError if the package is not installed or its weights are damaged, ImportError if nothing is kept and
    there is no torch.
    """
    package = weights_file()
    kept = _place(package)
    weights = _read(kept) if kept is not None else None
    if weights is None:
        from impasto.engine.segment.networks.lite0 import read_lite0

        weights = folded({name: values.numpy() for name, values in read_lite0(package).state_dict().items()})
        if kept is not None:
            _keep(kept, weights)
    return PlainLite0(weights)


def _place(package: Path) -> Path | None:
    """The file for what the package's file holds; None if there is no folder for it, or no such file."""
    folder = cache_folder()
    try:
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
    except OSError:  # torch's reader says what is wrong
        return None
    return None if folder is None else folder.parent / f"lite0-{digest[:16]}.npz"


def _read(path: Path) -> Weights | None:
    """The weights, if the file is there and as it was written."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            weights = {name: kept[name] for name in shapes()}
            if len(kept.files) != len(weights) + 1 or kept[_SUM].tobytes() != _checksum(weights):
                return None
    except Exception:  # it is missing, and a damaged archive raises almost anything
        return None
    fits = all(weights[name].shape == shape and weights[name].dtype == np.float32 for name, shape in shapes().items())
    return weights if fits and all(np.isfinite(values).all() for values in weights.values()) else None


def _keep(path: Path, weights: Weights) -> None:
    kept: dict[str, Any] = {_SUM: np.frombuffer(_checksum(weights), np.uint8), **weights}
    try:
        with atomic_write(path, overwrite=True) as stream:
            np.savez(stream, **kept)
    except ImpastoError:  # no room: torch reads them the next time, too
        return


def _checksum(weights: Weights) -> bytes:
    digest = hashlib.sha256()
    for name in shapes():
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).data)
    return digest.digest()
