"""From the pairs' sums to moved strokes: the gradient of the table, and Adam with its limits (see adam.py)."""

# pyright: reportArgumentType=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
# (the language inside a kernel is Triton's, not Python's)

import triton.language as tl

from impasto.engine.raster.triton.compiling import kernel
from impasto.engine.raster.triton.paint import MOMENTS
from impasto.engine.raster.triton.strokes import PREPARED, RED


@kernel
def gather(q, moments, ends, to_columns, gradient, capacity, CHUNK: tl.constexpr, ABSORBS: tl.constexpr):
    """dL/d(table) (N, 13): one program adds up one stroke's pairs, always in the same order.

    ends (N,): where each stroke's pairs end; to_columns (MOMENTS, MOMENTS): the matrix that makes columns of moments.
    q, ABSORBS: as `strokes.prepare` has them; a gradient of what a stroke absorbs becomes that of its colour.
    """
    n = tl.program_id(0)
    first = tl.load(ends + n - 1, n > 0, 0)
    last = tl.minimum(tl.load(ends + n), capacity)
    c = tl.arange(0, MOMENTS)
    i = tl.arange(0, CHUNK)
    sums = tl.zeros((CHUNK, MOMENTS), tl.float32)
    for start in range(first, last, CHUNK):
        k = start + i
        sums += tl.load(moments + k[:, None].to(tl.int64) * MOMENTS + c[None, :], (k < last)[:, None], 0.0)
    total = tl.sum(sums, 0)
    matrix = tl.load(to_columns + c[:, None] * MOMENTS + c[None, :])
    column = tl.sum(matrix * total[None, :], 1)
    if ABSORBS:
        absorbed = tl.load(q + n * PREPARED + RED + c - 10, (c >= 10) & (c < 13), 0.0)
        column = tl.where(c >= 10, -column * tl.exp(absorbed), column)
    tl.store(gradient + n * 13 + c, column, c < 13)


@kernel
def moved(
    table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, k: tl.constexpr,
    DEEP: tl.constexpr,
):  # fmt: skip
    """Column k after Adam's step, within its range; keeps Adam's memory of it. DEEP: stepped as what is absorbed."""
    at = n * 13 + k
    g = tl.load(gradient + at, live, 0.0)
    p = tl.load(table + at, live, 0.0)
    if DEEP:
        g *= p
    m = b1 * tl.load(mean + at, live, 0.0) + (1.0 - b1) * g
    v = b2 * tl.load(square + at, live, 0.0) + (1.0 - b2) * g * g
    tl.store(mean + at, m, live)
    tl.store(square + at, v, live)
    step = tl.load(rates + k) * rate * m * c1 / (tl.sqrt(v * c2) + 1e-12)
    if k < 8:
        step *= size
    if DEEP:
        p *= tl.exp(-step)
    else:
        p -= step
    return tl.minimum(tl.maximum(p, tl.load(low + k)), tl.load(high + k))


@kernel
def adam(
    table, gradient, mean, square, age, rates, low, high, step_rates, turn, ends, capacity, count, size_low, size_high,
    bend, taper, b1, b2, log_b1, log_b2, BLOCK: tl.constexpr, ABSORBS: tl.constexpr,
):  # fmt: skip
    """One step of `adam.adam_step`, in place, if all pairs had room; else nothing.

    step_rates (turns,): what all steps are scaled by, of which turn (1,) tells the present one.
    """
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    live = n < tl.where(tl.load(ends + count - 1) <= capacity, count, 0)
    rate = tl.load(step_rates + tl.load(turn))
    older = tl.load(age + n, live, 0) + 1
    tl.store(age + n, older, live)
    c1 = 1.0 / (1.0 - tl.exp(log_b1 * older.to(tl.float32)))
    c2 = 1.0 / (1.0 - tl.exp(log_b2 * older.to(tl.float32)))
    size = 0.5 * (tl.load(table + n * 13 + 6, live, 0.0) + tl.load(table + n * 13 + 7, live, 0.0))
    size = tl.minimum(tl.maximum(size, size_low), size_high)
    p0 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 0, False)
    p1 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 1, False)
    p2 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 2, False)
    p3 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 3, False)
    p4 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 4, False)
    p5 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 5, False)
    r0 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 6, False)
    r2 = moved(table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, 7, False)
    mx = 0.5 * (p0 + p4)
    my = 0.5 * (p1 + p5)
    limit = bend * tl.sqrt((p0 - p4) * (p0 - p4) + (p1 - p5) * (p1 - p5))
    ox = p2 - mx
    oy = p3 - my
    off = tl.sqrt(ox * ox + oy * oy)
    shrink = limit / (off + 1e-12)
    mean_radius = 0.5 * (r0 + r2)
    at = table + n * 13
    tl.store(at, p0, live)
    tl.store(at + 1, p1, live)
    tl.store(at + 2, tl.where(off > limit, mx + ox * shrink, p2), live)
    tl.store(at + 3, tl.where(off > limit, my + oy * shrink, p3), live)
    tl.store(at + 4, p4, live)
    tl.store(at + 5, p5, live)
    tl.store(at + 6, tl.where(taper < 1.0, mean_radius + taper * (r0 - mean_radius), r0), live)
    tl.store(at + 7, tl.where(taper < 1.0, mean_radius + taper * (r2 - mean_radius), r2), live)
    for k in tl.static_range(8, 13):
        p = moved(
            table, gradient, mean, square, rates, low, high, n, live, size, rate, b1, b2, c1, c2, k, ABSORBS and k >= 10
        )
        tl.store(at + k, p, live)


@kernel
def tick(losses, loss, turn, ends, capacity, count):
    """Note the present turn's loss, and go on to the next turn if all pairs had room."""
    now = tl.load(turn)
    tl.store(losses + now, tl.load(loss))
    tl.store(turn, now + (tl.load(ends + count - 1) <= capacity).to(tl.int32))
