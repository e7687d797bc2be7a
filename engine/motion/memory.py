"""What it takes to paint the next frame besides the last one's painting, as bytes that are kept or sent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impasto.engine.motion.follower import Present
from impasto.engine.painter.optimizer import Moments
from impasto.engine.painting.archive import LIMITS, Refused, pack_arrays, unpack_arrays
from impasto.engine.painting.painting import Painting

_MOST = 1 << 40  # of any number in it
_LIKE = "checkpoint.npz"  # it is as large as one
MOST_BYTES = LIMITS[_LIKE]


def packed(present: Present, number: int = 0) -> bytes:
    """Of a frame, `number` of its film, all but the painting."""
    moments = present.moments
    numbers = np.array([number, present.target, present.next_id, present.frame], np.int64)
    return pack_arrays({"numbers": numbers, "square": moments.square, "age": moments.age})


def unpacked(data: bytes, painting_of: Callable[[int], Painting]) -> tuple[Present, int]:
    """A frame's, with the painting of its number, and that number. Raises Refused, or what NumPy does, for others."""
    arrays = unpack_arrays(data, _LIKE)
    number, target, next_id, frame = (int(n) for n in arrays["numbers"])
    square, age = arrays["square"].astype(np.float32), arrays["age"].astype(np.int32)
    painting = painting_of(number)
    count = len(painting.strokes)
    sound = (
        square.shape == (count, 13) and age.shape == (count,)
        and bool(np.isfinite(square).all() and (square >= 0).all() and (age >= 0).all())
        and 0 <= number < _MOST and 0 <= target < _MOST and 0 <= frame < _MOST
        and painting.strokes.next_id <= next_id < _MOST
    )  # fmt: skip
    if not sound:
        raise Refused("it is of another painting")
    return Present(painting, Moments(np.zeros_like(square), square, age), target, next_id, frame), number
