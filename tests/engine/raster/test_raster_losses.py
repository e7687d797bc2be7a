"""The fused losses: one sweep gives what rendering, a loss's definition and the way back give one after the other."""

import numpy as np
import pytest
from raster_cases import COLUMNS, FUSED, f4, pixel_weights, realistic, wild

from impasto.engine.raster.cpu.raster import CpuRaster, Interrupted
from impasto.engine.raster.edges import StrokeEdge

# With threshold 0 the same sums in the same order, but for the loss itself, which is summed in float64 tile by tile,
# and its gradient, which the definition rounds from float64. Measured: 1e-7 and 2e-7 of the largest.
FLOAT = 2e-6
# The default threshold leaves out what shines through less than 1e-3, so at most that share of a colour. Measured on
# crowded canvases: the loss by 3e-4 of itself, a gradient's norm by 2e-3.
NEARLY_LOSS, NEARLY_GRADIENT = 1e-3, 1e-2
# Costs are sums of float32 over a stroke's pixels, of losses weighted to a mean. Measured: 6e-8.
COST = 1e-6

PIXEL_LOSSES = list(FUSED.values())
SIZES = [(33, 41), (64, 24), (5, 7)]


def scene(seed, height, width, count=60, kind=realistic):
    rng = np.random.default_rng(seed)
    table = kind(rng, count, height, width)
    target = rng.random((3, height, width)).astype(f4)
    importance = rng.random((height, width)) * (rng.random((height, width)) > 0.2)
    ground = np.array([*rng.random(3), 1], f4)
    return table, ground, target, pixel_weights(importance)


def two_steps(raster, table, ground, target, weight, loss):
    """Value and gradient by the long way, and the canvas."""
    canvas = raster.forward(table, ground)
    value, slope = loss.value_and_gradient(canvas[:3], target, weight)
    planes = np.concatenate([slope, np.zeros((1, *slope.shape[1:]))]).astype(f4)
    return value, raster.backward(table, ground, planes), canvas


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("loss", PIXEL_LOSSES, ids=list(FUSED))
@pytest.mark.parametrize("edge", [0.0, 0.7])
def test_fused_losses_are_the_long_way(loss, size, edge):
    table, ground, target, weight = scene(1, *size)
    raster = CpuRaster(*size, edges=StrokeEdge(0.03, edge))
    value, gradient = raster.loss_and_gradient(table, ground, target, weight, loss.mode, threshold=0.0)
    expected, slope, _ = two_steps(raster, table, ground, target, weight, loss)
    assert abs(value - expected) < FLOAT * expected
    for columns in COLUMNS.values():
        assert np.abs(gradient - slope)[:, columns].max() < FLOAT * np.abs(slope[:, columns]).max()


@pytest.mark.parametrize("kind", [realistic, wild])
@pytest.mark.parametrize("loss", PIXEL_LOSSES, ids=list(FUSED))
def test_the_default_threshold_is_nearly_exact(loss, kind):
    """On canvases crowded enough that most strokes are hidden."""
    table, ground, target, weight = scene(2, 64, 64, 600, kind)
    raster = CpuRaster(64, 64, edges=StrokeEdge(0.03))
    value, gradient = raster.loss_and_gradient(table, ground, target, weight, loss.mode)
    expected, slope, _ = two_steps(raster, table, ground, target, weight, loss)
    assert abs(value - expected) < NEARLY_LOSS * expected
    for columns in COLUMNS.values():
        off, size = (np.linalg.norm(g[:, columns]) for g in (gradient - slope, slope))
        assert off < NEARLY_GRADIENT * size
    hidden = ~gradient.any(1)
    assert hidden.sum() > 10, "something must be left out, or the threshold does nothing"
    assert np.linalg.norm(slope[hidden]) < NEARLY_GRADIENT * np.linalg.norm(slope)


@pytest.mark.parametrize("loss", PIXEL_LOSSES, ids=list(FUSED))
def test_a_perfect_canvas_costs_nothing(loss):
    table, ground, _, weight = scene(3, 20, 30)
    raster = CpuRaster(20, 30, edges=StrokeEdge(0.03))
    target = raster.forward(table, ground)[:3].copy()
    value, gradient = raster.loss_and_gradient(table, ground, target, weight, loss.mode, threshold=0.0)
    assert value == 0 and not gradient.any()


@pytest.mark.parametrize("loss", PIXEL_LOSSES, ids=list(FUSED))
def test_pixels_without_weight_do_not_count(loss):
    table, ground, target, weight = scene(4, 40, 30)
    weight[:, :15] = 0
    other = target.copy()
    other[:, :, :15] = 1 - other[:, :, :15]
    raster = CpuRaster(40, 30, edges=StrokeEdge(0.03))
    one, two = (raster.loss_and_gradient(table, ground, t, weight, loss.mode) for t in (target, other))
    assert one[0] == two[0] and np.array_equal(one[1], two[1])


def test_smooth_l1_turns_from_parabola_to_line_where_losses_says():
    """One covering stroke, each pixel another distance from its colour: -.04 to .04 and BETA = .02 between."""
    distance = np.linspace(-0.04, 0.04, 9 * 13).reshape(9, 13)
    target = np.tile(0.5 - distance, (3, 1, 1)).astype(f4)
    table = np.array([[0.2, 0.2, 0.5, 0.5, 0.8, 0.8, 3, 3, 1, 1, 0.5, 0.5, 0.5]], f4)
    raster, weight = CpuRaster(9, 13, edges=StrokeEdge(0.01)), np.full((9, 13), 1 / (9 * 13 * 3), f4)
    for loss in PIXEL_LOSSES:
        value, gradient = raster.loss_and_gradient(table, np.ones(4, f4), target, weight, loss.mode)
        d = np.full((3, 9, 13), 0.5, f4) - target
        expected, slope = loss.value_and_gradient(d, np.zeros_like(d), weight)
        assert abs(value - expected) < FLOAT * expected
        assert np.abs(gradient[0, 10:] - slope.sum((1, 2))).max() < FLOAT


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", [realistic, wild])
def test_removal_costs_are_what_removing_costs(kind, size):
    height, width = size
    table, ground, target, weight = scene(5, height, width, 40, kind)
    raster = CpuRaster(*size, edges=StrokeEdge(0.03, 0.4))
    costs = raster.removal_costs(table, ground, target, weight)
    assert costs.shape == (40,)

    def loss(table):
        return FUSED["l1"].value_and_gradient(raster.forward(table, ground)[:3], target, weight)[0]

    whole = loss(table)
    expected = np.array([loss(np.delete(table, n, 0)) - whole for n in range(40)])
    assert np.abs(costs - expected).max() < COST
    assert expected.min() < -10 * COST and expected.max() > 10 * COST, "strokes that help and strokes that harm"


def test_no_strokes_still_have_a_loss():
    _, ground, target, weight = scene(6, 9, 9)
    raster = CpuRaster(9, 9, edges=StrokeEdge(0.03))
    none = np.empty((0, 13), f4)
    value, gradient = raster.loss_and_gradient(none, ground, target, weight)
    bare = np.broadcast_to(ground[:3, None, None], (3, 9, 9))
    assert value == pytest.approx(FUSED["l1"].value_and_gradient(bare, target, weight)[0], rel=FLOAT)
    assert gradient.shape == (0, 13) and raster.removal_costs(none, ground, target, weight).shape == (0,)


def test_a_raster_that_is_interrupted_says_so_and_works_afterwards():
    size = 256, 200
    table, ground, target, weight = scene(7, *size)
    asked = []

    def interrupt():
        asked.append(True)
        return len(asked) == 3

    raster = CpuRaster(*size, edges=StrokeEdge(0.03), threads=2, interrupt=interrupt)
    with pytest.raises(Interrupted):
        raster.loss_and_gradient(table, ground, target, weight)
    calm = CpuRaster(*size, edges=StrokeEdge(0.03), threads=2)
    for found, expected in zip(
        raster.loss_and_gradient(table, ground, target, weight),
        calm.loss_and_gradient(table, ground, target, weight),
        strict=True,
    ):
        assert np.array_equal(found, expected)
    assert len(asked) > 8, "it is asked often"
