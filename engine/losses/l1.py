"""L1: |d|."""

import numpy as np

from impasto.engine.losses import PixelLoss
from impasto.engine.raster import layout

LOSS = PixelLoss(layout.L1, lambda d: (np.abs(d), np.sign(d)))
