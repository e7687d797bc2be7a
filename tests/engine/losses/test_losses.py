"""Losses as defined: the kernels are held against these definitions elsewhere."""

import numpy as np
import pytest

from impasto.engine.losses.pixel import BETA, pixel_loss, pixel_weights

LOSSES = ("l1", "smooth_l1", "l2")


def test_weights_make_a_weighted_mean_over_pixels_and_channels():
    importance = np.array([[1, 0.5, 0], [0.25, 1, 1]], np.float32)
    weight = pixel_weights(importance)
    assert weight.dtype == np.float32 and weight.shape == importance.shape
    assert weight == pytest.approx(importance / (3 * 3.75))
    rng = np.random.default_rng(0)
    canvas, target = rng.random((2, 3, 2, 3))
    mean = np.average(np.abs(canvas - target).mean(0), weights=importance)
    assert pixel_loss(canvas, target, weight, "l1")[0] == pytest.approx(mean)


def test_weights_where_nothing_matters_are_zero():
    weight = pixel_weights(np.zeros((2, 3), np.float32))
    assert weight.dtype == np.float32 and not weight.any()


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
    found, gradient = pixel_loss(target + difference, target, np.full((1, 1), 2.0), loss)
    assert found == pytest.approx(3 * 2 * value)
    assert gradient.shape == (3, 1, 1) and gradient == pytest.approx(np.full((3, 1, 1), 2 * slope))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_the_slope_of_the_value(loss):
    rng = np.random.default_rng(2)
    canvas, target = rng.random((2, 3, 4, 5))
    weight, direction = rng.random((4, 5)), rng.normal(size=(3, 4, 5))
    step = 1e-7
    ahead, behind = (pixel_loss(canvas + s * direction, target, weight, loss)[0] for s in (step, -step))
    gradient = pixel_loss(canvas, target, weight, loss)[1]
    assert (ahead - behind) / (2 * step) == pytest.approx((gradient * direction).sum(), rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_has_no_weight_does_not_count(loss):
    target, weight = np.zeros((3, 1, 2)), np.array([[1.0, 0.0]])
    value, gradient = pixel_loss(np.full((3, 1, 2), 0.5), target, weight, loss)
    assert value == pixel_loss(np.full((3, 1, 1), 0.5), target[..., :1], weight[:, :1], loss)[0]
    assert not gradient[..., 1].any() and gradient[..., 0].all()


def test_another_loss_is_refused():
    with pytest.raises(ValueError, match="no pixel loss l3; there are l1, smooth_l1 and l2"):
        pixel_loss(np.zeros((3, 1, 1)), np.zeros((3, 1, 1)), np.ones((1, 1)), "l3")
