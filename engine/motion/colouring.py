"""The colours a medium wants, from frame to frame: begun from the last one's, so that none changes at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from impasto.engine.painting.materials import carried_in
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.refit import Refit, look_of, refitted

ROUNDS = 1  # of fitting; the frame before's colours are nearly right


def coloured(
    painting: Painting, last: Painting, aim: NDArray[np.float32] | None = None, threads: int | None = None
) -> Painting:  # fmt: skip
    """A frame's painting with the colours its medium wants, begun from those of the `last` frame's, of the same look.

    aim: as `refitted` takes it; by default the painting itself, flat. What brushes drag along stays as it was.
    """
    if not painting.is_fitted_by_colour or last.refit is None:
        return painting.fitted(threads, aim)
    painting = replace(painting, refit=None)
    colours, under = painting.strokes.table[:, 10:13].copy(), carried_in(painting).copy()
    _, here, there = np.intersect1d(painting.strokes.id, last.strokes.id, assume_unique=True, return_indices=True)
    if len(here) == 0:
        return painting.fitted(threads, aim)
    colours[here] += last.refit.colours[there] - last.strokes.table[there, 10:13]
    under[here] = last.refit.carried[there]
    begun = Refit(colours, under, look_of(painting))
    return replace(painting, refit=refitted(painting, aim, threads, begun=begun, rounds=ROUNDS))
