"""The same table and size give the same bits: whatever the threads, the rows, the time of day."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raster_cases import FUSED, HALF_CLEAR, KINDS, f4, pixel_weights, premultiplied, realistic, wild

from impasto.engine.raster import gradient, render
from impasto.engine.raster.cpu import binning, tiles
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge

HEIGHT, WIDTH = 203, 187  # tiles enough for ten chunks of them, so that threads share them out
COUNT = 400  # more than 256, so that strokes too are shared out among threads
LOOK: dict[str, Any] = {"edges": StrokeEdge(0.02, 0.5)}


def table_of(seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([realistic(rng, COUNT // 2, HEIGHT, WIDTH), wild(rng, COUNT // 2, HEIGHT, WIDTH)])


def everything(threads):
    """What every kind of call returns, one after the other."""
    rng, table, ground = np.random.default_rng(1), table_of(), premultiplied((0.3, 0.5, 0.7, 1.0))
    target, weight = rng.random((3, HEIGHT, WIDTH)).astype(f4), pixel_weights(rng.random((HEIGHT, WIDTH)))
    raster = CpuRaster(HEIGHT, WIDTH, **LOOK, threads=threads)
    yield "forward", raster.forward(table, ground)
    yield "backward", raster.backward(table, ground, rng.normal(size=(4, HEIGHT, WIDTH)).astype(f4))
    for loss in FUSED:
        value, slope = raster.loss_and_gradient(table, ground, target, weight, FUSED[loss].mode)
        yield loss, np.append(slope, value)
    yield "removal", raster.removal_costs(table, ground, target, weight)


@pytest.fixture(scope="module")
def expected():
    return dict(everything(1))


@pytest.mark.parametrize("threads", [1, 2, 3, 5, 5])
def test_threads_do_not_change_a_bit(expected, threads):
    for name, found in everything(threads):
        assert np.isfinite(found).all() and found.any(), name
        assert found.tobytes() == expected[name].tobytes(), name


@pytest.mark.parametrize("threads", [1, 3])
def test_the_two_functions_take_threads_too(threads):
    table, ascent = table_of(), np.random.default_rng(2).normal(size=(HEIGHT, WIDTH, 4)).astype(f4)
    look = {"background": HALF_CLEAR, **LOOK}
    assert np.array_equal(render(table, HEIGHT, WIDTH, **look, threads=threads), render(table, HEIGHT, WIDTH, **look))
    assert np.array_equal(gradient(table, ascent, **look, threads=threads), gradient(table, ascent, **look))


def test_a_raster_used_before_gives_the_same_bits(expected):
    """Nothing of a larger or smaller table stays behind in the scratch space."""
    raster = CpuRaster(HEIGHT, WIDTH, **LOOK, threads=2)
    rng, ground = np.random.default_rng(1), premultiplied((0.3, 0.5, 0.7, 1.0))
    rng.random((4, HEIGHT, WIDTH))  # what other tests of this seed draw before
    ascent = rng.normal(size=(4, HEIGHT, WIDTH)).astype(f4)
    for seed in (5, 6):
        raster.backward(np.repeat(table_of(seed), seed - 4, 0), ground, -ascent)
        assert np.array_equal(raster.backward(table_of(), ground, ascent), expected["backward"])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    rows=st.tuples(st.integers(0, HEIGHT - 1), st.integers(1, HEIGHT)).filter(lambda r: r[0] < r[1]),
    kind=st.sampled_from(list(KINDS)),
    threads=st.sampled_from([1, 3]),
)
def test_rows_are_the_rows_of_the_whole(rows, kind, threads):
    table = KINDS[kind](np.random.default_rng(7), 40, HEIGHT, WIDTH)
    look = {"background": HALF_CLEAR, **LOOK}
    whole = render(table, HEIGHT, WIDTH, **look)
    part = render(table, HEIGHT, WIDTH, **look, rows=rows, threads=threads)
    assert part.shape == (rows[1] - rows[0], WIDTH, 4)
    assert part.tobytes() == whole[rows[0] : rows[1]].tobytes()


@pytest.mark.parametrize("band", [1, 7, 32, 50])
def test_bands_make_the_whole(band):
    """A wide canvas, painted band by band."""
    table, look = table_of(3), {"background": HALF_CLEAR, **LOOK}
    whole = render(table, 70, 130, **look)
    bands = [render(table, 70, 130, **look, rows=(y, min(y + band, 70))) for y in range(0, 70, band)]
    assert np.concatenate(bands).tobytes() == whole.tobytes()


def signatures():
    """For how many kinds of arguments each kernel has been compiled in this process."""
    kernels = (
        binning.prepare,
        binning.bin_strokes,
        binning.sort_pairs,
        tiles.paint_tiles,
        tiles.gather_gradients,
    )
    return [len(inspect.getclosurevars(kernel).nonlocals["compiled"].signatures) for kernel in kernels]


def test_whatever_the_arrays_no_kernel_is_compiled_twice(expected):
    """Read-only, strided or float64 arrays are strangers to Numba, which would silently compile for 10 s for each."""
    before = signatures()
    rng, ground = np.random.default_rng(1), premultiplied((0.3, 0.5, 0.7, 1.0))
    target, weight = rng.random((3, HEIGHT, WIDTH)).astype(f4), pixel_weights(rng.random((HEIGHT, WIDTH)))
    ascent = rng.normal(size=(4, HEIGHT, WIDTH)).astype(f4)
    raster, table = CpuRaster(HEIGHT, WIDTH, **LOOK), table_of()
    for strange in (read_only, np.asfortranarray, lambda a: a.astype(np.float64), lambda a: a.repeat(2, 0)[::2]):
        forward = raster.forward(strange(table), strange(ground))
        backward = raster.backward(strange(table), strange(ground), strange(ascent))
        value, slope = raster.loss_and_gradient(strange(table), strange(ground), strange(target), strange(weight))
        costs = raster.removal_costs(strange(table), strange(ground), strange(target), strange(weight))
        for name, found in (("forward", forward), ("backward", backward), ("removal", costs)):
            assert np.array_equal(found, expected[name]), name
        assert np.array_equal(np.append(slope, value), expected["l1"])
    assert signatures() == before == [1] * 5


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array
