"""The plan of a painting: the style's passes with their exact numbers of strokes, then the finish."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import LOSSES, PixelLoss
from impasto.engine.shapes import Counts, Grounds, Shares
from impasto.engine.styles import Style
from impasto.engine.styles.style import Pass
from impasto.protocol.limits import MOST_STROKES

AVERAGED = 24  # a finish ends on the mean of its last iterations, at most a quarter of them,
LAST_RATE = 0.3  # and slows down to this share of the steps;
LAST_WASH_RATE = 0.1  # one of washes, whose colours are mixed of pigments at the end, has no mean, and slows down more
FILTERED = 3  # times that a finish looks for strokes that leave their region
BACKDROPS = 1 << 20  # what random numbers for all iterations go by: no iteration has this number
SMALLEST_CANVAS = 48  # longer side, pixels
LEAST_CANVAS = 96  # of those that strokes ask for: fewer pixels cost nothing less
PASS_RADIUS = 2.4  # pixels that a pass's typical stroke has on its canvas
PASS_SHARE = 0.5  # of the working canvas's side, at most: what is finer is the finish's,
CHEAP_CANVAS = 448  # pixels, unless that is all the same small
FINISH_RADIUS = 1.9  # pixels that a typical stroke has, at least, on a lattice of the finish
FINISH_EDGE = 0.5  # and its edge, where a stroke's place and shape are to be seen,
SPARSEST_PAIR = 1.3  # but every other pixel suffices if it has as many on the canvas
SPARSE = 1.5  # steps of a finish on lattices for each that a style has: each of them sees less,
WELL_SEEN = 1.42  # of strokes of this radius, in the lattice's pixels; thinner ones need more of them,
THINNER = 0.25  # by this power of how much thinner they are
MOVED_AT = 0.6  # of a last pass strokes go to what viewers look at
SETTLING = 12  # iterations that washes have left when the spare ones are gone
SMALLEST_OF_PASS = 0.22  # radius of a pass's smallest wash, over that of its largest
WASH_DETAIL = 1.5  # times as large is a canvas for washes, whose edges are all there is,
WASH_CANVAS = 640  # pixels, at most


@dataclass(frozen=True)
class Effort:
    """How long a painting may take, for how much it is worth: factors of the numbers of steps, and of what they see."""

    steps: float
    detail: float


EFFORT = {"draft": Effort(0.55, 1.0), "normal": Effort(1.0, 1.0), "high": Effort(2.2, 1.2)}


@dataclass(frozen=True)
class Surface:
    """What strokes are laid on, as far as it decides how closely they are to be looked at.

    side: longer side of the working canvas, pixels; areas: how much of it each region has to paint, canvas units².
    """

    side: int
    areas: tuple[float, ...]


@dataclass(frozen=True)
class Aim:
    """What washes of a pass go for, see `engine.styles.style.Pass`; of no matter to strokes that cover."""

    tone: float = 1.0
    caution: float = 1.0
    strength: float = 4.2
    calm: float = 0.0
    aspect: float | None = None


@dataclass(frozen=True)
class Phase:
    """A pass of a style, or its finish (which adds no strokes and slows down).

    index: in the whole plan; group: which regions it paints; number: the pass within the style; counts: how many
    strokes each region gets; spare: how many of them go again when it is known which are of least use; aim: of washes;
    moved: at most this share of all strokes goes to what viewers look at before it ends;
    side: longer side of its canvas, pixels; stride: it looks at every so-many-th pixel in both directions, others each
    time; loss: what is minimised; averaged: on the mean of how many last iterations it ends.
    """

    index: int
    counts: tuple[int, ...]
    iterations: int
    side: int
    radius: float
    respawn: float
    finish: bool
    loss: str
    stride: int = 1
    group: int = 0
    number: int = 0
    aim: Aim = Aim()
    spare: tuple[int, ...] = ()
    averaged: int = 0
    moved: float = 0.0

    @property
    def strokes(self) -> int:
        """All that are added and stay."""
        return sum(self.counts) - sum(self.spare)

    @property
    def thins_at(self) -> int | None:
        """After which iteration the spare strokes are taken away; None if there are none."""
        return max(self.iterations - SETTLING, self.iterations // 2) if any(self.spare) else None

    def laid(self, iteration: int) -> Counts:
        """How many strokes of it each region has after so many iterations."""
        thinned = self.thins_at is not None and iteration >= self.thins_at
        return np.array(self.counts) - (np.array(self.spare) if thinned else 0)

    def told(self) -> dict[str, int]:
        """What a user may know of it; canvas: its longer side, pixels."""
        return {
            "strokes": self.strokes, "iterations": self.iterations, "canvas": self.side, "stride": self.stride,
        }  # fmt: skip

    def rate(self, iteration: int) -> float:
        """What steps are scaled by in an iteration, 0..1: the finish slows down."""
        if not self.finish:
            return 1.0
        last = LAST_RATE if self.averaged else LAST_WASH_RATE
        return last + (1 - last) * 0.5 * (1 + np.cos(np.pi * iteration / self.iterations))

    def averages(self, iteration: int) -> bool:
        """Does it end on a mean of which the strokes after so many iterations are a part?"""
        return iteration > self.iterations - self.averaged

    def replaces(self, iteration: int, leave: bool) -> bool:
        """Are strokes replaced before this iteration? Useless ones half-way; in the finish, those outside their region.

        leave: whether strokes that leave their region are looked for at all.
        """
        if self.finish:
            step = max(1, self.iterations // (FILTERED + 1))
            return leave and iteration % step == 0 and iteration // step < FILTERED
        return (self.respawn > 0 and iteration == self.iterations // 2) or self.moves(iteration)

    def moves(self, iteration: int) -> bool:
        """Do strokes of little use go to what viewers look at before this iteration?"""
        return self.moved > 0 and iteration == int(MOVED_AT * self.iterations)

    def next_look(self, iteration: int, rhythm: int, leave: bool) -> int:
        """Before which iteration the host is needed again. Never a matter of time, or bits would be.

        rhythm: after how many iterations it looks in any case; leave: as for `replaces`.
        """
        end = min((iteration // rhythm + 1) * rhythm, self.iterations)
        return next((k for k in range(iteration + 1, end) if k == self.thins_at or self.replaces(k, leave)), end)

    def rng(self, seed: int, iteration: int, region: int = 0) -> np.random.Generator:
        """The random numbers of an iteration and a region: the same however the painting came there."""
        key = [seed, self.index, iteration]
        return np.random.default_rng([*key, region] if region else key)

    def backdrops(self, seed: int) -> Grounds:
        """Any colour for each iteration, (iterations, 4), the same however the painting came there."""
        colours = self.rng(seed, BACKDROPS).random((self.iterations, 3), np.float32)
        return np.pad(colours, ((0, 0), (0, 1)), constant_values=1)


def require_strokes(style: Style, total: int) -> None:
    """Raise ImpastoError if there are fewer strokes than passes, or over a million."""
    count = max(sum(each.trace is None for each in style.passes), 1)
    if not count <= total <= MOST_STROKES:
        raise ImpastoError(
            f"{total} strokes cannot be painted in the {count} passes of style {style.name};"
            f" ask for {count} to {MOST_STROKES}."
        )


def plan(
    style: Style, budgets: tuple[int, ...], surface: Surface, effort: str = "normal", group: int = 0, first: int = 0
) -> list[Phase]:
    """The phases, numbered from `first`, that paint regions in one style, `budgets` strokes each: passes and finish.

    Passes of lines, which are drawn, are left out.
    A region's strokes are shared among the passes; one of fewer strokes than passes goes without the last ones.
    """
    numbers = [number for number, each in enumerate(style.passes) if each.trace is None]
    passes, much = [style.passes[number] for number in numbers], EFFORT[effort]
    counts = np.zeros((len(passes), len(budgets)), int)
    for k, budget in enumerate(budgets):
        used = min(budget, len(passes))
        counts[:used, k] = shared(budget, np.array([p.share for p in passes[:used]]))
    so_far, phases = counts.cumsum(0), []
    for k, p in enumerate(passes):
        typical = typical_radius(style, so_far[k], surface, p.radius)
        if style.absorbs:
            typical = max(min(typical, p.radius * SMALLEST_OF_PASS**0.5) / WASH_DETAIL, PASS_RADIUS / WASH_CANVAS)
        side = _side(p, typical, surface, much)
        spare = tuple(int(n * p.spare) for n in counts[k])
        own, steps = tuple(map(int, counts[k] + spare)), _steps(p.iterations, much.steps)
        phases.append(
            Phase(
                first + k, own, steps, side, p.radius, p.respawn, False, p.loss or style.loss.kind, 1, group,
                numbers[k],
                aim_of(p),
                spare if any(spare) else (),
            )
        )  # fmt: skip
    last, radius = len(passes), passes[-1].radius
    typical = typical_radius(style, so_far[-1], surface, radius)
    stride = _stride(style, typical, surface, much)
    thin = (WELL_SEEN * stride / (typical * surface.side)) ** THINNER
    steps = _steps(style.finish, much.steps * (SPARSE * thin if stride > 1 else 1))
    nothing = (0,) * len(budgets)
    finish = Phase(
        first + last, nothing, steps, surface.side, radius, 0.0, True, style.loss.kind, stride, group,
        len(style.passes),
        aim_of(passes[-1]),
        averaged=0 if style.absorbs else min(AVERAGED, steps // (FILTERED + 1)),
    )  # fmt: skip
    return [*phases, finish]


def aim_of(own: Pass) -> Aim:
    """What a pass goes for."""
    return Aim(own.tone, own.caution, own.strength, own.calm, own.aspect)


def typical_radius(style: Style, counts: Counts, surface: Surface, largest: float) -> float:
    """The radius of most of so many strokes for each region (K,), if they are spread evenly; canvas units."""
    shape = style.shape
    some = counts > 0
    density = counts[some] / np.maximum(np.array(surface.areas)[some], 1e-6)
    radii = shape.width / np.sqrt(4 * shape.aspect * density)
    radii = np.clip(radii, shape.smallest, max(shape.smallest, min(shape.largest, largest)))
    return float(np.average(radii, weights=counts[some]))


def _steps(steps: int, factor: float) -> int:
    return max(round(steps * factor), min(steps, 1))


def _side(own: Pass, radius: float, surface: Surface, much: Effort) -> int:
    """A pass's canvas: as its strokes need it, unless the style says so itself."""
    if own.canvas is not None:
        wanted = surface.side * own.canvas
    else:
        wanted = min(PASS_RADIUS / radius, max(PASS_SHARE * surface.side, CHEAP_CANVAS))
        wanted = max(much.detail * wanted, LEAST_CANVAS)
    return min(max(round(wanted), SMALLEST_CANVAS), surface.side)


def _stride(style: Style, radius: float, surface: Surface, much: Effort) -> int:
    """How far apart the pixels may be that a finish looks at; a loss that no kernel knows is shown whole canvases."""
    if not isinstance(LOSSES[style.loss.kind], PixelLoss):
        return 1
    if style.lattice is not None:
        return min(style.lattice, surface.side)
    pixels = surface.side / much.detail
    edge = (style.shape.softness + style.shape.edge * radius) * pixels
    by_size = int(min(radius * pixels / FINISH_RADIUS, edge / FINISH_EDGE))
    return max(by_size, 2 if radius * pixels >= SPARSEST_PAIR else 1)


def shared(total: int, shares: Shares) -> Counts:
    """Whole numbers (K,) in proportion to the shares (K,) (largest remainder), none of them 0, that sum to `total`."""
    wanted = shares / shares.sum() * total
    numbers = np.floor(wanted).astype(int)
    numbers[np.argsort(numbers - wanted, kind="stable")[: total - numbers.sum()]] += 1
    while (empty := np.flatnonzero(numbers == 0)).size:
        numbers[np.argmax(numbers)] -= 1
        numbers[empty[0]] += 1
    return numbers


def work(phases: list[Phase], phase: Phase, iteration: int) -> tuple[float, float]:
    """What is done before an iteration of a phase, and all there is to do; only the time left is guessed from it."""
    done = sum(_cost(phases, p) * p.iterations for p in phases[: phase.index])
    whole = done + sum(_cost(phases, p) * p.iterations for p in phases[phase.index :])
    return done + _cost(phases, phase) * iteration, whole


def _cost(phases: list[Phase], phase: Phase) -> float:
    """Rough relative cost of one iteration."""
    strokes = sum(p.strokes for p in phases[: phase.index + 1] if p.group == phase.group)
    return (phase.side / phase.stride) ** 1.3 * strokes**0.6
