"""A film's paintings one after the other: a scene's first as any picture is painted, the others carried on from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.motion.areas import areas_of, carried_areas
from impasto.engine.motion.flow import Motion, grey_of
from impasto.engine.motion.follower import Follower, Manner, Present
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.beginning import styles_in
from impasto.engine.painting.painting import Painting, fit_mask
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.regions import Regions
from impasto.engine.styles import Style, load_style

f4 = np.float32
STILL = ("light.weave=0",)  # of a style: the ground's grain would stay on the screen while all moves
MOST_LOST = 0.5  # share of a frame that may be new before it is another scene, if
MOST_WRONG = 0.06  # what the flow makes of the frame before is off by more than this, 0..1


class FilmStopped(Exception):
    """A wish to stop was heard; the frame that was being painted is forgotten."""


def film_style(name: str, changes: Iterable[str] = ()) -> Style:
    """A style as films are painted in it."""
    return load_style(name, [*STILL, *changes])


def is_cut(before: NDArray[np.uint8], now: NDArray[np.uint8], flow: Motion) -> bool:
    """Is this frame of another scene than the one before, both grey (H, W)? No flow leads from the one to the other."""
    seen = ~flow.is_new
    if seen.mean() > 1 - MOST_LOST:
        return False
    wrong = np.abs(flow.warped(before).astype(f4) - now)
    return float(wrong.mean()) / 255 > MOST_WRONG


def seen_on(picture: Picture, working_size: int) -> NDArray[np.uint8]:
    """What the motion of a picture is seen by (H, W), on a canvas of so many pixels at most."""
    longest = max(picture.height, picture.width)
    side = min(longest, working_size)
    return grey_of(picture, *(max(1, round(n * side / longest)) for n in (picture.height, picture.width)))


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame that was painted: all it takes to paint the next one. seen: what its motion is seen by."""

    present: Present
    seen: NDArray[np.uint8]

    @property
    def painting(self) -> Painting:
        """What was painted."""
        return self.present.painting


class Filmer:
    """Paints a film's frames.

    order_of: what is asked for of a scene's first picture, and its number; regions_of: a later frame's regions, if they
    are given for each frame, else they are carried along.
    """

    def __init__(
        self, order_of: Callable[[Picture, int], Order], regions_of: Callable[[Picture, int], Regions] | None = None,
        manner: Manner | None = None,
    ) -> None:  # fmt: skip
        self._order_of, self._regions_of, self._manner = order_of, regions_of, manner
        self._order: Order | None = None

    def next(
        self, last: Frame | None, picture: Picture, number: int, cancelled: Callable[[], bool] = lambda: False
    ) -> Frame:  # fmt: skip
        """The painting of the frame `number`, which follows `last`; None if none was before.

        Raises FilmStopped, and ImpastoError for all that painting refuses.
        """
        seen = self.seen(picture)
        if last is not None and picture.alpha is not None and not picture.alpha.any():
            blank = replace(last.painting, mask=fit_mask(picture.alpha))  # there is nothing to paint
            return Frame(replace(last.present, painting=blank), seen)
        if last is not None:
            if seen.shape != last.seen.shape:
                raise ImpastoError(
                    f"frame {number + 1} is of another shape than those before; make all pictures of one size"
                )
            threads = self._asked(picture, number).threads
            flow = Motion.between(last.seen, seen, threads)
            if not is_cut(last.seen, seen, flow):
                return Frame(self._followed(last.present, picture, number, flow), seen)
        return Frame(self._begun(picture, number, 0 if last is None else last.present.next_id, cancelled), seen)

    def seen(self, picture: Picture) -> NDArray[np.uint8]:
        """What the motion of a picture is seen by."""
        return seen_on(picture, self._asked(picture, 0).working_size)

    def _asked(self, picture: Picture, number: int) -> Order:
        if self._order is None:
            self._order = self._order_of(picture, number)
        return self._order

    def _begun(self, picture: Picture, number: int, next_id: int, cancelled: Callable[[], bool]) -> Present:
        self._order = self._order_of(picture, number)
        done = None
        for event in self._order.painter().paint(cancelled):
            done = event if isinstance(event, events.Finished) else done
        assert done is not None
        if done.cancelled:
            raise FilmStopped
        return self._follower(done.painting).begin(done.painting, picture, next_id)

    def _followed(self, present: Present, picture: Picture, number: int, flow: Motion) -> Present:
        regions = present.painting.regions
        if regions is not None:
            if self._regions_of is not None:
                regions = areas_of(regions, self._regions_of(picture, number))
            else:
                regions = carried_areas(regions, flow)
        return self._follower(present.painting).next(present, picture, flow, regions)

    def _follower(self, painting: Painting) -> Follower:
        order = self._order
        assert order is not None
        return Follower(
            tuple(styles_in(painting)), seed=order.seed, working_size=order.working_size, effort=order.effort,
            threads=order.threads, manner=self._manner,
        )  # fmt: skip


def carried_on(
    pictures: Iterable[Picture], style: Style, manner: Manner | None = None, **asked: Any
) -> Iterator[Painting]:  # fmt: skip
    """The paintings of pictures that follow each other; asked: as for an `Order`."""
    filmer = Filmer(lambda picture, _: Order(picture, style, **asked), manner=manner)
    frame = None
    for number, picture in enumerate(pictures):
        frame = filmer.next(frame, picture, number)
        yield frame.painting
