"""A picture drawn in the traced passes of a style."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from impasto.engine.painter.tracing.charcoal import sticks
from impasto.engine.painter.tracing.close_up import CloseUp, around, close_ups, finer, merged, spots, thinner
from impasto.engine.painter.tracing.fields import Subject
from impasto.engine.painter.tracing.ink import contours, hatching, prepare
from impasto.engine.painter.tracing.lines import Chains
from impasto.engine.parallel import on_all
from impasto.engine.pictures.io import Picture
from impasto.engine.styles.style import Pass

f4 = np.float32
SEEN = 0.5  # of a mask, from where on lines may be
KINDS = {"contours": contours, "hatching": hatching, "sticks": sticks}


class Drawing:
    """Draws a picture, pass by pass.

    side: longer side of the plane it is traced on, pixels; seed: of the hand's accidents; threads: None for all.
    """

    def __init__(self, picture: Picture, side: int, seed: int, threads: int | None = None) -> None:
        self._picture, self._side, self._seed, self._threads = picture, side, seed, threads

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        longest = max(self._picture.height, self._picture.width)
        height, width = (max(1, round(n * self._side / longest)) for n in (self._picture.height, self._picture.width))
        return height, width

    @cached_property
    def fields(self) -> Subject:
        """The whole picture."""
        rgb, alpha = self._picture.resampled(*self.shape)
        return Subject(rgb, alpha > SEEN, float(self._side), (self._seed, 0))

    @cached_property
    def closer(self) -> list[CloseUp]:
        """What is drawn again from near by."""
        with ThreadPoolExecutor(1, thread_name_prefix="impasto-looking") as beside:
            found = beside.submit(spots, self._picture)
            prepare(self.fields)
            return close_ups(self._picture, found.result(), self.shape, self.fields.tones, self._seed)

    def draw(self, own: Pass, number: int, region: int = 0, inside: np.ndarray | None = None) -> Chains:
        """The lines of one pass, the `number`-th of a region's style, where a plane (H, W) is True."""
        trace = own.trace
        assert trace is not None
        seed = 16 * (number + 32 * region)
        inside = self.fields.inside if inside is None else self.fields.inside & inside

        def part(k: int) -> Chains:
            if k == 0:
                whole = self.fields.within(around(inside, self.closer))
                return KINDS[trace.what](whole, trace, own.radius, seed)
            near = self.closer[k - 1]
            by = near.fields.hand / near.fields.scale
            return KINDS[trace.what](near.within(inside), finer(trace, by), own.radius * thinner(trace, by), seed)

        return merged(on_all(part, range(1 + len(self.closer)), self._threads))
