"""Drafts of one painting in one look after the other: what only the light changes is not painted again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import light_in, medium_in
from impasto.engine.painting.render import pixels_of
from impasto.engine.painting.textured import TexturedComposer

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

MOST_KEPT = 1 << 22  # pixels of paint without light; 20 bytes each
_OF_LIGHT = ("relief", "gloss", "angle", "height", "layers")  # what falls on the paint when that is dry


class Drafts:
    """Makes drafts, and keeps the paint of the last one for another light."""

    def __init__(self) -> None:
        self._kept: _Unlit | None = None
        self._look = ""

    def draft(self, painting: Painting, height: int, width: int, threads: int | None = None) -> NDArray[np.uint8]:
        """To the bit what `painting.render(height, width, draft=True)` gives, see there."""
        if not painting.is_textured or height * width > MOST_KEPT:
            self._kept = None
            return painting.render(height, width, threads=threads, draft=True)
        look = _look_of_paint(painting)
        kept = self._kept
        if kept is None or not (kept.is_of(painting) and (kept.height, kept.width) == (height, width)):
            kept = None
        if kept is None or look != self._look:
            height, width = painting.size_of(height, width)
            self._kept = kept = _Unlit(painting, height, width, threads, shown=False)
            self._look = look
        kept.light_as(painting)
        return pixels_of(kept, painting.background)


class _Unlit(TexturedComposer):
    """As `TexturedComposer`, but paints each part once, whatever light falls on it then."""

    def is_of(self, painting: Painting) -> bool:
        """Was it made for these strokes, in these regions?"""
        own, its = self.painting, painting
        masks = [None if one.regions is None else one.regions.masks for one in (own, its)]
        same = own.strokes is its.strokes and own.mask is its.mask and own.refit is its.refit and masks[0] is masks[1]
        same = same and own.tip is its.tip and own.underpainting is its.underpainting
        return same and own.background == its.background

    def light_as(self, painting: Painting) -> None:
        """From now on the light is as this painting's style says."""
        self.light = light_in(painting.style)
        self.__dict__.pop("falling", None)

    def _painted(
        self, top: int, bottom: int, ground: Background, under: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found = self.__dict__.setdefault("_parts_painted", {})
        if (top, bottom) not in found:
            found[top, bottom] = super()._painted(top, bottom, ground, under)
        return found[top, bottom]


def _look_of_paint(painting: Painting) -> str:
    """All settings that the paint without light depends on."""
    styles = [painting.style]
    styles += [] if painting.regions is None else [info.style for info in painting.regions.infos]
    light = light_in(painting.style).model_dump()
    media = [[medium_in(style).model_dump(), style.get("passes")] for style in styles]
    return json.dumps([media, {k: v for k, v in light.items() if k not in _OF_LIGHT}], default=str)
