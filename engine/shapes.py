"""What arrays are like, in the words of signatures: how many dimensions, how long, of what type.

Within one call letters stand for the same number: n strokes; h and w, rows and columns of a canvas; k regions; i and j,
and a and b, rows and columns of what has a size of its own, such as a mask that is spread over the canvas. In tests
calls are checked (`tests/shape_checks.py` loads jaxtyping first); else these are words, and nobody needs jaxtyping.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool, Float, Float32, Float64, Int32, Integer, Real, UInt8
else:

    class _Array:
        """An array of any shape."""

        def __class_getitem__(cls, _: Any) -> type[np.ndarray]:
            return np.ndarray

    Bool = Float = Float32 = Float64 = Int32 = Integer = Real = UInt8 = _Array

Table = Float32[np.ndarray, "n 13"]  # strokes, as `engine.painting.strokes` has them, or what is known of each number
Numbers = Float[np.ndarray, "n 13"]  # the same, of whatever precision
Each = Float[np.ndarray, " n"]  # a number of each stroke
Which = Bool[np.ndarray, " n"]  # of the strokes
RegionOf = Integer[np.ndarray, " n"]  # the region of each stroke
Counts = Integer[np.ndarray, " k"]  # of what each region, or pass, has
Shares = Real[np.ndarray, " k"]  # in proportion to which
Indices = Integer[np.ndarray, " m"]  # of some strokes
Points = Float[np.ndarray, "n 2"]  # a place of each stroke

Colours = Float32[np.ndarray, "3 h w"]
AnyColours = Float[np.ndarray, "3 h w"]  # of whatever precision
Canvas = Float32[np.ndarray, "4 h w"]  # premultiplied
Plane = Float32[np.ndarray, "h w"]
AnyPlane = Float[np.ndarray, "h w"]  # of whatever precision
Planes = Float32[np.ndarray, "k h w"]
Seen = Bool[np.ndarray, "h w"]  # of the pixels
Rgb = Float32[np.ndarray, "h w 3"]
AnyRgb = Float[np.ndarray, "h w 3"]
Rgba = Float32[np.ndarray, "h w 4"]
Pixels = UInt8[np.ndarray, "h w 4"]  # straight
OneColour = Float32[np.ndarray, "3"]
AnyGround = Float[np.ndarray, "4"]
AnyCanvas = Float[np.ndarray, "4 h w"]
Ground = Float32[np.ndarray, "4"]  # colour and alpha of what lies under strokes
Grounds = Float32[np.ndarray, "s 4"]  # of as many steps

Mask = UInt8[np.ndarray, "i j"]
MaskStack = UInt8[np.ndarray, "k i j"]
Map = Float32[np.ndarray, "a b"]
Maps = Float32[np.ndarray, "k i j"]
PerRegion = Float64[np.ndarray, " k"]
