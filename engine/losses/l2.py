"""L2: d²."""

from impasto.engine.losses import PixelLoss
from impasto.engine.raster import layout

LOSS = PixelLoss(layout.L2, lambda d: (d * d, 2 * d))
