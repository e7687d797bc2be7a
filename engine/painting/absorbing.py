"""A painting in media that let the paper through: what all its strokes absorb, and the paper seen through that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import Absorbing, light_in, medium_in
from impasto.engine.painting.composer import Composer
from impasto.engine.painting.materials import media_of_strokes
from impasto.engine.painting.region_masks import Crop
from impasto.engine.parallel import default_threads, each, on_all
from impasto.engine.raster.cpu.cuts import Cut
from impasto.engine.raster.layout import DEEPEST
from impasto.engine.wash import noise
from impasto.engine.wash.drops import drops
from impasto.engine.wash.kernels.sheets import show
from impasto.engine.wash.numbers import Handling
from impasto.engine.wash.rows import DROPS, Glazes, planned
from impasto.engine.wash.sheet import WashSheet

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

f4 = np.float32
FINE = 2048  # pixels of the longer side; what is smaller is painted twice as large and halved
_ROWS = 32  # that one thread shows at a time
_NO_SHINE = np.zeros((2, 2), f4)
_STRAY = 2  # pixels, that regions' borders wander at most
_SMALL = 256  # pixels of the longer side of what drops take their colours from


class AbsorbingComposer(Composer):
    """As `Composer`, for paintings all of whose strokes absorb: nothing hides anything, in whatever order they lie.

    Each region's absorbance counts as much as its mask says; the painting is the paper's light times exp(−all of it).
    """

    def __init__(
        self, painting: Painting, height: int, width: int, threads: int | None = None, device: str = "cpu", *,
        shown: bool = True, flat: bool = False,
    ) -> None:  # fmt: skip
        """shown: for people to see, so painted twice as large and halved if small; flat: as optimisation sees it."""
        self.times = 2 if shown and not flat and max(height, width) < FINE else 1
        self.fine_height, self.fine_width = height * self.times, width * self.times
        self.flat = flat
        super().__init__(painting, height, width, threads, device)
        self.medium, self.light = medium_in(painting.style), light_in(painting.style)

    @cached_property
    def _masks(self) -> list[Crop] | None:
        """Each region's mask at the fine size."""
        regions = self.painting.regions
        return None if regions is None else regions.resized(self.fine_height, self.fine_width, self.threads)

    @cached_property
    def plan(self) -> Glazes:
        """The strokes in glazes, with those that were flicked over the sheet, as another region, after the others."""
        return plan_of(self.painting, self.flat)

    @cached_property
    def sheet(self) -> WashSheet:
        """The strokes at the fine size."""
        looks = [glaze.look for glaze in self.plan.glazes if glaze.wash is not None]
        backruns = round(max((look.nature.backruns * min(look.wetness, 2) for look in looks), default=0))
        border = 0.0 if self.flat else self.medium.border
        return WashSheet(self.plan, self.fine_height, self.fine_width, border, backruns, self._stray, self.threads)

    def absorbance(
        self, top: int, bottom: int, which: NDArray[np.bool_] | None = None, glazes: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """What the strokes absorb in the fine rows top..bottom, (rows, fine width, 3).

        which: (N,) the painting's strokes that count; all, and what was flicked over them, if None. Of parts that share
        no glaze it adds up to that of the whole. glazes: (G,) those of the plan that count, instead.
        """
        extra = len(self.plan.order) - len(self.painting.strokes)
        chosen = None if which is None else np.concatenate([which, np.zeros(extra, bool)])
        cuts: list[Cut | None] = [*self._cuts(top, bottom), None]
        return self.sheet.absorbance(top, bottom, cuts, chosen, glazes)

    @property
    def _stray(self) -> int:
        """How far regions' borders wander, fine pixels."""
        return 0 if self.flat or self.painting.regions is None else _STRAY * self.times

    def _cuts(self, top: int, bottom: int) -> list[Cut | None]:
        """Each region's share of the fine rows top..bottom, and of some beyond; rows count from `top`."""
        regions, found = self.painting.regions, []
        if regions is None or self._masks is None:
            return [None]
        start, more = top, self._stray + 2 if self._stray else 0
        top, bottom = max(top - more, 0), min(bottom + more, self.fine_height)
        total = np.zeros((bottom - top, self.fine_width), f4)
        crops = [mask.rows(top, bottom) for mask in self._masks]
        if self._stray:
            crops = on_all(lambda crop: _softened(crop, self.fine_height, self.fine_width), crops, self.threads)
            crops = [crop.rows(top, bottom) for crop in crops]
        for crop in crops:
            total[crop.top - top : crop.bottom - top, crop.left : crop.right] += crop.pixels
        for crop, info in zip(crops, regions.infos, strict=True):
            if info.edges != "strict":
                found.append(None)
                continue
            here = total[crop.top - top : crop.bottom - top, crop.left : crop.right]
            share = np.zeros_like(here)
            np.divide(crop.pixels, here, out=share, where=here > 0)
            found.append((crop.top - start, crop.left, share))
        return found

    def band(self, top: int, bottom: int, ground: Background, under: bool) -> NDArray[np.float32]:
        """See `Composer.band`."""
        return self.masked(self.through(self.bare(top, bottom, ground, under), top, None), top, bottom)

    def paper(self, top: int, bottom: int) -> NDArray[np.float32]:
        """The sheet alone in the rows top..bottom, in its light: (rows, width, 4), premultiplied."""
        canvas = self.bare(top, bottom, self.painting.background, True)
        nothing = np.zeros((len(canvas) * self.times, self.fine_width, 3), f4)
        return self.masked(self.show(canvas, nothing, top), top, bottom)

    def through(
        self, canvas: NDArray[np.float32], top: int, which: NDArray[np.bool_] | None
    ) -> NDArray[np.float32]:  # fmt: skip
        """A canvas (rows, width, 4), premultiplied, its first row `top`, as it is seen through strokes, in place.

        What of it is clear is as if it lay on white: a clear one has as much alpha as the strokes need, over white.
        """
        y0, y1 = top * self.times, (top + len(canvas)) * self.times
        return self.show(canvas, self.absorbance(y0, y1, which), top)

    def transmittance(self, top: int, bottom: int, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """What strokes leave of what is beneath in the rows top..bottom, (rows, width, 3), 0..1; see `absorbance`."""
        canvas = np.ones((bottom - top, self.width, 4), f4)
        absorbed = self.absorbance(top * self.times, bottom * self.times, which)
        return np.ascontiguousarray(self.show(canvas, absorbed, top, shine=_NO_SHINE)[..., :3])

    def show(
        self, canvas: NDArray[np.float32], absorbed: NDArray[np.float32], top: int, left: int = 0,
        shine: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:  # fmt: skip
        """A canvas (rows, columns, 4), premultiplied, as it is seen through what absorbs so much, in place.

        absorbed: (fine rows, fine columns, 3); top, left: where on the whole canvas the part lies; shine: the light on
        it, if not the painting's. See `through`.
        """
        shine = self._shine if shine is None else shine
        per_paper, times = f4(1 / (noise.PAPER_TEXEL * self.sheet.scale)), self.times
        parts = -(-len(canvas) // _ROWS)

        def part(i: int) -> None:
            rows = i * _ROWS, min((i + 1) * _ROWS, len(canvas))
            show(absorbed, shine, per_paper, top * times, left * times, times, canvas, *rows)

        each(part, parts, self.threads or default_threads())
        return canvas

    @cached_property
    def _shine(self) -> NDArray[np.float32]:
        """The light on the paper, as it is repeated."""
        wish = self.light
        usual = max((glaze.look.nature.light for glaze in self.plan.glazes), default=0.1)
        strength = 0.0 if self.flat or wish.ground == "none" else usual * wish.weave
        strength *= 1 if wish.relief is None else wish.relief
        if strength == 0:
            return _NO_SHINE
        a = np.radians(wish.angle)
        towards = (float(np.cos(a)) * strength, float(-np.sin(a)) * strength)
        return noise.shine(self.sheet.paper_level, towards).clip(-0.2, 0.2)

    def shares(self, top: int, bottom: int) -> Iterator[Crop | None]:
        """None for each region: what `paint` gives is cut already."""
        return iter([None] * self.regions)

    def paint(self, region: int, which: NDArray[np.bool_] | None, top: int, bottom: int) -> Crop:
        """The paint of a region's strokes in the rows top..bottom, cut, as it is over white; see `Composer.paint`."""
        own = np.ones(len(self.painting.strokes), bool) if which is None else which
        if self.painting.regions is not None:
            own = own & (self.painting.strokes.region == region)
        return Crop(top, 0, self.through(np.zeros((bottom - top, self.width, 4), f4), top, own))


def _softened(mask: Crop, height: int, width: int) -> Crop:
    """A mask whose hard borders are a pixel wider to each side: the steps in them are gone."""
    if mask.pixels.size == 0:
        return mask
    top, left = max(mask.top - 1, 0), max(mask.left - 1, 0)
    bottom, right = min(mask.bottom + 1, height), min(mask.right + 1, width)
    wide = np.zeros((bottom - top, right - left), f4)
    wide[mask.top - top : mask.bottom - top, mask.left - left : mask.right - left] = mask.pixels
    for axis in (0, 1):
        padded = np.pad(wide, [(1, 1) if axis == k else (0, 0) for k in range(2)], mode="edge")
        n = wide.shape[axis]
        wide = (np.take(padded, range(n), axis) + wide + np.take(padded, range(2, n + 2), axis)) / 3
    return Crop(top, left, wide)


def plan_of(painting: Painting, flat: bool) -> Glazes:
    """A painting's strokes in glazes; flat: as optimisation sees them. Raises ImpastoError for an unknown medium."""
    strokes = painting.strokes
    media, which = media_of_strokes(painting)
    looks = []
    for medium in media:
        assert isinstance(medium, Absorbing)
        wish = medium.settings
        looks.append(
            Handling(
                medium.kind, medium.nature, medium.softness, medium.edge, wish.wetness, wish.rims, wish.granulation,
                wish.dryness, wish.line, wish.pigments,
            )
        )  # fmt: skip
    region = strokes.region if painting.regions is not None else np.zeros(len(strokes), np.int16)
    labels, table = (region, strokes.pass_index, strokes.id), strokes.table
    if not flat and painting.refit is not None and painting.refit.fits(painting):
        table = table.copy()
        table[:, 10:13] = np.clip(painting.refit.colours, DEEPEST, 1)
    fitted = planned(table, labels, looks, which, painting.seed, True) if flat or _flicks(painting) else None
    if flat and fitted is not None:
        return fitted
    wish = medium_in(painting.style)
    if wish.border > 0:
        table = _inside(table, np.array([look.nature.made != "wash" for look in looks])[which], painting, wish.border)
    washes = [k for k, look in enumerate(looks) if look.nature.made == "wash"]
    if fitted is not None and washes:
        h, w = (max(1, round(side * _SMALL / max(painting.height, painting.width)))
                for side in (painting.height, painting.width))  # fmt: skip
        regions = 1 if painting.regions is None else len(painting.regions)
        small = WashSheet(fitted, h, w, threads=1).absorbance(0, h, [None] * regions)
        more = drops(small, wish.spatter, painting.seed)
        add = np.arange(len(more))
        table, which = np.concatenate([table, more]), np.concatenate([which, np.full(len(more), washes[0])])
        labels = (
            np.concatenate([region, np.full(len(more), regions)]),
            np.concatenate([strokes.pass_index.astype(np.int64), np.full(len(more), DROPS)]),
            np.concatenate([strokes.id, -1 - add]),
        )
    return planned(table, labels, looks, which, painting.seed)


def _flicks(painting: Painting) -> bool:
    return medium_in(painting.style).spatter > 0 and len(painting.strokes) > 0


def _inside(
    table: NDArray[np.float32], drawn: NDArray[np.bool_], painting: Painting, border: float
) -> NDArray[np.float32]:
    """The table with strokes that are drawn as strong as they are, but with none of those in the bare margin."""
    longest = max(painting.height, painting.width)
    x, y = table[:, 2], table[:, 3]
    room = np.minimum(np.minimum(x, painting.width / longest - x), np.minimum(y, painting.height / longest - y))
    table = table.copy()
    table[drawn & (room < 0.8 * border), 8:10] = 0
    return table
