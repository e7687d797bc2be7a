"""Smooth L1: d²/(2β) for |d| < β, else |d| − β/2."""

import numpy as np

from impasto.engine.losses import PixelLoss
from impasto.engine.raster import layout
from impasto.engine.raster.layout import BETA


def _formula(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(d)
    return np.where(size < BETA, d * d / (2 * BETA), size - BETA / 2), np.clip(d / BETA, -1, 1)


LOSS = PixelLoss(layout.SMOOTH_L1, _formula)
