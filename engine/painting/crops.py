"""The part of a plane that is not zero."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impasto.engine.pictures.resize import resized


@dataclass(frozen=True, eq=False)
class Crop:
    """The part of a plane (H, W) that is not zero: pixels from (top, left) on; empty if there is none."""

    top: int
    left: int
    pixels: np.ndarray

    @classmethod
    def of(cls, plane: np.ndarray) -> Crop:
        """The smallest crop of a plane."""
        rows, columns = np.flatnonzero(plane.any(1)), np.flatnonzero(plane.any(0))
        if len(rows) == 0:
            return cls(0, 0, plane[:0, :0].copy())
        top, left = int(rows[0]), int(columns[0])
        return cls(top, left, plane[top : rows[-1] + 1, left : columns[-1] + 1].copy())

    @classmethod
    def resized(cls, plane: np.ndarray, height: int, width: int) -> Crop:
        """The smallest crop of a plane (h, w) uint8 at another size; what is zero there is not even resized."""
        crop, (tall, wide) = cls.of(plane), plane.shape
        if (tall, wide) == (height, width) or crop.pixels.size == 0:
            return crop
        top, bottom = _reached(crop.top, crop.bottom, tall, height)
        left, right = _reached(crop.left, crop.right, wide, width)
        box = left * wide / width, top * tall / height, right * wide / width, bottom * tall / height
        found = cls.of(resized(plane, bottom - top, right - left, box))
        return replace(found, top=found.top + top, left=found.left + left)

    def on(self, height: int, width: int) -> np.ndarray:
        """The whole plane again, of its height and width."""
        plane = np.zeros((height, width), self.pixels.dtype)
        plane[self.top : self.bottom, self.left : self.right] = self.pixels
        return plane

    @property
    def bottom(self) -> int:
        """The row below."""
        return self.top + self.pixels.shape[0]

    @property
    def right(self) -> int:
        """The column to the right."""
        return self.left + self.pixels.shape[1]

    def rows(self, top: int, bottom: int) -> Crop:
        """What of it lies in the rows top..bottom."""
        a = min(max(top, self.top), self.bottom)
        b = min(max(bottom, a), self.bottom)
        return replace(self, top=a, pixels=self.pixels[a - self.top : b - self.top])


def _reached(first: int, last: int, length: int, new: int) -> tuple[int, int]:
    """From where to where what lies at first..last of `length` can reach once this is `new`, if interpolated."""
    step = length / new
    reach = max(1.0, step) + 1
    return max(0, int((first - reach) / step)), min(new, int((last + reach) / step) + 1)
