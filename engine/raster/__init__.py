"""The differentiable rasteriser: one table of strokes in, one canvas out.

`render` gives the values, `compose` those of several regions laid over each other, `gradient` the way back from a
canvas gradient, and `engine.raster.autograd` ties values and gradients into torch. `engine.raster.reference` is the
definition in plain torch; `engine.raster.cpu.raster` and `engine.raster.triton` are the fast backends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.shapes import Rgba, Table
from impasto.protocol.limits import LARGEST_SIDE

if TYPE_CHECKING:
    from impasto.engine.raster.cpu.composing import Masks

__all__ = ["compose", "gradient", "render"]

FARTHEST = 16.0  # canvas units; beyond, float32 squares lose the pixels


def render(
    table: np.ndarray,
    height: int,
    width: int,
    *,
    background: tuple[float, float, float, float],
    edges: StrokeEdge,
    rows: tuple[int, int] | None = None,
    columns: tuple[int, int] | None = None,
    threads: int | None = None,
    device: str = "cpu",
) -> Rgba:
    """Render strokes onto a canvas.

    table: (N, 13) strokes in canvas units, drawn in order; height, width: pixels of the whole canvas;
    background: straight RGBA in 0..1; edges: how the strokes' edges fade;
    rows: only the rows y0 ≤ y < y1; columns: likewise; device: "cpu" or "cuda".

    Returns the canvas (rows, columns, 4), premultiplied float32. Same table, same size, same device: same bits,
    whatever the threads, the rows or the columns. Raises ValueError for a malformed table or size.
    """
    table = _checked(table, height, width)
    y0, y1 = rows or (0, height)
    x0, x1 = columns or (0, width)
    if not (0 <= y0 < y1 <= height and 0 <= x0 < x1 <= width):
        raise ValueError(f"rows {y0}..{y1} or columns {x0}..{x1} are not within {height} × {width}")
    from impasto.engine.raster.cpu.raster import first_column_of_tile, first_row_of_tile
    from impasto.engine.raster.devices import raster_class

    top, left = first_row_of_tile(y0), first_column_of_tile(x0)
    raster = raster_class(device)(
        y1 - top,
        x1 - left,
        edges=edges,
        scale=max(height, width),
        first_row=top,
        first_column=left,
        threads=threads,
    )
    canvas = raster.forward(table, _premultiplied(background))
    return np.ascontiguousarray(canvas[:, y0 - top :, x0 - left :].transpose(1, 2, 0))


def compose(
    canvas: np.ndarray,
    table: np.ndarray,
    region: np.ndarray,
    masks: Masks,
    height: int,
    width: int,
    *,
    edges: StrokeEdge,
    first_row: int = 0,
    threads: int | None = None,
) -> None:
    """Lay the paint of K regions over a canvas, in place, each cut by its share of every pixel; on the CPU.

    canvas: (rows, width, 4) float32, premultiplied, the rows from first_row on, the first of a tile, of height × width
    pixels; region: (N,) in 0..K-1, the one each stroke belongs to; masks: of these rows; the others as in `render`. The
    same bits whatever the threads and the rows. Raises ValueError for a malformed table or canvas.
    """
    from impasto.engine.raster.cpu.raster import CpuRaster, first_row_of_tile

    table = _checked(table, height, width)
    rows = len(canvas)
    if canvas.shape != (rows, width, 4) or not 0 <= first_row < first_row + rows <= height:
        raise ValueError(f"a canvas {canvas.shape} from row {first_row} on is not part of {height} × {width}")
    if first_row != first_row_of_tile(first_row):
        raise ValueError(f"row {first_row} is not the first of a tile")
    if region.shape != (len(table),) or (len(region) and not 0 <= region.min() <= region.max() < len(masks.boxes)):
        raise ValueError(f"a stroke belongs to one of {len(masks.boxes)} regions")
    raster = CpuRaster(rows, width, edges=edges, scale=max(height, width), first_row=first_row, threads=threads)
    raster.compose(canvas, table, region, masks)


def gradient(
    table: np.ndarray,
    canvas_gradient: np.ndarray,
    *,
    background: tuple[float, float, float, float],
    edges: StrokeEdge,
    threads: int | None = None,
    device: str = "cpu",
) -> Table:
    """dL/d(table) (N, 13) float32 from dL/d(canvas) (height, width, 4); the other arguments as in `render`."""
    height, width = canvas_gradient.shape[:2]
    table = _checked(table, height, width)
    from impasto.engine.raster.devices import raster_class

    raster = raster_class(device)(height, width, edges=edges, threads=threads)
    planes = np.ascontiguousarray(canvas_gradient.transpose(2, 0, 1), np.float32)
    return raster.backward(table, _premultiplied(background), planes)


def _checked(table: np.ndarray, height: int, width: int) -> np.ndarray:
    table = np.ascontiguousarray(table, np.float32)
    if table.ndim != 2 or table.shape[1] != 13:
        raise ValueError(f"a stroke table is (N, 13), not {table.shape}")
    if table.size and not np.abs(table).max() <= FARTHEST:
        raise ValueError(f"a stroke table holds finite numbers up to {FARTHEST:g} canvas units")
    if not (1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise ValueError(f"a canvas has sides of 1 to {LARGEST_SIDE} pixels, not {width} × {height}")
    return table


def _premultiplied(background: tuple[float, float, float, float]) -> np.ndarray:
    r, g, b, a = background
    return np.array([r * a, g * a, b * a, a], np.float32)
