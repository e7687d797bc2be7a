"""A picture as the segmenters look at it."""

import numpy as np

from impasto.engine.parallel import in_parts
from impasto.engine.pictures.io import Picture

_AT_A_TIME = 1 << 16  # pixels that one thread converts

# Of linear sRGB to XYZ relative to D65's white (IEC 61966-2-1).
_TO_XYZ = np.array(
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ],
    np.float32,
)


def working_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """Height and width with the same aspect, the longer of them `longest` at most."""
    most = max(longest, 1)
    longer = max(height, width)
    if longer <= most:
        return height, width
    height, width = (max(1, (2 * most * side + longer) // (2 * longer)) for side in (height, width))
    return height, width


def seen(picture: Picture, longest: int) -> np.ndarray:
    """Return the picture (H, W, 3) float32 in 0..1, its longer side at most `longest`.

    See-through pixels get the mean colour of the others: their own are often leftovers that nobody sees.
    """
    rgb, alpha = picture.resampled(*working_size(picture.height, picture.width, longest))
    if picture.alpha is None:
        return rgb
    weight = alpha[..., None].astype(np.float64)
    mean = (rgb * weight).sum((0, 1)) / max(weight.sum(), 1e-9)
    return (rgb * weight + mean * (1 - weight)).astype(np.float32)


def cielab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (…, 3) float32, L in 0..100, of sRGB (…, 3) in 0..1, with D65 as white."""
    lab = np.empty(rgb.shape, np.float32)
    given, found = np.asarray(rgb, np.float32).reshape(-1, 3), lab.reshape(-1, 3)

    def convert(part: slice) -> None:
        found[part] = _cielab(given[part])

    in_parts(len(found), _AT_A_TIME, convert)
    return lab


def _cielab(rgb: np.ndarray) -> np.ndarray:
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92).astype(np.float32)
    # Not a matrix product: its bits may depend on the number of threads.
    x, y, z = (sum(linear[..., c] * _TO_XYZ[row, c] for c in range(3)) for row in range(3))
    x, y, z = (np.where(t > 216 / 24389, np.cbrt(t), t * (841 / 108) + 4 / 29) for t in (x, y, z))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def enlarged(labels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Labels (H, W) at another size, each pixel's those of the nearest one."""
    rows = (np.arange(height) * 2 + 1) * labels.shape[0] // (2 * height)
    columns = (np.arange(width) * 2 + 1) * labels.shape[1] // (2 * width)
    return labels[rows[:, None], columns]
