"""A film's strokes in another look: each frame's colours begun from those of the frame before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from impasto.engine.motion.colouring import coloured
from impasto.engine.painting.painting import Painting


def shown_again(
    paintings: Iterable[tuple[Painting, int]], look: Callable[[Painting], Painting], threads: int | None = None
) -> Iterator[tuple[Painting, int]]:  # fmt: skip
    """Paintings with another look, ready to be rendered, and how long each is seen."""
    last: Painting | None = None
    for painting, times in paintings:
        dressed = look(painting)
        if dressed.refit is None or not dressed.refit.fits(dressed):
            same = last is not None and bool(np.isin(dressed.strokes.id, last.strokes.id).any())
            dressed = coloured(dressed, last, None, threads) if last is not None and same else dressed.fitted(threads)
        last = dressed
        yield dressed, times
