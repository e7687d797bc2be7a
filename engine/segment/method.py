"""What one way to find regions is. Each is a file in engine/segment/methods/, or another package's entry point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from impasto.engine.pictures.io import Picture
    from impasto.engine.segment.regions import Regions


@dataclass(frozen=True, eq=False)
class FindOptions:
    """What a method may be told beside the picture; it leaves alone what is not for it."""

    model: str | None = None
    """A network: a folder, a name in the manifest or an id on the hub; None for the first one that is there."""
    device: str = "auto"
    """Where a network runs: auto, cpu, cuda, cuda:1 or mps."""
    allow_pickle: bool = False
    """Whether a network's weights may be pickled."""
    faces: bool = True
    """Whether each face is to be a region."""
    claimed: np.ndarray | None = None
    """(H, W) float32 in 0..1: what regions of the user's have of every pixel."""


@dataclass(frozen=True)
class Method:
    """One way to find regions: the constant `METHOD` of a file, whose docstring's first line is what help tells of it.

    find: from a picture, the longer side of the masks in pixels at most, and options, to regions whose `method` is the
    name of the file; it raises ImpastoError, with the remedy, for what it lacks or cannot do.
    is_ready: whether what it needs is on this computer, the network of that name included; `auto` asks.
    takes_model: whether `model` means anything to it. repeatable: whether one picture always has the same regions, so
    that those found a moment ago will do.
    """

    find: Callable[[Picture, int, FindOptions], Regions]
    is_ready: Callable[[str | None], bool] = lambda _: True
    takes_model: bool = False
    repeatable: bool = False
