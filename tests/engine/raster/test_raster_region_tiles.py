"""Region tiles: regions that share a canvas do not see each other, and one sweep is what a sweep for each would be."""

import numpy as np
import pytest
from raster_cases import FUSED, f4, realistic

from impasto.engine.raster import render
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.layout import TILE_H, TILE_W
from impasto.engine.raster.region_tiles import RegionTiles

SIZE = (70, 61)
GROUND = np.array([0.2, 0.7, 0.4, 1], f4)


def scene(count=90, regions=4, seed=0):
    """Strokes, the region of each, a target, and weights that overlap and are nothing here and there."""
    rng = np.random.default_rng(seed)
    table = realistic(rng, count, *SIZE)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    centres = rng.random((regions, 2)) * SIZE
    weights = [np.maximum(0, 1 - np.hypot(y - cy, x - cx) / 30).astype(f4) / 9000 for cy, cx in centres]
    return table, rng.integers(0, regions, count).astype(np.int32), rng.random((3, *SIZE)).astype(f4), weights


@pytest.mark.parametrize("loss", FUSED)
@pytest.mark.parametrize("threads", [1, 3])
def test_one_sweep_is_a_sweep_for_each(loss, threads):
    table, region, target, weights = scene()
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.3), threads=threads)
    value, gradient = raster.loss_and_gradient(
        table, GROUND, target, RegionTiles.of(weights), FUSED[loss].mode, region=region
    )
    expected = 0.0
    for k, weight in enumerate(weights):
        one, slope = raster.loss_and_gradient(table[region == k], GROUND, target, weight, FUSED[loss].mode)
        assert np.array_equal(gradient[region == k], slope) and slope.any()
        expected += one
    assert value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_way_back_through_all_regions_is_the_way_back_through_each(threads):
    table, region, _, weights = scene()
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.3), threads=threads)
    ascent = np.random.default_rng(9).normal(size=(4, *SIZE)).astype(f4)
    tiles = RegionTiles.of(weights)
    gradient = raster.backward(table, GROUND, ascent, tiles, region=region)
    for k in range(len(weights)):
        seen = np.repeat(np.repeat((tiles.tile_of[k] >= 0).reshape(3, 8), TILE_H, 0), TILE_W, 1)[: SIZE[0], : SIZE[1]]
        # on a whole canvas; where the region has no tile there is nothing to go back from
        slope = raster.backward(table[region == k], GROUND, ascent * seen)
        assert np.array_equal(gradient[region == k], slope) and slope.any() and not seen.all()


def test_removal_is_counted_sheet_by_sheet():
    table, region, target, weights = scene()
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02))
    costs = raster.removal_costs(table, GROUND, target, RegionTiles.of(weights), region=region)
    for k, weight in enumerate(weights):
        assert costs[region == k] == pytest.approx(raster.removal_costs(table[region == k], GROUND, target, weight))


def test_a_sheet_has_tiles_only_where_something_matters():
    corner, nothing = np.zeros(SIZE, f4), np.zeros(SIZE, f4)
    corner[:TILE_H, : 2 * TILE_W] = 1
    region_tiles = RegionTiles.of([corner, nothing])
    assert len(region_tiles.place) == 2 and (region_tiles.tile_of[1] == -1).all()
    assert region_tiles.weight.sum() == corner.sum()
    table = realistic(np.random.default_rng(1), 30, *SIZE)
    raster, target = CpuRaster(*SIZE, edges=StrokeEdge(0.02)), np.zeros((3, *SIZE), f4)
    value, gradient = raster.loss_and_gradient(table, GROUND, target, region_tiles, region=np.ones(30, np.int32))
    assert not gradient.any()
    assert value == pytest.approx(float(GROUND[:3].sum()) * corner.sum())  # the first region's bare ground


def test_pixels_that_do_not_matter_change_no_gradient():
    """They are closed from the start, which closes tiles earlier; those that matter must not notice."""
    table, _, target, weights = scene(regions=1)
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02))
    faint = weights[0] + f4(1e-30)
    one = raster.loss_and_gradient(table, GROUND, target, weights[0], threshold=0.0)
    other = raster.loss_and_gradient(table, GROUND, target, faint, threshold=0.0)
    assert one[0] == pytest.approx(other[0], rel=1e-9)
    assert np.abs(one[1] - other[1]).max() <= 1e-6 * np.abs(one[1]).max()


@pytest.mark.parametrize("loss", FUSED)
def test_what_spills_over_costs_its_opacity(loss):
    """The loss grows by Σ spill · alpha of the strokes, and so does the gradient."""
    table, _, target, weights = scene(regions=1)
    spill = np.random.default_rng(5).random(SIZE).astype(f4) / 5000 * (weights[0] < 5e-5)
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.2))
    plain, slope = raster.loss_and_gradient(
        table, GROUND, target, RegionTiles.of(weights), FUSED[loss].mode, threshold=0.0
    )
    value, gradient = raster.loss_and_gradient(
        table, GROUND, target, RegionTiles.of(weights, [spill]), FUSED[loss].mode, threshold=0.0
    )
    alpha = raster.forward(table, np.zeros(4, f4))[3]
    assert value - plain == pytest.approx(float((spill * alpha).sum(dtype=np.float64)), rel=1e-5)
    way_back = np.zeros((4, *SIZE), f4)
    way_back[3] = spill
    expected = slope + raster.backward(table, np.zeros(4, f4), way_back)
    assert np.abs(expected - slope).max() > 1e-3 * np.abs(slope).max()
    assert np.abs(gradient - expected).max() < 1e-5 * np.abs(expected).max()


def test_stray_paint_is_counted_stroke_by_stroke():
    """Whatever lies over or under a stroke, and wherever it leaves the canvas."""
    table, _, _, weights = scene(40)
    outside = (weights[0] == 0).astype(f4)
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.2))
    stray, paint = raster.strays(table, outside)
    alphas = [raster.forward(stroke[None], np.zeros(4, f4))[3] for stroke in table]
    assert stray == pytest.approx([float((a * outside).sum(dtype=np.float64)) for a in alphas], abs=1e-3)
    assert paint == pytest.approx([float(a.sum(dtype=np.float64)) for a in alphas], abs=1e-3)
    assert (stray == 0).any() and ((stray > 0) & (stray < paint)).any()


@pytest.mark.parametrize(("rows", "columns"), [((0, 70), (13, 40)), ((33, 41), (0, 61)), ((5, 6), (60, 61))])
def test_a_part_of_a_canvas_is_that_part_to_the_bit(rows, columns):
    table = realistic(np.random.default_rng(3), 80, *SIZE)
    look = {"background": (0.1, 0.5, 0.9, 0.6), "edges": StrokeEdge(0.02, 0.3)}
    whole = render(table, *SIZE, **look)
    part = render(table, *SIZE, **look, rows=rows, columns=columns)
    assert np.array_equal(part, whole[slice(*rows), slice(*columns)])


@pytest.mark.parametrize("columns", [(0, 0), (-1, 5), (3, 62), (9, 2)])
def test_columns_beyond_the_canvas_are_refused(columns):
    with pytest.raises(ValueError, match="not within"):
        render(np.zeros((0, 13), f4), *SIZE, background=(0, 0, 0, 0), edges=StrokeEdge(0.02), columns=columns)
