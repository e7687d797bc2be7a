"""Where to paint next: from the error of the canvas to the places of new strokes.

Uniform attention looks everywhere. Selective attention is the paper's visual working memory (section 3.3 of arXiv
2311.14271): the canvas is read in patches, and only the V worst of them hold the painter's attention. Within
what is attended to, strokes are spread in proportion to the error itself.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.shapes import AnyPlane, Canvas, Colours, Indices, OneColour, Plane

PATCH = 128  # pixels, on a canvas that is 512 pixels at its full working size


def error_map(target: Colours, canvas: Canvas, ground: OneColour, weight: Plane) -> Plane:
    """Where the canvas is wrong (H, W): weighted mean absolute difference, and whatever is not painted yet.

    target: (3, H, W); canvas: (4, H, W), premultiplied, of the strokes alone; ground: (3,) colours that lie under
    them. A pixel without paint counts as wrong as can be, whatever the ground's colour: else it would serve as paint.
    """
    bare = 1 - canvas[3]
    return (np.abs(target - canvas[:3] - bare * ground[:, None, None]).mean(0) + bare) * weight


def attend(error: AnyPlane, patch: int, count: int) -> AnyPlane:
    """The visual working memory: a mask (H, W), 1 inside the `count` patches of the highest mean error, else 0.

    Patches of `patch` × `patch` pixels overlap by half and reach to every edge; patches that cover the canvas
    leave nothing to choose.
    """
    height, width = error.shape
    patch = max(patch, 1)
    if patch >= max(height, width):
        return np.ones_like(error)
    corners = [(y, x) for y in _starts(height, patch) for x in _starts(width, patch)]
    sums = np.zeros((height + 1, width + 1))
    sums[1:, 1:] = error.cumsum(0, dtype=np.float64).cumsum(1)
    tops = np.array([c[0] for c in corners])
    lefts = np.array([c[1] for c in corners])
    bottoms = np.minimum(tops + patch, height)
    rights = np.minimum(lefts + patch, width)
    inside = sums[bottoms, rights] - sums[tops, rights] - sums[bottoms, lefts] + sums[tops, lefts]
    means = inside / ((bottoms - tops) * (rights - lefts))
    mask = np.zeros_like(error)
    for k in np.argsort(-means, kind="stable")[:count]:
        mask[tops[k] : bottoms[k], lefts[k] : rights[k]] = 1
    return mask


def density(error: AnyPlane, strokes: int, *, focus: float, floor: float, weight: AnyPlane, mask: AnyPlane) -> AnyPlane:
    """Strokes per pixel (H, W), float64, summing to `strokes`: the smoothed error to the power of `focus`.

    The error is smoothed over about half the distance between strokes, so that no single pixel calls for one;
    `floor` (relative to the mean) keeps some attention everywhere the mask (attended) and weight (painted at
    all) allow.
    """
    return spread(calling(error, strokes, focus=focus, floor=floor), strokes, weight=weight, mask=mask)


def calling(error: AnyPlane, strokes: int, *, focus: float, floor: float) -> AnyPlane:
    """How loudly each pixel (H, W) calls for some of so many strokes, float64, as `density` says."""
    spacing = np.sqrt(error.size / max(strokes, 1))
    smooth = gaussian_filter(error.astype(np.float64), max(1.0, 0.25 * spacing), mode="nearest") ** focus
    return smooth + floor * smooth.mean() + 1e-12


def spread(wanted: AnyPlane, strokes: int, *, weight: AnyPlane, mask: AnyPlane) -> AnyPlane:
    """So many strokes per pixel (H, W), float64, in proportion to what calls for them, and to weight and mask."""
    # What is attended to may be transparent, and on a small canvas so may be all, if the picture is faint.
    for painted in (wanted * mask * weight, wanted * weight, wanted):
        if painted.sum() > 0:
            break
    return painted * (strokes / painted.sum())


def sample(density: AnyPlane, count: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """`count` pixels (y, x) drawn in proportion to the density: one in each of `count` equal parts of a Morton curve.

    Neighbours on the curve are neighbours on the canvas, so the draws are stratified in both directions.
    """
    order = _morton_order(*density.shape)
    cumulative = np.cumsum(density.ravel()[order])
    at = (np.arange(count) + rng.random(count)) * (cumulative[-1] / count)
    last = np.searchsorted(cumulative, cumulative[-1])  # that is wanted; rounding may go beyond
    chosen = order[np.minimum(np.searchsorted(cumulative, at, side="right"), last)]
    y, x = np.divmod(chosen, density.shape[1])
    return y, x


def _starts(length: int, patch: int) -> list[int]:
    last = max(length - patch, 0)
    return sorted({*range(0, last, max(patch // 2, 1)), last})


@lru_cache(maxsize=4)
def _morton_order(height: int, width: int) -> np.ndarray:
    def spread(n: np.ndarray) -> np.ndarray:
        spaced = np.zeros_like(n)
        for bit in range(16):
            spaced |= (n >> bit & 1) << (2 * bit)
        return spaced

    code = spread(np.arange(height))[:, None] * 2 + spread(np.arange(width))[None, :]
    return np.argsort(code.ravel(), kind="stable")
