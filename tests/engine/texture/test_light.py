"""Light on a canvas of one row, which must not be taken for one that fades: what lies behind its cover is another's."""

import numpy as np
import pytest

from impasto.engine.texture.kernels.light import light

f4 = np.float32


@pytest.mark.parametrize("width", [1, 64])
def test_a_row_without_a_cover_is_lit(width: int) -> None:
    behind = np.full(64, np.nan, f4)
    behind[0] = 1
    canvas, high = np.full((1, width, 4), 0.5, f4), np.linspace(0, 9, width, dtype=f4)[None]
    lit = []
    for cover in (behind[:1].reshape(1, 1), np.ones((1, width), f4)):
        gain, offset = np.empty((1, width), f4), np.empty((1, width), f4)
        light(canvas, high, cover, f4(0.6), f4(0), f4(0.8), f4(1), f4(0.5), f4(0), 0, gain, offset, 0, 1)
        lit.append((gain, offset))
    assert np.isfinite(lit[0]).all() and np.array_equal(lit[0], lit[1])
    assert width == 1 or abs(lit[0][0][0, 1:-1] - 1).min() > 0.01  # relief is seen
