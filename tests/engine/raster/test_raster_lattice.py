"""Lattices: some of a canvas's pixels are those pixels of the canvas, and all lattices together are the canvas."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from raster_cases import (
    COLUMNS,
    FUSED,
    HALF_CLEAR,
    KINDS,
    even_ended,
    f4,
    premultiplied,
    realistic,
    reference_values,
    wild,
)

from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.lattice import WHOLE, Lattice
from impasto.engine.raster.layout import BENT
from impasto.engine.raster.region_tiles import RegionTiles

# The same strokes in other units, as a share of the largest value or sum. All but float32's rounding is that distances
# are kept smooth on the curve itself by a share of the pixel that is painted, whichever that is. Measured, the most at
# strides of 5: 1.1e-4 of a value, 1.1e-3 where a whole stroke is thinner than a pixel, and of gradients of noise 1e-3.
VALUES, THIN_VALUES, SUMS = 3e-4, 3e-3, 3e-3
FLOAT = 1e-5
LARGE, SMALL = (41, 29), (23, 13)  # no stride's multiples, of several tiles and of two
STRIDES = (2, 3, 5)
LOOK: dict[str, Any] = {"edges": StrokeEdge(0.03, 0.4)}
THIN: dict[str, Any] = {"edges": StrokeEdge(0.0)}  # one pixel of the canvas wide, the least there is
GROUND, SEE_THROUGH = np.array([0.2, 0.7, 0.4, 1], f4), premultiplied(HALF_CLEAR)

sizes = pytest.mark.parametrize("size", [LARGE, SMALL], ids=["large", "small"])


def lattices(stride: int) -> list[Lattice]:
    return [Lattice(stride, *phase) for phase in itertools.product(range(stride), repeat=2)]


def on_lattices(raster_type: Any, size: tuple[int, int], stride: int, look: dict = LOOK) -> Iterator[Any]:
    """One raster, on each of a canvas's lattices in turn."""
    raster = raster_type(*Lattice(stride).size(*size), scale=max(size), lattice=Lattice(stride), **look)
    for raster.lattice in lattices(stride):
        yield raster


def painted(raster_type, size, stride, table, look=LOOK):
    """The canvas (4, H, W), put together of what every lattice shows of it."""
    canvas = np.full((4, *size), np.nan, f4)
    for raster in on_lattices(raster_type, size, stride, look):
        mine = canvas[:, raster.lattice.row :: stride, raster.lattice.column :: stride]
        mine[:] = raster.forward(table, SEE_THROUGH)[:, : mine.shape[1], : mine.shape[2]]
    return canvas


def off(found, expected):
    """The largest difference, as a share of the largest value."""
    return np.abs(np.asarray(found, np.float64) - expected).max() / np.abs(expected).max()


def strokes(kind, stride, size):
    """Few where they are painted by Triton's interpreter. Of one opacity each where a hair decides what is nearest."""
    table = KINDS[kind](np.random.default_rng(stride), 6 if size == LARGE else 3, *size)
    return table if kind == "straight" else even_ended(table)


def scene(size, count=9):
    """Strokes, the region of each, a target, and weights and prices that overlap and are nothing here and there."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: size[0], : size[1]] / max(size)
    weights = [
        np.maximum(0, 1 - np.hypot(y - cy, x - cx) / 0.5).astype(f4) / 900 for cy, cx in ((0.2, 0.1), (0.6, 0.5))
    ]
    spills = [((w == 0) * rng.random(size) / 4000).astype(f4) for w in weights]
    region = np.arange(count, dtype=np.int32) % 2
    return realistic(rng, count, *size), region, rng.random((3, *size)).astype(f4), weights, spills


def test_the_lattices_of_a_canvas_are_all_of_its_pixels_once():
    plane = np.arange(1, 1 + LARGE[0] * LARGE[1]).reshape(1, *LARGE)
    for stride in STRIDES:
        parts = [lattice.of(plane) for lattice in lattices(stride)]
        assert {part.shape for part in parts} == {(1, *Lattice(stride).size(*LARGE))}
        found = np.concatenate([part.ravel() for part in parts])
        assert np.array_equal(np.sort(found[found > 0]), plane.ravel())
    assert np.array_equal(WHOLE.of(plane), plane) and WHOLE.size(*LARGE) == LARGE and WHOLE.shift == (0, 0)


@pytest.mark.interpreted(when=lambda kind, stride, size: (kind, stride, size) == ("straight", 2, SMALL))
@sizes
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("kind", KINDS)
def test_lattices_show_the_canvas(raster_type, kind, stride, size):
    table = strokes(kind, stride, size)
    canvas = raster_type(*size, **LOOK).forward(table, SEE_THROUGH)
    assert off(painted(raster_type, size, stride, table), canvas) < VALUES


def test_the_reference_too_shows_the_canvas():
    """To the bit: it looks at the same places. The scale is the canvas's, or what the lattice says it is."""
    table, look = wild(np.random.default_rng(0), 3, *SMALL), {"background": HALF_CLEAR, **LOOK}
    canvas = reference_values(table, *SMALL, **look)
    for lattice in (Lattice(2, 1, 0), Lattice(3, 0, 2)):
        found = reference_values(table, 7, 4, **look, lattice=lattice, scale=max(SMALL))
        assert np.array_equal(found, canvas[lattice.row :: lattice.stride, lattice.column :: lattice.stride][:7, :4])
    whole = reference_values(table, 12, 8, **look)
    assert np.array_equal(reference_values(table, 6, 4, **look, lattice=Lattice(2, 1, 1)), whole[1::2, 1::2])


@pytest.mark.interpreted(when=lambda stride, size: (stride, size) == (2, SMALL))
@sizes
@pytest.mark.parametrize("stride", [1, *STRIDES])
def test_an_edge_is_as_thin_as_a_pixel_of_the_canvas(raster_type, stride, size):
    """Strokes of half a pixel, whose edge has no width of its own: on lattices they are no wider and no fainter."""
    table = strokes("straight", 4, size)
    table[:, 6:8] = 0.25 / max(size)
    whole = reference_values(table, *size, background=HALF_CLEAR, **THIN).transpose(2, 0, 1)
    assert off(painted(raster_type, size, stride, table, THIN), whole) < (FLOAT if stride == 1 else THIN_VALUES)
    assert np.ptp(whole[3]) > 0.3


@pytest.mark.interpreted(when=lambda kind, stride, size: (kind, stride, size) == ("tapered", 2, SMALL))
@sizes
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_ways_back_through_all_lattices_are_the_way_back_through_the_canvas(raster_type, kind, stride, size):
    table, ascent = strokes(kind, stride, size), np.random.default_rng(stride).normal(size=(4, *size)).astype(f4)
    whole = raster_type(*size, **LOOK).backward(table, SEE_THROUGH, ascent)
    parts = np.zeros(table.shape)
    for raster in on_lattices(raster_type, size, stride):
        parts += raster.backward(table, SEE_THROUGH, raster.lattice.of(ascent))
    for columns in COLUMNS.values():
        assert off(parts[:, columns], whole[:, columns]) < SUMS


@pytest.mark.interpreted(when=lambda loss, stride, size: (loss, stride, size) == ("smooth_l1", 2, SMALL))
@sizes
@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("loss", FUSED)
def test_the_losses_of_all_lattices_are_the_canvas_s(raster_type, loss, stride, size):
    """On region tiles with a price for what spills, or weighted by one plane."""
    table, region, target, weights, spills = scene(size, 9 if size == LARGE else 3)
    tiles, options = RegionTiles.of(weights, spills), {"mode": FUSED[loss].mode, "threshold": 0.0}
    for regions in (True, False) if size == LARGE else (True,):
        options["region"] = region if regions else None
        value, slope = raster_type(*size, **LOOK).loss_and_gradient(
            table, GROUND, target, tiles if regions else weights[0], **options
        )
        found, gradient = 0.0, np.zeros(table.shape)
        for raster in on_lattices(raster_type, size, stride):
            of = raster.lattice.of
            goal = RegionTiles.of(map(of, weights), map(of, spills)) if regions else of(weights[0])
            part, way = raster.loss_and_gradient(table, GROUND, of(target), goal, **options)
            found, gradient = found + part, gradient + way
        assert found == pytest.approx(value, rel=FLOAT) and off(gradient, slope) < SUMS


@pytest.mark.interpreted(when=lambda size: size == SMALL)
@sizes
def test_costs_and_strays_of_all_lattices_are_the_canvas_s(raster_type, size):
    table, region, target, weights, _ = scene(size, 9 if size == LARGE else 2)
    whole, outside = raster_type(*size, **LOOK), (weights[0] == 0).astype(f4)
    expected = whole.removal_costs(table, GROUND, target, RegionTiles.of(weights), region=region)
    strays, paint = whole.strays(table, outside)
    costs, stray = np.zeros((2, len(table)))
    for raster in on_lattices(raster_type, size, 2):
        of = raster.lattice.of
        costs += raster.removal_costs(table, GROUND, of(target), RegionTiles.of(map(of, weights)), region=region)
        stray += raster.strays(table, of(outside))[0]
    assert off(costs, expected) < FLOAT and off(stray, strays) < FLOAT
    assert stray.max() > 0.1 * paint.max()


@pytest.mark.interpreted
def test_strokes_are_searched_for_as_carefully_as_on_the_canvas(raster_type):
    """Bent or tapered by a fraction of a pixel of the canvas, a few of the lattice's: as many chords."""
    bend, taper = np.meshgrid(np.linspace(0, 0.3, 4), np.linspace(0, 0.3, 4))
    table = np.zeros((16, 13), f4)
    table[:, 4], table[:, 3], table[:, 7] = 0.2, bend.ravel(), taper.ravel()
    table[:, :8] /= max(LARGE)

    def chords(raster):
        if raster_type is CpuRaster:
            return raster.bin(table).prepared[:, BENT]
        return raster._pairs(table, raster.placed(raster._whole)).prepared[:, BENT].cpu().numpy()

    whole = chords(raster_type(*LARGE, **THIN))
    assert 0 < (whole > 0).sum() < 16
    raster = next(on_lattices(raster_type, LARGE, 5, THIN))
    assert np.array_equal(chords(raster), whole)
    assert raster_type(9, 6, lattice=Lattice(5), **THIN).scale == 45  # where nothing is said of the canvas


def test_threads_and_lattices_seen_before_change_no_bit():
    rng, size = np.random.default_rng(3), Lattice(2).size(203, 187)  # tiles and strokes enough to be shared out
    table, ascent = realistic(rng, 300, *size), rng.normal(size=(4, *size)).astype(f4)
    used = CpuRaster(*size, scale=203, lattice=Lattice(2), threads=3, **LOOK)
    for lattice in (Lattice(2, 1, 0), Lattice(2, 0, 1), Lattice(2, 1, 0)):
        fresh = CpuRaster(*size, scale=203, lattice=lattice, threads=1, **LOOK)
        used.lattice = lattice
        assert np.array_equal(used.forward(table, GROUND), fresh.forward(table, GROUND))
        assert np.array_equal(used.backward(table, GROUND, ascent), fresh.backward(table, GROUND, ascent))
