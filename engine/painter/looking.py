"""What is seen in a picture: faces, animals and things, looked for once, for whoever wants to know of them."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from impasto.engine.pictures.io import Picture
from impasto.engine.segment.colours import seen
from impasto.engine.segment.eyes import LOOKED_AT
from impasto.engine.segment.faces import Face
from impasto.engine.segment.networks.kept_lite0 import load_plain_lite0
from impasto.engine.segment.onlookers import find_onlookers
from impasto.engine.segment.things import SIZES, find_things

REMEMBERED = 4  # pictures


class Looked:
    """A picture that is known again by what it shows."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture.reduced
        self.rgb = seen(self.picture, SIZES[0])
        digest = hashlib.blake2b(repr(self.picture.rgb.shape).encode() + self.rgb.tobytes(), digest_size=16)
        self._digest = digest.digest()

    def __hash__(self) -> int:
        """Of what it shows."""
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        """Do both show the same?"""
        return isinstance(other, Looked) and other._digest == self._digest


@lru_cache(REMEMBERED)
def faces_in(looked: Looked) -> tuple[Face, ...]:
    """Faces, see `find_onlookers`. Raises ImpastoError if scikit-image is not installed."""
    return tuple(find_onlookers(looked.picture))


@lru_cache(REMEMBERED)
def things_in(looked: Looked) -> tuple[np.ndarray, np.ndarray]:
    """How likely animals and things are where, see `find_things`.

    Raises ImportError if nothing was looked at before and torch is not installed, ImpastoError without the network.
    """
    return find_things(load_plain_lite0(), looked.rgb, LOOKED_AT)


def forget() -> None:
    """Look again the next time."""
    faces_in.cache_clear()
    things_in.cache_clear()
