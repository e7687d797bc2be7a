"""The GPU backend against the CPU's, call by call; with Triton's interpreter where there is no GPU."""

from typing import Any

import numpy as np
import pytest
from raster_cases import FUSED, HALF_CLEAR, f4, premultiplied, realistic, tapered, wild

from impasto.engine.painter import whole_canvas
from impasto.engine.raster import layout
from impasto.engine.raster.cpu import raster as cpu
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.layout import TILE_H, TILE_W
from impasto.engine.raster.region_tiles import RegionTiles

pytest.importorskip("triton")
from impasto.engine.raster.triton import raster as cuda

# Both compute in float32, in another order. Measured: 3e-6 of the largest value or cost.
FLOAT = 2e-5
# They look for the nearest point of a bent stroke in other ways, which shows in its shape's gradient. Measured: 1.7e-3
# of the largest; from the reference's both differ by more (test_raster_gradients.py).
BENT = 6e-3
SIZE = (37, 21)
LOOK: dict[str, Any] = {"edges": StrokeEdge(0.03, 0.4)}
GROUND = np.array([0.2, 0.7, 0.4, 1], f4)


def near(found, expected, tolerance=FLOAT):
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    return found.shape == expected.shape and np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def scene(count=10, seed=0, kind=realistic):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    weights = [np.maximum(0, 1 - np.hypot(y - cy, x - cx) / 16).astype(f4) / 900 for cy, cx in ((9, 5), (24, 15))]
    spills = [((w == 0) * rng.random(SIZE) / 4000).astype(f4) for w in weights]
    return kind(rng, count, *SIZE), rng.integers(0, 2, count).astype(np.int32), rng.random((3, *SIZE)), weights, spills


@pytest.mark.parametrize("loss", FUSED)
def test_losses_on_sheets_with_a_price_for_what_spills(loss):
    table, region, target, weights, spills = scene(kind=tapered)
    region_tiles = RegionTiles.of(weights, spills)
    args = table, GROUND, target.astype(f4), region_tiles, FUSED[loss].mode
    value, gradient = cuda.TritonRaster(*SIZE, **LOOK).loss_and_gradient(*args, region=region, threshold=0.0)
    expected, slope = cpu.CpuRaster(*SIZE, **LOOK).loss_and_gradient(*args, region=region, threshold=0.0)
    assert near(value, expected) and near(gradient, slope, BENT)
    assert slope.any(1).all() or (~slope.any(1) == ~gradient.any(1)).all()


def test_the_way_back_through_all_regions_is_the_way_back_through_each():
    table, region, _, weights, _ = scene(6)
    raster, region_tiles = cuda.TritonRaster(*SIZE, **LOOK), RegionTiles.of(weights)
    ascent = np.random.default_rng(9).normal(size=(4, *SIZE)).astype(f4)
    gradient = raster.backward(table, GROUND, ascent, region_tiles, region=region)
    assert near(
        gradient, cpu.CpuRaster(*SIZE, **LOOK).backward(table, GROUND, ascent, region_tiles, region=region), BENT
    )
    for k in range(2):
        slope = raster.backward(table[region == k], GROUND, ascent, region_tiles.only(k))
        assert np.array_equal(gradient[region == k], slope) and slope.any()


def test_a_loss_that_no_kernel_knows():
    class Disguised:
        value_and_gradient = FUSED["l2"].value_and_gradient

    table, region, target, weights, spills = scene(6)
    args = table, GROUND, target.astype(f4), RegionTiles.of(weights, spills)
    raster = cuda.TritonRaster(*SIZE, **LOOK)
    value, gradient = whole_canvas.loss_and_gradient(raster, *args, Disguised(), region)
    expected, slope = raster.loss_and_gradient(*args, layout.L2, region=region, threshold=0.0)
    assert near(value, expected) and near(gradient, slope)


def test_what_removing_costs_and_what_strays():
    table, region, target, weights, _ = scene(4, kind=wild)
    one, other = cuda.TritonRaster(*SIZE, **LOOK), cpu.CpuRaster(*SIZE, **LOOK)
    args = table, GROUND, target.astype(f4), RegionTiles.of(weights)
    assert near(one.removal_costs(*args, region=region), other.removal_costs(*args, region=region))
    outside = (weights[0] == 0).astype(f4)
    for found, expected in zip(one.strays(table, outside), other.strays(table, outside), strict=True):
        assert near(found, expected)


def test_the_same_bits_every_time_and_in_strips_of_any_height(monkeypatch):
    """A GPU's strips are 8 rows, the interpreter's whole tiles: sums over a strip are rounded elsewhere."""
    table, ascent = scene(3)[0], np.random.default_rng(3).normal(size=(4, *SIZE)).astype(f4)
    ground = premultiplied(HALF_CLEAR)

    def everything():
        raster = cuda.TritonRaster(*SIZE, **LOOK)
        return raster.forward(table, ground), raster.backward(table, ground, ascent)

    once, again = everything(), everything()
    assert all(a.tobytes() == b.tobytes() for a, b in zip(once, again, strict=True))
    rows = 8 if cuda.ROWS != 8 else 16
    monkeypatch.setattr(cuda, "ROWS", rows)
    monkeypatch.setattr(cuda, "PARTS", TILE_H // rows)
    monkeypatch.setattr(cuda, "REACH", float(np.hypot(TILE_W - 1, rows - 1) / 2))
    low = everything()
    assert np.abs(low[0] - once[0]).max() < 1e-6 and near(low[1], once[1])


def test_a_part_of_a_canvas_is_that_part():
    """As the painter looks at the surroundings of a region."""
    table, ground = realistic(np.random.default_rng(5), 6, 64, 48), premultiplied(HALF_CLEAR)
    part = {"scale": 64, "first_row": int(TILE_H), "first_column": int(2 * TILE_W), **LOOK}
    found = cuda.TritonRaster(17, 11, **part).forward(table, ground)
    assert np.abs(found - cpu.CpuRaster(17, 11, **part).forward(table, ground)).max() < 1e-5
    whole = cpu.CpuRaster(64, 48, **LOOK).forward(table, ground)
    top, left = part["first_row"], part["first_column"]
    assert np.abs(found - whole[:, top : top + 17, left : left + 11]).max() < 1e-5


def test_it_can_be_interrupted_and_paints_no_strokes():
    raster = cuda.TritonRaster(*SIZE, **LOOK, interrupt=lambda: True)
    with pytest.raises(cpu.Interrupted):
        raster.forward(scene()[0], GROUND)
    raster.interrupt = None
    none, target = np.empty((0, 13), f4), np.zeros((3, *SIZE), f4)
    weight = np.full(SIZE, 1 / (3 * SIZE[0] * SIZE[1]), f4)
    value, gradient = raster.loss_and_gradient(none, GROUND, target, weight)
    assert value == pytest.approx(GROUND[:3].mean()) and gradient.shape == (0, 13)
    assert raster.removal_costs(none, GROUND, target, weight).shape == (0,)
