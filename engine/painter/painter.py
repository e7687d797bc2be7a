"""The painter: a plan of passes, carried out iteration by iteration, told as events.

Everything random is drawn from (seed, phase, iteration), and a step happens whole or not at all, so a painting that
was stopped at any moment and resumed is the painting that was never stopped, to the bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events, finishing
from impasto.engine.painter.budget import Budget, RegionSettings, allot, resumed_budget
from impasto.engine.painter.checkpoint import WINDOW, CheckpointKey, State, pack, read_job, restore
from impasto.engine.painter.clock import Clock
from impasto.engine.painter.course import Course
from impasto.engine.painter.descent import Step
from impasto.engine.painter.group import StyleGroup, joined, without
from impasto.engine.painter.optimizer import CANVAS_MARGIN, Moments, try_step
from impasto.engine.painter.plan import Phase, work
from impasto.engine.painter.previews import Previews
from impasto.engine.painter.targets import underpainting
from impasto.engine.painter.wanted import Wanted, as_begun
from impasto.engine.painting import refining, render
from impasto.engine.painting.painting import Painting, fit_mask
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import Interrupted, announcement, prepare_kernels
from impasto.engine.segment.networks import convolving
from impasto.engine.segment.regions import Regions
from impasto.engine.shapes import Mask
from impasto.engine.styles import Style, validate_style

f4 = np.float32
PROGRESS_EVERY = 0.1  # seconds
OTHER_PICTURE = "this painting was begun from another picture; resume it with the one it began with."
WORKING_SIZE = 1024  # pixels of the longer side


class Painter:
    """Paints one picture in one style, as a whole or region by region.

    strokes: how many, exactly (default: the style's); regions: painted each by itself, back to front;
    region_settings: by name of a region, what is to be different there; working_size: longer side, at most, of the
    canvas the strokes are optimised on; effort: "draft", "normal" or "high"; device: "cpu" or
    "cuda", see `engine.raster.devices`; every: seconds between "preview" and "checkpoint" events, none without; resume:
    an unfinished painting to go on with (see `Painter.resume`).

    Raises ImpastoError for fewer strokes than passes (or regions), a picture that is transparent everywhere, a care
    for a region that is not there, or a painting that was begun from another picture.
    """

    def __init__(
        self,
        picture: Picture,
        style: Style,
        *,
        strokes: int | None = None,
        seed: int = 0,
        regions: Regions | None = None,
        region_settings: Mapping[str, RegionSettings] | None = None,
        working_size: int = WORKING_SIZE,
        effort: str = "normal",
        threads: int | None = None,
        device: str = "cpu",
        every: Mapping[str, float | None] = MappingProxyType({}),
        resume: Painting | None = None,
    ) -> None:
        picture = picture if resume is None else as_begun(resume, picture)
        self.style, self.seed, self.threads, self._picture = style, seed, threads, picture
        job = None if resume is None else read_job(resume)
        if resume is None or job is None:
            total = style.strokes if strokes is None else strokes
            self._asked = allot(picture, style, total, regions, region_settings)
        else:
            self._asked = resumed_budget(resume.regions, style, job.budgets)
        self.total = sum(self._asked.budgets)
        mask = fit_mask(picture.alpha)
        self._course = Course(self._asked.phases(picture.width, picture.height, working_size, mask, effort), resume)
        self._wanted = Wanted.of(picture, self._asked.regions, resume, threads)
        self._groups = groups_of(picture, self._asked, self.phases, threads, device, self._wanted)
        self.blank = blank_painting(picture, style, seed, mask, self._asked.regions, resume)
        self._size = self._groups[0].size_on(self.phases[-1])
        self._previews = Previews(*self._size, threads, device)
        self._every = {"progress": PROGRESS_EVERY, "preview": None, "checkpoint": None} | dict(every)
        self._working_size, self._effort = working_size, effort
        self._resumed, self._before = resume is not None, 0.0
        self._drawn = Strokes.empty()
        self._done = Strokes.empty()  # of the parts before the present one
        self._state = State(Strokes.empty(), Moments.zeros(0))
        self._losses: list[float] = []
        self._backdrops = -1, self._ground[None]  # of which phase, and its colours
        if resume is not None:
            if job != self._job:
                raise ImpastoError(OTHER_PICTURE)
            self._state, self._done, self._losses, self._before = restore(resume, self.phases, self._asked.groups())

    @property
    def phases(self) -> list[Phase]:
        """The plan, as far as it is known."""
        return self._course.phases

    @classmethod
    def resume(cls, painting: Painting, picture: Picture, **options: Any) -> Painter:
        """Go on with an unfinished painting; options: threads, device, every.

        Raises ImpastoError if the painting is finished, damaged, or made from another picture.
        """
        job = read_job(painting)
        style = validate_style(painting.style, "the style in the painting")
        return cls(
            picture, style, seed=painting.seed, working_size=job.working_size, effort=job.effort, resume=painting,
            **options,
        )  # fmt: skip

    def keep(self, drawn: Strokes) -> None:
        """From now on the painting has these strokes as well, which never move; their ids are no others'."""
        self._drawn = drawn
        self.total += len(drawn)

    def paint(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[events.Event]:
        """Carry out the plan. `cancelled` is asked many times per iteration; on yes, Finished comes at once."""
        if text := announcement():
            yield events.Preparing(text)
        prepare_kernels(
            try_step, seldom=(refining.try_kernels, convolving.try_kernels, lambda: render.try_kernels(self.blank))
        )
        height, width = self._size
        plan = tuple(phase.told() for phase in self.phases)
        yield events.Started(
            self.style.name, self.total, self.seed, width, height, len(plan), self._resumed, self._asked.names, plan
        )  # fmt: skip
        clock = Clock(self._before, self._every, at_once=["preview"])
        cut_short = False
        try:
            for phase in self.phases[self._state.phase :]:
                yield from self._carry_out(phase, clock, cancelled)
        except Interrupted:
            cut_short = True
        finally:
            self._previews.close()
        yield self._finished(clock, cancelled=cut_short)

    def _carry_out(self, phase: Phase, clock: Clock, cancelled: Callable[[], bool]) -> Iterator[events.Event]:
        group = self._groups[phase.group]
        phase = self._course.foreseen(phase.index, group.drawn_to(phase), begun=self._state.iteration > 0)
        target = group.target(phase)
        if not self._state.placed:
            grown = self._grown(self._state, phase, phase.counts, 0, cancelled)
            self._state = replace(grown, strokes=group.mixed(grown.strokes, phase), placed=True)
            if phase.strokes:
                yield events.StrokesAdded(sum(phase.counts), 0, self._count)
        names = tuple(name for k, name in enumerate(self._asked.names) if k in group.rows)
        yield events.PassStarted(
            phase.index + 1, len(self.phases), self._count, phase.iterations, target.width, target.height, names,
            phase.stride,
        )  # fmt: skip
        plateau = 0 if phase.finish or phase.thins_at else group.style.plateau
        while self._state.iteration < phase.iterations and not self._state.gains_less_than(plateau):
            before = self._state.next_id
            self._iterate(phase, cancelled)
            if replaced := self._state.next_id - before:
                yield events.StrokesAdded(0, replaced, self._count)
            if clock.due("progress") or self._state.iteration == phase.iterations:
                yield self._progress(phase, clock)
            if clock.due("preview"):
                self._previews.ask(self._painting())
            if (pixels := self._previews.taken()) is not None:
                yield events.Preview(pixels)
                clock.done("preview")
            self._wanted.look(self._asked.styles)  # the first preview waits for nothing
            if clock.due("checkpoint"):
                yield events.Checkpointed(self._painting(clock.seconds))
                clock.done("checkpoint")
        self._state = replace(self._state, phase=phase.index + 1, iteration=0, placed=False, recent=())
        if phase.finish:
            self._put_away()

    def _put_away(self) -> None:
        """A part is done: its strokes move no more."""
        state = self._state
        self._losses.append(state.loss)
        self._done, _ = joined(self._done, Moments.zeros(len(self._done)), state.strokes)
        self._state = replace(state, strokes=Strokes.empty(), moments=Moments.zeros(0))

    def _iterate(self, phase: Phase, cancelled: Callable[[], bool]) -> None:
        """Steps of all strokes of the part so far: one, or as many as a GPU takes by itself.

        Raises Interrupted, and has changed nothing then.
        """
        state, group = self._state, self._groups[phase.group]
        leave = self._asked.regions is not None and group.style.edges == "filter"
        if phase.replaces(state.iteration, leave):
            state = self._respawned(state, phase, cancelled)
        end = phase.next_look(state.iteration, group.rhythm(phase), leave)
        steps = [Step(k, self._backdrop(phase, k), phase.rate(k)) for k in range(state.iteration, end)]
        losses = group.descend(state.strokes, state.moments, phase, steps, cancelled)
        strokes, moments = group.settled(state.strokes, state.moments, phase, end)
        self._state = replace(
            state, strokes=strokes, moments=moments, iteration=end, steps=state.steps + len(steps), loss=losses[-1],
            recent=(*state.recent, *losses)[-2 * WINDOW :],
        )  # fmt: skip
        if phase.averages(end):
            self._state = self._state.averaged(len(steps), end == phase.iterations)

    def _backdrop(self, phase: Phase, iteration: int) -> np.ndarray:
        """What lies under the strokes in an iteration: any colour, if they are to cover it."""
        if self._covers(self._groups[phase.group]):
            if self._backdrops[0] != phase.index:
                self._backdrops = phase.index, phase.backdrops(self.seed)
            return self._backdrops[1][iteration]
        return self._ground

    def _respawned(self, state: State, phase: Phase, cancelled: Callable[[], bool]) -> State:
        """Strokes that are no good are replaced where the error of their region is highest, on top."""
        group = self._groups[phase.group]
        gone = group.to_be_replaced(state.strokes, phase, state.iteration, cancelled)
        if len(gone) == 0:
            return state
        counts = tuple(int(n) for n in (state.strokes.region[gone][:, None] == group.rows).sum(0))
        strokes, moments = without(state.strokes, state.moments, gone)
        state = replace(state, strokes=strokes, moments=moments, recent=())
        return self._grown(state, phase, counts, state.iteration + 1, cancelled)

    def _grown(
        self, state: State, phase: Phase, counts: tuple[int, ...], iteration: int, cancelled: Callable[[], bool]
    ) -> State:
        """The state with `counts` new strokes on top of each region."""
        if not any(counts):
            return state

        def rng_of(k: int) -> np.random.Generator:
            return phase.rng(self.seed, iteration, k)

        new = self._groups[phase.group].new(
            state.strokes, phase, counts, self._ground, state.next_id, rng_of, cancelled
        )  # fmt: skip
        strokes, moments = joined(state.strokes, state.moments, new)
        return replace(state, strokes=strokes, moments=moments, next_id=state.next_id + len(new))

    def _progress(self, phase: Phase, clock: Clock) -> events.Progress:
        done, whole = work(self.phases, phase, self._state.iteration)
        return events.Progress(
            phase.index + 1, len(self.phases), self._state.iteration, phase.iterations, self._state.loss,
            done / whole, clock.seconds, clock.left(done, whole),
        )  # fmt: skip

    @cached_property
    def _ground(self) -> np.ndarray:
        """The background as the optimiser sees it when it may see it: opaque."""
        return np.array([*self.blank.background[:3], 1], f4)

    def _covers(self, group: StyleGroup) -> bool:
        return group.style.cover or self.blank.background[3] < 1 or self.blank.underpainting is not None

    @property
    def _count(self) -> int:
        """Strokes so far."""
        return len(self._drawn) + len(self._done) + len(self._state.strokes)

    @cached_property
    def _job(self) -> CheckpointKey:
        """What it takes to know this job again: a digest of all that strokes are fitted to."""
        digest = hashlib.sha256()
        for group in self._groups:
            for part in group.fitted_to():
                digest.update(part)
        total = sum(self._asked.budgets)
        return CheckpointKey(total, self._working_size, digest.hexdigest(), self._asked.budgets, self._effort)

    def _painting(self, seconds: float | None = None) -> Painting:
        """The painting so far; with the seconds it took, also what it takes to go on."""
        state = self._state
        strokes, _ = joined(self._done, Moments.zeros(len(self._done)), state.strokes)
        strokes, _ = joined(strokes, Moments.zeros(len(strokes)), self._drawn)
        checkpoint = None
        if seconds is not None:
            planned = self._course.iterations(state.phase)
            checkpoint = self._wanted.kept_in(pack(state, self._losses, self._job, seconds, planned))
        return replace(self.blank, strokes=replace(strokes, table=strokes.table.copy()), checkpoint=checkpoint)

    def _finished(self, clock: Clock, cancelled: bool) -> events.Finished:
        painting = self._painting(clock.seconds if cancelled else None)
        painting = finishing.finished(painting, self._picture, self._groups, self.threads, cancelled=cancelled)
        seconds, loss = clock.seconds, _mean_loss([*self._losses, self._state.loss], self._groups)
        return events.Finished(painting, cancelled, self._count, self._state.steps, loss, seconds)


def groups_of(
    picture: Picture, asked: Budget, phases: list[Phase], threads: int | None, device: str = "cpu",
    wanted: Wanted | None = None, margin: float = CANVAS_MARGIN,
) -> list[StyleGroup]:  # fmt: skip
    """Who paints a picture's regions, one group for each style. Raises as `StyleGroup` does."""
    masks = None if asked.regions is None else asked.regions.masks
    return [
        _group_class(asked.styles[rows[0]])(
            picture, asked.styles[rows[0]], rows, [p for p in phases if p.group == number],
            None if masks is None else masks[list(rows)], threads, device, wanted, margin,
        )
        for number, rows in enumerate(asked.groups())
    ]  # fmt: skip


def _group_class(style: Style) -> type[StyleGroup]:
    """Who paints regions in a style."""
    if not style.absorbs:
        return StyleGroup
    from impasto.engine.painter.washes import WashGroup  # whoever paints no washes need not load it

    return WashGroup


def _mean_loss(losses: list[float], groups: list[StyleGroup]) -> float:
    """Of all parts so far, in proportion to what they matter."""
    losses = losses[: len(groups)]
    matters = [float(group.full.importance.sum(dtype=np.float64)) for group in groups[: len(losses)]]
    return float(np.average(losses, weights=matters)) if losses else float("nan")


def blank_painting(
    picture: Picture, style: Style, seed: int, mask: Mask | None, regions: RegionMasks | None,
    begun: Painting | None,
) -> Painting:  # fmt: skip
    """The painting before there are strokes."""
    background, under = underpainting(picture, style)
    return Painting(
        strokes=Strokes.empty(), width=picture.width, height=picture.height, seed=seed,
        style=style.model_dump(mode="json"), background=background, underpainting=under,
        softness=style.shape.softness, edge=style.shape.edge, mask=mask, regions=regions,
        tip=None if begun is None else begun.tip,
    )  # fmt: skip
