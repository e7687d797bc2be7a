"""Layers laid over one another: Porter and Duff's "over", cut by a share of each pixel."""

import numpy as np
import pytest

from impasto.engine.raster.cpu.over import lay_over


@pytest.mark.parametrize("threads", [1, 3, None])
@pytest.mark.parametrize("window", [np.s_[:, :], np.s_[7:190, 5:33]])
@pytest.mark.parametrize("cut", [False, True])
def test_it_is_over(cut, window, threads):
    rng = np.random.default_rng(0)
    whole = rng.random((200, 40, 4), np.float32)
    before, part = whole.copy(), whole[window]
    layer = rng.random(part.shape, np.float32)
    share = rng.random(part.shape[:2], np.float32)
    share[::3], share[1::3] = 0, 1
    paint = layer.astype(np.float64) * (share[..., None] if cut else 1)
    expected = before.astype(np.float64)
    expected[window] = part * (1 - paint[..., 3:]) + paint
    kept = layer.copy()
    lay_over(part, layer, share if cut else None, threads)
    assert whole == pytest.approx(expected, abs=1e-6) and np.array_equal(layer, kept)
    if cut:
        untouched = np.zeros(whole.shape[:2], bool)
        untouched[window] = share == 0
        assert np.array_equal(whole[untouched], before[untouched])


def test_an_empty_window_is_left_alone():
    canvas = np.ones((4, 4, 4), np.float32)
    lay_over(canvas[2:2], np.zeros((0, 4, 4), np.float32), np.zeros((0, 4), np.float32))
    assert (canvas == 1).all()
