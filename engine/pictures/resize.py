"""Small things done to pixels that several rooms need."""

import numpy as np
from numpy.typing import NDArray

CACHED = 1 << 14  # pixels worked on at a time: float32 RGBA that stays in a processor's own cache


def resized(
    pixels: np.ndarray, height: int, width: int, box: tuple[float, float, float, float] | None = None
) -> np.ndarray:
    """Pixels (h, w) or (h, w, 3) uint8, or (h, w) float32 of 0..1, at another size.

    Bilinear; averaging where it shrinks. box: left, top, right and bottom of the part that is shown, if not all is;
    what lies beyond it still shines in at its edges.
    """
    from PIL import Image

    if box is None and pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(np.ascontiguousarray(pixels))
    found = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))
    return found.clip(0, 1) if found.dtype == np.float32 else found


def straight(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn premultiplied 0..1 (rows, width, 4) into whole straight numbers 0..255, in place."""
    step = max(1, CACHED // max(band.shape[1], 1))
    for top in range(0, len(band), step):
        part = band[top : top + step]
        part *= 255
        colour, alpha = part[..., :3], part[..., 3:]
        if alpha.min(initial=255) < 255:
            visible = alpha > 0.5  # else alpha rounds to 0, and so does the colour, which is no larger
            np.divide(colour, alpha, out=colour, where=visible)
            np.multiply(colour, 255, out=colour, where=visible)
        np.rint(part, out=part).clip(0, 255, out=part)
    return band
