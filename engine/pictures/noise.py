"""Numbers of chance that depend on nothing but what they are for, and noise made of them that wraps around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

f4 = np.float32


def hashed(ids: NDArray[np.integer], count: int) -> NDArray[np.float32]:
    """(N, count) numbers, evenly spread over 0..1, that depend on nothing but each id (SplitMix64)."""
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64)[:, None] * np.uint64(64) + np.arange(1, count + 1, dtype=np.uint64)
        z *= np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.divide(((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(f4), f4(1 << 24), dtype=f4)


class Noise:
    """Noise of one size; each call gives another, smoothed by these deviations, of mean 0 and deviation 1."""

    def __init__(self, seed: int, rows: int, columns: int) -> None:
        self._next, self._shape = seed << 32, (rows, columns)

    def __call__(self, across: float, along: float) -> NDArray[np.float64]:
        """The next one, smoothed by these deviations, down and to the right."""
        ids = self._next + np.arange(self._shape[0] * self._shape[1], dtype=np.int64)
        self._next += len(ids)
        smooth = blurred(hashed(ids, 4).sum(1, dtype=np.float64).reshape(self._shape), across, along)
        return (smooth - smooth.mean()) / smooth.std()


def blurred(z: NDArray[np.float64], across: float, along: float) -> NDArray[np.float64]:
    """Smoothed by these deviations, down and to the right, as if it were repeated for ever."""
    if across == along == 0:
        return z
    fy, fx = np.fft.fftfreq(z.shape[0])[:, None], np.fft.fftfreq(z.shape[1])[None]
    return np.fft.ifft2(np.fft.fft2(z) * np.exp(-2 * np.pi**2 * ((fy * across) ** 2 + (fx * along) ** 2))).real


def ranked(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same order of values, spread evenly over 0..1."""
    out = np.empty(z.size)
    out[np.argsort(z, axis=None, kind="stable")] = (np.arange(z.size) + 0.5) / z.size
    return out.reshape(z.shape)
