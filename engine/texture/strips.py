"""Tileable textures: the strip of bristle marks that strokes are drawn with, and the grain of what they lie on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from impasto.engine.pictures.noise import Noise, blurred, hashed, ranked

__all__ = ["grain", "hashed", "levels", "strip"]

f4 = np.float32
ROWS, COLUMNS = 256, 128  # across and along; both wrap around
PER_BRISTLE = 6  # rows to a bristle
ALONG = 4.0  # bristles' widths to a column
LEVELS = 10  # of blur across; level k is for 2 ** (k / 2) rows to a pixel
GRAIN = 256  # texels of a ground's pattern, each way
THREAD = 8  # texels to a thread of the ground

# Hairs, pairs, clumps and the brush's load: weight, deviation across (bristles), deviation along (columns).
_MARKS = ((0.30, 0.22, 1.6), (0.55, 0.5, 3.0), (0.5, 1.3, 6.0), (0.30, 3.5, 9.0))
_GROOVE = 0.5, 0.45, 5.0  # narrow and deep
_MIXED = ((0.8, 2.2, 8.0), (0.5, 0.6, 5.0))


@lru_cache(maxsize=4)
def strip(tip: bytes | None = None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The strip at all levels (LEVELS, ROWS, COLUMNS, 2), 0..1, and the deviation (LEVELS,) that each has lost.

    Channel 0: how high the marks are, evenly spread, so that a threshold of .3 bares 30 %; channel 1: how unevenly the
    colour is mixed, which is broader. tip: a whole stroke's picture in place of the marks, ROWS × COLUMNS bytes, 0
    where there is no paint.
    """
    noise = Noise(5, ROWS, COLUMNS)
    marks = sum(weight * noise(across * PER_BRISTLE, along) for weight, across, along in _MARKS)
    weight, across, along = _GROOVE
    marks = ranked(marks - weight * np.abs(noise(across * PER_BRISTLE, along)))
    if tip is not None:
        marks = np.frombuffer(tip, np.uint8).reshape(ROWS, COLUMNS) / 255.0
    mixed = ranked(np.asarray(sum(weight * noise(across * PER_BRISTLE, along) for weight, across, along in _MIXED)))
    blurs = [0.35 * 2 ** (k / 2) if k else 0.0 for k in range(LEVELS)]
    levels = np.array([[blurred(channel, blur, 0.0) for channel in (marks, mixed)] for blur in blurs])
    lost = np.sqrt(np.maximum(marks.var() - levels[:, 0].var((1, 2)), 0))
    return np.ascontiguousarray(levels.transpose(0, 2, 3, 1), f4), lost.astype(f4)


@lru_cache(maxsize=4)
def levels(tip: bytes | None = None) -> NDArray[np.float32]:
    """The strip, and after it the tip's if there is one, as the kernels read them: flat."""
    found = [strip()[0]] if tip is None else [strip()[0], strip(tip)[0]]
    return np.concatenate(found).ravel()


@lru_cache(maxsize=16)
def grain(ground: str, texel: float) -> NDArray[np.float32]:
    """The pattern of a ground (GRAIN, GRAIN), 0..1, .5 everywhere for "none"; texel: how many pixels wide one is."""
    if ground == "none":
        return np.full((GRAIN, GRAIN), 0.5, f4)
    pattern = {"canvas": _woven, "tooth": _sanded}.get(ground, _pressed)()
    return (blurred(pattern, 0.4 / texel, 0.4 / texel) if texel < 1 else pattern).astype(f4)


@lru_cache(maxsize=1)
def _woven() -> NDArray[np.float64]:
    noise = Noise(7, GRAIN, GRAIN)
    y, x = np.mgrid[:GRAIN, :GRAIN] / float(THREAD)
    a, b = (np.abs(np.sin(np.pi * (v + 0.1 * noise(10, 10)))) ** 0.8 for v in (x, y))
    over = (np.floor(x) + np.floor(y)) % 2 > 0
    threads = np.where(over, a * (0.55 + 0.45 * b), b * (0.55 + 0.45 * a)) + 0.08 * noise(1, 1)
    return ranked(threads + 0.1 * noise(6, 1.5) + 0.1 * noise(1.5, 6))


@lru_cache(maxsize=1)
def _pressed() -> NDArray[np.float64]:
    noise = Noise(9, GRAIN, GRAIN)
    return ranked(noise(2.2, 2.2) + 0.5 * noise(5, 5) + 0.35 * noise(1, 1))


@lru_cache(maxsize=1)
def _sanded() -> NDArray[np.float64]:
    """Even: a stick shows it all over, and so would show how often it is repeated."""
    noise = Noise(11, GRAIN, GRAIN)
    return ranked(noise(1.1, 1.1) + 0.4 * noise(0.6, 0.6))
