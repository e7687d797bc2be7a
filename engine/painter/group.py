"""The regions painted in one style, together: where their strokes go, how they move, which are replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import LOSSES, PixelLoss
from impasto.engine.painter import attention
from impasto.engine.painter.descent import Descent, Step, descent_on
from impasto.engine.painter.drawn_flow import DrawnFlow
from impasto.engine.painter.optimizer import CANVAS_MARGIN, Moments, Optimizer
from impasto.engine.painter.placement import Window, new_strokes
from impasto.engine.painter.plan import Aim, Phase
from impasto.engine.painter.replacing import idle, leaving
from impasto.engine.painter.rule import APPETITE, Interest
from impasto.engine.painter.seeing import SIDE, Sight, require_networks
from impasto.engine.painter.targets import Goal, Target, Targets
from impasto.engine.painter.wanted import CLOSER, Wanted
from impasto.engine.painting.region_masks import Crop
from impasto.engine.painting.strokes import BLUE, RED, Strokes
from impasto.engine.parallel import on_all
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.shapes import Ground, Indices, MaskStack, Rgba, Which
from impasto.engine.styles import Style
from impasto.engine.styles.palette import nearest

if TYPE_CHECKING:
    pass

f4 = np.float32
ROOM, FIRST_ROOM = 0.85, 2.0  # a stroke's radius over the room it has; the first pass must cover everything
REGION_MARGIN = 16  # pixels around a region that are looked at as well
WIDEST_PATCH = 4.0  # what is attended to grows with the brush, this often at most
Kind = tuple[str, bool, bool]  # of a descent, see `StyleGroup._kind`


class StyleGroup:
    """One style and its regions, numbered `rows` in the painting; without regions, the whole picture as number 0.

    masks: uint8 (K, h, w) of these regions; threads: as for the rasteriser; device: "cpu" or "cuda"; wanted: where
    strokes are to be finer; margin: as `Optimizer` has it. Raises MemoryError if the GPU's memory is not going to
    suffice, and ImpastoError for a network of the style's that is not there.
    """

    _appetite = APPETITE

    def __init__(
        self,
        picture: Picture,
        style: Style,
        rows: tuple[int, ...],
        phases: list[Phase],
        masks: MaskStack | None = None,
        threads: int | None = None,
        device: str = "cpu",
        wanted: Wanted | None = None,
        margin: float = CANVAS_MARGIN,
    ) -> None:
        require_networks(style.loss)
        self.style, self.rows = style, rows
        self._wanted = wanted or Wanted(picture)
        self.cut = masks is not None
        self._phases = phases
        self._targets = Targets(picture, style, masks, phases[-1].side)
        if not any(self._targets[side].importance.any() for side in (phases[0].side, phases[-1].side)):
            raise ImpastoError("the picture is transparent everywhere; there is nothing to paint.")
        kinds = {self._kind(phase) for phase in phases}
        self._descents = _descents(style, kinds, picture, margin, device, threads)
        self._threads = threads
        self._goal: tuple[tuple[int, int, Aim, int], Goal] | None = None
        self._sight: tuple[Phase, Sight] | None = None
        self._rules: dict[bool, Interest | None] = {}
        self._heavy: tuple[tuple[Target, Interest], Target] | None = None
        self._descent_of(phases[-1]).require_memory(
            sum(phase.strokes for phase in phases), lambda: self._goal_of(phases[-1])
        )
        self._number_of = np.zeros(max(rows) + 1, np.int32)
        self._number_of[list(rows)] = np.arange(len(rows))

    @property
    def full(self) -> Target:
        """The picture at working size."""
        return self._targets[self._phases[-1].side]

    def fitted_to(self) -> Iterator[bytes]:
        """All that the strokes are fitted to."""
        full = self.full
        yield from (plane.tobytes() for plane in (full.colours, full.importance, *(own.pixels for own in full.own[1:])))

    def size_on(self, phase: Phase) -> tuple[int, int]:
        """Rows and columns of a phase's canvas."""
        return self._targets.size(phase.side)

    def target(self, phase: Phase) -> Target:
        """The picture on a phase's canvas, and how much each pixel matters."""
        plain, rule = self._targets[phase.side], self._rule(phase)
        if rule is None:
            return plain
        if self._heavy is None or self._heavy[0] != (plain, rule):
            weight = rule.weight(plain.height, plain.width)
            whole = max(float(plain.importance.sum(dtype=np.float64)), 1e-9)
            weight *= f4(whole / max(float((plain.importance * weight).sum(dtype=np.float64)), 1e-9))
            self._heavy = (plain, rule), replace(plain, matters=weight)
        return self._heavy[1]

    def _rule(self, phase: Phase) -> Interest | None:
        """Where strokes are to be closer, finer and truer in a phase; None if all is as usual everywhere.

        The first pass does without what viewers look at, which is being found meanwhile.
        """
        looked = phase.number >= CLOSER
        if looked not in self._rules:
            self._rules[looked] = self._wanted.rule(self.style, self._appetite, looked=looked)
        return self._rules[looked]

    def drawn_to(self, phase: Phase) -> float:
        """How strongly its strokes go to what viewers look at in a phase, 0..1."""
        rule = self._rule(phase)
        return 0.0 if rule is None or self.style.absorbs else rule.share

    @property
    def aims_at_pixels(self) -> bool:
        """Do its strokes' colours move, and towards those of the picture?"""
        loss = self.style.loss
        return self.style.learning.colour > 0 and isinstance(LOSSES[loss.kind], PixelLoss) and loss.texture == 0

    def shown(self, side: int) -> Rgba:
        """What is to be seen of these regions on a canvas: (H, W, 4), premultiplied by their share of each pixel."""
        return self._targets[side].shown()

    def _goal_of(self, phase: Phase) -> Goal:
        """What a phase's steps look at; only the last one is kept."""
        key = phase.side, phase.stride, phase.aim, phase.number
        if self._goal is None or self._goal[0] != key:
            self._goal = key, self.target(phase).goal(phase.stride).aimed(phase.aim.caution, calm=phase.averaged > 0)
        return self._goal[1]

    def _descent_of(self, phase: Phase) -> Descent:
        return self._descents[self._kind(phase)]

    def _kind(self, phase: Phase) -> Kind:
        """What a phase's descent depends on: its loss, whether colours stay, and whether more than pixels counts."""
        return phase.loss, self._mixes(phase), phase.number > 0 and bool(self.style.loss.counted(phase.finish))

    def _sight_of(self, phase: Phase) -> Sight | None:
        """What counts besides pixels in a phase; only the last one is kept. The first strokes have nothing to show."""
        if not self._kind(phase)[2]:
            return None
        if self._sight is None or self._sight[0] != phase:
            seen = self.target(replace(phase, side=min(phase.side, SIDE)))
            self._sight = phase, Sight(seen, self.style.loss, LOSSES[phase.loss], self._threads, phase.finish)
        return self._sight[1]

    def _mixes(self, phase: Phase) -> bool:
        """Do strokes have colours of the style's palette in this phase?

        They get them for the finish, and keep them: until then colours find what they stand for, and after that
        strokes find the places that suit the colours they have.
        """
        return phase.finish and self.style.colour.palette is not None

    def mixed(self, strokes: Strokes, phase: Phase) -> Strokes:
        """The strokes in the colours they have in this phase: in the finish, those of a palette most like their own."""
        palette = self.style.colour.palette
        return strokes if palette is None or not self._mixes(phase) else _in_palette(strokes, palette)

    def owns(self, strokes: Strokes) -> Which:
        """Which strokes (N,) are of these regions."""
        return np.isin(strokes.region, self.rows)

    def rhythm(self, phase: Phase) -> int:
        """After how many iterations, counted from the phase's first, the painter may look at the strokes."""
        return self._descent_of(phase).rhythm

    def descend(
        self, strokes: Strokes, moments: Moments, phase: Phase, steps: list[Step], interrupt: Callable[[], bool]
    ) -> list[float]:  # fmt: skip
        """Move these regions' strokes, in place, step by step; each on its own region's pixels.

        Returns the loss before each step. Raises Interrupted; the steps taken before it are whole ones.
        """
        return self._descent_of(phase).run(
            strokes.table, moments, self._regions(strokes), self._goal_of(phase), steps, interrupt,
            self._sight_of(phase), self._finest(phase), self._wanted.flow,
        )  # fmt: skip

    def _finest(self, phase: Phase) -> np.ndarray | None:
        """What share of the smallest radius strokes may have where, (h, w) spread over the canvas; None for all."""
        rule = self._rule(phase)
        return None if rule is None else rule.smallest

    def settled(
        self, strokes: Strokes, moments: Moments, phase: Phase, iteration: int
    ) -> tuple[Strokes, Moments]:  # fmt: skip
        """What is left of the strokes after so many steps: all of them as they are, if they cover."""
        return strokes, moments

    def to_be_replaced(
        self, strokes: Strokes, phase: Phase, iteration: int, interrupt: Callable[[], bool]
    ) -> Indices:  # fmt: skip
        """Indices of the strokes that are of little use before an iteration (at most the phase's share), or leave
        their region.
        """
        target, region = self.target(phase), self._regions(strokes)
        raster = self._descent_of(phase).raster(target.height, target.width, interrupt=interrupt)
        if phase.moves(iteration):
            gone = idle(strokes, target, raster, phase.moved, region, self._rule(phase))
        else:
            gone = idle(strokes, target, raster, phase.respawn, region)
        if self.cut and self.style.edges == "filter":
            gone = np.union1d(gone, leaving(strokes, self.rows, target, raster))
        return gone

    def worth(self, strokes: Strokes, phase: Phase, ground: np.ndarray) -> np.ndarray:
        """How much the L1 over the whole would grow (N,) if each of these regions' strokes alone were taken away."""
        colours, tiles = self.target(phase).colours, self.target(phase).goal(1).region_tiles[0]
        costs = self._descent_of(phase).raster(*self.size_on(phase)).removal_costs
        return costs(strokes.table, ground, colours, tiles, region=self._regions(strokes))

    def bare(self, strokes: Strokes, phase: Phase, k: int) -> np.ndarray:
        """How much of the k-th region's own is covered by no paint yet: (H, W) of the phase's canvas, 0..1."""
        (height, width), table = self.size_on(phase), strokes.table[strokes.region == self.rows[k]]
        canvas = self._descent_of(phase).raster(height, width).forward(table, np.zeros(4, f4))
        return (1 - canvas[3]).clip(0, 1) * self.target(phase).own[k].on(height, width)

    def new(
        self, strokes: Strokes, phase: Phase, counts: tuple[int, ...], ground: Ground, first_id: int,
        rng_of: Callable[[int], np.random.Generator], interrupt: Callable[[], bool] = lambda: False,
        where: np.ndarray | None = None,
    ) -> Strokes:  # fmt: skip
        """`counts` new strokes, by region, placed by attention to what the strokes so far get wrong.

        ground: (4,) the background as far as it may be seen, opaque; rng_of: random numbers of the k-th region;
        where: (H, W) of the phase's canvas, 0..1, how much each pixel counts besides.
        """

        def placed(k: int) -> np.ndarray:
            target, own = self.target(phase), self.target(phase).own[k]
            if own.pixels.size == 0:  # too small to be seen on this canvas, or transparent
                own = Crop(0, 0, target.importance)
            crop = _widened(own, target) if self.cut else own
            table = strokes.table[strokes.region == self.rows[k]]
            return self._placed(table, target, crop, phase, counts[k], ground, rng_of(k), interrupt, where)

        some, found = [k for k, count in enumerate(counts) if count], []
        for k, table in zip(some, on_all(placed, some, self._descent_of(phase).side_by_side), strict=True):
            found.append(Strokes.of(table, region=self.rows[k], pass_index=phase.number, first_id=first_id))
            first_id += len(table)
        return self.mixed(Strokes.concatenate(found), phase)

    def _placed(
        self, table: np.ndarray, target: Target, own: Crop, phase: Phase, count: int, ground: np.ndarray,
        rng: np.random.Generator, interrupt: Callable[[], bool], where: np.ndarray | None,
    ) -> np.ndarray:  # fmt: skip
        style, scale = self.style, max(target.height, target.width)
        colours = target.colours[:, own.top : own.bottom, own.left : own.right]
        error = mask = np.ones(own.pixels.shape, f4)
        begun = len(table) > 0
        focus = style.attention.focus if begun else 0.0
        rule, eager = self._rule(phase), own.pixels
        box = slice(own.top, own.bottom), slice(own.left, own.right)
        if begun:
            raster = self._descent_of(phase).raster(
                *own.pixels.shape, scale=scale, first_row=own.top, first_column=own.left, interrupt=interrupt
            )
            canvas = raster.forward(table, np.zeros(4, f4))
            error = attention.error_map(colours, canvas, ground[:3], own.pixels)
        calling = attention.calling(error, count, focus=focus, floor=style.attention.floor)
        if rule is not None:
            usual = Crop(own.top, own.left, attention.spread(calling, count, weight=own.pixels, mask=mask))
            eager = own.pixels * rule.density(target.height, target.width, focus, usual)[box]
        if begun and style.attention.mode == "selective":
            patch = round(attention.PATCH / 512 * scale * min(phase.radius / self._phases[-1].radius, WIDEST_PATCH))
            share = error.size / target.importance.size
            wrong = error if rule is None else error * eager
            mask = attention.attend(wrong, patch, max(1, round(style.attention.patches * share)))
        density = attention.spread(calling, count, weight=eager, mask=mask if where is None else mask * where[box])
        return new_strokes(
            colours, density, count, shape=style.shape, colour=style.colour, largest=phase.radius,
            room=ROOM if begun else FIRST_ROOM, rng=rng, window=Window(own.top, own.left, scale),
            own=own.pixels if self.cut else None, finest=self._finest(phase),
            drawn=drawn_in(self._wanted.flow, target, own),
        )  # fmt: skip

    def _regions(self, strokes: Strokes) -> np.ndarray | None:
        return self._number_of[strokes.region] if len(self.rows) > 1 else None


def _descents(
    style: Style, kinds: set[Kind], picture: Picture, margin: float, device: str, threads: int | None
) -> dict[Kind, Descent]:
    """A descent of each kind; those of strokes whose colours stay have steps that leave colours alone."""
    longest = max(picture.height, picture.width)
    extent = (picture.width / longest, picture.height / longest)
    edges = StrokeEdge(style.shape.softness, style.shape.edge, style.absorbs)  # all that moving strokes show
    keeps_colours = style.learning.model_copy(update={"colour": 0.0})
    optimizers = [
        Optimizer(style.shape, learning, extent, absorbs=style.absorbs, margin=margin)
        for learning in (style.learning, keeps_colours)
    ]
    return {
        (loss, mixed, sees): descent_on(device, edges, LOSSES[loss], optimizers[mixed], threads, sees=sees)
        for loss, mixed, sees in sorted(kinds)
    }


def drawn_in(flow: DrawnFlow | None, target: Target, own: Crop) -> np.ndarray | None:
    """A flow that somebody has drawn, (3, h, w) of a part of a target."""
    if flow is None:
        return None
    return flow.on(target.height, target.width)[:, own.top : own.bottom, own.left : own.right]


def without(strokes: Strokes, moments: Moments, gone: Indices) -> tuple[Strokes, Moments]:
    """All but the strokes at `gone`."""
    keep = np.setdiff1d(np.arange(len(strokes)), gone)
    return strokes.take(keep), moments.take(keep)


def joined(
    strokes: Strokes, moments: Moments, new: Strokes, *, below: bool = False
) -> tuple[Strokes, Moments]:  # fmt: skip
    """With new strokes on top of each region, or below all others; all in painting order, region by region."""
    nothing = Moments.zeros(len(new))
    strokes = Strokes.concatenate([new, strokes] if below else [strokes, new])
    moments = nothing.join(moments) if below else moments.join(nothing)
    order = np.argsort(strokes.region, kind="stable")
    if (order[:-1] < order[1:]).all():
        return strokes, moments
    return strokes.take(order), moments.take(order)


def _in_palette(strokes: Strokes, palette: tuple[str, ...]) -> Strokes:
    """Strokes in those colours of a palette that are most like their own."""
    table = strokes.table.copy()
    table[:, RED : BLUE + 1] = nearest(table[:, RED : BLUE + 1], palette)
    return replace(strokes, table=table)


def _widened(own: Crop, target: Target) -> Crop:
    """A region's crop with some of what lies around it."""
    top, left = max(own.top - REGION_MARGIN, 0), max(own.left - REGION_MARGIN, 0)
    bottom, right = min(own.bottom + REGION_MARGIN, target.height), min(own.right + REGION_MARGIN, target.width)
    pixels = np.zeros((bottom - top, right - left), f4)
    pixels[own.top - top : own.bottom - top, own.left - left : own.right - left] = own.pixels
    return Crop(top, left, pixels)
