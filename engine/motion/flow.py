"""How a picture moves from one frame to the next: dense optical flow, there and back, by OpenCV's DIS.

Kroeger, Timofte, Dai, Van Gool, "Fast optical flow using dense inverse search" (2016). Where the way there and the way
back do not agree, something was hidden or comes to light.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.parallel import on_all
from impasto.engine.pictures.io import Picture

f4 = np.float32
EXTRA = "film"
SMALLEST = 64  # pixels of the longer side on which motion is looked for
UNSURE = 1.5  # pixels by which there and back may disagree before a place counts as new
GROWN, SOFTENED = 5, 1.5  # pixels by which what is new is grown and blurred
_STEADY = 0.02  # canvas units: over so much the stretching of the picture is averaged
_MOST_STRETCH = 1.25  # of lengths from one frame to the next; more is no motion that strokes follow


def tools() -> Any:
    """OpenCV. Raises ImpastoError with the remedy if it is missing."""
    try:
        import cv2
    except ImportError as error:
        raise ImpastoError(f"to follow what moves takes OpenCV, which is not installed; {install(EXTRA)}") from error
    return cv2


def grey_of(picture: Picture, height: int, width: int) -> NDArray[np.uint8]:
    """What motion is seen by: the lightness of a picture (height, width)."""
    rgb, _ = picture.resampled(height, width)
    return np.rint(rgb @ np.array([0.299, 0.587, 0.114], f4) * 255).clip(0, 255).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Motion:
    """The way from one frame to the next.

    forth, back: (H, W, 2) float32, by how many pixels (x, y) each pixel of the frame before moves, and from where each
    of the present one came. A canvas unit is the longer of the two sides.
    """

    forth: NDArray[np.float32]
    back: NDArray[np.float32]

    @classmethod
    def between(cls, before: NDArray[np.uint8], now: NDArray[np.uint8], threads: int | None = None) -> Motion:
        """From two frames in grey (H, W). The same for any number of threads."""
        cv2 = tools()
        many = cv2.getNumThreads()
        cv2.setNumThreads(1)  # it divides a picture by its threads, and what it finds depends on that
        try:
            forth, back = on_all(lambda pair: _dis(cv2).calc(*pair, None), [(before, now), (now, before)], threads)
        finally:
            cv2.setNumThreads(many)
        return cls(np.ascontiguousarray(forth, f4), np.ascontiguousarray(back, f4))

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.forth.shape[0], self.forth.shape[1]

    @property
    def scale(self) -> int:
        """Pixels per canvas unit."""
        return max(self.size)

    def moves(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """By how much the points (N, 2) of the frame before move, canvas units."""
        return np.asarray(self._sampled(self.forth, points) / f4(self.scale), f4)

    def disagreement(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """How far from each point (N, 2) of the frame before one ends up who goes there and back, pixels (N,)."""
        there = self._sampled(self.forth, points)
        home = there + self._sampled(self.back, points + there / f4(self.scale))
        return np.hypot(home[:, 0], home[:, 1])

    @cached_property
    def sources(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where each pixel of the present frame was before: its column and its row, (H, W) each."""
        rows, columns = np.mgrid[: self.size[0], : self.size[1]].astype(f4)
        return columns + self.back[..., 0], rows + self.back[..., 1]

    @cached_property
    def is_new(self) -> NDArray[np.bool_]:
        """What was not to be seen in the frame before (H, W): outside of it, or hidden."""
        x, y = self.sources
        height, width = self.size
        cv2 = tools()
        forth = cv2.remap(self.forth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        home = forth + self.back
        outside = (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)
        return outside | (np.hypot(home[..., 0], home[..., 1]) > UNSURE)

    @cached_property
    def new(self) -> NDArray[np.float32]:
        """The same 0..1 (H, W), grown, with soft borders."""
        cv2 = tools()
        grown = cv2.dilate(self.is_new.astype(np.uint8), np.ones((GROWN, GROWN), np.uint8)).astype(f4)
        return cv2.GaussianBlur(grown, (0, 0), SOFTENED).clip(0, 1)

    @cached_property
    def stretch(self) -> NDArray[np.float32]:
        """By how much areas grow on their way to each pixel of the present frame (H, W); 1 where that is not known."""
        cv2 = tools()
        bx, by = self.back[..., 0], self.back[..., 1]
        (xy, xx), (yy, yx) = (np.gradient(plane) if min(self.size) > 1 else (plane * 0,) * 2 for plane in (bx, by))
        known = (~self.is_new).astype(f4)
        width = _STEADY * self.scale
        shrunk = (1 + xx) * (1 + yy) - xy * yx - 1  # determinant of the way back, less one
        shrunk = np.where(np.abs(shrunk) < 0.5, shrunk, 0).astype(f4) * known
        mean = cv2.GaussianBlur(shrunk, (0, 0), width) / np.maximum(cv2.GaussianBlur(known, (0, 0), width), 1e-2)
        return (1 / (1 + mean)).clip(_MOST_STRETCH**-2, _MOST_STRETCH**2)

    def stretches(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """By how much lengths grow at points (N, 2) of the present frame."""
        return np.sqrt(self._sampled(self.stretch[..., None], points)[:, 0])

    def warped(self, plane: NDArray[Any]) -> NDArray[Any]:
        """A picture (H, W) or (H, W, k) of the frame before as it would be now; at the border the outermost goes on."""
        cv2 = tools()
        return cv2.remap(plane, *self.sources, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def _sampled(self, plane: NDArray[np.float32], points: NDArray[np.floating]) -> NDArray[np.float32]:
        """A plane (H, W, k) at points (N, 2) in canvas units, interpolated; beyond the border as there."""
        height, width = self.size
        x = (points[:, 0] * self.scale - 0.5).clip(0, width - 1)
        y = (points[:, 1] * self.scale - 0.5).clip(0, height - 1)
        column, row = x.astype(np.intp).clip(0, max(width - 2, 0)), y.astype(np.intp).clip(0, max(height - 2, 0))
        right, below = np.minimum(column + 1, width - 1), np.minimum(row + 1, height - 1)
        u, v = (x - column)[:, None].astype(f4), (y - row)[:, None].astype(f4)
        upper = plane[row, column] * (1 - u) + plane[row, right] * u
        lower = plane[below, column] * (1 - u) + plane[below, right] * u
        return np.asarray(upper * (1 - v) + lower * v, f4)


def _dis(cv2: Any) -> Any:
    """Down to whole pixels, which halves what a flow of parts of pixels is off by: half of all flicker came of it."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    return dis
