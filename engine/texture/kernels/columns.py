"""The one table of what lies where for textured strokes: columns of a stroke's texture, planes, places in a block."""

import numpy as np

from impasto.engine.raster.layout import BELOW, BELOW1, BELOW2, BLOCK, G0, G1, G2, G3

f4 = np.float32
u8 = np.uint64

# A stroke's texture, lengths in pixels. The arc's length up to t is SA t + SB t² + SC t³, LENGTH in all; place on the
# strip: row ROW + PER_RADIUS v, column COLUMN + PER_PIXEL s, STRIP is where its level begins.
(
    SA, SB, SC, LENGTH, ROW, COLUMN, PER_RADIUS, PER_PIXEL, STRIP, SIDES, ENDS, RAGGED, START, LIFT, DRY, RUN, FROM,
    BITE, SHARP, PICK, NEAR, BODY, FURROW, RIDGE, WALL, BLOB, KEEP, TIP, SQUARE,
) = range(29)  # fmt: skip
PLAIN = 29  # 1: no texture at all, as the plain rasteriser lays it
MARKED, MIXED = 30, 33  # RGB: how marks change the colour, and how mixing does
CARRIED = 36  # three numbers a channel: a parabola across the brush of the colour that is dragged along
TEXTURE = 48

MET = 8  # places under a stroke whose colours matter to it, see `dragging`

# Planes of a tile that gradients use otherwise.
GRAIN, THROUGH, HIGH, CUT = G0, G1, G2, G3
REST0, REST1, REST2 = BELOW, BELOW1, BELOW2  # what is still missing of a picture, when colours are fitted

# What is known of a block's pixels while a stroke is laid on it.
HERE, WIDE, SIDE, MARK, MIX, TONE = (u8(k) * BLOCK for k in range(6))
PLACES = u8(6) * BLOCK

OPEN = f4(0.004)  # who lays the stroke that leaves less than that uncovered covers all of it
THIN = f4(0.05)  # relief that shows less than that does not matter; it is subtracted, not cut, or there were hairlines
