"""All that the rasteriser knows of what strokes are made of: how their edges fade, and how they lie over each other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StrokeEdge:
    """How a stroke's coverage falls from 1 to 0 across its outline.

    softness: the edge's width in canvas units, at least one pixel is used; edge: further edge width as a share of a
    stroke's mean radius; absorbs: strokes do not cover what is beneath but let it through, each channel by the stroke's
    colour, so that a canvas is `background · exp(−Σ a_k K_k)`, K = −ln colour, in whatever order they lie.
    """

    softness: float
    edge: float = 0.0
    absorbs: bool = False
