"""A picture in memory, and what it looks like at other sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

Box = tuple[float, float, float, float]  # left, upper, right, lower in source pixels, as in Pillow
USUAL = 128  # of a detail map: what is as usual
_BAND = 64  # rows that are made at a time: of all there would have to be copies
REDUCED = 1024  # longer side, pixels, at least, of a picture in fewer of them


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in memory: 8-bit sRGB (height, width, 3), and straight (not premultiplied) alpha."""

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    """(height, width) uint8, 0 = see-through; None = opaque everywhere."""
    detail: np.ndarray | None = None
    """(h, w) uint8, spread over it: how finely each part is to be painted, `USUAL` (and None) as usual."""
    flow: np.ndarray | None = None
    """(3, h, w) uint8, spread over it: where strokes are to go, as `engine.painter.drawn_flow` has it."""

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.rgb.shape[0]

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.rgb.shape[1]

    def resampled(self, height: int, width: int, box: Box | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return rgb (height, width, 3) and alpha (height, width), float32 in 0..1, of all or of `box`.

        Lanczos, with colours weighted by alpha so that those of see-through pixels do not bleed; where the
        result is see-through, its colour is the plain average. At its own size a picture comes back exactly.
        Raises ValueError for a box that is empty or leaves the picture.
        """
        opaque = np.ones((height, width), np.float32)
        if box is None and (height, width) == self.rgb.shape[:2]:
            return _unit(self.rgb), opaque if self.alpha is None else _unit(self.alpha)
        rows, columns, box = _seen(self.rgb.shape, height, width, box or (0, 0, self.width, self.height))
        rgb = self.rgb[rows, columns]
        result = _unit(_resized(rgb, height, width, box))
        if self.alpha is None:
            return result, opaque
        # 16 bits, a channel at a time: fine enough to divide by a faint alpha, and far smaller than floats.
        # Half of their range is left free, as Lanczos overshoots at edges.
        alpha = self.alpha[rows, columns].astype(np.uint16)
        weight = _resized(alpha * 128, height, width, box) / np.float32(128)
        for channel in range(3):
            light = _resized(rgb[..., channel] * alpha // 2, height, width, box) / np.float32(255 / 2)
            np.divide(light, weight, out=result[..., channel], where=weight > 0.5)
        return result.clip(0, 1), (weight / 255).clip(0, 1)

    @cached_property
    def reduced(self) -> Picture:
        """Its colours and alpha in as few pixels as canvases of up to half of `REDUCED` need; itself if it has no more.

        Every so many pixels each way are averaged to one, as many as `reduction` says, at its right and lower edges
        perhaps fewer. Made once: a large photo takes as long as one canvas made of it.
        """
        by = self.reduction
        if by == 1:
            return self
        bands = [slice(top, top + by * _BAND) for top in range(0, self.height, by * _BAND)]
        if self.alpha is None:
            return Picture(np.concatenate([np.asarray(Image.fromarray(self.rgb[band]).reduce(by)) for band in bands]))
        found = [_averaged(self.rgb[band], self.alpha[band], by) for band in bands]
        return Picture(*(np.concatenate(planes) for planes in zip(*found, strict=True)))

    @property
    def reduction(self) -> int:
        """How many of its pixels, each way, `reduced` has averaged to one."""
        return max(1, max(self.height, self.width) // REDUCED)


def _unit(pixels: np.ndarray) -> np.ndarray:
    return np.divide(pixels, 255, dtype=np.float32)


def _averaged(rgb: np.ndarray, alpha: np.ndarray, by: int) -> tuple[np.ndarray, np.ndarray]:
    """Colours (h, w, 3) weighted with alpha (h, w), and alpha, of `by` pixels each way."""

    def mean(plane: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(plane).reduce(by))

    small, weight = np.array(mean(rgb)), mean(alpha.astype(np.float32))
    for channel in range(3):
        light = mean(np.multiply(rgb[..., channel], alpha, dtype=np.float32))
        np.divide(light + weight / 2, weight, out=small[..., channel], where=weight > 0.5, casting="unsafe")
    return small, np.rint(weight).astype(np.uint8)


def _resized(pixels: np.ndarray, height: int, width: int, box: Box) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS, box))


def _seen(shape: tuple[int, ...], height: int, width: int, box: Box) -> tuple[slice, slice, Box]:
    """Return the rows and columns Lanczos needs for `box`, and `box` in them, so small ones cost little."""
    left, upper, right, lower = (round(edge, 3) for edge in box)  # 640.0000001 is no reason to fail
    if not (left < right and upper < lower):
        raise ValueError(f"the box {box} is empty")
    rows, columns = _reach(upper, lower, height, shape[0]), _reach(left, right, width, shape[1])
    x, y = columns.start, rows.start
    return rows, columns, (left - x, upper - y, right - x, lower - y)


def _reach(first: float, last: float, count: int, size: int) -> slice:
    margin = 3 * max(1, (last - first) / count) + 1  # Lanczos has three lobes
    return slice(max(0, math.floor(first - margin)), min(size, math.ceil(last + margin)))
