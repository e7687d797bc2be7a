"""What the raster's tests share: strokes of every kind, and what the reference makes of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from impasto.engine.losses import LOSSES, PixelLoss
from impasto.engine.raster import reference
from impasto.engine.raster.edges import StrokeEdge

f4 = np.float32
FUSED: dict[str, PixelLoss] = {name: loss for name in LOSSES.ours if isinstance(loss := LOSSES[name], PixelLoss)}
WHITE = (1.0, 1.0, 1.0, 1.0)
CLEAR = (0.0, 0.0, 0.0, 0.0)
HALF_CLEAR = (0.2, 0.9, 0.4, 0.5)
COLUMNS = {"ends": [0, 1, 4, 5], "control": [2, 3], "radii": [6, 7], "opacities": [8, 9], "colour": [10, 11, 12]}


def canvas_extent(height: int, width: int) -> np.ndarray:
    """Width and height in canvas units."""
    return np.array([width, height]) / max(height, width)


def straight(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """Straight strokes as long as 1 to 6 of their radii, all over the canvas and a little beyond."""
    centre = rng.uniform(-0.05, 1.05, (count, 2)) * canvas_extent(height, width)
    radius = rng.uniform(0.02, 0.12, count)
    angle = rng.uniform(0, 2 * np.pi, count)
    half = np.stack([np.cos(angle), np.sin(angle)], 1) * (radius * rng.uniform(0.5, 3, count))[:, None]
    table = np.empty((count, 13))
    table[:, 0:2], table[:, 2:4], table[:, 4:6] = centre - half, centre, centre + half
    table[:, 6], table[:, 7] = radius, radius * rng.uniform(0.8, 1.25, count)
    table[:, 8:10] = rng.uniform(0.3, 1, (count, 2))
    table[:, 10:13] = rng.random((count, 3))
    return table.astype(f4)


def realistic(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """What the painter makes: the control point within a quarter of the chord's length from its middle."""
    table = straight(rng, count, height, width)
    length = np.linalg.norm(table[:, 4:6] - table[:, 0:2], axis=1)
    away = rng.uniform(0, 0.25, count) * length
    angle = rng.uniform(0, 2 * np.pi, count)
    table[:, 2:4] += np.stack([np.cos(angle) * away, np.sin(angle) * away], 1)
    return table


def bent(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """Control points anywhere, on the canvas or beyond."""
    table = straight(rng, count, height, width)
    table[:, 2:4] = rng.uniform(-0.5, 1.5, (count, 2)) * canvas_extent(height, width)
    return table


def tapered(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """Bent as painted ones; one end is at most a third of the other, or nothing."""
    table = realistic(rng, count, height, width)
    rows, ends = np.arange(count), rng.integers(6, 8, count)
    table[rows, ends] = table[rows, 13 - ends] * np.maximum(rng.uniform(-0.2, 0.33, count), 0)
    return table


def full(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """Straight strokes that taper, of opacities up to 4: most are full, and their edges narrower, along some part."""
    table = straight(rng, count, height, width)
    table[:, 8:10] = rng.uniform(0.2, 4, (count, 2))
    rows, ends = np.arange(count), rng.integers(6, 8, count)
    table[rows, ends] *= rng.uniform(0.3, 0.7, count).astype(f4)
    return table


def wild(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """Anything at all, up to larger than the canvas."""
    table = rng.random((count, 13))
    table[:, 0:6] = rng.uniform(-0.3, 1.3, (count, 6))
    table[:, 6:8] = rng.uniform(0, 0.4, (count, 2))
    return table.astype(f4)


KINDS: dict[str, Callable[[np.random.Generator, int, int, int], np.ndarray]] = {
    kind.__name__: kind for kind in (straight, realistic, bent, tapered, wild)
}


def pixel_weights(importance: np.ndarray) -> np.ndarray:
    """Weights (H, W) float32 that make a sum over pixels and 3 channels a weighted mean."""
    return (importance / (3 * importance.sum(dtype=np.float64))).astype(f4)


def even_ended(table: np.ndarray) -> np.ndarray:
    """The same strokes, each of one opacity.

    Where two parts of a stroke are equally near, the smallest rounding decides which one a pixel belongs to, and
    only with one opacity does nothing hang on it.
    """
    table = table.copy()
    table[:, 9] = table[:, 8]
    return table


def reference_values(
    table: np.ndarray, height: int, width: int, *, background: tuple, edges: StrokeEdge, **options: Any
) -> np.ndarray:
    """The reference's canvas (height, width, 4), computed in float64; options: a lattice and its scale."""
    strokes, ground = torch.from_numpy(table).double(), torch.tensor(background, dtype=torch.float64)
    return reference.render(strokes, height, width, background=ground, edges=edges, **options).numpy()


def reference_gradient(
    table: np.ndarray, canvas_gradient: np.ndarray, *, background: tuple, edges: StrokeEdge
) -> np.ndarray:
    """dL/d(table) (N, 13) of the reference, by torch, in float64."""
    strokes = torch.from_numpy(table).double().requires_grad_()
    ground = torch.tensor(background, dtype=torch.float64)
    height, width = canvas_gradient.shape[:2]
    canvas = reference.render(strokes, height, width, background=ground, edges=edges)
    canvas.backward(torch.from_numpy(canvas_gradient).double())
    assert strokes.grad is not None
    return strokes.grad.numpy()


def premultiplied(background: tuple) -> np.ndarray:
    """A straight RGBA colour as `Raster` takes it."""
    r, g, b, a = background
    return np.array([r * a, g * a, b * a, a], f4)
