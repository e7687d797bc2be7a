"""What is too much: every limit that both sides of the protocol, or two rooms of the engine, have to agree on."""

from __future__ import annotations

LARGEST_SIDE = 65535  # pixels
LARGEST_PICTURE = 268_435_456  # pixels: of what is painted, rendered or sent
LARGEST_MASK_SIDE = 4096  # pixels
SMALLEST_FOUND_SIDE, LARGEST_FOUND_SIDE = 48, 2048  # pixels: longer side of the masks that a search for regions makes
SMALLEST_WORKING_SIZE, LARGEST_WORKING_SIZE = 48, 8192  # pixels
MOST_STROKES = 1_000_000
MOST_OPACITY = 4.0  # above 1, a stroke is opaque where its profile alone would not be
EFFORTS = ("draft", "normal", "high")  # how much time a painting may take for how much it is worth
MOST_REGIONS = 256
LONGEST_REGION_NAME = 60  # letters
LONGEST_NAME = 60  # letters: of what the engine has several of, such as ways to find regions
CHUNK_BYTES = 4 << 20  # of a plane in one message
LARGEST_PLANE_BYTES = 5 << 30
LARGEST_HEADER_BYTES = 1 << 20
MOST_VALUES = 50_000  # in a header: 256 regions with a style each have fewer
MOST_FRAMES = 4
MOST_SHOWN_BYTES = (MOST_FRAMES - 1) * CHUNK_BYTES  # of a picture in one message
MOST_HELD = 4  # paintings of a client, to be shown
