"""A painting in media with bristles and relief: all regions in one sweep, then light on the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import Textured, light_in, medium_in, medium_of
from impasto.engine.painting.composer import BAND_PIXELS, Composer
from impasto.engine.painting.region_masks import Crop
from impasto.engine.parallel import default_threads, each
from impasto.engine.pictures.resize import resized
from impasto.engine.texture import rows as textures
from impasto.engine.texture.kernels.light import light, lit, lit_and_halved
from impasto.engine.texture.numbers import TEXTURED_EDGE, Shine
from impasto.engine.texture.sheet import Cut, Sheet

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

f4 = np.float32
FINE = 2048  # pixels of the longer side; what is smaller is painted twice as large and halved
_RAMP = 0.006  # canvas units over which a region's border is frayed by bristles
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
        self._lit: tuple[tuple[int, int], _Lit] | None = None

    @cached_property
    def _cuts(self) -> list[Crop | None]:
        """Each region's mask at the fine size, frayed at its border, 0..255 float32; None if it is not cut."""
        regions = self.painting.regions
        if regions is None:
            return [None]
        masks = regions.resized(self.fine_height, self.fine_width, self.threads)
        reach = max(1, round(_RAMP / 2 * max(self.fine_height, self.fine_width)))
        return [_frayed(mask, reach, self.fine_height, self.fine_width) for mask in masks]

    def _shares(self, top: int, bottom: int) -> list[Cut | None]:
        """Of the fine rows top..bottom; rows count from `top`."""
        regions, found = self.painting.regions, []
        if regions is None:
            return [None]
        total = np.zeros((bottom - top, self.fine_width), f4)
        for cut, info in zip(self._cuts, regions.infos, strict=True):
            assert cut is not None
            crop = cut.rows(top, bottom)
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
        a, z = np.radians(wish.angle), np.radians(wish.height)
        return Falling(
            (float(np.cos(a) * np.cos(z)), float(-np.sin(a) * np.cos(z)), float(np.sin(z))),
            shine.relief if wish.relief is None else wish.relief,
            shine.gloss if wish.gloss is None else wish.gloss,
            shine.valley,
        )

    def band(self, top: int, bottom: int, ground: Background, under: bool) -> NDArray[np.float32]:
        """See `Composer.band`."""
        canvas = np.empty((bottom - top, self.width, 4), f4)
        for y0, y1 in self._parts(top, bottom):
            found = self._light(y0, y1, ground, under)
            found.on(found.canvas, canvas[y0 - top : y1 - top], self.times, self.threads)
        return self.masked(canvas, top, bottom)

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
        self.sheet.paint(canvas, high, top, self._shares(top, bottom))
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
    def _fine_cover(self) -> NDArray[np.float32] | None:
        mask = self.painting.mask
        return None if mask is None else resized(mask, self.fine_height, self.fine_width) / f4(255)

    def _light(self, top: int, bottom: int, ground: Background, under: bool) -> _Lit:
        """The rows top..bottom, painted with a row more on each side, and the light on them."""
        y0, y1 = top * self.times, bottom * self.times
        a, b = max(y0 - 1, 0), min(y1 + 1, self.fine_height)
        canvas, high = self._painted(a, b, ground, under)
        gain, offset = np.empty((y1 - y0, self.fine_width), f4), np.empty((y1 - y0, self.fine_width), f4)
        cover = _NO_COVER if self._fine_cover is None else np.ascontiguousarray(self._fine_cover[a:b])
        fall = self.falling
        numbers = [f4(x) for x in (*fall.towards, fall.relief, fall.gloss, fall.valley)]

        def part(r0: int, r1: int) -> None:
            light(canvas, high, cover, *numbers, y0 - a, gain, offset, r0, r1)

        in_rows(part, y1 - y0, self.threads)
        return _Lit(canvas, y0 - a, gain, offset)


@dataclass(frozen=True, eq=False)
class _Lit:
    """Fine rows and the light on them; first: the first of the canvas's rows that is lit."""

    canvas: NDArray[np.float32]
    first: int
    gain: NDArray[np.float32]
    offset: NDArray[np.float32]

    def on(self, canvas: NDArray[np.float32], out: NDArray[np.float32], times: int, threads: int | None) -> None:
        """Such rows lit, and halved if painted twice as large: out (rows, width, 4), premultiplied."""
        kernel = lit if times == 1 else lit_and_halved

        def part(r0: int, r1: int) -> None:
            kernel(canvas, self.first, self.gain, self.offset, out, r0, r1)

        in_rows(part, len(out), threads)


def sheet_of(painting: Painting, height: int, width: int, threads: int | None) -> Sheet:
    """A painting's strokes with their textures, at one size. Raises ImpastoError for a medium that is not there."""
    strokes = painting.strokes
    kinds, which = media_of_strokes(painting)
    table = strokes.table.copy()
    rows = textures.plain_rows(len(table))
    edges = np.empty((len(table), 2), f4)
    ground = np.array(painting.background[:3], f4)
    carried = textures.carried_colours(strokes.table, painting.height, painting.width, ground)
    for k, medium in enumerate(kinds):
        own = which == k
        if not isinstance(medium, Textured):
            edges[own] = medium.softness, medium.edge
            continue
        edges[own] = TEXTURED_EDGE.softness, TEXTURED_EDGE.edge
        made = textures.textures(
            strokes.table[own], strokes.id[own], carried[own], medium.bristles, float(max(height, width)), tipped=False
        )
        table[own], rows[own] = made.table, made.rows
    shine = next((medium.shine for medium in kinds if isinstance(medium, Textured)), Shine())
    wish = light_in(painting.style)
    region = strokes.region.astype(np.int32) if painting.regions is not None else np.zeros(len(table), np.int32)
    return Sheet(
        table, rows, edges, region, height, width, shine, wish.ground or shine.ground, shine.weave * wish.weave,
        threads=threads,
    )  # fmt: skip


def media_of_strokes(painting: Painting) -> tuple[list[Textured], NDArray[np.int64]]:
    """All media in a painting, its own first, and which of them each stroke (N,) is made of."""
    infos = [painting] if painting.regions is None else list(painting.regions.infos)
    found: dict = {}
    which = np.zeros(len(painting.strokes), np.int64)
    for region, info in enumerate(infos):
        style = info.style or painting.style
        settings = medium_in(style)
        own = np.ones(len(which), bool) if painting.regions is None else painting.strokes.region == region
        passes = style.get("passes") if isinstance(style.get("passes"), list) else []
        for p in np.unique(painting.strokes.pass_index[own]).tolist():
            choice = passes[p].get("medium") if p < len(passes) and isinstance(passes[p], dict) else None
            kind = choice if isinstance(choice, str) else settings.kind
            medium = medium_of(kind, info.softness, info.edge, settings)
            which[own & (painting.strokes.pass_index == p)] = found.setdefault(medium, len(found))
    return list(found), which


_NO_COVER = np.zeros((1, 1), f4)


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
