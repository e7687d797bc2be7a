"""Tiles: nobody sees them, and they are neither too many nor too few."""

import numpy as np
import pytest
from raster_cases import CLEAR, KINDS, WHITE, even_ended, f4, premultiplied, realistic, straight

from impasto.engine.raster import layout
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge

# Second differences across the borders of tiles, relative to those elsewhere, in the mean over a picture: 1 but for
# chance. Measured over 60 pictures: .75 to 1.08. A step of a quarter of an 8-bit level at the borders makes it 20.
SEAM = 1.25
# Pixels worked on, per pixel a stroke covers: a tile is 8 pixels wide and worked in blocks of two rows, so a stroke
# costs about a block's width on either side and a row above and below. Measured: 1.80, 1.36, 1.16, 1.07.
COST = {4: 1.95, 10: 1.45, 25: 1.22, 60: 1.12}

BLOCKS = layout.TILE_H // layout.BLOCK_ROWS


def sheer(seed, size):
    """Large translucent strokes with wide edges: a picture as smooth as strokes can make one."""
    rng = np.random.default_rng(seed)
    table = even_ended(straight(rng, 80, size, size))
    table[:, 6:8] = rng.uniform(0.15, 0.4, (80, 2))
    table[:, 8:10] = rng.uniform(0.05, 0.3, (80, 1))
    return table


def roughness(canvas, axis, side):
    """Mean second difference across the borders of tiles of `side` pixels, over that elsewhere."""
    bend = np.abs(np.diff(canvas.astype(np.float64), 2, axis)).mean((1 - axis, 2))  # bend[k]: around pixel k + 1
    border = np.isin((np.arange(len(bend)) + 1) % side, (0, side - 1))
    return bend[border].mean() / bend[~border].mean()


@pytest.mark.parametrize("seed", range(3))
def test_there_are_no_seams(backend, seed):
    size = 200
    canvas = backend.render(sheer(seed, size), size, size, background=WHITE, edges=StrokeEdge(0.2, 1.0))
    assert canvas[..., :3].std() > 0.01
    for axis, side in ((1, layout.TILE_W), (0, layout.TILE_H)):
        assert roughness(canvas, axis, side) < SEAM
        stepped = np.moveaxis(canvas.copy(), axis, 0)
        stepped[np.arange(size) // side % 2 == 0] += 0.25 / 255
        assert roughness(np.moveaxis(stepped, 0, axis), axis, side) > 5 * SEAM, "a seam nobody sees would be seen here"


def pixels_of(raster, table):
    """How many pixels the raster works on."""
    pairs = raster.bin(table)
    first, last = pairs.blocks >> layout.BLOCK_BITS, pairs.blocks & layout.BLOCK_MASK
    assert (first < last).all() and (last <= BLOCKS).all()
    return int((last - first).sum()) * int(layout.BLOCK)


@pytest.mark.parametrize(("radius", "factor"), COST.items())
def test_little_more_is_worked_on_than_is_covered(radius, factor):
    """Strokes of a mean radius of so many pixels, all within the canvas."""
    size, count = 512, 60
    rng = np.random.default_rng(radius)
    table = realistic(rng, count, size, size)
    middle = table[:, 2:4].copy()
    table[:, :6] -= np.tile(middle, 3)
    table[:, :8] *= radius / size / table[:, 6:8].mean(1, keepdims=True)
    table[:, :6] += np.tile(rng.uniform(0.4, 0.6, (count, 2)), 3).astype(f4)
    raster = CpuRaster(size, size, edges=StrokeEdge(2 / size), threads=1)
    covered = sum(np.count_nonzero(raster.forward(stroke[None], np.zeros(4, f4))[3]) for stroke in table)
    assert covered > count * 3 * radius**2
    assert pixels_of(raster, table) < factor * covered


@pytest.mark.parametrize("size", [(1, 1), (33, 9), (70, 65), (64, 130)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edge", [0.0, 0.8])
def test_nothing_is_left_out(kind, size, edge):
    """With every stroke in every block of every tile, the canvas is the same to the bit."""
    table = KINDS[kind](np.random.default_rng(9), 60, *size)
    raster = CpuRaster(*size, edges=StrokeEdge(0.02, edge), threads=1)
    ground = premultiplied(CLEAR)
    found = raster.forward(table, ground)
    tiles, count = len(raster._whole.place), len(table)
    pairs = raster.bin(table)
    everywhere = type(pairs)(
        pairs.prepared,
        np.arange(tiles + 1) * count,
        np.tile(np.arange(count, dtype=np.int32), tiles),
        np.full(tiles * count, BLOCKS, np.uint64),
        np.arange(tiles * count),
        np.zeros(count + 1, np.int64),
    )
    canvas = np.empty_like(found)
    nothing = np.zeros((4, 1, 1), f4)
    raster._paint(everywhere, layout.FORWARD, ground, 0.0, nothing, raster._whole, canvas)
    assert np.array_equal(found, canvas)
    assert len(pairs.stroke) <= len(everywhere.stroke)


def test_strokes_off_the_canvas_cost_nothing():
    table = straight(np.random.default_rng(0), 50, 64, 64)
    table[:, 0:6:2] += 3
    assert pixels_of(CpuRaster(64, 64, edges=StrokeEdge(0.02)), table) == 0


def test_cost_does_not_grow_with_the_canvas():
    """The same strokes in pixels, in a corner of a canvas a hundred times as large."""
    table = even_ended(realistic(np.random.default_rng(1), 50, 100, 100))
    table[:, :6] = 0.2 + 0.6 * table[:, :6]
    small = pixels_of(CpuRaster(100, 100, edges=StrokeEdge(0.02)), table)
    assert pixels_of(CpuRaster(1000, 1000, edges=StrokeEdge(0.02), scale=100), table) == small > 0
