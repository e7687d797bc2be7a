"""A picture as a watercolourist sees it: calm areas with clear edges, lights that are paper, no darks of black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impasto.engine.compiling import kernel
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.shapes import Plane, Rgb

f4 = np.float32
LIGHTEST = 99.0  # percentile of luminance that is left as paper
KEY, WHITE, FLOOR = 0.85, 0.97, 0.07  # a high key: powers below 1 lighten; what is above WHITE is paper
LUMINANCE = np.array((0.3, 0.55, 0.15), f4)
STEP = 0.1  # how soft the steps between values are, of a step
CALMER = f4(2e-5)  # variance below which a window is as calm as can be
FINE, AROUND = 0.006, 0.012  # canvas units: what details are finer than, and how far around them they matter


def brightest(rgb: Rgb) -> float:
    """The luminance of a picture (H, W, 3) that a watercolour leaves white."""
    return max(float(np.percentile(rgb @ LUMINANCE, LIGHTEST)), 0.4)


def high_key(rgb: Rgb, top: float) -> Rgb:
    """The colours (…, 3) with lights that are paper (1) and darks no darker than paint can be; top: see `brightest`."""
    x = np.clip(rgb / f4(top), 0, 1.2) ** f4(KEY) / f4(WHITE)
    return np.clip(FLOOR + (1 - FLOOR) * x, FLOOR, 1).astype(f4)


def in_values(rgb: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The colours (…, 3) in a few values, with soft steps between them; as they are if count is less than 2."""
    if count < 2:
        return rgb
    scaled = (rgb - FLOOR) * ((count - 1) / (1 - FLOOR))
    whole = np.floor(scaled)
    step = 1 / (1 + np.exp(np.clip((0.5 - (scaled - whole)) / STEP, -30, 30)))
    return (FLOOR + (whole + step) * ((1 - FLOOR) / (count - 1))).clip(FLOOR, 1).astype(f4)


def calmed(rgb: Rgb, radius: int, times: int = 1) -> Rgb:
    """Kuwahara's filter: at each pixel of (H, W, 3) the mean of the calmest of the four windows that touch it.

    radius: of the windows, pixels; softly chosen, by their variances, so that edges sharpen and areas become plain.
    """
    for _ in range(times if radius > 0 else 0):
        height, width, _ = rgb.shape
        padded = np.pad(rgb, ((radius, radius), (radius, radius), (0, 0)), mode="edge")
        sums = np.zeros((height + 2 * radius + 1, width + 2 * radius + 1, 5))
        grey = padded.mean(2, keepdims=True)
        planes = np.concatenate([padded, grey, grey * grey], 2, dtype=np.float64)
        np.cumsum(np.cumsum(planes, 0), 1, out=sums[1:, 1:])
        calm = np.empty((height, width, 3), f4)
        _choose(sums, radius, calm)
        rgb = calm
    return rgb


@kernel
def _choose(sums, radius, out):
    """sums: (H + 2R + 1, W + 2R + 1, 5), summed areas of red, green, blue, grey and its square."""
    size = radius + 1
    area = 1.0 / (size * size)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            total, red, green, blue = 0.0, 0.0, 0.0, 0.0
            for k in range(4):
                y0 = y + (k // 2) * radius
                x0 = x + (k % 2) * radius
                m = np.empty(5)
                for c in range(5):
                    m[c] = area * (
                        sums[y0 + size, x0 + size, c] - sums[y0, x0 + size, c]
                        - sums[y0 + size, x0, c] + sums[y0, x0, c]
                    )  # fmt: skip
                spread = max(m[4] - m[3] * m[3], 0.0) + CALMER
                w = 1.0 / (spread * spread * spread)
                total += w
                red += w * m[0]
                green += w * m[1]
                blue += w * m[2]
            out[y, x, 0] = red / total
            out[y, x, 1] = green / total
            out[y, x, 2] = blue / total


def fine_detail(rgb: Rgb) -> Plane:
    """How much each pixel of (H, W, 3) matters for the fine detail around it: (H, W), .5 to 2.5."""
    grey, side = rgb.mean(2), max(rgb.shape[:2])
    fine = np.abs(grey - gaussian_filter(grey, max(FINE * side, 0.5)))
    fine = gaussian_filter(fine, max(AROUND * side, 0.5))
    return (0.5 + 0.5 * np.minimum(fine / (fine.mean() + 1e-6), 4)).astype(f4)
