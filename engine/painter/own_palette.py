"""The palette that a picture has itself, as a style sees it."""

import numpy as np

from impasto.engine.painter.toning import toning
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, changed_style
from impasto.engine.styles.palette import of_picture

LOOKED_AT = 512  # longer side, pixels: colours of what is smaller are no stroke's


def with_own_palette(style: Style, picture: Picture, count: int) -> Style:
    """The style with `count` colours of the picture as its palette: those it would paint, heightened as it does.

    Raises ImpastoError for a count that is not 2 to 256, a picture of one colour, and a style that has pigments.
    """
    side, longest = min(LOOKED_AT, max(picture.height, picture.width)), max(picture.height, picture.width)
    rgb, alpha = picture.resampled(max(1, picture.height * side // longest), max(1, picture.width * side // longest))
    seen = Picture(*(np.round(255 * plane).astype(np.uint8) for plane in (toning(picture, style.colour)(rgb), alpha)))
    return changed_style(style, [f"colour.palette={list(of_picture(seen, count))}"])
