"""What strokes are fitted to: the picture at the size of each pass's canvas, its colours as the style sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from impasto.engine.painter.toning import toning
from impasto.engine.painting.region_masks import Crop
from impasto.engine.parallel import on_all
from impasto.engine.pictures.picture import REDUCED, Picture
from impasto.engine.raster.lattice import Lattice
from impasto.engine.raster.region_tiles import RegionTiles
from impasto.engine.shapes import Colours, Plane, Rgba
from impasto.engine.styles.palette import nearest
from impasto.engine.styles.style import Style

f4 = np.float32
UNDERPAINTING = 64  # longer side, pixels: it is only a blur
SPILL = {"filter": 1.0, "loose": 0.1}  # what a pixel of paint outside costs, in colours that are all wrong
SPILL_REACH = 1 / 24  # canvas units beyond a region's border where that is asked


@dataclass(frozen=True, eq=False)
class Goal:
    """What a descent looks at: the lattices of a canvas, which take turns, or the whole canvas as the only one.

    colours: (P, 3, h, w) float32 for P lattices; region_tiles: one for each, all with the same tiles; scale: pixels of
    the canvas per canvas unit; caution: what too dark costs, times what too light does; calm: whether steps are to
    follow what was seen for long, rather than turn quickly.
    """

    lattices: tuple[Lattice, ...]
    colours: np.ndarray
    region_tiles: tuple[RegionTiles, ...]
    scale: int
    caution: float = 1.0
    calm: bool = False

    def aimed(self, caution: float, *, calm: bool) -> Goal:
        """The same goal, gone for in another way."""
        return replace(self, caution=caution, calm=calm)

    @property
    def height(self) -> int:
        """Rows of a lattice."""
        return self.colours.shape[2]

    @property
    def width(self) -> int:
        """Columns of a lattice."""
        return self.colours.shape[3]

    @property
    def stride(self) -> int:
        """Of the lattices, pixels of the canvas."""
        return self.lattices[0].stride


@dataclass(frozen=True, eq=False)
class Target:
    """The picture on one canvas: colours (3, H, W) 0..1 and importance (H, W) 0..1.

    own: of the regions that are painted together their own importances, as crops of (H, W); of a picture without
    regions that of the whole; edges: what strokes may do at a region's border, as a style has it; None without regions.
    matters: (H, W), how much more or less than others a pixel counts, 1 in the mean; None if all are alike.
    """

    colours: Colours
    importance: Plane
    own: tuple[Crop, ...]
    edges: str | None = None
    matters: Plane | None = None

    @property
    def height(self) -> int:
        """Rows."""
        return self.colours.shape[1]

    @property
    def width(self) -> int:
        """Columns."""
        return self.colours.shape[2]

    def shown(self) -> Rgba:
        """What is to be seen of its regions: (H, W, 4), premultiplied by their share of each pixel."""
        share = np.asarray(sum(own.on(self.height, self.width) for own in self.own))
        return np.concatenate([self.colours * share, share[None]]).transpose(1, 2, 0)

    def goal(self, stride: int) -> Goal:
        """What a descent is to look at: every so-many-th pixel in both directions, all of them in stride² turns."""
        lattices = turns_of(stride)
        scale = f4(stride**2 / max(3 * self.importance.sum(dtype=np.float64), 1e-9))  # a lattice stands for all pixels
        planes = [own.on(self.height, self.width) for own in self.own]
        weights = [plane * scale if self.matters is None else plane * self.matters * scale for plane in planes]
        spills = spill_prices(planes, self.edges, scale) if self.edges in SPILL else None
        colours = np.stack([lattice.of(self.colours) for lattice in lattices])
        longer = max(self.height, self.width)
        return Goal(lattices, colours, RegionTiles.on_lattices(lattices, weights, spills), longer)


class Targets:
    """The targets of some regions that are painted together, by canvas: the pixels of its longer side.

    picture: what is painted, and as which `style` sees it; no canvas is larger than it. masks: uint8 (K, h, w) of these
    regions, each with the share of every pixel that is its own; None if the whole picture is one. exact: the canvas to
    which every pixel of a large picture counts; for those of half its reduced size that suffices. A target is made
    when it is first asked for: a painting begins on small canvases, and the sooner the less is made before.

    A small canvas shows whole pixels only: its shorter side is rounded down and a strip narrower than a pixel is
    left out, so that a stroke's place in canvas units is the same on all of them.
    """

    def __init__(
        self, picture: Picture, style: Style, masks: np.ndarray | None = None, exact: int | None = None
    ) -> None:  # fmt: skip
        self._picture, self._style, self.masks, self.exact = picture, style, masks, exact
        self._longest = max(picture.height, picture.width)
        self._made: dict[tuple[int, int], Target] = {}
        self._toned = toning(picture, style.colour)

    def size(self, side: int) -> tuple[int, int]:
        """Rows and columns of a canvas."""
        picture = self._picture
        return max(1, picture.height * side // self._longest), max(1, picture.width * side // self._longest)

    def __getitem__(self, side: int) -> Target:
        """The target on a canvas."""
        size = self.size(side)
        if size not in self._made:
            self._made[size] = self._target(*size, self._longest / side)
        return self._made[size]

    def _target(self, height: int, width: int, scale: float) -> Target:
        picture, style = self._picture, self._style
        right, bottom = min(width * scale, picture.width), min(height * scale, picture.height)
        source, by = picture, 1
        if max(height, width) not in (self.exact, self._longest) and max(height, width) <= REDUCED // 2:
            source, by = picture.reduced, picture.reduction
        rgb, alpha = source.resampled(height, width, (0.0, 0.0, right / by, bottom / by))
        colours = np.ascontiguousarray(self._toned(rgb).transpose(2, 0, 1), f4)
        alpha = alpha.astype(f4)
        if self.masks is None:
            return Target(colours, alpha, (Crop(0, 0, alpha),))
        part = right / picture.width, bottom / picture.height
        planes = on_all(lambda mask: _shown(mask, height, width, part) * alpha, list(self.masks))
        alpha = np.minimum(sum(planes[1:], planes[0]), 1)
        return Target(colours, alpha, tuple(Crop.of(plane) for plane in planes), style.edges)


def turns_of(stride: int) -> tuple[Lattice, ...]:
    """All lattices of a stride, in the order they take turns: any few of them in a row are spread over all pixels."""
    if stride == 2:
        places = [(0, 0), (1, 1), (0, 1), (1, 0)]
    else:
        places = [divmod(int(n), stride) for n in np.random.default_rng(0).permutation(stride**2)]
    return tuple(Lattice(stride, row, column) for row, column in places)


def _shown(mask: np.ndarray, height: int, width: int, part: tuple[float, float]) -> np.ndarray:
    """A mask (h, w) uint8, as much of it as a canvas shows (parts of its width and height), as (height, width) 0..1."""
    box = (0.0, 0.0, mask.shape[1] * part[0], mask.shape[0] * part[1])
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.BILINEAR, box)) / f4(255)


def spill_prices(planes: list[Plane], edges: str, scale: np.float32) -> list[Plane]:
    """What it costs each region's strokes to cover a pixel (H, W), around the region. planes: (H, W) its own pixels.

    edges: one of `SPILL`; scale: what a pixel of full importance weighs, per channel.
    """
    from scipy.ndimage import maximum_filter  # takes its time, and few need it

    reach = 2 * round(SPILL_REACH * max(planes[0].shape)) + 1
    cost = f4(3 * SPILL[edges]) * scale
    behind = np.zeros_like(planes[0])
    spills = []
    for plane in planes:
        near = maximum_filter(plane, reach, mode="constant") > 0
        # on a soft border both sides may paint, else there would be a gap; `loose` strokes may go under those in front
        outside = (plane <= 0) * f4(1) if edges == "filter" else behind
        spills.append(np.where(near, outside * cost, 0).astype(f4))
        behind = np.minimum(behind + plane, 1)
    return spills


def underpainting(picture: Picture, style: Style) -> tuple[tuple[float, float, float, float], np.ndarray | None]:
    """The background as straight RGBA, and for a blurred one its small picture (h, w, 3) uint8 as well."""
    side = min(max(picture.height, picture.width), UNDERPAINTING)
    longest = max(picture.height, picture.width)
    size = (max(1, picture.height * side // longest), max(1, picture.width * side // longest))
    rgb, alpha = picture.reduced.resampled(*size)
    rgb = toning(picture, style.colour)(rgb)
    weight = alpha / max(float(alpha.sum()), 1e-6)
    mean = (rgb * weight[..., None]).sum((0, 1)).clip(0, 1)
    if style.colour.palette is not None:  # the ground is toned with what there is
        mean = nearest(mean[None], style.colour.palette)[0]
    r, g, b = (float(x) for x in mean)
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
