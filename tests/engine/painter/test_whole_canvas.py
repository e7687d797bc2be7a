"""Losses that no kernel knows are shown canvases; one that is a pixel loss in disguise does what that one does."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from raster_cases import FUSED, f4, realistic

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import Loss
from impasto.engine.painter.whole_canvas import loss_and_gradient
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.region_tiles import RegionTiles

SIZE = (45, 61)
GROUND = np.array([0.2, 0.7, 0.4, 1], f4)
# The same sums in another order, and slopes that are rounded once more on their way. Measured: 3e-7 of the largest.
FLOAT = 3e-6


@dataclass
class Disguised:
    """A loss as another package has it, which remembers what it was shown."""

    loss: Loss
    shown: list[np.ndarray] = field(default_factory=list)

    def value_and_gradient(self, canvas, target, weight):
        self.shown.append(canvas)
        value, gradient = self.loss.value_and_gradient(canvas, target, weight)
        return value, gradient + 7 * (weight == 0)  # which is not used there


def scene(count=60, regions=3, seed=0):
    """Strokes, the region of each, a target, weights that are nothing here and there, and what spilling costs."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    centres = rng.random((regions, 2)) * SIZE
    weights = [np.maximum(0, 1 - np.hypot(y - cy, x - cx) / 25).astype(f4) / 9000 for cy, cx in centres]
    spills = [((weight == 0) * rng.random(SIZE) / 9000).astype(f4) for weight in weights]
    target = rng.random((3, *SIZE)).astype(f4)
    return realistic(rng, count, *SIZE), rng.integers(0, regions, count).astype(np.int32), target, weights, spills


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("spilling", [False, True])
def test_a_pixel_loss_by_whole_canvases_is_the_fused_one(name, spilling):
    table, region, target, weights, spills = scene()
    tiles = RegionTiles.of(weights, spills if spilling else None)
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.3))
    expected, slope = raster.loss_and_gradient(
        table, GROUND, target, tiles, FUSED[name].mode, region=region, threshold=0
    )
    value, gradient = loss_and_gradient(raster, table, GROUND, target, tiles, Disguised(FUSED[name]), region)
    assert value == pytest.approx(expected, rel=FLOAT)
    assert np.abs(gradient - slope).max() < FLOAT * np.abs(slope).max() and slope.any()


def test_without_regions_it_is_the_fused_one_as_well():
    table, _, target, weights, _ = scene()
    raster = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.3))
    expected, slope = raster.loss_and_gradient(table, GROUND, target, weights[0], FUSED["l2"].mode, threshold=0)
    value, gradient = loss_and_gradient(
        raster, table, GROUND, target, RegionTiles.of(weights[:1]), Disguised(FUSED["l2"])
    )
    assert value == pytest.approx(expected, rel=FLOAT)
    assert np.abs(gradient - slope).max() < FLOAT * np.abs(slope).max()


def test_it_is_shown_a_canvas_for_each_region_and_the_target_where_that_is_not():
    table, region, target, weights, _ = scene()
    raster, loss = CpuRaster(*SIZE, edges=StrokeEdge(0.02, 0.3)), Disguised(FUSED["l1"])
    loss_and_gradient(raster, table, GROUND, target, RegionTiles.of(weights), loss, region)
    for k, (canvas, weight) in enumerate(zip(loss.shown, weights, strict=True)):
        whole = raster.forward(table[region == k], GROUND)[:3]
        assert np.abs(canvas - np.where(weight > 0, whole, target)).max() < 1e-6


def test_a_region_without_pixels_is_not_shown():
    table, region, target, weights, _ = scene()
    raster, loss = CpuRaster(*SIZE, edges=StrokeEdge(0.02)), Disguised(FUSED["l1"])
    weights[1] = np.zeros(SIZE, f4)
    _, gradient = loss_and_gradient(raster, table, GROUND, target, RegionTiles.of(weights), loss, region)
    assert len(loss.shown) == 2 and not gradient[region == 1].any() and gradient[region == 2].any()


@dataclass
class Wrong:
    value: float
    shape: tuple[int, ...]
    slope: float = 0.0

    def value_and_gradient(self, canvas, target, weight):
        return self.value, np.full(self.shape, self.slope)


@pytest.mark.parametrize(
    "loss", [Wrong(np.nan, (3, *SIZE)), Wrong(1.0, (3, *SIZE), np.inf), Wrong(1.0, SIZE)], ids=["nan", "inf", "shape"]
)
def test_what_is_no_gradient_of_the_canvas_is_refused(loss):
    table, _, target, weights, _ = scene()
    with pytest.raises(ImpastoError, match=r"the style's loss gave .* are needed"):
        loss_and_gradient(
            CpuRaster(*SIZE, edges=StrokeEdge(0.02)), table, GROUND, target, RegionTiles.of(weights[:1]), loss
        )
