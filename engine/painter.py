"""The painter: a plan of passes, carried out iteration by iteration, told as events.

Everything random is drawn from (seed, phase, iteration), and a step happens whole or not at all, so a painting that
was stopped at any moment and resumed is the painting that was never stopped, to the bit.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from engine import attention, events
from engine.checkpoint import WINDOW, Job, State, pack, read_job, restore
from engine.clock import Clock
from engine.errors import ImpastoError
from engine.optimizer import Moments, Optimizer, try_step, useless
from engine.painting import Painting, fit_mask
from engine.pictures import Picture
from engine.placement import new_strokes
from engine.plan import Phase, cost, plan
from engine.raster.cpu import Interrupted, Raster, announcement, prepare_kernels
from engine.strokes import Strokes
from engine.styles import Style, validate_style
from engine.targets import Target, targets_of, underpainting

f4 = np.float32
ROOM, FIRST_ROOM = 0.85, 2.0  # a stroke's radius over the room it has; the first pass must cover everything
LAST_RATE = 0.1  # the finish slows down to this share of the steps
PROGRESS_EVERY = 0.1  # seconds
WORKING_SIZE = 1024  # pixels of the longer side


class Painter:
    """Paints one picture in one style.

    strokes: how many, exactly (default: the style's); working_size: longer side, at most, of the canvas the strokes
    are optimised on; preview_every, checkpoint_every: seconds between those events, None for never; resume: an
    unfinished painting to go on with (see `Painter.resume`).

    Raises ImpastoError for fewer strokes than passes, a picture that is transparent everywhere, or a painting that
    was begun from another picture.
    """

    def __init__(
        self,
        picture: Picture,
        style: Style,
        *,
        strokes: int | None = None,
        seed: int = 0,
        working_size: int = WORKING_SIZE,
        threads: int | None = None,
        preview_every: float | None = None,
        checkpoint_every: float | None = None,
        resume: Painting | None = None,
    ) -> None:
        self.style, self.seed, self.threads = style, seed, threads
        self.total = style.strokes if strokes is None else strokes
        self.phases = plan(style, self.total)
        self._targets = targets_of(picture, style, [p.canvas for p in self.phases], working_size)
        self._full = self._targets[1.0]
        background, under = underpainting(picture, style)
        self._blank = Painting(
            strokes=Strokes.empty(), width=picture.width, height=picture.height, seed=seed,
            style=style.model_dump(mode="json"), background=background, underpainting=under,
            softness=style.shape.softness, edge=style.shape.edge, mask=fit_mask(picture.alpha),
        )  # fmt: skip
        longest = max(picture.height, picture.width)
        extent = (picture.width / longest, picture.height / longest)
        self._optimizer = Optimizer(style.shape, style.learning, extent)
        self._every = {"progress": PROGRESS_EVERY, "preview": preview_every, "checkpoint": checkpoint_every}
        digest = hashlib.sha256(self._full.colours.tobytes() + self._full.importance.tobytes())
        self._job = Job(self.total, working_size, digest.hexdigest())
        self._rasters: dict[tuple[int, int], Raster] = {}
        self._resumed, self._before = resume is not None, 0.0
        self._state = State(Strokes.empty(), Moments.zeros(0))
        if resume is not None:
            if read_job(resume) != self._job:
                raise ImpastoError(
                    "this painting was begun from another picture; resume it with the one it began with."
                )
            self._state, self._before = restore(resume, self.phases)

    @classmethod
    def resume(cls, painting: Painting, picture: Picture, **options: Any) -> "Painter":
        """Go on with an unfinished painting; options: threads, preview_every, checkpoint_every.

        Raises ImpastoError if the painting is finished, damaged, or made from another picture.
        """
        job = read_job(painting)
        style = validate_style(painting.style, "the style in the painting")
        return cls(
            picture, style, strokes=job.total, seed=painting.seed, working_size=job.working_size, resume=painting,
            **options,
        )  # fmt: skip

    def paint(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[events.Event]:
        """Carry out the plan. `cancelled` is asked many times per iteration; on yes, Finished comes at once."""
        if text := announcement():
            yield events.Preparing(text)
        prepare_kernels(try_step)
        yield events.Started(
            self.style.name, self.total, self.seed, self._full.width, self._full.height, len(self.phases),
            self._resumed,
        )  # fmt: skip
        clock = Clock(self._before, self._every)
        try:
            for phase in self.phases[self._state.phase :]:
                yield from self._carry_out(phase, clock, cancelled)
        except Interrupted:
            yield self._finished(clock.seconds, cancelled=True)
        else:
            yield self._finished(clock.seconds, cancelled=False)

    def _carry_out(self, phase: Phase, clock: Clock, cancelled: Callable[[], bool]) -> Iterator[events.Event]:
        target = self._targets[phase.canvas]
        raster = self._raster(target)
        raster.interrupt = cancelled
        if not self._state.placed:
            self._state = replace(self._grown(self._state, phase, phase.strokes, raster, 0), placed=True)
            if phase.strokes:
                yield events.StrokesAdded(phase.strokes, 0, len(self._state.strokes))
        yield events.PassStarted(
            phase.index + 1,
            len(self.phases),
            len(self._state.strokes),
            phase.iterations,
            target.width,
            target.height,
        )
        while self._state.iteration < phase.iterations and not self._on_plateau(phase):
            before = self._state.next_id
            self._iterate(phase, raster)
            if replaced := self._state.next_id - before:
                yield events.StrokesAdded(0, replaced, len(self._state.strokes))
            if clock.due("progress") or self._state.iteration == phase.iterations:
                yield self._progress(phase, clock)
            if clock.due("preview"):
                yield events.Preview(self._painting().render(self._full.height, self._full.width, threads=self.threads))
            if clock.due("checkpoint"):
                yield events.Checkpointed(self._painting(pack(self._state, self._job, clock.seconds)))
        self._state = replace(self._state, phase=phase.index + 1, iteration=0, placed=False, recent=())

    def _iterate(self, phase: Phase, raster: Raster) -> None:
        """One step of all strokes so far. Raises Interrupted, and has changed nothing then."""
        state, target = self._state, self._targets[phase.canvas]
        if phase.respawn and state.iteration == phase.iterations // 2:
            state = self._respawned(state, phase, raster)
        background = self._ground
        if self._covers:
            background = np.append(self._rng(phase, state.iteration + 1).random(3), 1).astype(f4)
        loss, gradient = raster.loss_and_gradient(
            state.strokes.table, background, target.colours, target.weight, self.style.loss
        )
        rate = 1.0
        if phase.finish:
            rate = LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * state.iteration / phase.iterations))
        self._optimizer.step(state.strokes.table, state.moments, gradient, rate)
        self._state = replace(
            state, iteration=state.iteration + 1, steps=state.steps + 1, loss=loss,
            recent=(*state.recent[-2 * WINDOW + 1 :], loss),
        )  # fmt: skip

    def _respawned(self, state: State, phase: Phase, raster: Raster) -> State:
        """Useless strokes are painted anew where the error is highest, as new strokes on top."""
        target = self._targets[phase.canvas]
        gone = useless(raster, state.strokes.table, target.colours, target.weight, phase.respawn)
        if len(gone) == 0:
            return state
        keep = np.setdiff1d(np.arange(len(state.strokes)), gone)
        state = replace(state, strokes=state.strokes.take(keep), moments=state.moments.take(keep), recent=())
        return self._grown(state, phase, len(gone), raster, state.iteration + 1)

    def _grown(self, state: State, phase: Phase, count: int, raster: Raster, iteration: int) -> State:
        """The state with `count` new strokes on top, placed by attention."""
        if count == 0:
            return state
        style, target, rng = self.style, self._targets[phase.canvas], self._rng(phase, iteration)
        error = mask = np.ones((target.height, target.width), f4)
        begun = len(state.strokes) > 0
        if begun:
            canvas = raster.forward(state.strokes.table, np.zeros(4, f4))
            error = attention.error_map(target.colours, canvas, self._ground[:3], target.importance)
            if style.attention.mode == "selective":
                mask = attention.attend(error, round(attention.PATCH / 512 * max(error.shape) / phase.canvas),
                                        style.attention.patches)  # fmt: skip
        density = attention.density(
            error, count, focus=style.attention.focus if begun else 0.0, floor=style.attention.floor,
            weight=target.importance, mask=mask,
        )  # fmt: skip
        table = new_strokes(
            target.colours, density, count, shape=style.shape, colour=style.colour, largest=phase.radius,
            room=ROOM if begun else FIRST_ROOM, rng=rng,
        )  # fmt: skip
        new = Strokes.of(table, pass_index=phase.index, first_id=state.next_id)
        return replace(
            state, strokes=Strokes.concatenate([state.strokes, new]),
            moments=state.moments.join(Moments.zeros(count)), next_id=state.next_id + count,
        )  # fmt: skip

    def _on_plateau(self, phase: Phase) -> bool:
        recent = self._state.recent
        if phase.finish or self.style.plateau == 0 or len(recent) < 2 * WINDOW:
            return False
        before, now = np.mean(recent[:WINDOW]), np.mean(recent[WINDOW:])
        return bool(before - now < self.style.plateau * before)

    def _progress(self, phase: Phase, clock: Clock) -> events.Progress:
        spent = sum(self._cost(p) * p.iterations for p in self.phases[: phase.index])
        done = spent + self._cost(phase) * self._state.iteration
        whole = spent + sum(self._cost(p) * p.iterations for p in self.phases[phase.index :])
        return events.Progress(
            phase.index + 1, len(self.phases), self._state.iteration, phase.iterations, self._state.loss,
            done / whole, clock.seconds, clock.left(done, whole),
        )  # fmt: skip

    def _cost(self, phase: Phase) -> float:
        return cost(self.phases, phase, self._targets[phase.canvas].importance.size)

    def _rng(self, phase: Phase, iteration: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, phase.index, iteration])

    def _raster(self, target: Target) -> Raster:
        size = (target.height, target.width)
        if size not in self._rasters:
            shape = self.style.shape
            self._rasters[size] = Raster(*size, softness=shape.softness, edge=shape.edge, threads=self.threads)
        return self._rasters[size]

    @cached_property
    def _ground(self) -> np.ndarray:
        """The background as the optimiser sees it when it may see it: opaque."""
        return np.array([*self._blank.background[:3], 1], f4)

    @property
    def _covers(self) -> bool:
        return self.style.cover or self._blank.background[3] < 1 or self._blank.underpainting is not None

    def _painting(self, checkpoint: Any = None) -> Painting:
        strokes = self._state.strokes
        return replace(self._blank, strokes=replace(strokes, table=strokes.table.copy()), checkpoint=checkpoint)

    def _finished(self, seconds: float, cancelled: bool) -> events.Finished:
        state = self._state
        kept = pack(state, self._job, seconds) if cancelled else None
        return events.Finished(self._painting(kept), cancelled, len(state.strokes), state.steps, state.loss, seconds)
