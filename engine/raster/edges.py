"""All that the rasteriser knows of what strokes are made of: how their edges fade."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StrokeEdge:
    """How a stroke's coverage falls from 1 to 0 across its outline.

    softness: the edge's width in canvas units, at least one pixel is used; edge: further edge width as a share of a
    stroke's mean radius.
    """

    softness: float
    edge: float = 0.0
