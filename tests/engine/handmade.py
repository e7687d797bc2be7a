"""Paintings made by hand, in no time."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from impasto.engine.painting.painting import Background, Painting
from impasto.engine.painting.region_masks import Edges, RegionInfo, RegionMasks, quantised
from impasto.engine.painting.strokes import Strokes

Handmade = Callable[..., Painting]


def made(
    regions: int = 0,
    passes: int = 3,
    strokes: int = 40,
    *,
    size: tuple[int, int] = (64, 96),
    background: Background = (0.9, 0.85, 0.7, 1.0),
    edges: Sequence[Edges] = ("strict",),
    names: Sequence[str] = (),
    soft: float = 2.0,
    empty: Sequence[int] = (),
    mask: bool = False,
    under: bool = False,
    opacity: float | None = None,
    seed: int = 0,
) -> Painting:
    """A painting of random strokes, finer from pass to pass; `strokes` of them in each pass.

    regions: 0 for none, else blots that meet softly, over `soft` pixels; names: of the first few; empty: the regions
    that get no strokes; mask: a soft disc; under: a blurred underpainting; opacity: of all strokes, random if None.
    """
    height, width = size
    rng = np.random.default_rng(seed)
    extent = np.array([width, height]) / max(size)
    count = passes * strokes
    table = np.empty((count, 13), np.float32)
    of_pass = np.repeat(np.arange(passes, dtype=np.int16), strokes)
    middle = rng.uniform(0, 1, (count, 2)) * extent
    radius = 0.12 * 0.6**of_pass * rng.uniform(0.6, 1.2, count)
    turn = rng.uniform(0, np.pi, count)
    half = np.stack([np.cos(turn), np.sin(turn)], 1) * (radius * rng.uniform(0.5, 3, count))[:, None]
    table[:, 0:2], table[:, 4:6] = middle - half, middle + half
    table[:, 2:4] = middle + rng.uniform(-0.5, 0.5, (count, 2)) * radius[:, None]
    table[:, 6], table[:, 7] = radius, radius * rng.uniform(0.5, 1, count)
    table[:, 8:10] = rng.uniform(0.3, 1, (count, 2)) if opacity is None else opacity
    table[:, 10:13] = rng.random((count, 3))
    masks_of_regions, region = None, np.zeros(count, np.int16)
    if regions:
        noise = [ndimage.gaussian_filter(rng.standard_normal(size), 0.1 * max(size)) for _ in range(regions)]
        label = np.argmax(noise, axis=0)
        masks = np.stack([ndimage.gaussian_filter((label == k).astype(float), soft) for k in range(regions)])
        called = [*names, *(f"region {k}" for k in range(len(names), regions))]
        masks_of_regions = RegionMasks(
            quantised(masks / masks.sum(0)),
            tuple(
                RegionInfo(name=name, edges=edges[k % len(edges)], softness=0.01, edge=0.3)
                for k, name in enumerate(called)
            ),
        )
        x, y = np.floor(middle * max(size)).astype(int).T.clip(0, [[width - 1], [height - 1]])
        region = label[y, x].astype(np.int16)
    down, across = np.mgrid[:height, :width]
    disc = 1.3 - np.hypot(down / height - 0.5, across / width - 0.5) * 2.4
    painting = Painting(
        strokes=Strokes.of(table, region, of_pass), width=width, height=height, style={"name": "handmade"}, seed=seed,
        background=background, softness=0.01, edge=0.3, regions=masks_of_regions,
        mask=(disc.clip(0, 1) * 255).astype(np.uint8) if mask else None,
        underpainting=rng.integers(0, 256, (4, 6, 3), np.uint8) if under else None,
    )  # fmt: skip
    kept = ~np.isin(region, list(empty))
    return replace(painting, strokes=painting.strokes.take(kept))
