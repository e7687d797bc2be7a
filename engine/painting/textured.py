"""A painting in media with bristles and relief: all regions in one sweep, then light on the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import light_in
from impasto.engine.painting.composer import BAND_PIXELS, Composer
from impasto.engine.painting.materials import sheet_of
from impasto.engine.painting.region_masks import Crop
from impasto.engine.parallel import default_threads, each
from impasto.engine.pictures.resize import resized
from impasto.engine.texture.kernels.light import light, lit, lit_and_halved, seen_of_layer
from impasto.engine.texture.numbers import FRAYED, MOST_FRAYED
from impasto.engine.texture.sheet import Cut, Sheet

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

f4 = np.float32
FINE = 2048  # pixels of the longer side; what is smaller is painted twice as large and halved
_LIT_ROWS = 32  # that one thread lights at a time
_STEP = 32  # rows; of tiles


@dataclass(frozen=True)
class Falling:
    """The light on a painting: the direction it comes from (x, y down, up), how relief, gloss and hollows take it."""

    towards: tuple[float, float, float]
    relief: float
    gloss: float
    valley: float


class TexturedComposer(Composer):
    """As `Composer`, for paintings some of whose strokes are textured. Light is that of the whole picture."""

    def __init__(
        self, painting: Painting, height: int, width: int, threads: int | None = None, device: str = "cpu", *,
        shown: bool = True,
    ) -> None:  # fmt: skip
        """shown: for people to see, and so painted twice as large and halved if it is small."""
        self.times = 2 if shown and max(height, width) < FINE else 1
        self.fine_height, self.fine_width = height * self.times, width * self.times
        super().__init__(painting, height, width, threads, device)
        self.light = light_in(painting.style)

    @cached_property
    def _masks(self) -> list[Crop] | None:
        """Each region's mask at the fine size."""
        regions = self.painting.regions
        return None if regions is None else regions.resized(self.fine_height, self.fine_width, self.threads)

    def _shares(self, top: int, bottom: int) -> list[Cut | None]:
        """Of the fine rows top..bottom; rows count from `top`."""
        regions, found = self.painting.regions, []
        if regions is None or self._masks is None:
            return [None]
        reach = self.times * min(max(1, round(FRAYED * max(self.height, self.width))), MOST_FRAYED)
        total = np.zeros((bottom - top, self.fine_width), f4)
        for mask, info in zip(self._masks, regions.infos, strict=True):
            near = mask.rows(top - reach, bottom + reach)
            crop = _frayed(near, reach, self.fine_height, self.fine_width).rows(top, bottom)
            here = total[crop.top - top : crop.bottom - top, crop.left : crop.right]
            here += crop.pixels
            if info.edges != "strict":
                found.append(None)
                continue
            share = np.zeros_like(here)
            np.divide(crop.pixels, here, out=share, where=here > 0)
            found.append((crop.top - top, crop.left, share))
        return found

    @cached_property
    def sheet(self) -> Sheet:
        """The strokes at the fine size."""
        return sheet_of(self.painting, self.fine_height, self.fine_width, self.threads)

    @cached_property
    def falling(self) -> Falling:
        """The light as the settings and the medium have it."""
        shine, wish = self.sheet.shine, self.light
        relief = shine.relief if wish.relief is None else wish.relief
        a, z = np.radians(wish.angle), np.radians(wish.height)
        return Falling(
            (float(np.cos(a) * np.cos(z)), float(-np.sin(a) * np.cos(z)), float(np.sin(z))),
            relief,
            shine.gloss if wish.gloss is None else wish.gloss,
            shine.valley * min(relief / max(shine.relief, 0.01), 1),  # without relief no hollow is seen
        )

    def band(self, top: int, bottom: int, ground: Background, under: bool) -> NDArray[np.float32]:
        """See `Composer.band`."""
        canvas = np.empty((bottom - top, self.width, 4), f4)
        for y0, y1 in self._parts(top, bottom):
            found = self.lit(y0, y1, ground, under)
            found.on(canvas[y0 - top : y1 - top], self.times, self.threads)
        return self.masked(canvas, top, bottom)

    def shares(self, top: int, bottom: int) -> Iterator[Crop | None]:
        """None for each region: what `paint` gives is cut already."""
        return iter([None] * self.regions)

    def paint(self, region: int, which: NDArray[np.bool_] | None, top: int, bottom: int) -> Crop:
        """The paint of a region's strokes in the rows top..bottom, cut and lit; see `Composer.paint`."""
        own = np.ones(len(self.painting.strokes), bool) if which is None else which
        if self.painting.regions is not None:
            own = own & (self.painting.strokes.region == region)
        found = self.lit(top, bottom, self.painting.background, True)
        through = np.ones((found.gain.shape[0], self.fine_width), f4)
        return Crop(top, 0, self.layer(found, own, (top, 0, bottom, self.width), top, through)[0])

    def layer(
        self, found: Lit, which: NDArray[np.bool_] | None, box: tuple[int, int, int, int], top: int,
        through: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
        """Some strokes as a layer: their paint, and what is seen of it, (rows, columns, 4) premultiplied.

        found: rows from `top` on, and the light on them; which: (N,) the strokes, None for what lies under all; box:
        first row and column (a multiple of 8) and those after the last, within these rows; through: (fine rows, fine
        width), what the layers above let through; it is brought up to date.
        """
        y0, x0, y1, x1 = (at * self.times for at in box)
        inner = slice(y0 - top * self.times, y1 - top * self.times), slice(x0, x1)
        gain, offset = np.ascontiguousarray(found.gain[inner]), np.ascontiguousarray(found.offset[inner])
        if which is None:
            canvas = np.ascontiguousarray(self._bare(y0, y1, self.painting.background, True)[:, x0:x1])
        elif self.light.layers == "own":
            canvas, gain, offset = self._lit_alone(which, y0, x0, y1, x1)
        else:
            canvas = np.zeros((y1 - y0, x1 - x0, 4), f4)
            self.sheet.paint(canvas, None, (y0, x0), self._shares(y0, y1), which)
        if self.light.layers == "none" or (which is None and self.light.layers == "own"):
            gain, offset = np.ones_like(gain), np.zeros_like(offset)
        rows, columns = box[2] - box[0], box[3] - box[1]
        paint, seen = np.empty((rows, columns, 4), f4), np.empty((rows, columns, 4), f4)
        own = np.ascontiguousarray(through[inner])

        def part(r0: int, r1: int) -> None:
            seen_of_layer(canvas, gain, offset, own, self.times, paint, seen, r0, r1)

        in_rows(part, rows, self.threads)
        through[inner] = own
        return paint, seen

    def _lit_alone(
        self, which: NDArray[np.bool_], y0: int, x0: int, y1: int, x1: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Colours of some strokes, and the gain and offset that their own relief gives."""
        a, b = max(y0 - 1, 0), min(y1 + 1, self.fine_height)
        canvas, high = np.zeros((b - a, x1 - x0, 4), f4), np.empty((b - a, x1 - x0), f4)
        self.sheet.paint(canvas, high, (a, x0), self._shares(a, b), which)
        gain, offset = self._light_on(canvas, high, _NO_COVER, y0 - a, y1 - y0)
        return canvas[y0 - a : y1 - a], gain, offset

    def seen(self, rest: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each stroke how many fine pixels are seen, and the sum of `rest` (fine size, 3) there: (N, 4)."""
        return self.sheet.seen(np.ascontiguousarray(rest, f4), self._shares(0, self.fine_height))

    def heights(self, top: int, bottom: int) -> NDArray[np.float32]:
        """The relief (rows, width) of the rows top..bottom, canvas units."""
        high = np.empty((bottom - top, self.width), f4)
        for y0, y1 in self._parts(top, bottom):
            fine = self._painted(y0 * self.times, y1 * self.times, (0.0, 0.0, 0.0, 0.0), False)[1]
            blocks = fine.reshape(y1 - y0, self.times, self.width, self.times)
            high[y0 - top : y1 - top] = blocks.mean((1, 3)) / max(self.fine_height, self.fine_width)
        return high

    def _parts(self, top: int, bottom: int) -> Iterator[tuple[int, int]]:
        step = max(_STEP, BAND_PIXELS // (self.times**2 * self.width) // _STEP * _STEP)
        for y0 in range(top, bottom, step):
            yield y0, min(y0 + step, bottom)

    def _painted(
        self, top: int, bottom: int, ground: Background, under: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Colours (rows, width, 4), premultiplied, and relief (rows, width) of the fine rows top..bottom, unlit."""
        canvas = self._bare(top, bottom, ground, under)
        high = np.empty(canvas.shape[:2], f4)
        self.sheet.paint(canvas, high, (top, 0), self._shares(top, bottom))
        return canvas, high

    def _bare(self, top: int, bottom: int, ground: Background, under: bool) -> NDArray[np.float32]:
        canvas = np.empty((bottom - top, self.fine_width, 4), f4)
        canvas[:] = [*(c * ground[3] for c in ground[:3]), ground[3]]
        if under and self.painting.underpainting is not None:
            canvas[..., :3] = self._fine_under[top:bottom] / f4(255)
            canvas[..., 3] = 1
        return canvas

    @cached_property
    def _fine_under(self) -> NDArray[np.uint8]:
        under = self.painting.underpainting
        assert under is not None
        return resized(under, self.fine_height, self.fine_width)

    @cached_property
    def _fine_cover(self) -> NDArray[np.uint8] | None:
        mask = self.painting.mask
        return None if mask is None else resized(mask, self.fine_height, self.fine_width)

    def lit(self, top: int, bottom: int, ground: Background, under: bool) -> Lit:
        """The rows top..bottom, painted with a row more on each side, and the light on them."""
        y0, y1 = top * self.times, bottom * self.times
        a, b = max(y0 - 1, 0), min(y1 + 1, self.fine_height)
        canvas, high = self._painted(a, b, ground, under)
        cover = _NO_COVER if self._fine_cover is None else np.divide(self._fine_cover[a:b], f4(255), dtype=f4)
        return Lit(canvas, y0 - a, *self._light_on(canvas, high, cover, y0 - a, y1 - y0))

    def _light_on(
        self, canvas: NDArray[np.float32], high: NDArray[np.float32], cover: NDArray[np.float32], first: int, rows: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Gain and offset of as many rows of a canvas, from its row `first` on."""
        gain, offset = np.empty((rows, canvas.shape[1]), f4), np.empty((rows, canvas.shape[1]), f4)
        fall = self.falling
        numbers = [f4(x) for x in (*fall.towards, fall.relief, fall.gloss, fall.valley)]

        def part(r0: int, r1: int) -> None:
            light(canvas, high, cover, *numbers, first, gain, offset, r0, r1)

        in_rows(part, rows, self.threads)
        return gain, offset


@dataclass(frozen=True, eq=False)
class Lit:
    """Fine rows and the light on them; first: the first of the canvas's rows that is lit."""

    canvas: NDArray[np.float32]
    first: int
    gain: NDArray[np.float32]
    offset: NDArray[np.float32]

    def on(self, out: NDArray[np.float32], times: int, threads: int | None) -> None:
        """These rows lit, and halved if painted twice as large, into out (rows, width, 4), premultiplied."""
        kernel = lit if times == 1 else lit_and_halved

        def part(r0: int, r1: int) -> None:
            kernel(self.canvas, self.first, self.gain, self.offset, out, r0, r1)

        in_rows(part, len(out), threads)


_NO_COVER = np.ones((1, 1), f4)


def in_rows(work: Callable[[int, int], None], rows: int, threads: int | None) -> None:
    """Do `work(first, last)` for all rows, some at a time."""
    parts = -(-rows // _LIT_ROWS)
    each(lambda i: work(i * _LIT_ROWS, min((i + 1) * _LIT_ROWS, rows)), parts, threads or default_threads())


def _frayed(mask: Crop, reach: int, height: int, width: int) -> Crop:
    """A mask whose hard borders have become ramps `reach` pixels to each side, with room for them."""
    top, left = max(mask.top - reach, 0), max(mask.left - reach, 0)
    bottom, right = min(mask.bottom + reach, height), min(mask.right + reach, width)
    padded = _padded(mask, top, left, bottom, right)
    return Crop(top, left, _boxed(_boxed(padded, reach, 0), reach, 1))


def _padded(mask: Crop, top: int, left: int, bottom: int, right: int) -> NDArray[np.float32]:
    plane = np.zeros((bottom - top, right - left), f4)
    plane[mask.top - top : mask.bottom - top, mask.left - left : mask.right - left] = mask.pixels
    return plane


def _boxed(plane: NDArray[np.float32], reach: int, axis: int) -> NDArray[np.float32]:
    """The mean of the 2 reach + 1 pixels around each along an axis; at the borders the outermost goes on."""
    width = [(0, 0), (0, 0)]
    width[axis] = (reach + 1, reach)
    sums = np.cumsum(np.pad(plane, width, mode="edge"), axis, dtype=np.float64)
    n = plane.shape[axis]
    high, low = np.take(sums, range(2 * reach + 1, 2 * reach + 1 + n), axis), np.take(sums, range(n), axis)
    return ((high - low) / (2 * reach + 1)).astype(f4)
