"""Painting a part of a painting again: strokes of that part are replaced, all others stay as they are, ids included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.media import FLAT, kind_in
from impasto.engine.painter import events, finishing
from impasto.engine.painter.beginning import begin, refuse_mixture, styles_in
from impasto.engine.painter.budget import with_alpha_mask
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import (
    LARGEST_MASK_BYTES,
    LARGEST_MASK_SIDE,
    MOST_REGIONS,
    RegionInfo,
    RegionMasks,
)
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.segment.masks import check_name
from impasto.engine.shapes import Mask
from impasto.engine.styles import Style
from impasto.engine.texture.numbers import WIDEST_EDGE

f4 = np.float32
_FRAYED = 0.004  # canvas units inside a border up to which bristles may fray it


class Repainter:
    """Paints what a mask shows of a painting again, as one more region in front of all others.

    mask: uint8 (h, w), spread over the whole canvas: 255 where it is painted again, 0 where nothing may change;
    strokes: how many (default: as dense as the painting is); name: what the new region is to be called; options: as
    `Painter` takes them.

    Raises ImpastoError for what is no name, an empty mask, an unfinished painting, a picture of another size, too many
    regions, and all that `Painter` refuses.
    """

    def __init__(
        self,
        painting: Painting,
        picture: Picture,
        mask: Mask,
        style: Style,
        *,
        strokes: int | None = None,
        name: str = "repaint",
        **options: Any,
    ) -> None:
        check_name(name)
        if painting.checkpoint is not None:
            raise ImpastoError("this painting is unfinished; finish it before you repaint a part of it.")
        if (picture.width, picture.height) != (painting.width, painting.height):
            raise ImpastoError(
                f"the picture is {picture.width}×{picture.height} and the painting was made from one of "
                f"{painting.width}×{painting.height}; give that one."
            )
        refuse_mixture([style, *styles_in(painting)])
        if not mask.any():
            raise ImpastoError("the mask is empty; mark the part to repaint.")
        self._old = painting
        self._regions = _areas_of(painting, mask.shape)
        if len(self._regions) >= MOST_REGIONS:
            raise ImpastoError(f"the painting has {MOST_REGIONS} regions, which is as many as it can have.")
        self._mask = resized(mask, *self._regions.masks.shape[1:])
        shape = style.shape
        self._area = RegionInfo(
            name=_free_name(name, self._regions.names), kind="user", softness=shape.softness, edge=shape.edge,
            style=style.model_dump(mode="json"),
        )  # fmt: skip
        if strokes is None:
            share = float(self._mask.mean(dtype=np.float64)) / 255
            strokes = None if style.is_traced else max(len(style.passes), round(len(painting.strokes) * share))
        self._painter = begin(with_alpha_mask(picture, mask), style, strokes=strokes, **options)
        self._painter.blank = replace(self._painter.blank, tip=painting.tip)
        self.total = self._painter.total

    @property
    def blank(self) -> Painting:
        """What the new part is painted on."""
        return self._painter.blank

    def paint(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[events.Event]:
        """As `Painter.paint`, but previews and paintings show the whole. What is cancelled cannot be gone on with."""
        under = None
        for event in self._painter.paint(cancelled):
            if isinstance(event, events.Finished):
                event = replace(event, painting=self._with(event.painting))
            elif isinstance(event, events.Preview):
                if under is None:
                    under = self._old.render(*event.pixels.shape[:2], threads=self._painter.threads)
                event = replace(event, pixels=_over(event.pixels, under))
            elif isinstance(event, events.Checkpointed):
                continue
            yield event

    def _with(self, new: Painting) -> Painting:
        """The painting with these strokes in front, without those that they hide wholly."""
        old = self._old.fitted(self._painter.threads)
        kept = ~self._hidden()
        added = Strokes.of(
            new.strokes.table, region=len(self._regions), pass_index=new.strokes.pass_index,
            first_id=old.strokes.next_id,
        )  # fmt: skip
        strokes = Strokes.concatenate([old.strokes.take(kept), added])
        joined = replace(old, strokes=strokes, regions=self._regions.with_repaint(self._mask, self._area), refit=None)
        return finishing.carried_on(old, kept, new, joined)

    def _hidden(self) -> np.ndarray:
        """Which of the painting's strokes (N,) lay no paint anywhere but where the mask is full.

        Of those that absorb none is: they are cut by the mask, and how they run into others is seen beyond it.
        """
        if self._old.absorbs:
            return np.zeros(len(self._old.strokes), bool)
        strokes, (height, width) = self._old.strokes, self._mask.shape
        frays = self._old.is_textured or kind_in(self._area.style) != FLAT
        # a pixel more, since at another size the border lies between other pixels
        reach = 1 + (round(_FRAYED * max(height, width)) if frays else 0)
        outside = _grown(self._mask < 255, reach).astype(f4)
        hidden = np.zeros(len(strokes), bool)
        for row, info in enumerate(self._regions.infos):
            index = np.flatnonzero(strokes.region == row)
            edges = WIDEST_EDGE if self._old.is_textured else StrokeEdge(info.softness, info.edge)
            raster = CpuRaster(height, width, edges=edges)
            stray, paint = raster.strays(strokes.table[index], outside)
            hidden[index] = (stray == 0) & (paint > 0)
        return hidden


def _areas_of(painting: Painting, shape: tuple[int, ...]) -> RegionMasks:
    """The painting's regions, or itself as its only one, with masks as fine as a mask of this shape, if possible."""
    regions = painting.regions
    own, count = (shape, 1) if regions is None else (regions.masks.shape[1:], len(regions))
    height, width = (max(a, b) for a, b in zip(own, shape, strict=True))
    scale = min(
        1.0, LARGEST_MASK_SIDE / max(height, width), (LARGEST_MASK_BYTES / 2 / ((count + 1) * height * width)) ** 0.5
    )
    height, width = max(1, int(height * scale)), max(1, int(width * scale))
    if regions is None:
        usual = RegionInfo(name="painting", kind="rest", softness=painting.softness, edge=painting.edge)
        return RegionMasks(np.full((1, height, width), 255, np.uint8), (usual,))
    if regions.masks.shape[1:] == (height, width):
        return regions
    return regions.at(height, width)


def _grown(plane: np.ndarray, reach: int) -> np.ndarray:
    from scipy.ndimage import binary_dilation

    return binary_dilation(plane, np.ones((3, 3), bool), iterations=reach)


def _free_name(name: str, taken: tuple[str, ...]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _over(top: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Pixels (h, w, 4) uint8, straight, laid over others."""
    from PIL import Image

    return np.asarray(Image.alpha_composite(Image.fromarray(under), Image.fromarray(top)))
