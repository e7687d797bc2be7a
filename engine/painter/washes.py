"""Washes: strokes that absorb, placed light to dark where paint is missing, mixed of pigments, the useless ones gone.

What a wash has darkened nothing lightens again. So early passes go for the light side of the picture only, `tone` of
its darkness, and too dark costs more than too light; white paper is what nobody painted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from impasto.engine.painter import attention
from impasto.engine.painter.group import StyleGroup, drawn_in, without
from impasto.engine.painter.optimizer import Moments
from impasto.engine.painter.placement import Window, new_strokes
from impasto.engine.painter.plan import SMALLEST_OF_PASS, Aim, Phase
from impasto.engine.painter.rule import Interest, values_at
from impasto.engine.painter.simplifying import brightest, calmed, fine_detail, high_key, in_values
from impasto.engine.painter.targets import Target, Targets
from impasto.engine.painter.wanted import CLOSER
from impasto.engine.painting.region_masks import Crop
from impasto.engine.painting.strokes import BLUE, R0, R2, RED, T0, T2, Strokes, middles
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.layout import DEEPEST
from impasto.engine.shapes import Indices, Rgba
from impasto.engine.styles import Style
from impasto.engine.wash.kernels.mixing import amounts_of
from impasto.engine.wash.pigments import FULL, absorbances, listed

f4 = np.float32
SETTLED_EVERY = 10  # steps, after which strokes are put back to what pigments and their pass allow
SLIM = 0.26  # of its length is a wash's radius at most, from this aspect on: a stroke, no blob
SLIM_FROM = 4.0
NEW_OPACITY = 1 / FULL
TAKEN = (0.6, 0.85)  # how much of what is missing a new wash absorbs, of broad ones and of others
BROAD = 0.03  # canvas units, of a pass whose washes are broad
TWICE = 0.015  # canvas units, from which on a picture is calmed twice
EAGER = 0.6  # appetite for what viewers look at, of the others .12: washes are few
SHARPER = 0.8  # of the picture's detail is kept there
FADED = 0.4  # of the median worth; washes of less are replaced
NEAR = 0.5  # times the smallest radius: how far around it a new wash looks for what is missing


class WashGroup(StyleGroup):
    """As `StyleGroup`, of a style whose strokes absorb."""

    _appetite = EAGER

    def __init__(self, picture: Picture, *args: Any, **options: Any) -> None:
        super().__init__(picture, *args, **options)
        colour = self.style.colour.model_copy(update={"levels": 0})  # these are softer, and of what has been calmed
        style, plain = self.style.model_copy(update={"colour": colour}), self._targets
        self._targets = Targets(picture, style, plain.masks, plain.exact)
        self._seen: dict[tuple[int, Aim, Interest | None], Target] = {}
        self._pigments = absorbances(listed(self.style.medium.pigments))
        self._paper = _paper(self.style)

    @cached_property
    def _top(self) -> float:
        return brightest(self._targets[min(256, self._phases[-1].side)].colours.transpose(1, 2, 0))

    def target(self, phase: Phase) -> Target:
        """The picture on a phase's canvas: calm, in a high key, only as dark as its pass goes."""
        rule = self._rule(phase)
        key = phase.side, phase.aim, rule
        if key not in self._seen:
            plain = self._targets[phase.side]
            rgb = plain.colours.transpose(1, 2, 0)
            calm = calmed(rgb, round(phase.aim.calm * phase.side), 2 if phase.aim.calm > TWICE else 1)
            matters = fine_detail(rgb)
            if rule is not None:
                matters = matters * rule.weight(*matters.shape)
                calm += f4(SHARPER) * rule.sharp(*matters.shape)[..., None] * (rgb - calm)
            lit = in_values(high_key(calm, self._top), self.style.colour.levels)
            seen = lit ** f4(phase.aim.tone) * self._paper
            colours = np.ascontiguousarray(seen.transpose(2, 0, 1), f4)
            if len(self._seen) > 1:  # the present one and that of the phase before
                self._seen.pop(next(iter(self._seen)))
            self._seen[key] = replace(plain, colours=colours, matters=matters / matters.mean())
        return self._seen[key]

    def shown(self, side: int) -> Rgba:
        """As `StyleGroup.shown`, of the picture as the last pass sees it."""
        return self.target(replace(self._phases[-1], side=side)).shown()

    def settled(
        self, strokes: Strokes, moments: Moments, phase: Phase, iteration: int
    ) -> tuple[Strokes, Moments]:  # fmt: skip
        """The strokes, put right now and then, and when it is time without those that are to spare."""
        self._settle(strokes, phase, iteration)
        if iteration != phase.thins_at:
            return strokes, moments
        return without(strokes, moments, self._spare(strokes, phase))

    def _settle(self, strokes: Strokes, phase: Phase, iteration: int) -> None:
        """Give each stroke, now and then, a radius its pass allows and a colour that pigments make."""
        if iteration % SETTLED_EVERY and iteration < phase.iterations:
            return
        table, passes = strokes.table, self.style.passes
        of = strokes.pass_index
        high = np.array([each.radius for each in passes], f4)[of]
        slim = np.array([(each.aspect or self.style.shape.aspect) >= SLIM_FROM for each in passes])[of]
        low = np.full(len(table), SMALLEST_OF_PASS, f4)
        finest = self._finest(phase)
        if finest is not None:
            low *= np.where(of >= CLOSER, values_at(finest, *middles(table).T), 1)
        length = np.hypot(table[:, 4] - table[:, 0], table[:, 5] - table[:, 1])
        high = np.where(slim, np.minimum(high, np.maximum(SLIM * length, SMALLEST_OF_PASS * high)), high)
        table[:, R0 : R2 + 1] = np.clip(table[:, R0 : R2 + 1], (low * high)[:, None], high[:, None])
        most = FULL * np.array([each.strength for each in passes], f4)[of]
        table[:, RED : BLUE + 1] = self._mixed_of_pigments(-np.log(table[:, RED : BLUE + 1]), most)

    def _mixed_of_pigments(self, absorbed: np.ndarray, most: np.ndarray | float) -> np.ndarray:
        """Colours (N, 3) of strokes that absorb about so much (N, 3), as pigments do, and `most` at most."""
        mixed = amounts_of(absorbed, self._pigments) @ self._pigments
        mixed = mixed * np.minimum(1, most / (mixed.max(1) + 1e-6))[:, None]
        return np.clip(np.exp(-mixed), DEEPEST, 1).astype(f4)

    def to_be_replaced(
        self, strokes: Strokes, phase: Phase, iteration: int, interrupt: Callable[[], bool]
    ) -> Indices:  # fmt: skip
        """As `StyleGroup.to_be_replaced`: washes that have faded, since others took what they were to absorb."""
        gone = super().to_be_replaced(strokes, replace(phase, respawn=0.0), iteration, interrupt)
        most = int(phase.respawn * len(strokes))
        if most:
            worth = self._worth(strokes, phase, interrupt)
            order = np.argsort(worth, kind="stable")[:most]
            gone = np.union1d(gone, order[worth[order] < FADED * np.median(worth)])
        return gone

    def _worth(self, strokes: Strokes, phase: Phase, interrupt: Callable[[], bool] = lambda: False) -> np.ndarray:
        """How much the loss would grow without each stroke (N,)."""
        target = self.target(phase)
        raster = self._descent_of(phase).raster(target.height, target.width, interrupt=interrupt)
        return raster.removal_costs(
            strokes.table, self._ground, target.colours, target.goal(1).region_tiles[0],
            region=self._regions(strokes), caution=phase.aim.caution,
        )  # fmt: skip

    def _spare(self, strokes: Strokes, phase: Phase) -> np.ndarray:
        """Of the washes of this pass and the one before, those without which the picture would lose least."""
        worth = self._worth(strokes, phase)
        recent = strokes.pass_index >= phase.number - 1
        gone = []
        for row, count in zip(self.rows, phase.spare, strict=True):
            index = np.flatnonzero((strokes.region == row) & recent)
            gone.append(index[np.argsort(worth[index], kind="stable")[:count]])
        return np.concatenate(gone)

    @cached_property
    def _ground(self) -> np.ndarray:
        return np.append(self._paper, 1).astype(f4)

    def _placed(
        self, table: np.ndarray, target: Target, own: Crop, phase: Phase, count: int, ground: np.ndarray,
        rng: np.random.Generator, interrupt: Callable[[], bool], where: np.ndarray | None,
    ) -> np.ndarray:  # fmt: skip
        style, scale = self.style, max(target.height, target.width)
        colours = target.colours[:, own.top : own.bottom, own.left : own.right]
        raster = self._descent_of(phase).raster(
            *own.pixels.shape, scale=scale, first_row=own.top, first_column=own.left, interrupt=interrupt
        )
        canvas = raster.forward(table, ground)[:3]
        smallest = SMALLEST_OF_PASS * phase.radius
        lacking = np.maximum(canvas - colours, 0).mean(0) * own.pixels
        if where is not None:
            lacking = lacking * where[own.top : own.bottom, own.left : own.right]
        rule = self._rule(phase)
        if rule is not None:
            eager = rule.density(target.height, target.width, style.attention.focus)
            if target.matters is not None:
                eager = eager * target.matters
            lacking = lacking * eager[own.top : own.bottom, own.left : own.right]
        density = attention.density(
            lacking, count, focus=style.attention.focus, floor=style.attention.floor, weight=own.pixels,
            mask=np.ones(own.pixels.shape, f4),
        )  # fmt: skip
        shape = style.shape.model_copy(
            update={"smallest": smallest, "aspect": phase.aim.aspect or style.shape.aspect, "largest": phase.radius}
        )
        new = new_strokes(
            colours, density, count, shape=shape, colour=style.colour, largest=phase.radius, room=1.0, rng=rng,
            window=Window(own.top, own.left, scale), own=own.pixels if self.cut else None,
            drawn=drawn_in(self._wanted.flow, target, own),
        )  # fmt: skip
        x, y = (middles(new) * scale - (own.left, own.top)).T
        x, y = x.clip(0, own.pixels.shape[1] - 1), y.clip(0, own.pixels.shape[0] - 1)
        missing = np.log(np.maximum(canvas, 1e-3) / np.maximum(colours, 1e-3))
        missing = np.stack([gaussian_filter(c, max(NEAR * smallest * scale, 0.5)) for c in missing.astype(f4)])
        wanted = missing[:, y.astype(int), x.astype(int)].T * TAKEN[phase.radius < BROAD]
        strength = FULL * phase.aim.strength
        new[:, RED : BLUE + 1] = self._mixed_of_pigments(FULL * np.maximum(wanted, 0), strength)
        new[:, T0 : T2 + 1] = np.clip(NEW_OPACITY, *shape.opacity)
        return new


def _paper(style: Style) -> np.ndarray:
    if style.background == "white":
        return np.ones(3, f4)
    return np.array([int(style.background[k : k + 2], 16) / 255 for k in (1, 3, 5)], f4)
