"""A painting as a stack of layers that plain `over` puts together again, or, if its strokes absorb, `multiply`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, SupportsIndex, cast

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.media import light_in
from impasto.engine.painting.composer import Composer
from impasto.engine.painting.painting import Background, Painting, on_ground
from impasto.engine.painting.region_masks import Crop
from impasto.engine.painting.render import composer_of
from impasto.engine.painting.strokes import R0, R2, X0, Y2
from impasto.engine.texture.numbers import FRAYED, WIDEST_EDGE

if TYPE_CHECKING:
    from impasto.engine.painting.textured import TexturedComposer

f4 = np.float32
MOST_LAYERS = 2000  # layers; far more than a program that opens them can bear
_BAND_PIXELS = 1 << 20  # worked on at a time; some 100 bytes are kept of each, and 4 more of each layer's
_ALIGNED = 8  # columns; of a tile
_DEPTH = 32  # layers over each other; where there are more, bands are narrower
_BAND_STEP = 32  # rows, whole tiles of the rasteriser
_GROUND = "background"

Blending = Literal["normal", "multiply"]
Parts = Literal["passes", "regions"]


@dataclass(frozen=True)
class Layer:
    """One layer of a stack and where it lies on the canvas, in pixels; what is beyond is see-through.

    region: the index of the region whose strokes it holds, None for the ground; name: "pass 1" and so on; blending:
    how it is laid over those beneath it.
    """

    region: int | None
    name: str
    top: int
    left: int
    height: int
    width: int
    blending: Blending = "normal"


class Stack:
    """A painting at one size, split into layers: the ground, then each region's passes, all back to front.

    Layers are straight 8-bit RGBA. Laid over each other with `over`, at full opacity, they give what
    `Painting.render` gives, within what 8 bits round off. A layer holds its strokes as they are, but for two things.
    Where regions meet softly, or under the painting's mask, it has the alpha that makes the sum right. And strokes
    of an earlier pass that lie over those of a later one (repainting makes some) are in the later one's layer.

    layers: back to front. Without regions there is one, 0, that all strokes are of.
    """

    def __init__(
        self,
        painting: Painting,
        height: SupportsIndex | None = None,
        width: SupportsIndex | None = None,
        *,
        background: Background | None = None,
        threads: int | None = None,
        parts: Parts = "passes",
    ) -> None:
        """The arguments are those of `Painting.render`, and so are the errors; parts: what has a layer of its own.

        Raises:
            ImpastoError: a side or the background is out of range, or there would be more than 2000 layers.
        """
        self.painting = on_ground(painting, background).fitted(threads)
        self.height, self.width = painting.size_of(height, width)
        self.threads = threads
        self._media = self.painting.media()
        self.parts: Parts = parts
        self._layer_of = layers_of_strokes(self.painting) if parts == "passes" else np.zeros(len(painting.strokes), int)
        self._ranks, self.layers = self._listed()

    @property
    def groups(self) -> list[tuple[str | None, list[int]]]:
        """Names of groups and the numbers of their layers, back to front; layers in no group are under None.

        Each region is a group, even without layers. There are none without regions.
        """
        regions = self.painting.regions
        ground = [n for n, layer in enumerate(self.layers) if layer.region is None]
        groups: list[tuple[str | None, list[int]]] = [(None, ground)] if ground else []
        for region, name in enumerate([None] if regions is None else regions.names):
            groups.append((name, [n for n, layer in enumerate(self.layers) if layer.region == region]))
        return groups

    def bands(self) -> Iterator[tuple[int, int, NDArray[np.uint8], list[tuple[int, NDArray[np.uint8]]]]]:
        """The stack from top to bottom in bands of rows: their first and last (exclusive), the whole, the layers.

        The whole is (rows, width, 4) uint8, just what `Painting.render` gives. Of layers come those that have such
        rows, with their number and these rows (h, layer's width, 4) uint8. Memory does not grow with the height.
        """
        from impasto.engine.pictures.resize import straight

        composer = self._composer()
        for top, bottom in self._rows():
            if self.painting.is_textured:
                parts = self._settled_with_light(cast("TexturedComposer", composer), top, bottom)
            else:
                parts = self._settled(composer, composer.bare(top, bottom, self.painting.background, True), top, bottom)
            whole = straight(composer.band(top, bottom, self.painting.background, True)).astype(np.uint8)
            if light_in(self.painting.style).layers == "baked" or not self.painting.is_textured:
                _mend(self, parts, whole, top)
            yield top, bottom, whole, parts

    def planes(self) -> list[NDArray[np.uint8]]:
        """All layers at once: (layer's height, layer's width, 4) uint8 each."""
        planes = [np.zeros((layer.height, layer.width, 4), np.uint8) for layer in self.layers]
        for top, _, _, parts in self.bands():
            for number, part in parts:
                begin = max(top - self.layers[number].top, 0)
                planes[number][begin : begin + len(part)] = part
        return planes

    def place(self, number: int, top: int) -> tuple[int, int]:
        """Row and column of a band, whose first row is `top`, at which the rows that `bands` gave of a layer begin."""
        layer = self.layers[number]
        return max(layer.top - top, 0), layer.left

    def steps(self) -> Iterator[tuple[int, int, Iterator[tuple[int | None, int, NDArray[np.uint8]]]]]:
        """How the painting came about, in bands of rows: their first and last (exclusive), and the pictures.

        A picture is (None, n, rows): the painting after layer n, or (region, _, rows): that region's strokes alone, on
        nothing. Rows are (rows, width, 4) uint8, straight. The last of the former is the painting.
        """
        composer, regions = self._composer(), self.painting.regions
        masks = None if regions is None else regions.resized(self.height, self.width, self.threads)
        for top, bottom in self._rows():
            ground = composer.bare(top, bottom, self.painting.background, True)
            yield top, bottom, self._pictures(composer, ground, masks, top, bottom)

    def _pictures(
        self, composer: Composer, canvas: NDArray[np.float32], masks: list[Crop] | None, top: int, bottom: int
    ) -> Iterator[tuple[int | None, int, NDArray[np.uint8]]]:
        from impasto.engine.pictures.resize import straight

        def seen(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
            return straight(composer.masked(pixels, top, bottom)).astype(np.uint8)

        for number, layer in enumerate(self.layers):
            if layer.region is None:
                yield None, number, seen(canvas.copy())
        for region, share in enumerate(composer.shares(top, bottom)):
            paint, below = np.zeros_like(canvas), canvas
            for number, layer in enumerate(self.layers):
                if layer.region != region:
                    continue
                new = self._paint(composer, number, top, bottom)
                if new is not None:
                    part = _window(paint, new, top)
                    part *= 1 - new.pixels[..., 3:]
                    part += new.pixels
                    canvas = _over(paint, share, below, top)
                yield None, number, seen(canvas.copy())
            if masks is not None and share is not None:
                paint *= _spread(masks[region].rows(top, bottom), top, canvas.shape[:2])[..., None] / f4(255)
            yield region, 0, seen(paint)

    def _composer(self) -> Composer:
        return composer_of(self.painting, self.height, self.width, self.threads)

    def _rows(self) -> Iterator[tuple[int, int]]:
        depth = sum(layer.height * layer.width for layer in self.layers) / (self.height * self.width)
        pixels = _BAND_PIXELS / max(1.0, depth / _DEPTH)
        step = max(_BAND_STEP, int(pixels / self.width / _BAND_STEP) * _BAND_STEP)
        for top in range(0, self.height, step):
            yield top, min(top + step, self.height)

    def _settled(
        self, composer: Composer, ground: NDArray[np.float32], top: int, bottom: int
    ) -> list[tuple[int, NDArray[np.uint8]]]:
        """The rows of all layers that have some in top..bottom, back to front."""
        from impasto.engine.raster.cpu.settling import settle

        shape = ground.shape[:2]
        cover = composer.masked(np.ones((*shape, 1), f4), top, bottom)[..., 0]
        clear, own = np.ones(shape, f4), np.ones(shape, f4)
        aim, laid = np.zeros((*shape, 4), f4), np.zeros((*shape, 4), f4)
        laid[..., 3] = 1
        shares = list(composer.shares(top, bottom))
        settled: list[tuple[int, NDArray[np.uint8]]] = []
        region: int | None = None
        for number in reversed(range(len(self.layers))):
            layer = self.layers[number]
            if layer.region != region:
                if region is not None:
                    _close(clear, own, shares[region], top)
                region = layer.region
            y0, y1 = max(layer.top, top), min(layer.top + layer.height, bottom)
            if y1 <= y0:
                continue
            paint = Crop(top, 0, ground) if region is None else self._paint(composer, number, top, bottom)
            part = np.zeros((y1 - y0, layer.width, 4), np.uint8)
            if paint is not None:
                share = None if region is None else shares[region]
                cut = np.ones(paint.pixels.shape[:2], f4) if share is None else share.pixels
                settle(
                    paint.pixels, cut, paint.top - top, paint.left, cover, clear, own, aim, laid, part,
                    y0 - top, y1 - top, layer.left, layer.left + layer.width,
                )  # fmt: skip
            settled.append((number, part))
        return settled[::-1]

    def _settled_with_light(
        self, composer: TexturedComposer, top: int, bottom: int
    ) -> list[tuple[int, NDArray[np.uint8]]]:
        """As `_settled`, of a painting in textured media: of its layers it is known, pixel by pixel, what is seen."""
        from impasto.engine.raster.cpu.settling import settle_seen

        found = composer.lit(top, bottom, self.painting.background, True)
        shape = (bottom - top, self.width)
        cover = composer.masked(np.ones((*shape, 1), f4), top, bottom)[..., 0]
        through = np.ones(found.gain.shape, f4)
        own, aim, laid = np.ones(shape, f4), np.zeros((*shape, 4), f4), np.zeros((*shape, 4), f4)
        laid[..., 3] = 1
        settled: list[tuple[int, NDArray[np.uint8]]] = []
        for number in reversed(range(len(self.layers))):
            layer = self.layers[number]
            y0, y1 = max(layer.top, top), min(layer.top + layer.height, bottom)
            if y1 <= y0:
                continue
            which = None if layer.region is None else self._strokes(number)
            x0, x1 = layer.left // _ALIGNED * _ALIGNED, layer.left + layer.width
            paint, seen = composer.layer(found, which, (y0, x0, y1, x1), top, through)
            part = np.zeros((y1 - y0, layer.width, 4), np.uint8)
            settle_seen(
                paint, seen, y0 - top, x0, cover, own, aim, laid, part, y0 - top, y1 - top, layer.left, x1,
            )  # fmt: skip
            settled.append((number, part))
        return settled[::-1]

    def _strokes(self, number: int) -> NDArray[np.bool_]:
        """(N,) which strokes a layer holds."""
        own = self._layer_of == self._ranks[number]
        return (
            own if self.painting.regions is None else own & (self.painting.strokes.region == self.layers[number].region)
        )

    def _paint(self, composer: Composer, number: int, top: int, bottom: int) -> Crop | None:
        """The uncut paint of a layer of strokes in the rows top..bottom; None if there is none."""
        layer = self.layers[number]
        if layer.region is None or layer.top >= bottom or layer.top + layer.height <= top:
            return None
        paint = composer.paint(layer.region, self._layer_of == self._ranks[number], top, bottom)
        return paint if paint.pixels.size else None

    def _listed(self) -> tuple[list[int], list[Layer]]:
        """The pass of each layer (-1 for the ground), and the layers."""
        painting = self.painting
        ranks, layers = [], []
        if painting.background[3] > 0 or painting.underpainting is not None:
            ranks.append(-1)
            layers.append(Layer(None, _GROUND, 0, 0, self.height, self.width))
        for region in range(1 if painting.regions is None else len(painting.regions)):
            own = self._layer_of >= 0 if painting.regions is None else painting.strokes.region == region
            for rank in np.unique(self._layer_of[own]).tolist():
                top, left, bottom, right = self._bounds(region, own & (self._layer_of == rank))
                if top < bottom and left < right:
                    ranks.append(rank)
                    layers.append(Layer(region, f"pass {rank + 1}", top, left, bottom - top, right - left))
                if len(layers) > MOST_LAYERS:
                    raise ImpastoError(
                        f"this painting would be more than {MOST_LAYERS} layers; write a plain picture of it"
                    )
        return ranks, layers

    def _bounds(self, region: int, which: NDArray[np.bool_]) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of all that some strokes of a region can touch: the curve lies in the hull of
        its points, and beyond that are the radius and half of the edge.
        """
        painting, regions = self.painting, self.painting.regions
        table = painting.strokes.table[which].astype(np.float64) * max(self.height, self.width)
        medium = self._media[region]
        edges = WIDEST_EDGE if self.painting.is_textured else medium
        radii = table[:, [R0, R2]]
        soft = max(1.0, edges.softness * max(self.height, self.width)) + edges.edge * radii.mean(1)
        inside = None
        if regions is not None and regions.infos[region].edges == "strict":
            frayed = FRAYED * max(self.height, self.width) + 1 if self.painting.is_textured else 0.0
            inside = bounds_of_mask(regions.masks[region], self.height, self.width, frayed)
        return box_of(table, radii.max(1) + soft / 2 + 1, inside, self.height, self.width)


def tree_of(stack: Stack) -> list[tuple[str | None, list[tuple[int, str]]]]:
    """`Stack.groups` with what layers are called in documents; a group of one is that layer, called as the group."""
    found: list[tuple[str | None, list[tuple[int, str]]]] = []
    for name, numbers in stack.groups:
        if name is not None and len(numbers) == 1:
            found.append((None, [(numbers[0], name)]))
        else:
            found.append((name, [(n, stack.layers[n].name) for n in numbers]))
    return found


def _mend(stack: Stack, parts: list[tuple[int, NDArray[np.uint8]]], whole: NDArray[np.uint8], top: int) -> None:
    """Have programs that round to 8 bits after every layer show the whole within 1 all the same.

    (Krita takes OpenRaster's groups for pass-through; where groups are rounded as well, 2 is possible, rarely.)
    """
    from impasto.engine.raster.cpu.settling import lay, mend

    off = np.zeros(whole.shape[:2], np.int16)
    for nudge in (f4(1), f4(-1)):
        canvas = np.zeros_like(whole)
        for number, part in parts:
            lay(part, *stack.place(number, top), canvas, nudge)
        np.maximum(off, np.abs(canvas.astype(np.int16) - whole).max(2), out=off)
    rows, columns = np.nonzero((off > 1) & (whole[..., 3] > 0))
    pile = np.zeros((len(rows), len(parts), 4), np.uint8)
    within = []
    for row, (number, part) in enumerate(parts):
        y, x = (at - begin for at, begin in zip((rows, columns), stack.place(number, top), strict=True))
        inside_it = np.flatnonzero((y >= 0) & (x >= 0) & (y < part.shape[0]) & (x < part.shape[1]))
        within.append((inside_it, y[inside_it], x[inside_it]))
        pile[inside_it, row] = part[within[-1][1:]]
    mend(pile, whole[rows, columns])
    for row, (_, part) in enumerate(parts):
        some, y, x = within[row]
        part[y, x] = pile[some, row]


def layers_of_strokes(painting: Painting) -> NDArray[np.int32]:
    """(N,) the pass each stroke is laid with: its own, or the latest below it in its region."""
    strokes = painting.strokes
    layer_of = strokes.pass_index.astype(np.int32)
    if painting.regions is None:
        return np.maximum.accumulate(layer_of)
    for region in range(len(painting.regions)):
        own = strokes.region == region
        layer_of[own] = np.maximum.accumulate(layer_of[own])
    return layer_of


def bounds_of_mask(
    mask: NDArray[np.uint8], height: int, width: int, frayed: float = 0.0
) -> tuple[float, float, float, float]:
    """Top, left, bottom and right of all that a mask can touch at another size, three of its pixels further."""
    crop = Crop.of(mask)
    if crop.pixels.size == 0:
        return 0, 0, 0, 0
    down, across = height / mask.shape[0], width / mask.shape[1]
    above, aside = 3 * max(down, 1) + 1 + frayed, 3 * max(across, 1) + 1 + frayed
    return crop.top * down - above, crop.left * across - aside, crop.bottom * down + above, crop.right * across + aside


def box_of(
    table: NDArray[np.float64], reach: NDArray[np.float64], inside: tuple[float, float, float, float] | None,
    height: int, width: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Top, left, bottom and right, on the canvas, of strokes (N, 13) that reach so far (N,), inside of other bounds."""
    x, y, far = table[:, X0 : Y2 + 1 : 2], table[:, X0 + 1 : Y2 + 1 : 2], reach[:, None]
    box = [(y - far).min(), (x - far).min(), (y + far).max(), (x + far).max()]
    if inside is not None:
        box = [*map(max, box[:2], inside[:2]), *map(min, box[2:], inside[2:])]
    top, left = (int(np.clip(np.floor(v), 0, limit)) for v, limit in zip(box[:2], (height, width), strict=True))
    bottom, right = (int(np.clip(np.ceil(v), 0, limit)) for v, limit in zip(box[2:], (height, width), strict=True))
    return top, left, bottom, right


def _window(canvas: NDArray[np.float32], crop: Crop, top: int) -> NDArray[np.float32]:
    """The part of a band (rows, width, …), whose first row is `top`, that a crop lies on."""
    return canvas[crop.top - top : crop.bottom - top, crop.left : crop.right]


def _spread(crop: Crop, top: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """A crop on a band of nothing."""
    plane = np.zeros(shape, f4)
    _window(plane, crop, top)[:] = crop.pixels
    return plane


def _over(paint: NDArray[np.float32], share: Crop | None, below: NDArray[np.float32], top: int) -> NDArray[np.float32]:
    """A region's paint (rows, width, 4), cut by its share, over what is below it."""
    cut = paint if share is None else paint * _spread(share, top, paint.shape[:2])[..., None]
    return below * (1 - cut[..., 3:]) + cut


def _close(clear: NDArray[np.float32], own: NDArray[np.float32], share: Crop | None, top: int) -> None:
    """A region is done: what it lets through goes into `clear`, and `own` is ready for the next."""
    if share is None:
        clear *= own
    else:
        part = _window(clear, share, top)
        part *= 1 - share.pixels * (1 - _window(own, share, top))
    own[:] = 1
