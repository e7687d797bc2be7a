"""What the kernels look up and no step changes: the regions' tiles, and which lattice's turn it is.

Either is there P times where P lattices of a canvas take turns, and the device finds the present one by itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto.engine.raster.lattice import Lattice
from impasto.engine.raster.region_tiles import RegionTiles

f4 = np.float32
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"


def home() -> torch.device:
    """Where the kernels' data lies."""
    return torch.device("cpu" if INTERPRETED else "cuda")


def tensor(array: np.ndarray, dtype: Any = f4) -> Tensor:
    """A copy of the array on the device."""
    return torch.from_numpy(np.array(array, dtype, order="C")).to(home())


@dataclass(frozen=True)
class Turns:
    """Which of P lattices the canvas is at each turn; tensors on the device.

    now (1,) int32, the present turn; phases (turns,) int32 in 0..P-1; shifts (P, 2) float32, see `Lattice.shift`.
    """

    now: Tensor
    phases: Tensor
    shifts: Tensor

    @classmethod
    def of(cls, lattices: Sequence[Lattice], count: int) -> Turns:
        """Room for `count` turns, all of them at the first lattice."""
        now, phases = (torch.zeros(n, dtype=torch.int32, device=home()) for n in (1, count))
        return cls(now, phases, tensor(np.array([lattice.shift for lattice in lattices])))


@dataclass(frozen=True)
class Placed:
    """RegionTiles of P lattices that all have the same tiles; tensors on the device.

    tile_of (K, places) and place (T,) int32; weight and spill (P, T, TILE_PX) float32, or what is never looked at;
    spilling: is there a price for what spills? strips: how many programs paint the T tiles.
    """

    tile_of: Tensor
    place: Tensor
    weight: Tensor
    spill: Tensor
    spilling: bool
    strips: int

    @classmethod
    def of(cls, region_tiles: Sequence[RegionTiles], parts: int) -> Placed:
        """parts: strips of a tile. Raises ValueError for lattices that have not the same tiles."""
        first = region_tiles[0]
        for name in ("tile_of", "place"):
            if not all(np.array_equal(getattr(first, name), getattr(tiles, name)) for tiles in region_tiles):
                raise ValueError("lattices that take turns have the same tiles at the same places")
        weight, spill = (np.stack([getattr(tiles, name) for tiles in region_tiles]) for name in ("weight", "spill"))
        spilling = spill.shape == weight.shape and spill.shape[1] == len(first.place)
        return cls(
            tensor(first.tile_of, np.int32), tensor(first.place, np.int32), tensor(weight), tensor(spill), spilling,
            len(first.place) * parts,
        )  # fmt: skip
