"""The regions a painting was painted by: what each is called, how it was painted, and where its paint shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.crops import Crop
from impasto.engine.parallel import in_parts, on_all
from impasto.protocol.limits import LARGEST_MASK_SIDE, MOST_REGIONS

LARGEST_MASK_BYTES = 1 << 28  # of all masks together
NO_LABEL = 255  # of a pixel about which labels say nothing
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
    labels: uint8 (H, W) of a finer size, up to 4096 pixels a side: which region each pixel is of as the photo's own
    edges tell, or `NO_LABEL`, where borders are soft; None if there are none. At larger sizes than the masks' hard
    borders run where they do. layers: uint8 (K, h, w), what masks were made of, the last `fronts` of them laid over
    the others by repaints; None if there were none. What is in front has a border of its own: none behind it moves.

    The paint of a region is composed by itself, cut by its share, and laid over the regions behind it. With the share
    β_k = m_k / Σ_{j≤k} m_j the regions are then seen in proportion to their masks m, without a gap or a halo: this is
    the paper's α_k (section 3.2 of arXiv 2311.14271), taken once per region rather than once per stroke, since under
    ten half-transparent strokes a soft border would be hard. Only regions of strict edges are cut.

    Raises ImpastoError for masks or names that are not as said here.
    """

    masks: NDArray[np.uint8]
    infos: tuple[RegionInfo, ...]
    labels: NDArray[np.uint8] | None = None
    layers: NDArray[np.uint8] | None = None
    fronts: int = 0

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
        if self.layers is not None or self.fronts:
            self._check_layers(self.layers)
        if self.labels is not None:
            self._check_labels(self.labels)

    def _check_layers(self, layers: Any) -> None:
        shape = self.masks.shape
        if not (isinstance(layers, np.ndarray) and layers.dtype == np.uint8 and layers.shape == shape):
            raise ImpastoError("the layers of the painting's region masks are not a uint8 array of their size")
        if not 0 < self.fronts < len(self):
            raise ImpastoError(f"of {len(self)} regions of the painting {self.fronts} cannot be repaints of the others")
        masks = layers[: -self.fronts]
        for front in layers[-self.fronts :]:
            masks = _with_front(masks, front)
        whole = (layers[: -self.fronts].sum(0, dtype=np.uint32) == 255).all()
        if not (whole and np.array_equal(masks, self.masks)):
            raise ImpastoError("the layers of the painting's region masks do not make up its masks")

    def _check_labels(self, labels: Any) -> None:
        if not (isinstance(labels, np.ndarray) and labels.dtype == np.uint8 and labels.ndim == 2):
            raise ImpastoError("the borders of the painting's regions are not a uint8 (H, W) array")
        if max(labels.shape) > LARGEST_MASK_SIDE or not _is_larger(labels.shape, self.masks.shape[1:]):
            raise ImpastoError(
                f"the borders of the painting's regions are of {labels.shape[1]} x {labels.shape[0]} pixels, "
                f"not of more than the masks have and at most {LARGEST_MASK_SIDE}"
            )
        if labels.max(where=labels != NO_LABEL, initial=0) >= len(self) - self.fronts:
            raise ImpastoError("the borders of the painting's regions name a region that is not there")

    @classmethod
    def of_arrays(
        cls, masks: NDArray[Any], infos: tuple[RegionInfo, ...], arrays: dict[str, NDArray[Any]]
    ) -> RegionMasks:
        """Regions of their masks and of what `arrays` gave. Raises ImpastoError for what it cannot have given."""
        layers, fronts = arrays.get("layers"), arrays.get("fronts", np.zeros(1, np.uint8))
        if fronts.dtype != np.uint8 or fronts.shape != (1,):
            raise ImpastoError("it does not say how many of the painting's regions are repaints")
        return cls(masks, infos, arrays.get("labels"), layers, int(fronts[0]))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that is to be kept besides the masks, which older programs know."""
        found = {} if self.labels is None else {"labels": self.labels}
        if self.layers is not None:
            found |= {"layers": self.layers, "fronts": np.array([self.fronts], np.uint8)}
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, back to front."""
        return tuple(area.name for area in self.infos)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.infos)

    def resized(self, height: int, width: int, threads: int | None = None) -> list[Crop]:
        """Each mask at another size, cut down to where it may not be zero: averaged if that is smaller.

        If it is larger, borders are lines of one pixel; where labels say so, those of the photo. What is soft is
        interpolated. They sum to 255 then.
        """
        tall, wide = self.masks.shape[1:]
        if height <= tall and width <= wide:
            return on_all(lambda mask: Crop.resized(mask, height, width), list(self.masks), threads)
        from impasto.engine.painting.borders import Borders  # kernels

        if self.layers is None:
            return Borders(self.masks, threads).spread(height, width, self.labels, threads)
        behind, fronts = self.layers[: -self.fronts], self.layers[-self.fronts :]
        return Borders(behind, threads).spread_under(fronts, height, width, self.labels, threads)

    def at(self, height: int, width: int) -> RegionMasks:
        """The same regions with masks of another size, labels only if they are finer still."""
        count = len(self) - self.fronts
        back = self if self.layers is None else RegionMasks(self.layers[:count], self.infos[:count], self.labels)
        masks = np.stack([crop.on(height, width) for crop in back.resized(height, width)])
        total = np.maximum(masks.sum(0, dtype=np.uint32), 1)
        masks = running_parts(masks, lambda sums: (sums * 255 + total // 2) // total)
        finer = self.labels is not None and _is_larger(self.labels.shape, (height, width))
        made = RegionMasks(masks, back.infos, self.labels if finer else None)
        for k in range(count, len(self)):
            two = RegionMasks(np.stack([255 - self.layer(k), self.layer(k)]), (self.infos[0], self.infos[k]))
            made = made.with_repaint(two.resized(height, width)[1].on(height, width), self.infos[k])
        return made

    def layer(self, k: int) -> NDArray[np.uint8]:
        """A region's mask (h, w) before repaints were laid over it; a repaint's as it was given."""
        return self.masks[k] if self.layers is None else self.layers[k]

    def refined(self, rgb: NDArray[np.uint8], threads: int | None = None) -> RegionMasks:
        """The same regions with borders along the edges of the photo (height, width, 3) uint8, if it is any finer."""
        from impasto.engine.painting.refining import refined_labels  # kernels

        if self.labels is not None or self.layers is not None:
            return self
        return replace(self, labels=refined_labels(self.masks, rgb, threads))

    def with_repaint(self, mask: NDArray[np.uint8], area: RegionInfo) -> RegionMasks:
        """These regions, and in front of them one more that has its `mask`'s share (h, w) of every pixel.

        Where the mask is 0 nothing changes. Raises ImpastoError if its size is not that of the masks.
        """
        if mask.shape != self.masks.shape[1:]:
            raise ImpastoError(f"a mask {mask.shape} cannot be laid over masks {self.masks.shape[1:]}; resize it")
        layers = np.concatenate([self.masks if self.layers is None else self.layers, mask[None]])
        return RegionMasks(
            _with_front(self.masks, mask), (*self.infos, area), self.labels, layers, self.fronts + 1
        )  # fmt: skip


def _with_front(masks: NDArray[np.uint8], front: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Masks (K, h, w) with one more (h, w) laid over them."""
    behind, crop = masks.copy(), Crop.of(front)
    rows, columns = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
    left = 255 - crop.pixels.astype(np.uint32)
    behind[:, rows, columns] = running_parts(masks[:, rows, columns], lambda total: (total * left + 127) // 255)
    return np.concatenate([behind, front[None]])


def _is_larger(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return shape[0] > other[0] and shape[1] > other[1]


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
