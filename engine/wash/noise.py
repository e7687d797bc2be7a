"""Noises that washes wander, run and granulate by, and the paper they lie on: tables made once, that wrap around.

They are looked up by place on the canvas, in canvas units, so that a picture of any size shows the same marks; what is
finer than a pixel is not there.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from impasto.engine.pictures.noise import Noise, blurred

f4 = np.float32
SIDE = 512  # texels of a noise, each way
PAPER_SIDE = 1024
PLAIN_TEXELS, ROUGH_TEXELS = 3.0, 12.0  # that a noise is correlated over
HIGHEST = 3.0  # deviations; no noise goes further
GRAIN = 0.0012  # canvas units, of the paper's bumps
PAPER_TEXEL = GRAIN / 3
_FIBRE = 0.8  # texels
_EVERY = 16  # height is ranked among all
STEPS = 2  # levels of blur to a factor of two


@lru_cache(maxsize=1)
def plain() -> NDArray[np.float32]:
    """Noise of one scale, (SIDE, SIDE), of mean 0 and deviation 1."""
    return _bounded(_noise(11, SIDE, ((1.0, PLAIN_TEXELS),)))


@lru_cache(maxsize=1)
def rough() -> NDArray[np.float32]:
    """Noise with finer ones in it, each .6 of the one before and half as wide, (SIDE, SIDE)."""
    return _bounded(_noise(12, SIDE, tuple((0.6**k, ROUGH_TEXELS / 2**k) for k in range(5))))


@lru_cache(maxsize=1)
def streaks() -> NDArray[np.float32]:
    """How unevenly sticks are worn across, (64, 128), 0..1."""
    found = Noise(13, 64, 128)(0.0, 1.2)
    return ((found - found.min()) / np.ptp(found)).astype(f4)


def level_of(texels: float) -> int:
    """Which of the paper's levels is right where there are that many texels to a pixel."""
    return max(0, round(STEPS * np.log2(max(texels, 1e-3)) + STEPS))


@lru_cache(maxsize=6)
def paper(level: int) -> tuple[NDArray[np.float32], float]:
    """Heights of cold-pressed paper (PAPER_SIDE, PAPER_SIDE), 0..1, and the deviation that they have lost.

    Evenly spread at level 0, so that a threshold of .3 bares 30 %; at others blurred, for larger pixels.
    """
    heights = _pressed()
    if level <= 0:
        return heights.astype(f4), 0.0
    width = 0.35 * 2 ** (level / STEPS - 1)
    soft = blurred(heights, width, width)
    return soft.astype(f4), float(np.sqrt(max(heights.var() - soft.var(), 0)))


@lru_cache(maxsize=1)
def _pressed() -> NDArray[np.float64]:
    a = GRAIN / PAPER_TEXEL
    bumps = _noise(14, PAPER_SIDE, ((1.0, a), (0.7, 0.55 * a), (0.35, 2.5 * a), (0.4, _FIBRE)))
    heights = bumps - 0.4 * np.abs(_noise(15, PAPER_SIDE, ((1.0, 1.4 * a),)))
    order = np.sort(heights.ravel()[::_EVERY])
    return np.interp(heights, order, (np.arange(len(order)) + 0.5) / len(order))


def _noise(seed: int, side: int, parts: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """The sum of noises (side, side), each of a deviation and correlated over so many texels, that wraps around.

    Made in one go: independent noises add up to one whose power is the sum of theirs.
    """
    white = np.random.PCG64(seed).random_raw(side * side).reshape(side, side) / 2.0**64 - 0.5
    far = np.fft.fftfreq(side)[:, None] ** 2 + np.fft.rfftfreq(side) ** 2
    twice = np.full(side // 2 + 1, 2.0)
    twice[[0, -1]] = 1  # all other waves stand for two
    power = np.zeros_like(far)
    for deviation, texels in parts:
        one = np.exp(-4 * np.pi**2 * texels**2 * far)
        one[0, 0] = 0
        power += deviation**2 / (one * twice).sum() * one
    return np.fft.irfft2(np.fft.rfft2(white) * np.sqrt(12 * power) * side, white.shape)


def shine(level: int, towards: tuple[float, float]) -> NDArray[np.float32]:
    """How much more light slopes of the paper get that face a light (x, y down), at a level, per 1/2048 unit."""
    heights = paper(level)[0]
    across = (np.roll(heights, -1, 1) - np.roll(heights, 1, 1)) / 2
    down = (np.roll(heights, -1, 0) - np.roll(heights, 1, 0)) / 2
    return ((towards[0] * -across + towards[1] * -down) / (PAPER_TEXEL * 2048)).astype(f4)


def _bounded(noise: NDArray[np.float64]) -> NDArray[np.float32]:
    noise = (noise - noise.mean()) / noise.std()
    return noise.clip(-HIGHEST, HIGHEST).astype(f4)
