"""Washes as strong as they have to be: what they lose to rims, grain and dry brush, they get back.

From afar a painting is to be as dark as it was fitted. What is seen of each stroke is compared with what it was to be,
and all its pigments are multiplied by what is between; colours stay what pigments can mix.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.painting.refit import Refit, fitting_size, look_of
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.layout import DEEPEST
from impasto.engine.texture.kernels.columns import MET

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

f4 = np.float32
ROUNDS = 2
LEAST, MOST = 0.7, 1.6  # times a stroke's own strength
_AFAR = 2.0  # pixels by which both are blurred
_DOUBT = 0.3  # pixels' worth of absorbance, so that a stroke that is hardly there stays as it is


def strengthened(painting: Painting, threads: int | None = None) -> Refit:
    """Colours for a painting that absorbs, in its present look. Costs about as much as three pictures of 512 pixels."""
    from impasto.engine.painting.absorbing import AbsorbingComposer

    height, width = fitting_size(painting)
    colours = painting.strokes.table[:, 10:13].copy()
    carried = np.zeros((len(colours), MET, 3), np.uint8)
    look = look_of(painting)
    own = AbsorbingComposer(painting, height, width, threads, flat=True)
    wanted = own.absorbance(0, height)
    for _ in range(ROUNDS):
        now = replace(painting, refit=Refit(colours, carried, look))
        shown = AbsorbingComposer(now, height, width, threads, shown=False)
        is_there = _afar(shown.absorbance(0, height))
        to_be, there = (_under_strokes(painting, each, threads) for each in (_afar(wanted), is_there))
        times = ((to_be + _DOUBT) / (there + _DOUBT))[:, None]
        strength = np.log(np.maximum(painting.strokes.table[:, 10:13], DEEPEST))
        so_far = np.log(np.maximum(colours, DEEPEST)).sum(1, keepdims=True) / np.minimum(
            strength.sum(1, keepdims=True), -1e-6
        )
        colours = np.clip(np.exp(strength * np.clip(so_far * times, LEAST, MOST)), DEEPEST, 1).astype(f4)
    return Refit(colours, carried, look)


def _afar(absorbed: NDArray[np.float32]) -> NDArray[np.float32]:
    """What (H, W, 3) absorbs as it is seen from afar: of the mean of what is let through."""
    through = np.exp(-absorbed)
    return -np.log(np.stack([gaussian_filter(np.ascontiguousarray(through[..., c]), _AFAR) for c in range(3)], -1))


def _under_strokes(painting: Painting, absorbed: NDArray[np.float32], threads: int | None) -> NDArray[np.float32]:
    """The sum of (H, W, 3) over each stroke's coverage, (N,), as the rasteriser has it."""
    height, width = absorbed.shape[:2]
    raster = CpuRaster(height, width, edges=StrokeEdge(painting.softness, painting.edge, True), threads=threads)
    table = painting.strokes.table.copy()
    table[:, 10:13] = 1  # white absorbs nothing: the canvas stays 1, and its slope is that of the absorbance
    slope = np.concatenate([absorbed.transpose(2, 0, 1), np.zeros((1, height, width), f4)])
    return raster.backward(table, np.ones(4, f4), np.ascontiguousarray(slope, f4))[:, 10:13].sum(1)
