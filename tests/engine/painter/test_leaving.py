"""Strokes that leave their region: what that costs, which are found, when they are looked for, and replaced."""

import numpy as np
import pytest
from test_painter_regions import PASSES, regions_of, scene, style_of

from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.plan import Surface, plan
from impasto.engine.painter.replacing import leaving
from impasto.engine.painter.targets import Target, spill_prices
from impasto.engine.painting.crops import Crop
from impasto.engine.painting.strokes import Strokes
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge

f4 = np.float32
SIDE, HALF, REACH = 96, 48, 4  # pixels: of a canvas, of its left region, and around a region where spilling is asked


def planes() -> list[np.ndarray]:
    """The left half, behind, and the right one."""
    left = np.zeros((SIDE, SIDE), f4)
    left[:, :HALF] = 1
    return [left, 1 - left]


def test_filter_costs_paint_beside_the_region_as_much_as_colours_that_are_all_wrong():
    left, right = spill_prices(planes(), "filter", f4(0.5))
    expected = np.zeros((SIDE, SIDE), f4)
    expected[:, HALF : HALF + REACH] = 3 * 0.5
    assert np.array_equal(left, expected) and np.array_equal(right, expected[:, ::-1])


def test_loose_costs_a_tenth_and_only_on_what_lies_behind():
    left, right = spill_prices(planes(), "loose", f4(0.5))
    expected = np.zeros((SIDE, SIDE), f4)
    expected[:, HALF - REACH : HALF] = 3 * 0.5 * f4(0.1)
    assert not left.any() and right == pytest.approx(expected)


def flat_stroke(begin: float, end: float, y: float) -> list[float]:
    """From left to right, in pixels, a pixel wide."""
    begin, end, y = begin / SIDE, end / SIDE, y / SIDE
    return [begin, y, (begin + end) / 2, y, end, y, 0.5 / SIDE, 0.5 / SIDE, 1, 1, 0, 0, 0]


def test_strokes_leave_their_region_with_more_than_a_twelfth_of_their_paint():
    left, right = planes()
    target = Target(np.zeros((3, SIDE, SIDE), f4), np.ones((SIDE, SIDE), f4), (Crop.of(left), Crop.of(right)))
    table = [flat_stroke(4, 44, 10), flat_stroke(HALF - 38, HALF + 2, 20), flat_stroke(HALF - 35, HALF + 5, 30)]
    mirrored = [flat_stroke(SIDE - x[4] * SIDE, SIDE - x[0] * SIDE, x[1] * SIDE + 40) for x in table]
    strokes = Strokes.of(np.array(table + mirrored, f4), region=np.repeat([3, 7], 3))
    raster = CpuRaster(SIDE, SIDE, edges=StrokeEdge(1e-3), threads=1)
    assert list(leaving(strokes, (3, 7), target, raster)) == [2, 5]


def test_the_finish_looks_for_them_three_times_and_not_at_its_end():
    finish = plan(style_of(finish=40), (50,), Surface(1024, (1.0,)))[-1]
    step = finish.iterations // 4
    assert step > 5
    assert [k for k in range(finish.iterations) if finish.replaces(k, True)] == [0, step, 2 * step]
    assert not any(finish.replaces(k, False) for k in range(finish.iterations))


@pytest.mark.parametrize(("edges", "some"), [("filter", True), ("strict", False), ("loose", False)])
def test_those_that_leave_are_replaced(edges: str, some: bool):
    """Even if no stroke is moved."""
    still = {"position": 0, "radius": 0, "opacity": 0, "colour": 0}
    style = style_of(edges=edges, learning=still, passes=[{**each, "respawn": 0} for each in PASSES])
    *heard, last = Painter(scene(), style, strokes=120, regions=regions_of(), threads=1).paint()
    replaced = sum(event.replaced for event in heard if isinstance(event, events.StrokesAdded))
    assert isinstance(last, events.Finished) and len(last.painting.strokes) == 120
    assert (replaced > 0) == some
