"""Composing in one sweep: what rendering each region, cutting it by its share and laying it over the others gives."""

import numpy as np
import pytest
from raster_cases import f4, realistic

from impasto.engine.raster import compose, render
from impasto.engine.raster.cpu.composing import Masks
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.layout import TILE_H

SIZE = (100, 61)
SOFTNESS, EDGE = 0.02, 0.3


def scene(count=120, regions=5):
    """Strokes, the region of each, and overlapping masks: one soft, one empty, one of a single pixel."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    masks = np.zeros((regions, *SIZE), np.uint8)
    masks[0] = 255
    masks[1] = np.clip(300 - 9 * np.hypot(y - 40, x - 20), 0, 255)
    masks[3] = 200 * ((y > 60) & (x > 30))
    masks[4, 99, 60] = 77
    return realistic(rng, count, *SIZE), rng.integers(0, regions, count).astype(np.int32), masks


def masks_of(planes, top=0, bottom=SIZE[0]):
    """Their smallest crops in these rows."""
    crops = []
    for plane in planes[:, top:bottom]:
        rows, columns = np.flatnonzero(plane.any(1)), np.flatnonzero(plane.any(0))
        a, b = (rows[0], rows[-1] + 1) if len(rows) else (0, 0)
        c, d = (columns[0], columns[-1] + 1) if len(rows) else (0, 0)
        crops.append((a, c, plane[a:b, c:d]))
    return Masks.of(crops)


def ground():
    return np.random.default_rng(1).random((*SIZE, 4)).astype(f4)


@pytest.mark.parametrize("threads", [1, 3])
def test_it_is_layer_over_layer(threads):
    table, region, masks = scene()
    expected, total = ground().astype(np.float64), np.zeros(SIZE)
    for k, mask in enumerate(masks):
        layer = render(table[region == k], *SIZE, background=(0, 0, 0, 0), edges=StrokeEdge(SOFTNESS, EDGE)).astype(
            np.float64
        )
        total += mask
        share = np.divide(mask, total, out=np.zeros(SIZE), where=total > 0)[..., None]
        expected = expected * (1 - layer[..., 3:] * share) + layer * share
    canvas = ground()
    compose(canvas, table, region, masks_of(masks), *SIZE, edges=StrokeEdge(SOFTNESS, EDGE), threads=threads)
    assert canvas == pytest.approx(expected, abs=2e-6)
    assert np.abs(canvas - ground()).mean() > 0.2


def test_bands_and_threads_give_the_same_bits():
    table, region, masks = scene()
    whole = ground()
    compose(whole, table, region, masks_of(masks), *SIZE, edges=StrokeEdge(SOFTNESS, EDGE), threads=1)
    canvas = ground()
    for top in range(0, SIZE[0], TILE_H):
        bottom = min(top + TILE_H, SIZE[0])
        part = masks_of(masks, top, bottom)
        compose(
            canvas[top:bottom], table, region, part, *SIZE, edges=StrokeEdge(SOFTNESS, EDGE), first_row=top, threads=2
        )
    assert np.array_equal(canvas, whole)


def test_where_no_mask_is_nothing_changes_to_the_bit():
    table, region, masks = scene()
    masks[0] = 0
    canvas = ground()
    compose(canvas, table, region, masks_of(masks), *SIZE, edges=StrokeEdge(SOFTNESS, EDGE))
    bare = (masks == 0).all(0)
    assert np.array_equal(canvas[bare], ground()[bare]) and not np.array_equal(canvas[~bare], ground()[~bare])


@pytest.mark.parametrize("regions", [[0, 5], [-1, 0], [0], [0, 0, 0]])
def test_a_stroke_of_no_region_is_refused(regions):
    table, _, masks = scene(2)
    with pytest.raises(ValueError, match="regions"):
        compose(ground(), table, np.array(regions, np.int32), masks_of(masks), *SIZE, edges=StrokeEdge(SOFTNESS, EDGE))


@pytest.mark.parametrize(
    ("size", "row", "why"),
    [((99, 61), 0, "is not part of"), ((100, 61), 32, "is not part of"), ((180, 61), 16, "tile")],
)
def test_a_canvas_that_does_not_fit_is_refused(size, row, why):
    table, region, masks = scene()
    with pytest.raises(ValueError, match=why):
        compose(ground(), table, region, masks_of(masks), *size, edges=StrokeEdge(SOFTNESS, EDGE), first_row=row)
