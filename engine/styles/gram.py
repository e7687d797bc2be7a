"""How a picture looks to a network, as text in a style: products of its features, each stage's as half a square."""

import base64
import binascii
from collections.abc import Sequence

import numpy as np

CHANNELS = (16, 24, 40)  # of EfficientNet-Lite0's first stages
COUNT = sum(c * (c + 1) // 2 for c in CHANNELS)  # numbers in all
_PIECE = 1200  # letters: messages carry short texts only
_HALF = np.dtype("<f2")
_MOST = 60000.0  # that half precision holds


def packed(grams: Sequence[np.ndarray]) -> tuple[str, ...]:
    """Symmetric matrices (C, C), for the C of `CHANNELS`, as Base64 in pieces; a thousandth of each number is lost."""
    halves = [gram[np.triu_indices(len(gram))] for gram in grams]
    numbers = np.concatenate(halves).clip(-_MOST, _MOST).astype(_HALF)
    text = base64.b64encode(numbers.tobytes()).decode()
    return tuple(text[k : k + _PIECE] for k in range(0, len(text), _PIECE))


def unpacked(pieces: Sequence[str]) -> list[np.ndarray]:
    """What was packed, float32. Raises ValueError, with what is wrong, for anything else."""
    try:
        data = base64.b64decode("".join(pieces), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("this is not what a picture looks like to a network; make the style anew") from None
    numbers = np.frombuffer(data, _HALF).astype(np.float32) if len(data) == COUNT * _HALF.itemsize else None
    if numbers is None or not np.isfinite(numbers).all():
        raise ValueError("what a picture looks like to a network is cut short or damaged; make the style anew")
    grams, first = [], 0
    for channels in CHANNELS:
        rows, columns = np.triu_indices(channels)
        gram = np.empty((channels, channels), np.float32)
        gram[rows, columns] = gram[columns, rows] = numbers[first : first + len(rows)]
        grams.append(gram)
        first += len(rows)
    return grams
