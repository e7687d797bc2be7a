"""The next frame's painting from the last one's: strokes are carried along, and moved only as far as they must be.

Strokes ride on what they were painted on; what is hidden or has left goes; new ones are born only where there was
nothing to be seen before, or where the picture grows apart; then all are fitted a little, each drawn back to where the
flow has put it. The measurements behind each number are in docs/film.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.engine.motion.carrying import carried
from impasto.engine.motion.colouring import coloured
from impasto.engine.motion.flow import Motion
from impasto.engine.painter.budget import Budget
from impasto.engine.painter.descent import Step
from impasto.engine.painter.finishing import aim_of_colours
from impasto.engine.painter.group import StyleGroup, joined, without
from impasto.engine.painter.optimizer import Moments
from impasto.engine.painter.painter import groups_of
from impasto.engine.painter.plan import Phase
from impasto.engine.painting.painting import Painting, fit_mask
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.styles import Style

f4 = np.float32
SETTLING = 15  # steps in which new strokes find their place, all others held,
SETTLING_RATE = 0.8
STEPS = 20  # of all strokes,
RATE = 0.3  # which falls along a cosine;
PRIOR = 0.2  # of the way back to where the flow has put it, each old stroke goes after each step
FEELING = 8  # steps without any movement, in which Adam gets to know a painting's slopes
_USELESS = 3.0  # a stroke whose cost is below minus so many times the median cost goes
_BORN = 1.2  # times as many as what is new has room for may be born


@dataclass(frozen=True)
class Manner:
    """How strokes follow: steps of all, their rate, how much of the way back they go, steps of the new ones alone."""

    steps: int = STEPS
    rate: float = RATE
    prior: float = PRIOR
    settling: int = SETTLING


@dataclass(frozen=True, eq=False)
class Present:
    """What the next frame is painted from: a finished painting and Adam's memory of its strokes.

    target: how many strokes there are to be; next_id: that no stroke of the film has had; frame: of its scene, from 0.
    """

    painting: Painting
    moments: Moments
    target: int
    next_id: int
    frame: int = 0


class Follower:
    """Paints one frame after the other; styles: of the regions, or of the whole as the only one.

    working_size, effort, threads: as in an `Order`. The same strokes for any number of threads.
    """

    def __init__(
        self, styles: tuple[Style, ...], *, seed: int = 0, working_size: int, effort: str = "normal",
        threads: int | None = None, manner: Manner | None = None,
    ) -> None:  # fmt: skip
        # what viewers look at is found anew in every picture, and would be another thing each time
        self._styles = tuple(_without_interest(style) for style in styles)
        self._seed, self._working_size, self._effort, self._threads = seed, working_size, effort, threads
        self._manner = manner or Manner()

    def begin(self, painting: Painting, picture: Picture, next_id: int | None = None) -> Present:
        """A scene's first painting, ready to be followed."""
        strokes = painting.strokes
        moments = Moments.zeros(len(strokes))
        for group, phase in self._groups(picture, painting.regions, strokes):
            own = group.owns(strokes)
            some, feeling = strokes.take(own), moments.take(own)
            steps = [Step(k, self._backdrop(painting, 0, k), 0.0) for k in range(FEELING)]
            group.descend(some, feeling, phase, steps, _go_on)
            _put(moments, own, feeling)
        moments.mean[:] = 0
        return Present(painting, moments, len(strokes), strokes.next_id if next_id is None else next_id)

    def next(self, present: Present, picture: Picture, flow: Motion, regions: RegionMasks | None = None) -> Present:
        """The painting of the next frame.

        picture: of the same size as the last; flow: from that to this; regions: this frame's, in the same order.
        """
        frame, last = present.frame + 1, present.painting
        if len(last.strokes.pass_index) and self._styles:
            strokes, moments = last.strokes, present.moments
        else:
            return replace(present, frame=frame)
        shape = [style.shape for style in self._styles]
        moved = carried(strokes.table, flow, min(each.smallest for each in shape), max(each.largest for each in shape))
        strokes = replace(strokes, table=moved.table)
        ground = np.array([*last.background[:3], 1], f4)
        born_from = present.next_id
        parts, done = [], []
        groups = self._groups(picture, regions, strokes)
        for number, (group, phase) in enumerate(groups):
            own = group.owns(strokes)
            some, memory = strokes.take(own), moments.take(own)
            worth = group.worth(some, phase, ground)
            lost = moved.lost[own] & (worth < 0)
            useless = worth < -_USELESS * np.median(np.abs(worth)) if len(worth) else lost
            gone = np.flatnonzero(moved.away[own] | lost | useless)
            some, memory = without(some, memory, gone)
            target = max(1, round(present.target * group_share(last.strokes, own)))
            some, memory, born = self._with_born(
                group, phase, some, memory, target, flow, born_from, ground, (frame, number)
            )
            born_from += born
            self._settle(group, phase, some, memory, born, (last, frame))
            parts.append(some)
            done.append(memory)
        strokes, moments = _together(parts, done)
        painting = replace(
            last, strokes=strokes, mask=fit_mask(picture.alpha), regions=regions, refit=None, checkpoint=None
        )
        if painting.is_fitted_by_colour:
            aim = aim_of_colours(painting, [group for group, _ in groups], self._threads)
            painting = coloured(painting, last, aim, self._threads)
        moments.mean[:] = 0
        return Present(painting, moments, present.target, born_from, frame)

    def _groups(
        self, picture: Picture, regions: RegionMasks | None, strokes: Strokes
    ) -> list[tuple[StyleGroup, Phase]]:  # fmt: skip
        """Who moves the strokes, and how: as in the finish of a painting."""
        count = 1 if regions is None else len(regions)
        numbers = np.bincount(strokes.region, minlength=count) if regions is not None else np.array([len(strokes)])
        asked = Budget(regions, self._styles, tuple(int(n) for n in np.maximum(numbers, 0)))
        phases = asked.phases(
            picture.width, picture.height, self._working_size, fit_mask(picture.alpha), self._effort
        )  # fmt: skip
        finishes = [phase for phase in phases if phase.finish]
        found = groups_of(picture, asked, finishes, self._threads)
        return list(zip(found, finishes, strict=True))

    def _with_born(
        self, group: StyleGroup, phase: Phase, some: Strokes, memory: Moments, target: int, flow: Motion, first_id: int,
        ground: NDArray[np.float32], at: tuple[int, int],
    ) -> tuple[Strokes, Moments, int]:  # fmt: skip
        """A group's strokes with the new ones on top, and how many these are."""
        height, width = group.size_on(phase)
        where = np.maximum(flow.new, (1 - 1 / flow.stretch).clip(0, 1))
        where = np.asarray(resized_plane(where, height, width), f4)
        room = float((where * sum(own.on(height, width) for own in group.target(phase).own)).sum())
        room /= max(float(group.target(phase).importance.sum()), 1e-9)
        count = round(min(max(target - len(some), 0), _BORN * target * room))
        if count == 0:
            return some, memory, 0
        counts = self._shared(group, phase, count, where)

        def rng_of(k: int) -> np.random.Generator:
            return np.random.default_rng([self._seed, 1, *at, k])

        new = group.new(some, phase, counts, ground, first_id, rng_of, where=where)
        some, memory = joined(some, memory, new)
        return some, memory, len(new)

    @staticmethod
    def _shared(group: StyleGroup, phase: Phase, count: int, where: NDArray[np.float32]) -> tuple[int, ...]:
        """How many strokes each region of a group gets of so many: as it has what is new."""
        target = group.target(phase)
        areas = np.array([float((own.on(target.height, target.width) * where).sum()) for own in target.own])
        wanted = areas / max(areas.sum(), 1e-9) * count
        numbers = np.floor(wanted).astype(int)
        numbers[np.argsort(numbers - wanted, kind="stable")[: count - int(numbers.sum())]] += 1
        return tuple(int(n) for n in numbers)

    def _settle(
        self, group: StyleGroup, phase: Phase, some: Strokes, memory: Moments, born: int, at: tuple[Painting, int]
    ) -> None:  # fmt: skip
        """Move a group's strokes, in place: the new ones alone at first, then all, the old ones held back."""
        painting, frame = at
        manner, table = self._manner, some.table
        old = np.isin(some.id, painting.strokes.id)
        start = table[old].copy()
        first = manner.settling if born else 0
        for k in range(first):
            held = memory.take(old)
            self._step(group, phase, some, memory, painting, (frame, k), SETTLING_RATE)
            table[old] = start
            _put(memory, old, held)
        for k in range(manner.steps):
            rate = manner.rate * 0.5 * (1 + np.cos(np.pi * k / manner.steps)) + 0.02
            self._step(group, phase, some, memory, painting, (frame, first + k), float(rate))
            table[old] += f4(manner.prior) * (start - table[old])

    def _step(
        self, group: StyleGroup, phase: Phase, some: Strokes, memory: Moments, painting: Painting,
        at: tuple[int, int], rate: float,
    ) -> None:  # fmt: skip
        group.descend(some, memory, phase, [Step(at[1], self._backdrop(painting, *at), rate)], _go_on)

    def _backdrop(self, painting: Painting, frame: int, step: int) -> NDArray[np.float32]:
        """Any colour, so that strokes cover what lies under them."""
        if self._styles[0].cover or painting.background[3] < 1 or painting.underpainting is not None:
            return np.append(np.random.default_rng([self._seed, 2, frame, step]).random(3), 1).astype(f4)
        return np.array([*painting.background[:3], 1], f4)


def group_share(strokes: Strokes, own: NDArray[np.bool_]) -> float:
    """What share of all strokes are a group's."""
    return float(own.mean()) if len(strokes) else 1.0


def resized_plane(plane: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """A plane of numbers at another size."""
    if plane.shape == (height, width):
        return plane
    return np.asarray(resized(np.rint(plane * 255).astype(np.uint8), height, width), f4) / f4(255)


def _together(parts: list[Strokes], memories: list[Moments]) -> tuple[Strokes, Moments]:
    """All groups' strokes in painting order: region by region."""
    strokes, moments = parts[0], memories[0]
    for more, memory in zip(parts[1:], memories[1:], strict=True):
        strokes, moments = Strokes.concatenate([strokes, more]), moments.join(memory)
    order = np.argsort(strokes.region, kind="stable")
    return strokes.take(order), moments.take(order)


def _put(moments: Moments, where: NDArray[np.bool_], some: Moments) -> None:
    moments.mean[where], moments.square[where], moments.age[where] = some.mean, some.square, some.age


def _without_interest(style: Style) -> Style:
    attention = style.attention.model_copy(update={"interest": 0.0})
    return style.model_copy(update={"attention": attention})


def _go_on() -> bool:
    return False
