"""Losses as defined: the kernels are held against these definitions elsewhere."""

import numpy as np
import pytest

from impasto.engine.losses import LOSSES
from impasto.engine.raster.layout import BETA


def test_weights_make_a_weighted_mean_over_pixels_and_channels():
    importance = np.array([[1, 0.5, 0], [0.25, 1, 1]], np.float32)
    weight = importance / np.float32(3 * 3.75)
    rng = np.random.default_rng(0)
    canvas, target = rng.random((2, 3, 2, 3))
    mean = np.average(np.abs(canvas - target).mean(0), weights=importance)
    assert LOSSES["l1"].value_and_gradient(canvas, target, weight)[0] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("loss", "difference", "value", "slope"),
    [
        ("l1", -0.3, 0.3, -1),
        ("l1", 0.0, 0.0, 0),
        ("l2", -0.3, 0.09, -0.6),
        ("smooth_l1", 0.01, 0.01**2 / 0.04, 0.5),
        ("smooth_l1", -0.3, 0.29, -1),
        ("smooth_l1", BETA, BETA / 2, 1),
    ],
)
def test_values_and_slopes(loss, difference, value, slope):
    target = np.full((3, 1, 1), 0.5)
    found, gradient = LOSSES[loss].value_and_gradient(target + difference, target, np.full((1, 1), 2.0))
    assert found == pytest.approx(3 * 2 * value)
    assert gradient.shape == (3, 1, 1) and gradient == pytest.approx(np.full((3, 1, 1), 2 * slope))


@pytest.mark.parametrize("loss", LOSSES.ours)
def test_the_gradient_is_the_slope_of_the_value(loss):
    rng = np.random.default_rng(2)
    canvas, target = rng.random((2, 3, 4, 5))
    weight, direction = rng.random((4, 5)), rng.normal(size=(3, 4, 5))
    step, evaluate = 1e-7, LOSSES[loss].value_and_gradient
    ahead, behind = (evaluate(canvas + s * direction, target, weight)[0] for s in (step, -step))
    gradient = evaluate(canvas, target, weight)[1]
    assert (ahead - behind) / (2 * step) == pytest.approx((gradient * direction).sum(), rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES.ours)
def test_what_has_no_weight_does_not_count(loss):
    target, weight = np.zeros((3, 1, 2)), np.array([[1.0, 0.0]])
    evaluate = LOSSES[loss].value_and_gradient
    value, gradient = evaluate(np.full((3, 1, 2), 0.5), target, weight)
    assert value == evaluate(np.full((3, 1, 1), 0.5), target[..., :1], weight[:, :1])[0]
    assert not gradient[..., 1].any() and gradient[..., 0].all()
