"""Which pigments make a colour: non-negative least squares, of many strokes at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.compiling import kernel

f4 = np.float32
SPARSE = f4(0.06)  # what it costs to use pigments at all, so that few make a colour
SWEEPS = 60


def amounts_of(absorbance: NDArray[Any], pigments: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of each pigment (J, 3) makes the absorbances (N, 3) best: (N, J), none negative, most of them 0."""
    absorbance = np.require(absorbance, f4, ["C", "W"])
    amounts = np.zeros((len(absorbance), len(pigments)), f4)
    mix(absorbance, np.require(pigments, f4, ["C", "W"]), amounts)
    return amounts


@kernel
def mix(wanted, pigments, amounts):
    """Coordinate descent, a fixed number of sweeps from amounts (N, J): a row's bits do not depend on the others."""
    for n in range(wanted.shape[0]):
        left0, left1, left2, total = wanted[n, 0], wanted[n, 1], wanted[n, 2], f4(0)
        for j in range(pigments.shape[0]):
            left0 -= amounts[n, j] * pigments[j, 0]
            left1 -= amounts[n, j] * pigments[j, 1]
            left2 -= amounts[n, j] * pigments[j, 2]
            total += amounts[n, j]
        for _ in range(SWEEPS):
            for j in range(pigments.shape[0]):
                p0, p1, p2 = pigments[j, 0], pigments[j, 1], pigments[j, 2]
                square = p0 * p0 + p1 * p1 + p2 * p2 + SPARSE * SPARSE
                old = amounts[n, j]
                rise = left0 * p0 + left1 * p1 + left2 * p2 - SPARSE * SPARSE * total
                new = max(old + rise / square, f4(0))
                amounts[n, j] = new
                left0 -= (new - old) * p0
                left1 -= (new - old) * p1
                left2 -= (new - old) * p2
                total += new - old
