"""The rasteriser as a torch operation, so that any torch loss can drive strokes."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from impasto.engine.raster import gradient
from impasto.engine.raster import render as render_values
from impasto.engine.raster.edges import StrokeEdge

Background = tuple[float, float, float, float]


class _Render(torch.autograd.Function):
    @staticmethod
    def forward(ctx, table, height, width, background, edges, threads):
        ctx.save_for_backward(table)
        ctx.options = {"background": background, "edges": edges, "threads": threads}
        return torch.from_numpy(render_values(table.detach().numpy(), height, width, **ctx.options))

    @staticmethod
    @once_differentiable
    def backward(ctx, canvas_gradient):  # pyright: ignore[reportIncompatibleMethodOverride]
        (table,) = ctx.saved_tensors
        g = gradient(table.detach().numpy(), canvas_gradient.numpy(), **ctx.options)
        return torch.from_numpy(g), None, None, None, None, None


def render(
    table: Tensor,  # (N, 13) float32, CPU
    height: int,
    width: int,
    *,
    background: Background,
    edges: StrokeEdge,
    threads: int | None = None,
) -> Tensor:
    """`engine.raster.render` for torch: canvas (height, width, 4), premultiplied, differentiable in the table.

    >>> table = torch.rand(5, 13, requires_grad=True)
    >>> canvas = render(table, 32, 48, background=(1, 1, 1, 1), edges=StrokeEdge(0.02))
    >>> canvas.mean().backward()
    >>> table.grad.shape
    torch.Size([5, 13])
    """
    return _Render.apply(table, height, width, background, edges, threads)  # type: ignore[no-any-return]
