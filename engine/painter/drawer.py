"""The drawer: a painter of pictures that are lines alone. They are traced, not fitted, so that it takes seconds.

A drawing that was stopped begins again, and ends as it would have: all that is random comes from the seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events, finishing
from impasto.engine.painter.budget import Budget, RegionSettings, allot, resumed_budget
from impasto.engine.painter.checkpoint import CheckpointKey, State, pack, read_job
from impasto.engine.painter.clock import Clock
from impasto.engine.painter.linework import LinePass, Linework
from impasto.engine.painter.optimizer import Moments, try_step
from impasto.engine.painter.painter import OTHER_PICTURE, PROGRESS_EVERY, WORKING_SIZE, blank_painting
from impasto.engine.painter.previews import Previews
from impasto.engine.painter.tracing import kernels
from impasto.engine.painter.wanted import Wanted, as_begun
from impasto.engine.painting import refining, render
from impasto.engine.painting.painting import Checkpoint, Painting, fit_mask
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import announcement, prepare_kernels
from impasto.engine.segment.networks import convolving
from impasto.engine.segment.regions import Regions
from impasto.engine.styles import Style, validate_style


class Drawer:
    """Draws one picture in one style, as a whole or region by region; as `Painter`, which see, in all it is asked.

    strokes: how many at most (default: as many as the picture asks for): those that matter most are kept.

    Raises ImpastoError as `Painter` does, but not for few strokes.
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
        if resume is None:
            self._asked = allot(picture, style, style.strokes if strokes is None else strokes, regions, region_settings)
            ceilings = ceilings_of(self._asked, region_settings or {}, strokes is not None)
        else:
            self._asked = resumed_budget(resume.regions, style, read_job(resume).budgets)
            ceilings = _resumed_ceilings(resume, len(self._asked.budgets))
        self.total = sum(self._asked.budgets)
        masks = None if self._asked.regions is None else self._asked.regions.masks
        self._lines = Linework(
            picture, self._asked.styles, masks, ceilings, seed=seed, working_size=working_size, effort=effort,
            threads=threads,
        )  # fmt: skip
        if picture.alpha is not None and not self._lines.drawing.fields.inside.any():
            raise ImpastoError("the picture is transparent everywhere; there is nothing to draw.")
        self._ceilings = ceilings
        self.blank = blank_painting(picture, style, seed, fit_mask(picture.alpha), self._asked.regions, resume)
        self._previews = Previews(*self._lines.drawing.shape, threads, device)
        self._every = {"progress": PROGRESS_EVERY, "preview": None, "checkpoint": None} | dict(every)
        self._working_size, self._effort, self._resumed = working_size, effort, resume is not None
        if resume is not None and read_job(resume) != self._job:
            raise ImpastoError(OTHER_PICTURE)

    @classmethod
    def resume(cls, painting: Painting, picture: Picture, **options: Any) -> Drawer:
        """Begin an unfinished drawing again; options: threads, device, every.

        Raises ImpastoError if the painting is finished, damaged, or made from another picture.
        """
        job = read_job(painting)
        style = validate_style(painting.style, "the style in the painting")
        return cls(
            picture, style, seed=painting.seed, working_size=job.working_size, effort=job.effort, resume=painting,
            **options,
        )  # fmt: skip

    def paint(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[events.Event]:
        """Draw pass by pass. `cancelled` is asked before each; on yes, Finished comes at once."""
        if text := announcement():
            yield events.Preparing(text)
        prepare_kernels(
            try_step, kernels.try_kernels, seldom=(refining.try_kernels, convolving.try_kernels, self._try_rendering)
        )
        lines, clock = self._lines, Clock(0.0, self._every, at_once=["preview"])
        height, width = lines.drawing.shape
        plan = tuple(_told(self._asked, step, max(height, width)) for step in lines.steps)
        names = () if self._asked.regions is None else self._asked.regions.names
        yield events.Started(
            self.style.name, self.total, self.seed, width, height, len(plan), self._resumed, names, plan
        )  # fmt: skip
        drawn, cut_short = Strokes.empty(), False
        try:
            if lines.is_limited:  # what matters most is known when all is drawn
                for number, step in enumerate(lines.steps):
                    if cut_short := cancelled():
                        break
                    lines.draw(step)
                    yield self._progress(number, 0.9, clock)
            for number, step in enumerate([] if cut_short else lines.steps):
                if cut_short := cancelled():
                    break
                if not lines.is_limited:
                    lines.draw(step)
                drawn = lines.strokes(lines.steps[: number + 1])
                yield from self._laid(number, drawn, clock)
        finally:
            self._previews.close()
        yield self._finished(drawn, clock, cancelled=cut_short)

    def _laid(self, number: int, drawn: Strokes, clock: Clock) -> Iterator[events.Event]:
        """What is told of a pass that has been laid; drawn: all strokes so far."""
        steps = self._lines.steps
        step = steps[number]
        height, width = self._lines.drawing.shape
        regions = self._asked.regions
        names = () if regions is None else (regions.names[step.row],)
        added = int(((drawn.region == step.row) & (drawn.pass_index == step.number)).sum())
        if added:
            yield events.StrokesAdded(added, 0, len(drawn))
        yield events.PassStarted(number + 1, len(steps), len(drawn), 0, width, height, names)
        yield self._progress(number, 1.0, clock)
        if clock.due("preview"):
            self._previews.ask(self._painting(drawn))
        if (pixels := self._previews.taken()) is not None:
            yield events.Preview(pixels)
            clock.done("preview")
        if clock.due("checkpoint"):
            yield events.Checkpointed(self._painting(drawn, clock.seconds))
            clock.done("checkpoint")

    def _progress(self, number: int, share: float, clock: Clock) -> events.Progress:
        done, whole = float(number + 1), float(len(self._lines.steps))
        return events.Progress(
            number + 1, int(whole), 0, 0, float("nan"), share * done / whole, clock.seconds, clock.left(done, whole)
        )  # fmt: skip

    def _painting(self, drawn: Strokes, seconds: float | None = None) -> Painting:
        """The drawing so far; with the seconds it took, one that can be begun again."""
        return replace(self.blank, strokes=drawn, checkpoint=None if seconds is None else self._checkpoint(seconds))

    def _checkpoint(self, seconds: float) -> Checkpoint:
        packed = Wanted(self._picture).kept_in(pack(State(Strokes.empty(), Moments.zeros(0)), [], self._job, seconds))
        return replace(packed, state={**packed.state, "ceilings": list(self._ceilings)})

    def _finished(self, drawn: Strokes, clock: Clock, cancelled: bool) -> events.Finished:
        painting = self._painting(drawn, clock.seconds if cancelled else None)
        painting = finishing.finished(painting, self._picture, (), self.threads, cancelled=cancelled)
        return events.Finished(painting, cancelled, len(drawn), 0, float("nan"), clock.seconds)

    @property
    def _job(self) -> CheckpointKey:
        """What it takes to know this job again."""
        fields = self._lines.drawing.fields
        digest = hashlib.sha256(fields.grey.tobytes())
        digest.update(np.packbits(fields.inside).tobytes())
        return CheckpointKey(self.total, self._working_size, digest.hexdigest(), self._asked.budgets, self._effort)

    def _try_rendering(self) -> None:
        render.try_kernels(self.blank)


def ceilings_of(
    asked: Budget, region_settings: Mapping[str, RegionSettings], limited: bool
) -> list[int | None]:  # fmt: skip
    """How many strokes each region may get at most: as budgeted if the whole is limited or the region's own number is
    given, else None.
    """
    names: Sequence[str] = [""] if asked.regions is None else asked.regions.names
    own = [region_settings[name].strokes if name in region_settings else None for name in names]
    return [count if limited or its is not None else None for count, its in zip(asked.budgets, own, strict=True)]


def _resumed_ceilings(painting: Painting, count: int) -> list[int | None]:
    """The ceilings that an unfinished drawing was begun with; none where it does not say."""
    state: Any = {} if painting.checkpoint is None else painting.checkpoint.state
    kept = state.get("ceilings")
    if not isinstance(kept, list) or len(kept) != count:
        return [None] * count
    return [n if isinstance(n, int) and n >= 0 else None for n in kept]


def _told(asked: Budget, step: LinePass, side: int) -> dict[str, int]:
    """What a user may know of a pass, as of a painter's; strokes: by its share."""
    style = asked.styles[step.row]
    share = style.passes[step.number].share / sum(each.share for each in style.passes)
    return {"strokes": round(share * asked.budgets[step.row]), "iterations": 0, "canvas": side, "stride": 1}
