"""The regions a painting was painted by: what each is called, how it was painted, and where its paint shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from impasto.engine.errors import ImpastoError
from impasto.engine.parallel import in_parts, on_all
from impasto.engine.pictures.resize import resized
from impasto.protocol.limits import LARGEST_MASK_SIDE, MOST_REGIONS

LARGEST_MASK_BYTES = 1 << 28  # of all masks together
_ROWS = 256  # of masks that one thread rounds

Edges = Literal["strict", "filter", "loose"]


class RegionInfo(BaseModel):
    """A region of a painting besides where it is. style {}: the painting's own."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=60)
    kind: Literal["thing", "stuff", "user", "rest"] = "user"
    edges: Edges = "strict"
    softness: float = Field(gt=0, le=0.2)
    edge: float = Field(ge=0, le=2)
    style: dict[str, Any] = Field(default={})

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not name.isprintable() or name != name.strip() or set(name) & set(":=,;/\\"):
            raise ValueError("it is no name for a region")
        return name


@dataclass(frozen=True, eq=False)
class RegionMasks:
    """K regions that share the canvas between them, back to front.

    masks: uint8 (K, h, w), spread over the whole canvas whatever their own size; at every pixel they sum to 255.

    The paint of a region is composed by itself, cut by its share, and laid over the regions behind it. With the share
    β_k = m_k / Σ_{j≤k} m_j the regions are then seen in proportion to their masks m, without a gap or a halo: this is
    the paper's α_k (section 3.2 of arXiv 2311.14271), taken once per region rather than once per stroke, since under
    ten half-transparent strokes a soft border would be hard. Only regions of strict edges are cut.

    Raises ImpastoError for masks or names that are not as said here.
    """

    masks: NDArray[np.uint8]
    infos: tuple[RegionInfo, ...]

    def __post_init__(self) -> None:
        """Refuse what is not as promised."""
        masks = self.masks
        if not (isinstance(masks, np.ndarray) and masks.dtype == np.uint8 and masks.ndim == 3 and 0 not in masks.shape):
            raise ImpastoError("the painting's region masks are not a uint8 (K, h, w) array")
        if len(masks) > MOST_REGIONS or max(masks.shape[1:]) > LARGEST_MASK_SIDE or masks.size > LARGEST_MASK_BYTES:
            raise ImpastoError(
                f"the painting's region masks {masks.shape} are too many or too large; "
                f"keep at most {MOST_REGIONS}, of {LARGEST_MASK_SIDE} pixels a side, "
                f"{LARGEST_MASK_BYTES >> 20} MB together"
            )
        if len(self.infos) != len(masks) or len(set(self.names)) != len(masks):
            raise ImpastoError("the painting's regions do not have a mask and a name of its own each")
        if (masks.sum(0, dtype=np.uint32) != 255).any():
            raise ImpastoError("the painting's region masks do not sum to 255 everywhere")

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, back to front."""
        return tuple(area.name for area in self.infos)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.infos)

    def resized(self, height: int, width: int, threads: int | None = None) -> list[Crop]:
        """Each mask at another size, bilinear, cut down to where it is not zero."""
        return on_all(lambda mask: Crop.resized(mask, height, width), list(self.masks), threads)

    def with_repaint(self, mask: NDArray[np.uint8], area: RegionInfo) -> RegionMasks:
        """These regions, and in front of them one more that has its `mask`'s share (h, w) of every pixel.

        Where the mask is 0 nothing changes. Raises ImpastoError if its size is not that of the masks.
        """
        if mask.shape != self.masks.shape[1:]:
            raise ImpastoError(f"a mask {mask.shape} cannot be laid over masks {self.masks.shape[1:]}; resize it")
        left = 255 - mask.astype(np.uint32)
        behind = running_parts(self.masks, lambda total: (total * left + 127) // 255)
        return RegionMasks(np.concatenate([behind, mask[None]]), (*self.infos, area))


def running_parts(masks: np.ndarray, rounded: Callable[[np.ndarray], np.ndarray]) -> NDArray[np.uint8]:
    """Whole parts (K, h, w) of masks, whose sum, 0..255, is rounded: running sums are rounded, not the parts."""
    parts = np.empty(masks.shape, np.uint8)
    total = np.zeros(masks.shape[1:], np.float64 if masks.dtype.kind == "f" else np.uint32)
    before = np.zeros(masks.shape[1:], np.uint8)
    for part, mask in zip(parts, masks, strict=True):
        total += mask
        now = rounded(total).astype(np.uint8)
        np.subtract(now, before, out=part)
        before = now
    return parts


def quantised(masks: np.ndarray) -> NDArray[np.uint8]:
    """Masks (K, h, w) in 0..1 that sum to one, in 8 bits, and now they sum to exactly 255."""
    whole = np.empty(masks.shape, np.uint8)

    def divide(rows: slice) -> None:
        whole[:, rows] = running_parts(masks[:, rows], lambda total: np.rint(total.clip(0, 1) * 255))

    in_parts(masks.shape[1], _ROWS, divide)
    whole[int(masks.mean((1, 2)).argmax())] += 255 - whole.sum(0, dtype=np.uint8)  # sums that are one but for rounding
    return whole


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
