"""The rasteriser as a torch operation: any torch loss can drive strokes."""

import doctest

import numpy as np
import torch

from engine.raster import autograd, reference

WHITE = (1.0, 1.0, 1.0, 1.0)
AGREEMENT = 0.02  # of the gradient's norm: float32 and one Newton step against float64 and many; measured below .005


def strokes(count: int = 6) -> torch.Tensor:
    """Realistic strokes, as a leaf that wants its gradient."""
    rng = np.random.default_rng(8)
    middle, along = rng.uniform(0.3, 0.7, (count, 2)), rng.uniform(-0.2, 0.2, (count, 2))
    radius, opacity = rng.uniform(0.04, 0.08, (count, 2)), rng.uniform(0.4, 0.9, (count, 2))
    columns = [middle - along, middle, middle + along, radius, opacity, rng.random((count, 3))]
    return torch.tensor(np.concatenate(columns, 1), dtype=torch.float32, requires_grad=True)


def test_any_loss_gets_the_gradient_of_the_definition():
    weights = torch.rand(4, 1, 5, 5, generator=torch.Generator().manual_seed(1)) - 0.5

    def features(canvas: torch.Tensor) -> torch.Tensor:
        planes = canvas.permute(2, 0, 1)[None]
        return torch.tanh(torch.nn.functional.conv2d(planes, weights.to(canvas.dtype), groups=4)).square().sum()

    table = strokes()
    features(autograd.render(table, 30, 41, background=WHITE, softness=0.03, edge=0.4)).backward()
    exact = table.detach().double().requires_grad_()
    features(reference.render(exact, 30, 41, background=torch.ones(4), softness=0.03, edge=0.4)).backward()
    assert table.grad is not None and exact.grad is not None
    assert (table.grad - exact.grad).norm() < AGREEMENT * exact.grad.norm()


def test_a_torch_optimiser_paints():
    goal = torch.zeros(32, 32, 4)
    goal[8:24, 8:24] = torch.tensor([0.9, 0.1, 0.2, 1.0])
    table = strokes(12)
    optimiser = torch.optim.Adam([table], lr=0.02)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        canvas = autograd.render(table, 32, 32, background=(0.0, 0.0, 0.0, 0.0), softness=0.03)
        loss = torch.nn.functional.huber_loss(canvas, goal)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_strokes_that_want_no_gradient_get_none():
    canvas = autograd.render(strokes().detach(), 8, 8, background=WHITE, softness=0.03)
    assert not canvas.requires_grad


def test_the_example_in_the_documentation_runs():
    assert doctest.testmod(autograd).attempted >= 4 and doctest.testmod(autograd).failed == 0
