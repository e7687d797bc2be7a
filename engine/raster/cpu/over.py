"""Finished layers laid over one another, in one walk over their pixels."""

from __future__ import annotations

import numpy as np

from impasto.engine.compiling import kernel
from impasto.engine.parallel import in_parts
from impasto.engine.shapes import Plane, Rgba

_ROWS = 64  # that a thread works on at a time


@kernel
def _lay_cut(canvas, layer, share):
    for y in range(canvas.shape[0]):
        for x in range(canvas.shape[1]):
            part = share[y, x]
            if part > np.float32(0):
                clear = np.float32(1) - layer[y, x, 3] * part
                for c in range(4):
                    canvas[y, x, c] = canvas[y, x, c] * clear + layer[y, x, c] * part


def lay_over(
    canvas: Rgba, layer: Rgba, share: Plane | None, threads: int | None = None
) -> None:  # fmt: skip
    """Lay a layer (h, w, 4) over a canvas of its size, in place: both float32, premultiplied.

    share: (h, w) float32 in 0..1, how much of the layer each pixel takes (the paper's β); None for all of it.
    threads: as many as there are cores if None.
    """
    if share is None:
        canvas *= 1 - layer[..., 3:]
        canvas += layer
    else:
        in_parts(len(canvas), _ROWS, lambda rows: _lay_cut(canvas[rows], layer[rows], share[rows]), threads)
