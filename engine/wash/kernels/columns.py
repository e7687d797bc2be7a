"""The one table of what lies where for absorbing strokes: columns of strokes and glazes, numbers, a tile's planes."""

import numpy as np

from impasto.engine.raster.layout import BLOCK, TILE_PX

f4 = np.float32
u8 = np.uint64

FLAT_STROKE, WASH, LINE, STICK = f4(0), f4(1), f4(2), f4(3)  # what a glaze is of

# What is known of a stroke. Lengths in pixels, or per pixel.
GLAZE = 0  # which one it is part of
K = 1  # of red, green and blue: what full strength absorbs; of a line: what it takes away
SETTLES = 4  # likewise: what of it settles in the paper's hollows
AMP, FINE, LIMIT, FADE = 7, 8, 9, 10  # how far its outline wanders, slowly and finely; how deep that is felt
SOFT = 11  # 1 / the width over which it thins towards its edge
POINT, DRY = 12, 13  # how much thinner its ends are; how soon the brush leaves the paper's hollows bare
OY, OX = 14, 15  # where on the noise it begins, texels
TOOTH, PRESS, BITE = 16, 17, 18  # of what is drawn: the height it takes from, its strength, how sharply the tooth bites
RUBBED, STREAK, CORE = 19, 20, 21  # sticks: how much they are rubbed, 0..1; a row of streaks; the breadth not smeared
CAP = 21  # lines: how round their ends are, 0..1
MEAN = 22  # radius
STROKE_LOOK = 23

# What is known of a glaze.
KIND, GAIN, RIM, GRAIN, MOTTLE, LOST, LOST_FAR, DRIFT, BLOOMS, MELTS = range(10)
SLOW, TURN, GONE, MARGIN = 10, 12, 14, 16  # where on the noises each begins, (y, x) texels
MELT_SCALE = 18  # texels of its melted planes to a pixel
GLAZE_LOOK = 19
MELT_PLACE, MELT_TOP, MELT_LEFT, MELT_ROWS, MELT_COLUMNS = range(5)  # where these planes lie
MELT_PLANES = 6

# Numbers of the whole sheet: texels of each noise to a pixel, then 1 / reach of both rims (pixels), the margin's width,
# the canvas's height and width, how far lines shake, what share of that regions' borders stray, and how crisply
# a dry brush leaves the paper's hollows.
(
    PER_COARSE, PER_FINE, PER_SLOW, PER_TURN, PER_GONE, PER_RAGGED, PER_MARGIN, PER_PAPER, PER_COAL, NARROW, BROAD,
    BORDER, TALL, BROADSIDE, SHAKE, SHAKE_PER, STRAY, CRISP_TOOTH,
) = range(18)  # fmt: skip
NUMBERS = 18
BLOOM_Y, BLOOM_X, BLOOM_R, BLOOM_SQUASH = range(4)

# Planes of a tile. Lines are laid at places of their own, JX and JY, as far from each other as PX and PY.
PX, PY, JX, JY, HIGH, COAL = (u8(k) * TILE_PX for k in range(6))
D0, D1, D2, S0, S1, S2, DEEP, LEFT = (u8(k) * TILE_PX for k in range(6, 14))  # of a glaze
A0, A1, A2, T0, T1, T2, CUT = (u8(k) * TILE_PX for k in range(14, 21))  # of a region, of all, the region's share
AX, AY, JOINT = (u8(k) * TILE_PX for k in range(21, 24))  # away from which edge it is deep; how deep others join it
TILE = u8(24) * TILE_PX
SHAKEN = JX - PX

# What is known of a block's pixels while a stroke is laid on it; HERE and what follows BEST are `raster.cpu.nearest`'s.
HERE, DEPTH, FREE, AWAY, ACROSS, DOWN = (u8(k) * BLOCK for k in range(6))
PLACES = u8(6) * BLOCK
