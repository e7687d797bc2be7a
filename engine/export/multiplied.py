"""A painting whose strokes absorb as a stack of layers: the paper, and over it washes and lines to be multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.export.layers import MOST_LAYERS, Layer, Stack, bounds_of_mask, box_of
from impasto.engine.painting.absorbing import AbsorbingComposer
from impasto.engine.painting.painting import Painting
from impasto.engine.wash.kernels import columns as C
from impasto.engine.wash.rows import DROPS

f4 = np.float32
PAPER, SPATTER = "paper", "spatter"
_BAND_PIXELS = 1 << 18  # worked on at a time; what is absorbed is kept four times as finely
_BAND_STEP = 32  # rows, whole tiles of the rasteriser

Box = tuple[int, int, int, int]  # top, left, bottom, right


class Multiplied(Stack):
    """As `Stack`, for paintings that absorb: what lets light through is multiplied, in whatever order.

    The lowest layer is the paper in its light, if it is not clear. Then come each region's passes of washes, and what
    is drawn, by its medium; then what was flicked over the sheet. Together they give what `Painting.render` gives
    within what 8 bits round off, over each other as well as with each region's layers multiplied by themselves first.
    Layers are opaque, and white where they let all through. Under the painting's mask or on clear paper they are as
    clear as can be; there it holds for programs that multiply as SVG says, and on clear paper over white.

    clipped: under the mask, too, layers are opaque but for the paper, for programs that show them only where this is.
    """

    clipped = False

    def steps(self) -> Iterator[tuple[int, int, Iterator[tuple[int | None, int, NDArray[np.uint8]]]]]:
        """See `Stack.steps`."""
        for top, bottom in self._rows():
            yield top, bottom, self._course(top, bottom)

    def bands(self) -> Iterator[tuple[int, int, NDArray[np.uint8], list[tuple[int, NDArray[np.uint8]]]]]:
        """See `Stack.bands`."""
        from impasto.engine.pictures.resize import straight

        for top, bottom in self._rows():
            whole = self._own.band(top, bottom, self.painting.background, True)
            parts = self._multiplied(top, bottom, whole)
            yield top, bottom, straight(whole).astype(np.uint8), parts

    @property
    def groups(self) -> list[tuple[str | None, list[int]]]:
        """See `Stack.groups`; what was flicked over the sheet is in none, and lies above all."""
        last = [n for n, layer in enumerate(self.layers) if layer.name == SPATTER and layer.region is None]
        groups = [(name, [n for n in numbers if n not in last]) for name, numbers in super().groups]
        return [*groups, (None, last)] if last else groups

    @cached_property
    def _own(self) -> AbsorbingComposer:
        return AbsorbingComposer(self.painting, self.height, self.width, self.threads)

    def _rows(self) -> Iterator[tuple[int, int]]:
        depth = sum(layer.height * layer.width for layer in self.layers) / (self.height * self.width)
        step = max(_BAND_STEP, int(_BAND_PIXELS * 8 / max(depth, 8) / self.width / _BAND_STEP) * _BAND_STEP)
        for top in range(0, self.height, step):
            yield top, min(top + step, self.height)

    def _boxes(self, top: int, bottom: int) -> Iterator[tuple[int, Box]]:
        """The layers that have rows in top..bottom, from the lowest, and where on the canvas these lie."""
        for number, layer in enumerate(self.layers):
            y0, y1 = max(layer.top, top), min(layer.top + layer.height, bottom)
            if y0 < y1:
                yield number, (y0, layer.left, y1, layer.left + layer.width)

    def _absorbed(self, number: int, top: int, bottom: int) -> NDArray[np.float32]:
        """What a layer absorbs in the rows top..bottom, finely."""
        times = self._own.times
        return self._own.absorbance(top * times, bottom * times, glazes=self._glazes[number])

    def _multiplied(self, top: int, bottom: int, whole: NDArray[np.float32]) -> list[tuple[int, NDArray[np.uint8]]]:
        """The rows of all layers in top..bottom, whose painting is `whole`."""
        from impasto.engine.raster.cpu import multiplying as M

        boxes = list(self._boxes(top, bottom))
        state = M.blank(bottom - top, self.width)
        parts = []
        for place, (number, box, aim, clear) in enumerate(self._aims(boxes, top, bottom, whole[..., 3])):
            here = _within(box, top)
            own, part = np.ascontiguousarray(state[here]), np.zeros((*clear.shape, 4), np.uint8)
            last = place + 1 == len(boxes) or not self._grouped(number, boxes[place + 1][0])
            if self.layers[number].blending == "multiply":
                M.multiply(aim, clear, last, own, part)
            else:
                M.begin(aim, clear, own, part)
                if self.clipped:
                    part[..., 3] = np.rint(whole[here][..., 3] * 255)
            state[here] = own
            if last:
                M.close(state)
            parts.append((number, part))
        return parts

    def _grouped(self, number: int, other: int) -> bool:
        """Are two layers in one group?"""
        region = self.layers[number].region
        return self.painting.regions is not None and region is not None and self.layers[other].region == region

    def _aims(
        self, boxes: list[tuple[int, Box]], top: int, bottom: int, alpha: NDArray[np.float32]
    ) -> Iterator[tuple[int, Box, NDArray[np.float32], NDArray[np.float32]]]:
        """What all layers up to each give, in its box: over white (h, w, 3), and how clear they are (h, w).

        Where the whole, whose alpha (rows, width) is given, is half clear, so is the paper, and each layer must add
        alpha to darken what is there: α/(1 − α) grows by as much as colours shrink, and in the end α is right.
        """
        absorbed, so_far = self._nothing(top, bottom), np.ones((bottom - top, self.width, 3), f4)
        seen, darker = [], []
        for number, box in boxes:
            here = _within(box, top)
            if self.layers[number].blending == "multiply":
                absorbed += self._absorbed(number, top, bottom)
            pixels = self._seen(absorbed, box, top)
            if self._is_clear:
                own = self._own.masked(pixels, box[0], box[2], box[1])
                own = own[..., :3] + (1 - own[..., 3:])
            else:
                own = pixels[..., :3] / np.maximum(pixels[..., 3:], f4(1e-6))
            darker.append((own / np.maximum(so_far[here], f4(1e-6))).min(-1).clip(0, 1))
            so_far[here] = own
            seen.append(own)
        if self.clipped and not self._is_clear:
            alpha = np.ones_like(alpha)
        odds = alpha / np.maximum(1 - alpha, f4(1e-6))
        aims = []
        for (number, box), own, part in zip(boxes[::-1], seen[::-1], darker[::-1], strict=True):
            here = _within(box, top)
            opaque = odds[here] / (1 + odds[here])
            opaque[alpha[here] >= 1] = 1
            if self._is_clear:
                aims.append((number, box, own, np.ones_like(opaque)))
                continue
            odds[here] *= part
            aims.append((number, box, (1 - opaque[..., None]) + opaque[..., None] * own, 1 - opaque))
        return iter(aims[::-1])

    @property
    def _is_clear(self) -> bool:
        return is_clear(self.painting)

    def _nothing(self, top: int, bottom: int) -> NDArray[np.float32]:
        """What is absorbed as long as nothing is."""
        times = self._own.times
        return np.zeros(((bottom - top) * times, self.width * times, 3), f4)

    def _seen(self, absorbed: NDArray[np.float32], box: Box, top: int) -> NDArray[np.float32]:
        """The paper in a box through what absorbs so much in the band from `top` on: (h, w, 4) premultiplied."""
        own, (y0, x0, y1, x1) = self._own, box
        times = own.times
        canvas = np.ascontiguousarray(own.bare(y0, y1, self.painting.background, True)[:, x0:x1])
        fine = absorbed[(y0 - top) * times : (y1 - top) * times, x0 * times : x1 * times]
        return own.show(canvas, np.ascontiguousarray(fine), y0, x0)

    def _course(self, top: int, bottom: int) -> Iterator[tuple[int | None, int, NDArray[np.uint8]]]:
        """See `Stack.steps`."""
        from impasto.engine.pictures.resize import straight

        absorbed, box = self._nothing(top, bottom), (top, 0, bottom, self.width)
        groups = [layer.region for layer in self.layers]
        for number, layer in enumerate(self.layers):
            if layer.blending == "multiply" and layer.top < bottom and layer.top + layer.height > top:
                absorbed += self._absorbed(number, top, bottom)
            pixels = self._own.masked(self._seen(absorbed, box, top), top, bottom)
            yield None, number, straight(pixels).astype(np.uint8)
            if layer.region is not None and layer.region not in groups[number + 1 :]:
                yield layer.region, 0, self._alone(layer.region, top, bottom)
        for region in sorted({*range(self._own.regions)} - {*groups}):
            yield region, 0, self._alone(region, top, bottom)

    def _alone(self, region: int, top: int, bottom: int) -> NDArray[np.uint8]:
        """A region's strokes on nothing."""
        from impasto.engine.pictures.resize import straight

        pixels = self._own.paint(region, None, top, bottom).pixels
        return straight(self._own.masked(pixels, top, bottom)).astype(np.uint8)

    # --- which layers there are

    def _listed(self) -> tuple[list[int], list[Layer]]:
        """See `Stack`: here the "pass" of a layer is its number. The glazes of each are noted."""
        plan = self._own.plan
        layers: list[Layer] = []
        self._glazes: list[NDArray[np.bool_]] = []
        nothing = np.zeros(len(plan.glazes), bool)
        if not self._is_clear:
            layers.append(Layer(None, PAPER, 0, 0, self.height, self.width))
            self._glazes.append(nothing)
        for (region, _, name), glazes in sorted(self._together().items()):
            chosen = nothing.copy()
            chosen[glazes] = True
            top, left, bottom, right = self._reach(None if name == SPATTER else region, chosen)
            if top < bottom and left < right:
                known = None if name == SPATTER else region
                layers.append(Layer(known, name, top, left, bottom - top, right - left, "multiply"))
                self._glazes.append(chosen)
            if len(layers) > MOST_LAYERS:
                raise ImpastoError(
                    f"this painting would be more than {MOST_LAYERS} layers; write a plain picture of it"
                )
        return list(range(len(layers))), self._with_whole_grounds(layers)

    def _with_whole_grounds(self, layers: list[Layer]) -> list[Layer]:
        """The lowest layer of each region is as large as all of them: what programs multiply lies on something."""
        if self.painting.regions is None:
            return layers
        for region in {layer.region for layer in layers} - {None}:
            own = [n for n, layer in enumerate(layers) if layer.region == region]
            top, left = (min(getattr(layers[n], side) for n in own) for side in ("top", "left"))
            bottom = max(layers[n].top + layers[n].height for n in own)
            right = max(layers[n].left + layers[n].width for n in own)
            layers[own[0]] = replace(layers[own[0]], top=top, left=left, height=bottom - top, width=right - left)
        return layers

    def _together(self) -> dict[tuple[int, int, str], list[int]]:
        """The glazes that are one layer, by region, by what lies lower, and by the layer's name."""
        plan, strokes = self._own.plan, self.painting.strokes
        found: dict[tuple[int, int, str], list[int]] = {}
        _, first = np.unique(plan.glaze, return_index=True)
        for g, n in enumerate(first.tolist()):
            glaze, region, stroke = plan.glazes[g], int(plan.region[n]), int(plan.order[n])
            if stroke >= len(strokes):
                key = (region, DROPS, SPATTER)
            elif self.parts == "regions":
                key = (region, 0, "pass 1")
            elif glaze.kind == C.WASH:
                rank = int(strokes.pass_index[stroke])
                key = (region, rank, f"pass {rank + 1}")
            else:
                key = (region, g + (1 << 20), glaze.look.kind)
            drawn = [known for known in found if known[0] == region and known[2] == key[2]]
            found.setdefault(drawn[0] if drawn else key, []).append(g)
        return found

    def _reach(self, region: int | None, glazes: NDArray[np.bool_]) -> Box:
        """All that strokes of some glazes can touch, as the rasteriser reckons."""
        sheet, plan, regions = self._own.sheet, self._own.plan, self.painting.regions
        scale = max(self.height, self.width)
        chosen = glazes[plan.glaze]
        edges = plan.rows(sheet.scale)[1][chosen].astype(np.float64)
        table = plan.table[chosen].astype(np.float64) * scale
        radii = table[:, 6:8]
        soft = np.maximum(edges[:, 0] * scale, 1) + edges[:, 1] * radii.mean(1)
        inside = None
        if regions is not None and region is not None and regions.infos[region].edges == "strict":
            inside = bounds_of_mask(regions.masks[region], self.height, self.width)
        return box_of(table, radii.max(1) + soft / 2 + 2, inside, self.height, self.width)


def is_clear(painting: Painting) -> bool:
    """Has it no paper?"""
    return painting.background[3] == 0 and painting.underpainting is None


def _within(box: Box, top: int) -> tuple[slice, slice]:
    """A box of the canvas in a band whose first row is `top`."""
    return np.s_[box[0] - top : box[2] - top, box[1] : box[3]]
