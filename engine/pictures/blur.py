"""Blurring by a Gaussian, without SciPy: to import it takes longer than all the blurs of a painting.

The sums are SciPy's, of float64 and in its order, so that the pixels are as well; several columns at a time.
"""

import numpy as np
from PIL import Image

from impasto.engine.compiling import exact_kernel

_REACH = 4.0  # standard deviations, beyond which nothing counts
_CLOSE = 4.0  # pixels of a blur, above which it may be made on a reduced plane
_COLUMNS = 256  # summed at a time: their sums stay in the processor's nearest cache


def gaussian_filter(pixels: np.ndarray, sigma: float, mode: str = "reflect") -> np.ndarray:
    """A plane (H, W) of float32 or float64, blurred by `sigma` pixels, as `scipy.ndimage.gaussian_filter` does it.

    mode: what lies beyond its borders; "reflect": the plane mirrored, "nearest": the pixel at the border.
    """
    reach = int(_REACH * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-reach, reach + 1) ** 2)
    weights /= weights.sum()
    height, width = pixels.shape
    blurred = np.empty(pixels.shape)
    _blur(
        np.require(pixels, np.float64, ["C", "W"]), weights, _places(height, reach, mode), _places(width, reach, mode),
        pixels.dtype == np.float32, blurred,
    )  # fmt: skip
    return blurred.astype(pixels.dtype)


def blurred(plane: np.ndarray, sigma: float) -> np.ndarray:
    """A plane (H, W) float32 blurred by sigma pixels; far blurs on a reduced plane, which errs by a hundredth."""
    if sigma < 0.3:
        return plane
    if sigma <= _CLOSE:
        return gaussian_filter(plane, sigma, "nearest")
    k = int(sigma / _CLOSE) + 1
    height, width = plane.shape
    small = Image.fromarray(plane).resize(
        (max(1, -(-width // k)), max(1, -(-height // k))), Image.Resampling.BOX
    )  # fmt: skip
    soft = gaussian_filter(np.array(small, np.float32), max(sigma / k, 0.3), "nearest")
    return np.array(Image.fromarray(soft).resize((width, height), Image.Resampling.BILINEAR), np.float32)


def try_kernels() -> None:
    """Compile what this module needs, or load it."""
    gaussian_filter(np.zeros((1, 1)), 0.5)


def _places(length: int, reach: int, mode: str) -> np.ndarray:
    """Which pixel (length + 2 · reach,) stands at each place from `reach` before the first on."""
    places = np.arange(-reach, length + reach)
    if mode == "nearest":
        return places.clip(0, length - 1)
    places %= 2 * length
    return np.minimum(places, 2 * length - 1 - places)


@exact_kernel
def _blur(
    source: np.ndarray, weights: np.ndarray, rows: np.ndarray, columns: np.ndarray, single: bool, blurred: np.ndarray
) -> None:
    """Blur a source (H, W), down and then across; all is float64, but if `single` what lies between is rounded.

    weights: (2R + 1,), symmetric; rows: (H + 2R,) int64, which of the source's rows is which; columns: likewise.
    """
    height, width = source.shape
    reach = weights.shape[0] // 2
    sums, line = np.empty(_COLUMNS), np.empty(width + 2 * reach)
    for y in range(height):
        for left in range(0, width, _COLUMNS):
            count = np.uint64(min(_COLUMNS, width - left))  # unsigned, or LLVM fears that a place wraps
            middle, weight = source[rows[y + reach], left:], weights[reach]
            for x in range(count):
                sums[x] = middle[x] * weight
            for k in range(reach):
                above, below = source[rows[y + k], left:], source[rows[y + 2 * reach - k], left:]
                weight = weights[k]
                for x in range(count):
                    sums[x] += (above[x] + below[x]) * weight
            half = line[reach + left :]
            for x in range(count):
                half[x] = np.float64(np.float32(sums[x])) if single else sums[x]
        for k in range(reach):
            line[k] = line[reach + columns[k]]
            line[reach + width + k] = line[reach + columns[reach + width + k]]
        for left in range(0, width, _COLUMNS):
            count = np.uint64(min(_COLUMNS, width - left))
            middle, weight = line[reach + left :], weights[reach]
            for x in range(count):
                sums[x] = middle[x] * weight
            for k in range(reach):
                before, after = line[left + k :], line[left + 2 * reach - k :]
                weight = weights[k]
                for x in range(count):
                    sums[x] += (before[x] + after[x]) * weight
            whole = blurred[y, left:]
            for x in range(count):
                whole[x] = sums[x]
