"""Strokes carried along the flow: each of a curve's points goes where the picture under it goes, and grows with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.engine.motion.flow import Motion
from impasto.engine.painting.strokes import R0, R2, Y2, middles

f4 = np.float32
MARGIN = 1.0  # canvas units by which a stroke on its way out may leave the canvas
_ODD = 0.5  # of its radius, and
_ODD_BESIDES = 2.0  # pixels: an end that moves by so much otherwise than the middle lies on something else
_LOST = 3.0  # pixels by which there and back disagree at a stroke's middle that was hidden
_STEADY = 0.002  # of a length; where the picture stretches by less from one frame to the next, sizes stay


@dataclass(frozen=True, eq=False)
class Carried:
    """Strokes where the flow has taken them.

    table: (N, 13); away: (N,), which have left the canvas whole; lost: (N,), of which the flow is not sure.
    """

    table: NDArray[np.float32]
    away: NDArray[np.bool_]
    lost: NDArray[np.bool_]


def carried(table: NDArray[np.float32], flow: Motion, smallest: float, largest: float) -> Carried:
    """A stroke table (N, 13) of the frame before, carried along; smallest, largest: radii, canvas units."""
    moved, before = table.copy(), middles(table)
    whole = flow.moves(before)
    radius = table[:, R0 : R2 + 1].max(1, initial=0)
    reach = _ODD * radius + f4(_ODD_BESIDES / flow.scale)
    for k in (0, 2, 4):
        own = flow.moves(table[:, k : k + 2])
        odd = np.hypot(*(own - whole).T) > reach
        moved[:, k : k + 2] += np.where(odd[:, None], whole, own)
    after = middles(moved)
    grown = flow.stretches(after)
    grown[np.abs(grown - 1) < _STEADY] = 1
    moved[:, R0 : R2 + 1] = (moved[:, R0 : R2 + 1] * grown[:, None]).clip(smallest, largest)
    height, width = (side / flow.scale for side in flow.size)
    r = radius * grown
    away = np.zeros(len(table), bool)
    for k, side in ((0, width), (1, height)):
        ends = moved[:, k : Y2 + 1 : 2]
        away |= (ends.max(1) < -r) | (ends.min(1) > side + r)
    moved[:, : Y2 + 1] = moved[:, : Y2 + 1].clip(-MARGIN, 1 + MARGIN)
    return Carried(moved, away, flow.disagreement(before) > _LOST)
