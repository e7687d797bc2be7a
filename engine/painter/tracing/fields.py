"""What lines are drawn after: tones, edges and directions of a picture, at the size it is traced at."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from impasto.engine.pictures.blur import blurred

if TYPE_CHECKING:
    from impasto.engine.painter.drawn_flow import DrawnFlow

f4 = np.float32
LUMA = np.array([0.3, 0.59, 0.11], f4)
SLANT = -50.0  # degrees, y down: as a right hand hatches
LEAST_CONTRAST = 0.15
CALM, STEADY = 2e-5, 3  # of Kuwahara's filter: how much variance is none, and how much the calmest window counts


class Subject:
    """A picture to be drawn: `grey` (H, W) 0..1, and whatever is asked for of it, made once.

    rgb: (H, W, 3) float32 0..1; inside: (H, W) bool, where lines may be; scale: pixels per canvas unit; seed: what the
    hand's accidents are drawn from; origin: where its first pixel lies, canvas units (x, y); tones: luminance of black
    and white, by default the picture's own; finer: how much smaller all that the hand does is than usual;
    drawn: where somebody wants hatching to go.
    """

    def __init__(
        self,
        rgb: np.ndarray,
        inside: np.ndarray,
        scale: float,
        seed: tuple[int, ...],
        origin: tuple[float, float] = (0.0, 0.0),
        tones: tuple[float, float] | None = None,
        finer: float = 1.0,
        drawn: DrawnFlow | None = None,
    ) -> None:
        self.grey = np.ascontiguousarray(rgb @ LUMA, f4)
        self.inside, self.scale, self.seed, self.origin = inside, scale, seed, origin
        self.hand = scale * finer  # pixels of what is a canvas unit to the hand
        self.tones = tones or self._tones
        self._drawn = drawn
        self._made: dict[Hashable, Any] = {}
        self._lock = Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        height, width = self.grey.shape
        return height, width

    def within(self, inside: np.ndarray) -> Subject:
        """The same picture, to be drawn elsewhere; what has been made of it is made."""
        other = object.__new__(Subject)
        other.__dict__ = {**self.__dict__, "inside": inside}
        return other

    @cached_property
    def _tones(self) -> tuple[float, float]:
        seen = self.grey[self.inside] if self.inside.any() else self.grey
        low, high = (float(x) for x in np.percentile(seen[:: max(1, seen.size // 100_000)], (1, 98)))
        low = min(low, max(high - LEAST_CONTRAST, 0))  # what is all white stays so, and black is black
        return low, max(high, low + LEAST_CONTRAST)

    def tone(self, key: float, calm: float = 0.0) -> np.ndarray:
        """Lightness (H, W) from the picture's darkest to its lightest, 0..1; key: its power, less is lighter.

        calm: canvas units within which what is small goes, and edges stay.
        """
        return self.once(("tone", key, calm), lambda: self._tone(key, calm))

    def _tone(self, key: float, calm: float) -> np.ndarray:
        grey = self.grey if calm == 0 else calmed(self.grey, max(1, round(calm * self.scale)))
        low, high = self.tones
        return np.clip((grey - low) / (high - low), 0, 1).astype(f4) ** f4(key)

    def lines(self, sigma: float, edges: float) -> np.ndarray:
        """How much a line wants to be there (H, W), 0..2: darker than what lies around it, or where tones change.

        sigma: pixels of the finest lines; edges: what a change of tone counts beside a dark line.
        """
        return self.once(("lines", sigma, edges), lambda: line_response(self.grey, sigma, edges))

    def flow(self, sigma: float, window: float) -> np.ndarray:
        """Where the picture's structure goes: (3, H, W) of cos 2φ, sin 2φ and how sure that is, 0..1; pixels."""
        return self.once(("directions", sigma, window), lambda: structure(self.grey, sigma, window))

    def tangents(self, sigma: float, window: float) -> np.ndarray:
        """Along the structure: unit vectors (2, H, W)."""
        return self.once(("tangents", sigma, window), lambda: directed(self.flow(sigma, window)[:2], 0.0))

    def slanted(self, form: float) -> np.ndarray:
        """Where hatching goes: (3, H, W) of cos 2φ, sin 2φ and how sure the form is: a slant, bent to it by `form`."""
        return self.once(("slanted", form), lambda: self._slanted(form))

    def _slanted(self, form: float) -> np.ndarray:
        s = self.hand
        cos, sin, sure = self.flow(max(0.0025 * s, 0.8), 0.014 * s)
        share = form * np.clip(1.4 * sure, 0, 1)
        slant = np.radians(2 * SLANT)
        x = blurred(share * cos + (1 - share) * f4(np.cos(slant)), 0.008 * s)
        y = blurred(share * sin + (1 - share) * f4(np.sin(slant)), 0.008 * s)
        if self._drawn is not None:
            left, top = self.origin
            row, column = np.ogrid[: self.shape[0], : self.shape[1]]
            drawn, hold = self._drawn.at(*np.broadcast_arrays(left + column / self.scale, top + row / self.scale))
            x, y = (1 - hold) * x + hold * np.cos(2 * drawn), (1 - hold) * y + hold * np.sin(2 * drawn)
            share = np.maximum(share, hold)
        by = 1 / np.sqrt(np.maximum(x * x + y * y, 1e-12))
        return np.stack([x * by, y * by, share]).astype(f4)

    def noise(self, size: float, key: int) -> np.ndarray:
        """Smooth noise (H, W) of unit variance, of lumps of `size` canvas units, the same at every scale."""
        height, width = self.shape
        rng = np.random.default_rng([*self.seed, key])
        rows, columns = int(height / self.scale / size) + 4, int(width / self.scale / size) + 4
        lumps = rng.standard_normal((rows, columns)).astype(f4)
        box = (1.0, 1.0, 1 + width / self.scale / size, 1 + height / self.scale / size)
        found = np.asarray(Image.fromarray(lumps).resize((width, height), Image.Resampling.BICUBIC, box), f4)
        return found * f4(1.4)

    @property
    def sheet(self) -> tuple[np.ndarray, np.ndarray]:
        """The sheet it is drawn on (H, W), which sticks leave something on, and how high its tooth stands, 0..1."""
        rng = np.random.default_rng([*self.seed, 99])
        return self.once("sheet", lambda: (np.zeros(self.shape, f4), rng.random(self.shape, f4)))

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` makes, made once by whoever asks first."""
        with self._lock:
            lock = self._made.setdefault(("lock", key), Lock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


def structure(grey: np.ndarray, sigma: float, window: float) -> np.ndarray:
    """The structure tensor's directions, see `Subject.flow`."""
    soft = blurred(grey, sigma)
    gy, gx = np.gradient(soft)
    xx, yy, xy = (blurred(np.ascontiguousarray(part, f4), window) for part in (gx * gx, gy * gy, gx * gy))
    lean, cross = xx - yy, 2 * xy
    size = np.sqrt(lean * lean + cross * cross)
    by = 1 / np.maximum(size, 1e-12)
    return np.stack([-lean * by, -cross * by, size / (xx + yy + f4(1e-7))]).astype(f4)  # a quarter turn from the slope


def directed(double: np.ndarray, turn: float) -> np.ndarray:
    """Unit vectors (2, H, W) from (2, H, W) of cosines and sines of twice the angle, turned by degrees."""
    angle = 0.5 * np.arctan2(double[1], double[0]) + f4(np.radians(turn))
    return np.stack([np.cos(angle), np.sin(angle)]).astype(f4)


def line_response(grey: np.ndarray, sigma: float, edges: float) -> np.ndarray:
    """See `Subject.lines`."""
    fine = blurred(grey, sigma)
    ridge = np.maximum(blurred(grey, 2.2 * sigma) - fine, 0)
    broad = blurred(grey, 4.5 * sigma) - blurred(grey, 1.8 * sigma)
    ridge = np.maximum(ridge, f4(0.8) * broad)
    gy, gx = np.gradient(fine)
    edge = np.hypot(gx, gy)
    many = max(1, ridge.size // 100_000)
    tops = [float(np.percentile(plane.ravel()[::many], 99)) + 1e-3 for plane in (ridge, edge)]
    found = (ridge / tops[0] + edges * edge / tops[1]).astype(f4)
    local = np.sqrt(np.maximum(blurred(found * found, 24 * sigma), 0)) + f4(0.25)  # the faint counts where all is faint
    return np.clip(found / (f4(0.35) + local), 0, 2).astype(f4)


def calmed(grey: np.ndarray, radius: int) -> np.ndarray:
    """Kuwahara's filter on a plane (H, W): of four windows at a pixel the mean of the calmest, softly; edges stay."""
    height, width = grey.shape
    wide = np.pad(grey.astype(np.float64), 2 * radius, mode="edge")
    mean, square = _windows(wide, radius), _windows(wide * wide, radius)
    weight = 1 / (np.maximum(square - mean * mean, 0) + CALM) ** STEADY
    total, weights = np.zeros((height, width)), np.zeros((height, width))
    for top in (0, 2 * radius):
        for left in (0, 2 * radius):
            part = slice(top, top + height), slice(left, left + width)
            total += weight[part] * mean[part]
            weights += weight[part]
    return (total / weights).astype(f4)


def _windows(plane: np.ndarray, radius: int) -> np.ndarray:
    """Means of windows of 2 · radius + 1 pixels, as far as they lie inside (H - 2 · radius, W - 2 · radius)."""
    size = 2 * radius + 1
    sums = np.pad(plane.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return (sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]) / size**2
