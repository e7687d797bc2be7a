"""Region tiles: several regions share a canvas without seeing each other, so that one sweep optimises all of them.

A stroke belongs to one region and is only laid on that region's tiles. A region has tiles where its pixels matter, so K
regions that share a canvas cost little more than the canvas: a tile on a border is painted once for each side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from impasto.engine.raster.lattice import Lattice
from impasto.engine.raster.layout import TILE_H, TILE_PX, TILE_W
from impasto.engine.shapes import AnyPlane

f4 = np.float32
NONE = np.zeros((1, 1), f4)


@dataclass(frozen=True, eq=False)
class RegionTiles:
    """The tiles of K regions on a canvas, T of them in all.

    tile_of: (K, places) int32, the number of each region's tile at each place, counted row by row; -1 where it has
    none; place: (T,) int32, the way back; weight: (T, TILE_PX) float32 of the loss at each pixel, or `NONE`; spill:
    (T, TILE_PX) float32, what it costs to cover a pixel with paint, whatever its colour, or `NONE`.
    """

    tile_of: np.ndarray
    place: np.ndarray
    weight: np.ndarray
    spill: np.ndarray

    @classmethod
    def whole(cls, height: int, width: int) -> RegionTiles:
        """One region that has every tile, for sweeps without a loss."""
        places = _down(height) * _across(width)
        return cls(np.arange(places, dtype=np.int32)[None], np.arange(places, dtype=np.int32), NONE, NONE)

    @classmethod
    def of(cls, weights: Iterable[np.ndarray], spills: Iterable[np.ndarray] | None = None) -> RegionTiles:
        """One region for each plane of weights (H, W) ≥ 0, with tiles where it, or its plane of spills, is not 0."""
        tile_of, places, kept, spilt = [], [], [], []
        begun = 0
        planes = ((w, None) for w in weights) if spills is None else zip(weights, spills, strict=True)
        for weight, spill in planes:
            tiles = cut(weight)
            mattering = tiles.any(1)
            if spill is not None:
                spill_tiles = cut(spill)
                mattering |= spill_tiles.any(1)
                spilt.append(spill_tiles[mattering])
            found = np.flatnonzero(mattering)
            numbers = np.full(len(tiles), -1, np.int32)
            numbers[found] = np.arange(begun, begun + len(found), dtype=np.int32)
            begun += len(found)
            tile_of.append(numbers)
            places.append(found.astype(np.int32))
            kept.append(tiles[mattering])
        return cls(
            np.stack(tile_of), np.concatenate(places), np.concatenate(kept),
            np.concatenate(spilt) if spilt else NONE,
        )  # fmt: skip

    @classmethod
    def on_lattices(
        cls, lattices: Sequence[Lattice], weights: Sequence[np.ndarray], spills: Sequence[np.ndarray] | None = None
    ) -> tuple[RegionTiles, ...]:
        """What `of` makes of each lattice's part of the planes (H, W); all of them have the same tiles."""
        shape = lattices[0].size(*weights[0].shape)
        every = [np.zeros(shape, bool) for _ in weights]
        for plane in (weights, spills or ()):
            for shown, each in zip(every, plane, strict=False):
                for lattice in lattices:
                    shown |= lattice.of(each) > 0
        whole = cls.of([shown.astype(f4) for shown in every])

        def tiles_of(lattice: Lattice, planes: Sequence[np.ndarray]) -> np.ndarray:
            numbers = (own[own >= 0] for own in whole.tile_of)
            found = zip(planes, numbers, strict=True)
            return np.concatenate([cut(lattice.of(plane))[whole.place[own]] for plane, own in found])

        return tuple(
            cls(
                whole.tile_of, whole.place, tiles_of(lattice, weights),
                NONE if spills is None else tiles_of(lattice, spills),
            )
            for lattice in lattices
        )  # fmt: skip

    def only(self, k: int) -> RegionTiles:
        """The k-th region as if there were no others."""
        places = np.flatnonzero(self.tile_of[k] >= 0)
        numbers = self.tile_of[k, places]
        tile_of = np.full((1, self.tile_of.shape[1]), -1, np.int32)
        tile_of[0, places] = np.arange(len(places), dtype=np.int32)
        return RegionTiles(
            tile_of, self.place[numbers], *(own if own is NONE else own[numbers] for own in self._pixels)
        )

    def planes(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        """The weight and the cost of spilling, as planes (height, width) float32, of the only region there is."""
        places = self.tile_of.shape[1]
        whole = np.zeros((2, places, int(TILE_PX)), f4)
        for plane, own in zip(whole, self._pixels, strict=True):
            plane[self.place] = own if own is not NONE else 0
        down, across = _down(height), _across(width)
        plane = whole.reshape(2, down, across, TILE_H, TILE_W).transpose(0, 1, 3, 2, 4)
        weight, spill = plane.reshape(2, down * TILE_H, across * TILE_W)[:, :height, :width]
        return np.ascontiguousarray(weight), np.ascontiguousarray(spill)

    @property
    def _pixels(self) -> tuple[np.ndarray, np.ndarray]:
        return self.weight, self.spill


def cut(plane: AnyPlane) -> np.ndarray:
    """The tiles (places, TILE_PX) of a plane (H, W), filled up with zeros."""
    height, width = plane.shape
    down, across = _down(height), _across(width)
    padded = np.zeros((down * TILE_H, across * TILE_W), f4)
    padded[:height, :width] = plane
    return np.ascontiguousarray(
        padded.reshape(down, TILE_H, across, TILE_W).transpose(0, 2, 1, 3).reshape(-1, int(TILE_PX))
    )


def _down(height: int) -> int:
    return -(-height // TILE_H)


def _across(width: int) -> int:
    return -(-width // TILE_W)
