"""The rasteriser as a torch operation."""

import doctest

import numpy as np
import pytest
import torch
from raster_cases import HALF_CLEAR, WHITE, f4, realistic, straight

from impasto.engine.raster import autograd, gradient, reference, render
from impasto.engine.raster.edges import StrokeEdge

# Straight strokes: the float32 of the kernels. Measured: 2e-6 of the largest.
VALUES, GRADIENT = 1e-5, 3e-5
# A loss of many pixels, so that what is missing in a curved stroke's pixel (see test_raster_gradients) averages out.
# Measured: 1e-3 of the gradient's norm.
CURVED_GRADIENT = 1e-2

SIZE = (30, 37)
LOOK = {"background": HALF_CLEAR, "edges": StrokeEdge(0.05, 0.4)}


def features(seed=0):
    """A small fixed network: what it sees is compared, not the pixels."""
    generator = torch.Generator().manual_seed(seed)
    kernels = [torch.randn(shape, generator=generator) / 5 for shape in ((8, 4, 3, 3), (8, 8, 3, 3))]

    def look_at(canvas):
        x = canvas.permute(2, 0, 1)[None]
        for kernel in kernels:
            x = torch.nn.functional.avg_pool2d(torch.tanh(torch.nn.functional.conv2d(x, kernel.to(x.dtype))), 2)
        return x

    return look_at


def both(table, loss):
    """Value and gradient of a torch loss of the canvas: by the kernels in float32, by the reference in float64."""
    background = torch.tensor(LOOK["background"], dtype=torch.float64)
    fast = torch.from_numpy(table).requires_grad_()
    slow = torch.from_numpy(table).double().requires_grad_()
    canvas = autograd.render(fast, *SIZE, **LOOK)
    assert canvas.shape == (*SIZE, 4) and canvas.dtype == torch.float32
    true = reference.render(slow, *SIZE, **{**LOOK, "background": background})
    values = loss(canvas), loss(true)
    for value in values:
        value.backward()
    assert fast.grad is not None and slow.grad is not None
    return *(float(v.detach()) for v in values), fast.grad.double().numpy(), slow.grad.numpy()


def test_it_is_render_and_gradient():
    table = realistic(np.random.default_rng(0), 7, *SIZE)
    strokes = torch.from_numpy(table).requires_grad_()
    canvas = autograd.render(strokes, *SIZE, **LOOK, threads=2)
    assert np.array_equal(canvas.detach().numpy(), render(table, *SIZE, **LOOK))
    ascent = torch.randn(canvas.shape)
    canvas.backward(ascent)
    assert strokes.grad is not None
    assert np.array_equal(strokes.grad.numpy(), gradient(table, ascent.numpy(), **LOOK))


@pytest.mark.parametrize(
    "loss",
    [
        lambda c: (c**2).mean(),
        lambda c: c.var(),
        lambda c: (c[1:] - c[:-1]).abs().mean() + c[..., 3].mean(),
        lambda c: (features()(c) ** 2).mean(),
    ],
    ids=["square", "variance", "edges", "features"],
)
def test_any_loss_has_the_references_gradient(loss):
    for kind, tolerance in ((straight, GRADIENT), (realistic, CURVED_GRADIENT)):
        value, true, found, expected = both(kind(np.random.default_rng(1), 8, *SIZE), loss)
        assert abs(value - true) < (VALUES if kind is straight else CURVED_GRADIENT) * abs(true)
        assert np.linalg.norm(found - expected) < tolerance * np.linalg.norm(expected)


def test_gradients_go_through_what_made_the_table_and_what_used_the_canvas():
    """gradcheck's comparison, with the reference for finite differences: float32 kernels are too coarse for those."""
    made = torch.from_numpy(straight(np.random.default_rng(2), 4, *SIZE)).requires_grad_()
    shift = torch.zeros(2, requires_grad=True)
    table = torch.cat([made[:, :6] + shift.repeat(3), made[:, 6:]], 1)
    (autograd.render(table, *SIZE, **LOOK) * torch.linspace(0, 1, SIZE[1])[:, None]).sum().backward()
    assert made.grad is not None and shift.grad is not None
    assert torch.allclose(shift.grad, made.grad[:, :6].reshape(4, 3, 2).sum((0, 1)), rtol=1e-5)
    assert shift.grad[0].abs() > 1e-2


def test_a_strided_table_and_a_strided_canvas_gradient_are_taken():
    wide = torch.from_numpy(np.repeat(realistic(np.random.default_rng(3), 5, *SIZE), 2, 1)).requires_grad_()
    canvas = autograd.render(wide[:, ::2], *SIZE, **LOOK)
    canvas.permute(2, 0, 1).flip(2).sum().backward()
    assert wide.grad is not None
    ones = gradient(wide[:, ::2].detach().numpy(), np.ones((*SIZE, 4), f4), **LOOK)
    assert np.array_equal(wide.grad[:, ::2].numpy(), ones) and not wide.grad[:, 1::2].any()


def test_a_frozen_table_gives_no_gradient():
    table = torch.from_numpy(realistic(np.random.default_rng(4), 5, *SIZE))
    canvas = autograd.render(table, *SIZE, **LOOK)
    assert not canvas.requires_grad and canvas.grad_fn is None
    scale = torch.ones((), requires_grad=True)
    (canvas * scale).sum().backward()
    assert table.grad is None and scale.grad is not None


def test_second_derivatives_are_refused_and_not_wrong():
    table = torch.from_numpy(realistic(np.random.default_rng(5), 3, *SIZE)).requires_grad_()
    (slope,) = torch.autograd.grad((autograd.render(table, *SIZE, **LOOK) ** 2).sum(), table, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


def test_adam_lowers_a_loss_of_features():
    rng = np.random.default_rng(6)
    look_at, look = features(), {"background": WHITE, "edges": StrokeEdge(0.05)}
    with torch.no_grad():
        goal = look_at(autograd.render(torch.from_numpy(realistic(rng, 12, *SIZE)), *SIZE, **look))
    table = torch.from_numpy(realistic(rng, 12, *SIZE)).requires_grad_()
    adam = torch.optim.Adam([table], lr=0.01)
    losses = []
    for _ in range(40):
        adam.zero_grad()
        loss = ((look_at(autograd.render(table, *SIZE, **look)) - goal) ** 2).mean()
        loss.backward()
        losses.append(float(loss.detach()))
        adam.step()
    assert losses[5] < 0.9 * losses[0] and losses[-1] < 0.4 * losses[0]


def test_the_examples_in_its_documentation_run():
    failed, tried = doctest.testmod(autograd)
    assert tried >= 4 and failed == 0
