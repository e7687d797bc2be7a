"""A picture's colours as a style sees them, before anything is painted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.oklab import to_oklab
from impasto.engine.pictures.recolouring import OURS, ColourMap, even_colours
from impasto.engine.shapes import AnyRgb
from impasto.engine.styles.palette import levels_of
from impasto.engine.styles.style import Colour

LOOKED_AT = 256  # longer side, pixels, of the picture whose colours are to be another one's


def toning(picture: Picture, colour: Colour) -> Callable[[np.ndarray], np.ndarray]:
    """What turns colours (H, W, 3), float32 in 0..1, of a picture into those that a style sees.

    If the style is like another picture, that takes a fifth of a second, and is learned from the whole picture, so that
    all its regions and sizes are seen alike.
    """
    if not colour.like.changes:
        return lambda rgb: toned(rgb, colour)
    shrunk = min(1.0, LOOKED_AT / max(picture.height, picture.width))
    rgb, alpha = picture.resampled(max(1, int(picture.height * shrunk)), max(1, int(picture.width * shrunk)))
    seen = rgb[alpha > 0.5] if (alpha > 0.5).any() else rgb.reshape(-1, 3)
    theirs = to_oklab(levels_of(colour.like.colours))
    recoloured = ColourMap.between(even_colours(seen, OURS), theirs, colour.like.strength)
    return lambda rgb: toned(recoloured(rgb), colour)


def toned(rgb: AnyRgb, colour: Colour) -> AnyRgb:
    """The colours (H, W, 3) with a style's contrast and saturation, and fewer tones."""
    if colour.contrast != 1:
        mean = rgb.mean()
        rgb = mean + (rgb - mean) * colour.contrast
    if colour.saturation != 1:
        grey = (rgb @ np.array([0.299, 0.587, 0.114], rgb.dtype))[..., None]
        rgb = grey + (rgb - grey) * colour.saturation
    if colour.levels > 1:
        rgb = np.round(rgb * (colour.levels - 1)) / (colour.levels - 1)
    return np.clip(rgb, 0, 1)
