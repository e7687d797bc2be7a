"""Blurring: what SciPy makes of a plane, at every border and for planes narrower than the blur."""

import numpy as np
import pytest
from scipy import ndimage

from impasto.engine.pictures.blur import gaussian_filter


@pytest.mark.parametrize("mode", ["reflect", "nearest"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(40, 300), (1, 70), (33, 1), (5, 7)])
def test_blurs_as_scipy_does(shape: tuple[int, int], dtype: type, mode: str) -> None:
    plane = np.random.default_rng(0).random(shape).astype(dtype)
    for sigma in (0.1, 0.7, 2.5, 9.7):
        for given in (plane, plane.T, plane[::-1, ::2]):
            blurred = gaussian_filter(given, sigma, mode)
            assert blurred.dtype == dtype
            expected = ndimage.gaussian_filter(given, sigma, mode=mode)
            np.testing.assert_allclose(blurred, expected, rtol=4 * np.finfo(dtype).eps)
