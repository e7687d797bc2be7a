"""The plan of a painting: the style's passes with their exact numbers of strokes, then the finish."""

from dataclasses import dataclass

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.styles import Style
from impasto.protocol.limits import MOST_STROKES

LAST_RATE = 0.1  # the finish slows down to this share of the steps
FILTERED = 3  # times that a finish looks for strokes that leave their region


@dataclass(frozen=True)
class Phase:
    """A pass of a style, or its finish (which adds no strokes and slows down).

    index: in the whole plan; part: which regions it paints; number: the pass within the style; counts: how many
    strokes each region gets.
    """

    index: int
    counts: tuple[int, ...]
    iterations: int
    canvas: float
    radius: float
    respawn: float
    finish: bool
    group: int = 0
    number: int = 0

    @property
    def strokes(self) -> int:
        """All that are added."""
        return sum(self.counts)

    def rate(self, iteration: int) -> float:
        """What steps are scaled by in an iteration, 0..1: the finish slows down."""
        if not self.finish:
            return 1.0
        return LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * iteration / self.iterations))

    def replaces(self, iteration: int, leave: bool) -> bool:
        """Are strokes replaced before this iteration? Useless ones half-way; in the finish, those outside their region.

        leave: whether strokes that leave their region are looked for at all.
        """
        if self.finish:
            step = max(1, self.iterations // (FILTERED + 1))
            return leave and iteration % step == 0 and iteration // step < FILTERED
        return self.respawn > 0 and iteration == self.iterations // 2

    def next_look(self, iteration: int, stride: int, leave: bool) -> int:
        """Before which iteration the host is needed again. Never a matter of time, or bits would be.

        stride: after how many iterations it looks in any case; leave: as for `replaces`.
        """
        end = min((iteration // stride + 1) * stride, self.iterations)
        return next((k for k in range(iteration + 1, end) if self.replaces(k, leave)), end)

    def rng(self, seed: int, iteration: int, region: int = 0) -> np.random.Generator:
        """The random numbers of an iteration and a region: the same however the painting came there."""
        key = [seed, self.index, iteration]
        return np.random.default_rng([*key, region] if region else key)


def plan(style: Style, total: int) -> list[Phase]:
    """Share `total` strokes among the passes (largest remainder, at least one each), and append the finish.

    Raises ImpastoError if there are fewer strokes than passes, or over a million.
    """
    count = len(style.passes)
    if not count <= total <= MOST_STROKES:
        raise ImpastoError(
            f"{total} strokes cannot be painted in the {count} passes of style {style.name};"
            f" ask for {count} to {MOST_STROKES}."
        )
    return plan_group(style, (total,))


def plan_group(style: Style, budgets: tuple[int, ...], group: int = 0, first: int = 0) -> list[Phase]:
    """The phases, numbered from `first`, that paint regions in one style, `budgets` strokes each.

    A region's strokes are shared among the passes; one of fewer strokes than passes goes without the last ones.
    """
    passes = style.passes
    counts = np.zeros((len(passes), len(budgets)), int)
    for k, budget in enumerate(budgets):
        used = min(budget, len(passes))
        counts[:used, k] = shared(budget, np.array([p.share for p in passes[:used]]))
    phases = [
        Phase(first + k, tuple(map(int, row)), p.iterations, p.canvas, p.radius, p.respawn, False, group, k)
        for k, (row, p) in enumerate(zip(counts, passes, strict=True))
    ]
    last, nothing = len(passes), (0,) * len(budgets)
    finish = Phase(first + last, nothing, style.finish, 1.0, passes[-1].radius, 0.0, True, group, last)
    return [*phases, finish]


def shared(total: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers (K,) in proportion to the shares (K,) (largest remainder), none of them 0, that sum to `total`."""
    wanted = shares / shares.sum() * total
    numbers = np.floor(wanted).astype(int)
    numbers[np.argsort(numbers - wanted, kind="stable")[: total - numbers.sum()]] += 1
    while (empty := np.flatnonzero(numbers == 0)).size:
        numbers[np.argmax(numbers)] -= 1
        numbers[empty[0]] += 1
    return numbers


def cost(phases: list[Phase], phase: Phase, pixels: int) -> float:
    """Rough relative cost of one iteration, on a canvas of that many pixels; only the time left is guessed from it."""
    strokes = sum(p.strokes for p in phases[: phase.index + 1] if p.group == phase.group)
    return pixels**0.65 * strokes**0.6
