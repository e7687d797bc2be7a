"""A picture drawn in the traced passes of a style."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from impasto.engine.painter.drawn_flow import DrawnFlow
from impasto.engine.painter.tracing.charcoal import sticks
from impasto.engine.painter.tracing.close_up import CloseUp, around, close_ups, finer, merged, spots, thinner
from impasto.engine.painter.tracing.fields import Subject
from impasto.engine.painter.tracing.ink import contours, hatching, prepare
from impasto.engine.painter.tracing.lines import Chains
from impasto.engine.parallel import on_all
from impasto.engine.pictures.io import Picture
from impasto.engine.styles.style import Pass

f4 = np.float32
MARGIN = 0.02  # canvas units around the picture that sticks are drawn on
SEEN = 0.5  # of a mask, from where on lines may be
KINDS = {"contours": contours, "hatching": hatching, "sticks": sticks}


class Drawing:
    """Draws a picture, pass by pass.

    side: longer side of the plane it is traced on, pixels; seed: of the hand's accidents; threads: None for all.
    """

    def __init__(self, picture: Picture, side: int, seed: int, threads: int | None = None) -> None:
        self.picture, self._side, self._seed, self._threads = picture, side, seed, threads

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        longest = max(self.picture.height, self.picture.width)
        height, width = (max(1, round(n * self._side / longest)) for n in (self.picture.height, self.picture.width))
        return height, width

    @cached_property
    def fields(self) -> Subject:
        """The whole picture."""
        rgb, alpha = self.picture.resampled(*self.shape)
        return Subject(rgb, alpha > SEEN, float(self._side), (self._seed, 0), drawn=self._flow)

    @cached_property
    def wider(self) -> Subject:
        """The whole picture and a margin around it: sticks are drawn over the edge of the sheet."""
        rgb, alpha = self.picture.resampled(*self.shape)
        rgb, inside = (self._with_margin(plane) for plane in (rgb, alpha > SEEN))
        origin = -self._margin / self._side
        return Subject(
            rgb, inside, float(self._side), (self._seed, 0), (origin, origin), self.fields.tones, drawn=self._flow
        )

    @property
    def _flow(self) -> DrawnFlow | None:
        return None if self.picture.flow is None else DrawnFlow(self.picture.flow)

    @property
    def _margin(self) -> int:
        return round(MARGIN * self._side)

    def _with_margin(self, plane: np.ndarray) -> np.ndarray:
        sides = [(self._margin, self._margin)] * 2 + [(0, 0)] * (plane.ndim - 2)
        return np.pad(plane, sides, mode="symmetric")

    @cached_property
    def closer(self) -> list[CloseUp]:
        """What is drawn again from near by."""
        with ThreadPoolExecutor(1, thread_name_prefix="impasto-looking") as beside:
            found = beside.submit(spots, self.picture)
            prepare(self.fields)
            return close_ups(self.picture, found.result(), self.shape, self.fields.tones, self._seed)

    def draw(
        self, own: Pass, number: int, region: int = 0, inside: np.ndarray | None = None, *, closely: bool = True
    ) -> Chains:
        """The lines of one pass, the `number`-th of a region's style, where a plane (H, W) is True.

        closely: whether what viewers look at is drawn again from near by.
        """
        trace = own.trace
        assert trace is not None
        seed = 16 * (number + 32 * region)
        inside = self.fields.inside if inside is None else self.fields.inside & inside
        closer = self.closer if closely else []

        def part(k: int) -> Chains:
            if k == 0:
                free = around(inside, closer)
                sticks = trace.what == "sticks"
                whole = self.wider.within(self._with_margin(free)) if sticks else self.fields.within(free)
                return KINDS[trace.what](whole, trace, own.radius, seed)
            near = closer[k - 1]
            by = near.fields.hand / near.fields.scale
            return KINDS[trace.what](near.within(inside), finer(trace, by), own.radius * thinner(trace, by), seed)

        return merged(on_all(part, range(1 + len(closer)), self._threads))
