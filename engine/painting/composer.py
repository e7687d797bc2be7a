"""A painting's regions composed, in bands of rows: from back to front, each cut by its share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import FLAT
from impasto.engine.painting.region_masks import Crop
from impasto.engine.pictures.resize import resized

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

f4 = np.float32
BAND_PIXELS = 1 << 22  # rendered at a time: 64 MB of float32 RGBA
_CLEAR: Background = (0.0, 0.0, 0.0, 0.0)


class Composer:
    """A painting at one size, whose regions and strokes can be asked for one by one; media: of each region.

    Raises ImpastoError for a medium that is not there.
    """

    def __init__(
        self, painting: Painting, height: int, width: int, threads: int | None = None, device: str = "cpu"
    ) -> None:
        self.painting, self.height, self.width, self.threads = painting, height, width, threads
        self._device = device
        self.media = painting.media()

    @cached_property
    def _masks(self) -> list[Crop] | None:
        regions = self.painting.regions
        return None if regions is None else regions.resized(self.height, self.width, self.threads)

    @property
    def regions(self) -> int:
        """How many regions there are: a painting without has one."""
        return 1 if self.painting.regions is None else len(self.painting.regions)

    def band(self, top: int, bottom: int, ground: Background, under: bool) -> NDArray[np.float32]:
        """The whole painting in the rows top..bottom: (rows, width, 4), premultiplied."""
        from impasto.engine.raster.cpu.over import lay_over

        canvas = self.bare(top, bottom, ground, under)
        if self._can_compose:
            self._compose(canvas, top, bottom)
        else:
            for region, share in enumerate(self.shares(top, bottom)):
                layer = self.paint(region, None, top, bottom)
                part = canvas[layer.top - top : layer.bottom - top, layer.left : layer.right]
                lay_over(part, layer.pixels, None if share is None else share.pixels, self.threads)
        return self.masked(canvas, top, bottom)

    def bare(self, top: int, bottom: int, ground: Background, under: bool) -> NDArray[np.float32]:
        """What lies under the strokes in the rows top..bottom: (rows, width, 4), premultiplied, uncut."""
        if under and self._under is not None:
            canvas = np.ones((bottom - top, self.width, 4), f4)
            canvas[..., :3] = self._under[top:bottom] / f4(255)
        else:
            canvas = np.empty((bottom - top, self.width, 4), f4)
            canvas[:] = [*(c * ground[3] for c in ground[:3]), ground[3]]
        return canvas

    def shares(self, top: int, bottom: int) -> Iterator[Crop | None]:
        """For each region, back to front, its share β 0..1 of the rows top..bottom; None if it is not cut."""
        regions = self.painting.regions
        if self._masks is None or regions is None:
            yield None
            return
        total = np.zeros((bottom - top, self.width), f4)
        for mask, info in zip(self._masks, regions.infos, strict=True):
            crop = mask.rows(top, bottom)
            here = total[crop.top - top : crop.bottom - top, crop.left : crop.right]
            here += crop.pixels
            if info.edges != "strict":
                yield None
                continue
            share = np.zeros_like(here)
            np.divide(crop.pixels, here, out=share, where=here > 0)
            yield Crop(crop.top, crop.left, share)

    def paint(self, region: int, which: NDArray[np.bool_] | None, top: int, bottom: int) -> Crop:
        """The paint of a region's strokes in the rows top..bottom, uncut: pixels (h, w, 4), premultiplied.

        which: (N,) the painting's strokes to be laid, all if None; those of other regions never are. The crop is
        where the region's mask is, or where its strokes are if it is not cut (it is the whole rows without regions).
        """
        painting, regions = self.painting, self.painting.regions
        table = painting.strokes.table
        left, right = 0, self.width
        if self._masks is not None and regions is not None:
            own = painting.strokes.region == region
            table = table[own if which is None else own & which]
            if regions.infos[region].edges == "strict":
                crop = self._masks[region].rows(top, bottom)
                top, bottom, left, right = crop.top, crop.bottom, crop.left, crop.right
        elif which is not None:
            table = table[which]
        if bottom <= top or right <= left:
            return Crop(top, left, np.zeros((max(bottom - top, 0), max(right - left, 0), 4), f4))
        pixels = self.media[region].render(
            table, self.height, self.width, background=_CLEAR, rows=(top, bottom), columns=(left, right),
            threads=self.threads, device=self._device,
        )  # fmt: skip
        return Crop(top, left, pixels)

    @cached_property
    def _can_compose(self) -> bool:
        """Are all regions cut, flat, and their strokes' edges alike? Then one sweep composes them, on the CPU."""
        regions = self.painting.regions
        if regions is None or self._device != "cpu":
            return False
        alike = len(set(self.media)) == 1 and self.media[0].kind == FLAT
        return alike and all(info.edges == "strict" for info in regions.infos)

    def _compose(self, canvas: NDArray[np.float32], top: int, bottom: int) -> None:
        """Lay all regions over the rows top..bottom of the canvas, in place: less than half the work of layers."""
        from impasto.engine.raster import compose
        from impasto.engine.raster.cpu.composing import Masks

        strokes, regions = self.painting.strokes, self.painting.regions
        assert regions is not None and self._masks is not None
        crops = [mask.rows(top, bottom) for mask in self._masks]
        compose(
            canvas, strokes.table, strokes.region, Masks.of((crop.top - top, crop.left, crop.pixels) for crop in crops),
            self.height, self.width, edges=self.media[0], first_row=top, threads=self.threads,
        )  # fmt: skip

    def masked(self, canvas: NDArray[np.float32], top: int, bottom: int, left: int = 0) -> NDArray[np.float32]:
        """The rows top..bottom of a canvas (rows, columns, 4) from `left` on, cut by the painting's mask, in place."""
        if self._cover is not None:
            canvas *= self._cover[top:bottom, left : left + canvas.shape[1], None] / f4(255)
        return canvas

    @cached_property
    def _cover(self) -> NDArray[np.uint8] | None:
        mask = self.painting.mask
        return None if mask is None else resized(mask, self.height, self.width)

    @cached_property
    def _under(self) -> NDArray[np.uint8] | None:
        under = self.painting.underpainting
        return None if under is None else resized(under, self.height, self.width)
