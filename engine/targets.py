"""What is painted after: the picture at the size of each pass's canvas, its colours as the style sees them."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from engine.errors import ImpastoError
from engine.losses import pixel_weights
from engine.pictures import Picture
from engine.styles.style import Colour, Style

f4 = np.float32
SMALLEST_CANVAS = 48  # longer side, pixels
UNDERPAINTING = 64  # longer side, pixels: it is only a blur


@dataclass(frozen=True)
class Target:
    """One canvas's goal: colours (3, H, W) 0..1, importance (H, W) 0..1 and the loss's weight of each pixel."""

    colours: np.ndarray
    importance: np.ndarray
    weight: np.ndarray

    @property
    def height(self) -> int:
        """Rows."""
        return self.colours.shape[1]

    @property
    def width(self) -> int:
        """Columns."""
        return self.colours.shape[2]


def targets_of(picture: Picture, style: Style, canvases: list[float], working_size: int) -> dict[float, Target]:
    """A target for each canvas (1.0 among them), a share of the working size; never larger than the picture.

    A small canvas shows whole pixels only: its shorter side is rounded down and a strip narrower than a pixel is
    left out, so that a stroke's place in canvas units is the same on all of them.
    """
    longest = max(picture.height, picture.width)
    working = min(longest, working_size)
    found = {}
    for canvas in {*canvases, 1.0}:
        side = min(max(round(working * canvas), SMALLEST_CANVAS), working)
        height, width = (max(1, picture_side * side // longest) for picture_side in (picture.height, picture.width))
        box = (
            0.0,
            0.0,
            min(width * longest / side, picture.width),
            min(height * longest / side, picture.height),
        )
        rgb, alpha = picture.resampled(height, width, box)
        colours = np.ascontiguousarray(toned(rgb, style.colour).transpose(2, 0, 1), f4)
        found[canvas] = Target(colours, alpha.astype(f4), pixel_weights(alpha))
    if not found[1.0].importance.any():
        raise ImpastoError("the picture is transparent everywhere; there is nothing to paint.")
    return found


def toned(rgb: np.ndarray, colour: Colour) -> np.ndarray:
    """The colours (H, W, 3) as the style sees them: contrast, saturation, fewer tones."""
    if colour.contrast != 1:
        mean = rgb.mean()
        rgb = mean + (rgb - mean) * colour.contrast
    if colour.saturation != 1:
        grey = (rgb @ np.array([0.299, 0.587, 0.114], rgb.dtype))[..., None]
        rgb = grey + (rgb - grey) * colour.saturation
    if colour.levels > 1:
        rgb = np.round(rgb * (colour.levels - 1)) / (colour.levels - 1)
    return np.clip(rgb, 0, 1)


def underpainting(picture: Picture, style: Style) -> tuple[tuple[float, float, float, float], np.ndarray | None]:
    """The background as straight RGBA, and for a blurred one its small picture (h, w, 3) uint8 as well."""
    side = min(max(picture.height, picture.width), UNDERPAINTING)
    longest = max(picture.height, picture.width)
    size = (max(1, picture.height * side // longest), max(1, picture.width * side // longest))
    rgb, alpha = picture.resampled(*size)
    rgb = toned(rgb, style.colour)
    weight = alpha / max(float(alpha.sum()), 1e-6)
    r, g, b = (float(x) for x in (rgb * weight[..., None]).sum((0, 1)).clip(0, 1))
    name = style.background
    if name == "blurred":
        blurred = np.stack([gaussian_filter(rgb[..., k], side / 24, mode="nearest") for k in range(3)], -1)
        return (r, g, b, 1.0), np.round(blurred * 255).astype(np.uint8)
    plain = {
        "black": (0.0, 0.0, 0.0, 1.0),
        "white": (1.0, 1.0, 1.0, 1.0),
        "average": (r, g, b, 1.0),
        "transparent": (0.0, 0.0, 0.0, 0.0),
    }
    if name in plain:
        return plain[name], None
    red, green, blue = (int(name[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return (red, green, blue, 1.0), None
