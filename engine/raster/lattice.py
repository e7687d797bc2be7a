"""A lattice: every so-many-th pixel of a canvas, which stands for all of it.

Strokes are analytic, so that any set of pixels can be painted without the others. With another phase at each step of a
descent, the lattices of a canvas show all of its pixels in turn, for the price of one of them at a time.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lattice:
    """The pixels of a canvas in rows row, row + stride, … and columns column, column + stride, …

    stride: pixels, 1 for all of them; row, column: the phase, 0..stride - 1.
    """

    stride: int = 1
    row: int = 0
    column: int = 0

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns that the largest of the stride² lattices of a canvas has."""
        return -(-height // self.stride), -(-width // self.stride)

    def of(self, planes: np.ndarray) -> np.ndarray:
        """These pixels of planes (..., H, W) as (..., h, w) of `size`; beyond the canvas they are 0."""
        height, width = self.size(*planes.shape[-2:])
        found = planes[..., self.row :: self.stride, self.column :: self.stride]
        rest = [(0, 0)] * (planes.ndim - 2) + [(0, height - found.shape[-2]), (0, width - found.shape[-1])]
        return np.ascontiguousarray(np.pad(found, rest) if any(after for _, after in rest) else found)

    @property
    def shift(self) -> tuple[float, float]:
        """By how much x and y, in the lattice's own pixels, differ from the canvas's x and y over the stride."""
        return 0.5 - (self.column + 0.5) / self.stride, 0.5 - (self.row + 0.5) / self.stride


WHOLE = Lattice()
