"""The rasteriser in plain torch: the readable definition, and the oracle of every test. Slow on purpose.

A stroke covers a pixel p with

    a(p) = min(opacity(t*) · S((r(t*) − |p − B(t*)|) / w + ½), 1),   t* = argmin over [0, 1] of |p − B(t)| − r(t)

where B is the quadratic Bézier curve, r and opacity are linear in t, S is smoothstep clamped to 0..1, and w is the
edge's width: max(softness, 1 pixel) + edge · mean radius. Strokes composite in table order with `over`; those that
absorb let through colour^a(p) of what is beneath, so that order does not matter.
"""

import torch
from torch import Tensor

from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.lattice import WHOLE, Lattice
from impasto.engine.raster.layout import DEEPEST

SAMPLES = 65
NEWTON_STEPS = 12
TINY = 1e-6  # pixels²; keeps the distance differentiable on the curve itself


def render(
    table: Tensor,
    height: int,
    width: int,
    *,
    background: Tensor,
    edges: StrokeEdge,
    scale: float | None = None,
    lattice: Lattice = WHOLE,
) -> Tensor:
    """Render a table of strokes; differentiable in `table` and `background`.

    table: (N, 13), canvas units, any float type; background: (4,) straight RGBA; edges: how the strokes' fade;
    scale: pixels of the whole canvas per canvas unit (default: the longer side, on a lattice times its stride);
    lattice: which of the canvas's pixels these height × width are.
    Returns the canvas (height, width, 4), premultiplied, in the table's float type.
    """
    scale = scale or max(height, width) * lattice.stride
    rows = torch.arange(height, dtype=table.dtype) * lattice.stride + lattice.row
    columns = torch.arange(width, dtype=table.dtype) * lattice.stride + lattice.column
    ys, xs = (rows + 0.5)[:, None].expand(height, width), (columns + 0.5)[None, :].expand(height, width)
    background = background.to(table.dtype)
    canvas = torch.cat([background[:3] * background[3], background[3:]]).expand(height, width, 4)
    if edges.absorbs:
        absorbed = torch.zeros(height, width, 3, dtype=table.dtype)
        for stroke in table:
            alpha = coverage(stroke, xs, ys, scale, edges.softness, edges.edge)[..., None]
            absorbed = absorbed - alpha * torch.log(stroke[10:13].clamp(min=float(DEEPEST)))
        return torch.cat([canvas[..., :3] * torch.exp(-absorbed), canvas[..., 3:]], -1)
    for stroke in table:
        alpha = coverage(stroke, xs, ys, scale, edges.softness, edges.edge)[..., None]
        colour = torch.cat([stroke[10:13], torch.ones(1, dtype=table.dtype)])
        canvas = canvas * (1 - alpha) + colour * alpha
    return canvas


def coverage(stroke: Tensor, xs: Tensor, ys: Tensor, scale: float, softness: float, edge: float) -> Tensor:
    """Opacity (H, W) of one stroke (13,) at the pixel centres xs, ys (H, W)."""
    p0, p1, p2 = (stroke[k : k + 2] * scale for k in (0, 2, 4))
    r0, r2 = stroke[6] * scale, stroke[7] * scale
    w = torch.clamp(torch.as_tensor(softness * scale, dtype=stroke.dtype), min=1.0) + edge * (r0 + r2) / 2
    c1, c2 = 2 * (p1 - p0), p0 - 2 * p1 + p2

    def gap(t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The vector from p to B(t), and its length smoothed at zero."""
        dx = p0[0] - xs + t * (c1[0] + t * c2[0])
        dy = p0[1] - ys + t * (c1[1] + t * c2[1])
        return dx, dy, torch.sqrt(dx * dx + dy * dy + TINY)

    def slope(t: Tensor) -> tuple[Tensor, Tensor]:
        """h(t) = |p − B| · d/dt(|p − B| − r), which is zero at an inner t*, and dh/dt."""
        dx, dy, d = gap(t)
        gx, gy = c1[0] + 2 * t * c2[0], c1[1] + 2 * t * c2[1]
        along = dx * gx + dy * gy
        curve = gx * gx + gy * gy + 2 * (dx * c2[0] + dy * c2[1]) - (r2 - r0) * along / d
        speed = gx * gx + gy * gy
        return along - (r2 - r0) * d, torch.maximum(curve, 0.2 * speed + TINY)

    with torch.no_grad():
        t = _nearest(lambda t: gap(t)[2] - r0 - (r2 - r0) * t, slope, xs)
    # t is now a number; one Newton step with a frozen denominator gives it its exact derivative
    h, curve = slope(t)
    inner = (t > 0) & (t < 1)
    t = torch.where(inner, t - (h - h.detach()) / curve.detach(), t)
    u = ((r0 + (r2 - r0) * t - gap(t)[2]) / w + 0.5).clamp(0, 1)
    return ((stroke[8] + (stroke[9] - stroke[8]) * t) * u * u * (3 - 2 * u)).clamp(max=1)


def _nearest(objective, slope, like: Tensor) -> Tensor:
    """argmin of the objective over [0, 1] for every pixel: dense samples, then Newton steps that only improve.

    Each sample takes a step before it is judged: of two valleys, the one with the luckier sample may not be the deeper.
    """
    best_t = torch.zeros_like(like)
    best = objective(best_t)

    def judge(t: Tensor) -> None:
        nonlocal best_t, best
        f = objective(t)
        best_t = torch.where(f < best, t, best_t)
        best = torch.minimum(f, best)

    def step(t: Tensor) -> Tensor:
        h, curve = slope(t)
        return (t - h / curve).clamp(0, 1)

    for k in range(SAMPLES):
        t = torch.full_like(like, k / (SAMPLES - 1))
        judge(t)
        judge(step(t))
    for _ in range(NEWTON_STEPS):
        judge(step(best_t))
    return best_t
