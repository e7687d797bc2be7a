"""The one table of what lies where: columns of prepared strokes, a pair's sums, modes, the CPU's scratch planes.

The CPU's kernels import all of it; the GPU's take their columns, sums and modes from here.
"""

import numpy as np

f4 = np.float32
u8 = np.uint64  # indices are unsigned: a signed one may wrap around, and then the compiler does not vectorise

# A tile is 8 pixels wide (one AVX register of float32) and 32 high; its pixels are numbered row by row and worked
# in blocks of two rows. A *pair* is one stroke in one tile with the blocks it can touch: most strokes are small,
# so the rows they do not touch would be most of the work.
TILE_W = 8
TILE_H = 32
TILE_PX = u8(TILE_W * TILE_H)
BLOCK_ROWS = 2
BLOCK = u8(TILE_W * BLOCK_ROWS)
BLOCK_BITS = u8(8)  # a pair's blocks are packed as first << BLOCK_BITS | last (exclusive)
BLOCK_MASK = u8(255)

# A prepared stroke, in pixels: B(t) = (X, Y) + t C1 + t² C2, radius R + t DR, opacity OP + t DOP; on a
# lattice, in its own pixels.
STROKE = X, Y, C1X, C1Y, C2X, C2Y, R, DR, OP, DOP, RED, GREEN, BLUE, IW = range(14)  # IW: 1 / edge width
# Then what the search for a pixel's nearest point starts from. The CPU's, in fewer operations:
MX, MY, TX, TY = range(14, 18)  # the curve's middle B(½) and its tangent there
FOOT0, FOOT1 = 18, 19  # 1 / (4 |chord|²) of the two halves, from the middle to the start and to the end
UNEVEN0, UNEVEN1 = 20, 21  # how unevenly the curve runs along these chords, away from the middle
CONE = 22  # the tangent of the angle by which a tapered stroke's sides lean
# The GPU's, an older way to the same point: the two halves' chords, from the start to the middle and from there to
# the end, 1 / |chord|² of each, how far ahead of its foot a tapered chord's nearest point lies, and 2 for a cone so
# wide that one end holds all.
GPU_SEARCH = HALF0X, HALF0Y, HALF1X, HALF1Y, INV0, INV1, AHEAD0, AHEAD1, WIDE = range(14, 23)
BENT = 23  # 0, or the number of chords where two and one Newton step would not be exact enough
PREPARED = 24

# Planes of a tile's scratch space, TILE_PX floats each. One array with constant distances: the compiler then knows
# that they do not overlap and needs no run-time check to vectorise.
PX, PY, CLEAR, C0, C1, C2, G0, G1, G2, G3, BELOW, BELOW1, BELOW2 = (u8(k) * TILE_PX for k in range(13))
SCRATCH = u8(13) * TILE_PX
OPEN, COVERED = BELOW1, BELOW2  # of strokes that absorb, on the way down: which pixels count, how often each is covered

# What a block of a visited pair keeps between the two walks, BLOCK floats each.
ALPHA, NEAREST, SEEN = u8(0), BLOCK, u8(2) * BLOCK
KEPT = u8(3) * BLOCK

# A pair's raw gradient: moments in t of the pixel sums, turned into stroke columns once per stroke.
M0X, M0Y, M1X, M1Y, M2X, M2Y, V0, V1, E0, E1, GR, GG, GB, GW = (u8(k) for k in range(14))
MOMENTS = u8(14)

Z = f4(0)
QUARTER = f4(0.25)
HALF = f4(0.5)
ONE = f4(1)
TWO = f4(2)
THREE = f4(3)
TINY = f4(1e-6)
FLAT = f4(0.2)  # the curvature of the distance is never trusted below this share of |B'|²

FORWARD, GIVEN, L1, SMOOTH_L1, L2, REMOVAL, STRAY = range(7)
BETA = 0.02  # where smooth L1 turns from a parabola into |d|
SMOOTH = f4(BETA)
DEEPEST = f4(0.015)  # what the darkest colour that absorbs still lets through
