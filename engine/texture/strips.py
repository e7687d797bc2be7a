"""Tileable textures: the strip of bristle marks that strokes are drawn with, and the grain of what they lie on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

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


def hashed(ids: NDArray[np.integer], count: int) -> NDArray[np.float32]:
    """(N, count) numbers, evenly spread over 0..1, that depend on nothing but each id (SplitMix64)."""
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64)[:, None] * np.uint64(64) + np.arange(1, count + 1, dtype=np.uint64)
        z *= np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(f4) / f4(1 << 24)


@lru_cache(maxsize=4)
def strip(tip: bytes | None = None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The strip at all levels (LEVELS, ROWS, COLUMNS, 2), 0..1, and the deviation (LEVELS,) that each has lost.

    Channel 0: how high the marks are, evenly spread, so that a threshold of .3 bares 30 %; channel 1: how unevenly the
    colour is mixed, which is broader. tip: a whole stroke's picture in place of the marks, ROWS × COLUMNS bytes, 0
    where there is no paint.
    """
    noise = _Noise(5, ROWS, COLUMNS)
    marks = sum(weight * noise(across * PER_BRISTLE, along) for weight, across, along in _MARKS)
    weight, across, along = _GROOVE
    marks = _ranked(marks - weight * np.abs(noise(across * PER_BRISTLE, along)))
    if tip is not None:
        marks = np.frombuffer(tip, np.uint8).reshape(ROWS, COLUMNS) / 255.0
    mixed = _ranked(sum(weight * noise(across * PER_BRISTLE, along) for weight, across, along in _MIXED))
    blurs = [0.35 * 2 ** (k / 2) if k else 0.0 for k in range(LEVELS)]
    levels = np.array([[_blurred(channel, blur, 0.0) for channel in (marks, mixed)] for blur in blurs])
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
    return (_blurred(pattern, 0.4 / texel, 0.4 / texel) if texel < 1 else pattern).astype(f4)


@lru_cache(maxsize=1)
def _woven() -> NDArray[np.float64]:
    noise = _Noise(7, GRAIN, GRAIN)
    y, x = np.mgrid[:GRAIN, :GRAIN] / float(THREAD)
    a, b = (np.abs(np.sin(np.pi * (v + 0.1 * noise(10, 10)))) ** 0.8 for v in (x, y))
    over = (np.floor(x) + np.floor(y)) % 2 > 0
    threads = np.where(over, a * (0.55 + 0.45 * b), b * (0.55 + 0.45 * a)) + 0.08 * noise(1, 1)
    return _ranked(threads + 0.1 * noise(6, 1.5) + 0.1 * noise(1.5, 6))


@lru_cache(maxsize=1)
def _pressed() -> NDArray[np.float64]:
    noise = _Noise(9, GRAIN, GRAIN)
    return _ranked(noise(2.2, 2.2) + 0.5 * noise(5, 5) + 0.35 * noise(1, 1))


@lru_cache(maxsize=1)
def _sanded() -> NDArray[np.float64]:
    """Even: a stick shows it all over, and so would show how often it is repeated."""
    noise = _Noise(11, GRAIN, GRAIN)
    return _ranked(noise(1.1, 1.1) + 0.4 * noise(0.6, 0.6))


class _Noise:
    """Noise of one size; each call gives another, smoothed by these deviations, of mean 0 and deviation 1."""

    def __init__(self, seed: int, rows: int, columns: int) -> None:
        self._next, self._shape = seed << 32, (rows, columns)

    def __call__(self, across: float, along: float) -> NDArray[np.float64]:
        ids = self._next + np.arange(self._shape[0] * self._shape[1], dtype=np.int64)
        self._next += len(ids)
        smooth = _blurred(hashed(ids, 4).sum(1, dtype=np.float64).reshape(self._shape), across, along)
        return (smooth - smooth.mean()) / smooth.std()


def _blurred(z: NDArray[np.float64], across: float, along: float) -> NDArray[np.float64]:
    if across == along == 0:
        return z
    fy, fx = np.fft.fftfreq(z.shape[0])[:, None], np.fft.fftfreq(z.shape[1])[None]
    return np.fft.ifft2(np.fft.fft2(z) * np.exp(-2 * np.pi**2 * ((fy * across) ** 2 + (fx * along) ** 2))).real


def _ranked(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same order of values, spread evenly over 0..1."""
    out = np.empty(z.size)
    out[np.argsort(z, axis=None, kind="stable")] = (np.arange(z.size) + 0.5) / z.size
    return out.reshape(z.shape)
