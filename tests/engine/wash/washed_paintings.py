"""Small paintings in media that let the paper through."""

import numpy as np

from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import Edges, RegionInfo, RegionMasks
from impasto.engine.painting.strokes import Strokes

PAPER = (251 / 255, 249 / 255, 241 / 255, 1.0)
RADII = (0.09, 0.034, 0.011, 0.0055, 0.0027)


def strokes(count=60, seed=2):
    rng = np.random.default_rng(seed)
    passes = rng.integers(0, len(RADII), count)
    radius = np.array(RADII)[passes]
    start = rng.uniform(0, 1, (count, 2)) * [1, 0.7]
    long = radius[:, None] * rng.uniform(-4, 4, (count, 2))
    bend = radius[:, None] * rng.normal(0, 1, (count, 2))
    ends = radius[:, None] * rng.uniform(0.7, 1.2, (count, 2))
    table = np.concatenate(
        [
            start,
            start + long / 2 + bend,
            start + long,
            ends,
            rng.uniform(0.3, 0.9, (count, 2)),
            rng.uniform(0.1, 0.9, (count, 3)),
        ],
        1,
    )
    return Strokes.of(table, 0, passes)


def painted(kind="watercolour", count=60, **medium):
    """Of 64 × 46 pixels."""
    style = {"medium": {"kind": kind, **medium}, "passes": [{"radius": r} for r in RADII]}
    return Painting(strokes(count), 64, 46, style, 5, PAPER, 0.0015, 0.3)


def in_halves(kind: str = "watercolour", edges: Edges = "strict"):
    """The same, its left half a region and its right half another, with a soft border."""
    whole = painted(kind)
    right = np.tile(np.linspace(-400, 655, 64).clip(0, 255).astype(np.uint8), (46, 1))
    infos = tuple(RegionInfo(name=name, edges=edges, softness=0.0015, edge=0.3) for name in ("left", "right"))
    regions = RegionMasks(np.stack([255 - right, right]), infos)
    own = strokes()
    region = (np.arange(len(own)) % 2).astype(np.int16)
    return Painting(
        Strokes(own.table, region, own.pass_index, own.id), 64, 46, whole.style, 5, PAPER, 0.0015, 0.3, regions=regions
    )
