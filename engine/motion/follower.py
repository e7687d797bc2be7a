"""The next frame's painting from the last one's: strokes are carried along, and moved only as far as they must be.

Strokes ride on what they were painted on; what is hidden or has left goes; new ones are born only where there was
nothing to be seen before, or where the picture grows apart; then all are fitted a little, each drawn back to where the
flow has put it. The measurements behind each number are in docs/film.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.engine.motion.carrying import MARGIN, carried
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
from impasto.engine.painting.strokes import R0, R2, Strokes, middles
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.styles import Style

f4 = np.float32
SETTLING = 40  # steps in which new strokes find their place, all others held,
SETTLING_RATE = 0.8
STEPS = 40  # of all strokes,
RATE = 0.6  # which falls along a cosine;
PRIOR = 0.1  # of the way back to where the flow has put it, each old stroke goes after each step
FEELING = 8  # steps without any movement, in which Adam gets to know a painting's slopes
_USELESS = 3.0  # a stroke whose cost is below minus so many times the median cost goes
_LARGE, _SHRINKS = 0.004, 0.7  # canvas units² of strokes that do not go at once, but shrink to this share each frame
_IDLE = 0.05  # of the median cost: of strokes that cost less nothing is seen
_HOLE, _BROAD = 0.008, 0.6  # canvas units a bare place is blurred by that is a hole if so much of it is left
_BARE, _MORE = 0.0005, 4  # share of a frame that may stay bare; how often more strokes are laid under the others
_BORN = 1.2  # times as many as what is new has room for may be born


@dataclass(frozen=True)
class Manner:
    """How strokes follow.

    steps, rate, prior: of all strokes, and how much of the way back the old ones go after each; settling: steps of the
    new ones alone; trickle: share of the strokes that may be replaced in a frame where nothing is new, since as they
    are carried they fit less and less; least: share of what is new that is painted though no stroke has gone; under:
    share of the new strokes that lie broad under all others, so that no ground shows.
    """

    steps: int = STEPS
    rate: float = RATE
    prior: float = PRIOR
    settling: int = SETTLING
    trickle: float = 0.02
    least: float = 0.9
    under: float = 0.4


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

    def begin(self, painting: Painting, picture: Picture, first_id: int = 0) -> Present:
        """A scene's first painting, ready to be followed; first_id: that no stroke of the film has had."""
        groups = self._groups(picture, painting.regions, painting.strokes)
        if first_id:  # bristles go by ids, and colours by bristles
            painting = renumbered(painting, first_id)
            if painting.is_fitted_by_colour:
                aim = aim_of_colours(painting, [group for group, _ in groups], self._threads)
                painting = painting.fitted(self._threads, aim)
        strokes, moments = painting.strokes, Moments.zeros(len(painting.strokes))
        for group, phase in groups:
            own = group.owns(strokes)
            some, feeling = strokes.take(own), moments.take(own)
            steps = [Step(k, self._backdrop(painting, 0, k), 0.0) for k in range(FEELING)]
            group.descend(some, feeling, phase, steps, _go_on)
            _put(moments, own, feeling)
        moments.mean[:] = 0
        return Present(painting, moments, len(strokes), strokes.next_id)

    def next(self, present: Present, picture: Picture, flow: Motion, regions: RegionMasks | None = None) -> Present:
        """The painting of the next frame.

        picture: of the same size as the last; flow: from that to this; regions: this frame's, in the same order.
        """
        frame, last = present.frame + 1, present.painting
        strokes, moments = last.strokes, present.moments
        if len(strokes) == 0:
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
            target = max(1, round(present.target * group_share(last.strokes, own)))
            worth = group.worth(some, phase, ground)
            spare = max(int(in_view(some.table, flow).sum()) - target, 0)
            gone = self._gone(worth, moved.away[own], moved.lost[own], spare, target)
            gone = _but_for_large(some.table, gone, moved.away[own])
            some, memory = without(some, memory, gone)
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
        found = groups_of(picture, asked, finishes, self._threads, margin=MARGIN)
        return list(zip(found, finishes, strict=True))

    def _with_born(
        self, group: StyleGroup, phase: Phase, some: Strokes, memory: Moments, target: int, flow: Motion, first_id: int,
        ground: NDArray[np.float32], at: tuple[int, int],
    ) -> tuple[Strokes, Moments, int]:  # fmt: skip
        """A group's strokes with the new ones on top, and how many these are."""
        height, width = group.size_on(phase)
        new = resized_plane(flow.new, height, width)
        whole = sum(own.on(height, width) for own in group.target(phase).own)
        room = float((new * whole).sum()) / max(float(np.sum(whole)), 1e-9)
        lacking = max(target - int(in_view(some.table, flow).sum()), 0)
        fresh = round(min(max(lacking, self._manner.least * target * room), _BORN * target * room))
        under = round(self._manner.under * fresh)
        spread = min(lacking - fresh, round(self._manner.trickle * target))
        fine, none = replace(phase, number=phase.number - 1), some.take(np.zeros(0, np.intp))
        broad = replace(phase, number=0, radius=group.style.passes[0].radius)
        born = 0

        def bear(counts: tuple[int, ...], where: NDArray[np.float32], *, below: bool = False) -> None:
            nonlocal some, memory, born
            if not any(counts):
                return
            turn = born

            def rng_of(k: int) -> np.random.Generator:
                return np.random.default_rng([self._seed, 1, *at, k, turn])

            on, how = (none, broad) if below else (some, fine)
            added = group.new(on, how, counts, ground, first_id + born, rng_of, where=where)
            some, memory = joined(some, memory, added, below=below)
            born += len(added)

        bear(self._shared(group, phase, under, new), new, below=True)
        bear(self._shared(group, phase, fresh - under, new), new)
        bear(self._shared(group, phase, spread, 1 - new), 1 - new)
        for k in range(len(group.rows)):
            for _ in range(_MORE):
                bare = group.bare(some, phase, k)
                bare = bare * ((new > 0) | (gaussian_filter(bare, _HOLE * max(height, width)) > _BROAD))
                share = float(bare.sum()) / bare.size
                if share < _BARE:
                    break
                counts = tuple(max(1, round(target * share)) * (k == j) for j in range(len(group.rows)))
                bear(counts, bare, below=True)
        return some, memory, born

    def _gone(
        self, worth: NDArray[np.float32], away: NDArray[np.bool_], lost: NDArray[np.bool_], spare: int, target: int
    ) -> NDArray[np.intp]:  # fmt: skip
        """Which of a group's strokes go: those that left, that are hidden and harm, and some that are not seen."""
        usual = float(np.median(np.abs(worth))) if len(worth) else 0.0
        gone = away | (lost & (worth < 0)) | (worth < -_USELESS * usual)
        idle = np.flatnonzero(~gone & (worth < _IDLE * usual))
        most = round(self._manner.trickle * target) + spare
        gone[idle[np.argsort(worth[idle], kind="stable")[:most]]] = True
        return np.flatnonzero(gone)

    @staticmethod
    def _shared(group: StyleGroup, phase: Phase, count: int, where: NDArray[np.float32]) -> tuple[int, ...]:
        """How many strokes each region of a group gets of so many: as it has what is new."""
        if count <= 0:
            return (0,) * len(group.rows)
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
        _no_larger(table, np.flatnonzero(~old & (some.pass_index > 0)))  # those below all others may be

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


def renumbered(painting: Painting, first: int) -> Painting:
    """The painting with ids from `first` on, so that no two strokes of a film have one; its colours fit no more."""
    strokes = painting.strokes
    return replace(painting, strokes=replace(strokes, id=strokes.id + first), refit=None)


def in_view(table: NDArray[np.float32], flow: Motion) -> NDArray[np.bool_]:
    """Which strokes (N,) have their middles on the canvas."""
    (height, width), middle = flow.size, middles(table) * flow.scale
    return (middle >= 0).all(1) & (middle[:, 0] <= width) & (middle[:, 1] <= height)


def group_share(strokes: Strokes, own: NDArray[np.bool_]) -> float:
    """What share of all strokes are a group's."""
    return float(own.mean()) if len(strokes) else 1.0


def resized_plane(plane: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """A plane of numbers at another size."""
    if plane.shape == (height, width):
        return plane
    return np.divide(resized(np.rint(plane * 255).astype(np.uint8), height, width), f4(255), dtype=f4)


def _but_for_large(
    table: NDArray[np.float32], gone: NDArray[np.intp], away: NDArray[np.bool_]
) -> NDArray[np.intp]:  # fmt: skip
    """Of the strokes that go those that may go at once; the large ones shrink, in place, from frame to frame."""
    stays = (areas(table[gone]) > _LARGE) & ~away[gone]
    table[gone[stays], R0 : R2 + 1] *= f4(_SHRINKS)
    return gone[~stays]


def _no_larger(table: NDArray[np.float32], new: NDArray[np.intp]) -> None:
    """Make those of the new strokes that are large as small as strokes may be that come at once, in place."""
    over = np.sqrt(areas(table[new]) / _LARGE).clip(1, None)
    table[new, R0 : R2 + 1] /= over[:, None]


def areas(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """About what area strokes (N, 13) cover, canvas units²."""
    length = np.hypot(*(table[:, 2:4] - table[:, 0:2]).T) + np.hypot(*(table[:, 4:6] - table[:, 2:4]).T)
    width = table[:, R0] + table[:, R2]
    return width * (length + width)


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
