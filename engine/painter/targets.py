"""What strokes are fitted to: the picture at the size of each pass's canvas, its colours as the style sees them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import pixel_weights
from impasto.engine.painting.region_masks import Crop
from impasto.engine.parallel import on_all
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.region_tiles import RegionTiles
from impasto.engine.styles.style import Colour, Style

f4 = np.float32
SMALLEST_CANVAS = 48  # longer side, pixels
UNDERPAINTING = 64  # longer side, pixels: it is only a blur
SPILL = {"filter": 1.0, "loose": 0.1}  # what a pixel of paint outside costs, in colours that are all wrong
SPILL_REACH = 1 / 24  # canvas units beyond a region's border where that is asked


@dataclass(frozen=True, eq=False)
class Target:
    """One canvas's goal: colours (3, H, W) 0..1, importance (H, W) 0..1 and the loss's weight of each pixel.

    Of the regions that are painted together there are their own importances, as crops of (H, W), and their weights as
    tiles for the rasteriser; a picture without regions has one of each, for all of it.
    """

    colours: np.ndarray
    importance: np.ndarray
    weight: np.ndarray
    own: tuple[Crop, ...]
    region_tiles: RegionTiles

    @property
    def height(self) -> int:
        """Rows."""
        return self.colours.shape[1]

    @property
    def width(self) -> int:
        """Columns."""
        return self.colours.shape[2]


class Targets:
    """The targets of some regions that are painted together, by canvas: a share, 0..1, of the working size.

    picture: what is painted, and as which `style` sees it; no canvas is larger than it. masks: uint8 (K, h, w) of these
    regions, each with the share of every pixel that is its own; None if the whole picture is one. A target is made
    when it is first asked for: a painting begins on small canvases, and the sooner the less is made before.

    A small canvas shows whole pixels only: its shorter side is rounded down and a strip narrower than a pixel is
    left out, so that a stroke's place in canvas units is the same on all of them.
    """

    def __init__(self, picture: Picture, style: Style, working_size: int, masks: np.ndarray | None = None) -> None:
        self._picture, self._style, self._masks = picture, style, masks
        self._longest = max(picture.height, picture.width)
        self._working = min(self._longest, working_size)
        self._made: dict[tuple[int, int], Target] = {}

    def require_visible(self, canvas: float) -> None:
        """Raise ImpastoError if there is nothing to be seen; `canvas` is the one where most can be told cheaply."""
        if not self[canvas].importance.any() and not self[1.0].importance.any():
            raise ImpastoError("the picture is transparent everywhere; there is nothing to paint.")

    def size(self, canvas: float) -> tuple[int, int]:
        """Rows and columns of a canvas."""
        side, picture = self._side(canvas), self._picture
        return max(1, picture.height * side // self._longest), max(1, picture.width * side // self._longest)

    def __getitem__(self, canvas: float) -> Target:
        """The target on a canvas."""
        size = self.size(canvas)
        if size not in self._made:
            self._made[size] = self._target(*size, self._longest / self._side(canvas))
        return self._made[size]

    def _side(self, canvas: float) -> int:
        return min(max(round(self._working * canvas), SMALLEST_CANVAS), self._working)

    def _target(self, height: int, width: int, scale: float) -> Target:
        picture, style = self._picture, self._style
        right, bottom = min(width * scale, picture.width), min(height * scale, picture.height)
        rgb, alpha = picture.resampled(height, width, (0.0, 0.0, right, bottom))
        colours = np.ascontiguousarray(toned(rgb, style.colour).transpose(2, 0, 1), f4)
        if self._masks is None:
            weight = pixel_weights(alpha)
            return Target(colours, alpha.astype(f4), weight, (Crop(0, 0, alpha.astype(f4)),), RegionTiles.of([weight]))
        part = right / picture.width, bottom / picture.height
        planes = on_all(lambda mask: _shown(mask, height, width, part) * alpha, list(self._masks))
        alpha = np.minimum(sum(planes[1:], planes[0]), 1)
        own, region_tiles = tuple(Crop.of(plane) for plane in planes), _region_tiles(planes, alpha, style.edges)
        return Target(colours, alpha.astype(f4), pixel_weights(alpha), own, region_tiles)


def _shown(mask: np.ndarray, height: int, width: int, part: tuple[float, float]) -> np.ndarray:
    """A mask (h, w) uint8, as much of it as a canvas shows (parts of its width and height), as (height, width) 0..1."""
    box = (0.0, 0.0, mask.shape[1] * part[0], mask.shape[0] * part[1])
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.BILINEAR, box)) / f4(255)


def _region_tiles(planes: list[np.ndarray], importance: np.ndarray, edges: str) -> RegionTiles:
    """The regions' weights, and where their strokes may leave them at a cost, that cost around each."""
    scale = f4(1 / max(3 * importance.sum(dtype=np.float64), 1e-9))
    weights = [plane * scale for plane in planes]
    if edges not in SPILL:
        return RegionTiles.of(weights)
    from scipy.ndimage import maximum_filter  # takes its time, and few need it

    reach = 2 * round(SPILL_REACH * max(importance.shape)) + 1
    cost = f4(3 * SPILL[edges]) * scale
    behind = np.zeros_like(importance)
    spills = []
    for plane in planes:
        near = maximum_filter(plane, reach, mode="constant") > 0
        # on a soft border both sides may paint, else there would be a gap; `loose` strokes may go under those in front
        outside = (plane <= 0) * f4(1) if edges == "filter" else behind
        spills.append(np.where(near, outside * cost, 0).astype(f4))
        behind = np.minimum(behind + plane, 1)
    return RegionTiles.of(weights, spills)


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
        from scipy.ndimage import gaussian_filter

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
