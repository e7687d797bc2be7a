"""The plan of a painting: the style's passes with their exact numbers of strokes, then the finish."""

from dataclasses import dataclass

import numpy as np

from engine.errors import ImpastoError
from engine.styles import Style

MOST_STROKES = 1_000_000


@dataclass(frozen=True)
class Phase:
    """A pass of the style, or the finish (which adds no strokes and slows down)."""

    index: int
    strokes: int
    iterations: int
    canvas: float
    radius: float
    respawn: float
    finish: bool


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
    strokes = _shared(total, np.array([p.share for p in style.passes]))
    phases = [
        Phase(k, int(n), p.iterations, p.canvas, p.radius, p.respawn, finish=False)
        for k, (n, p) in enumerate(zip(strokes, style.passes, strict=True))
    ]
    return [*phases, Phase(count, 0, style.finish, 1.0, style.passes[-1].radius, 0.0, finish=True)]


def _shared(total: int, shares: np.ndarray) -> np.ndarray:
    """Whole numbers in proportion to the shares (largest remainder), none of them 0, that sum to `total`."""
    wanted = shares / shares.sum() * total
    parts = np.floor(wanted).astype(int)
    parts[np.argsort(parts - wanted, kind="stable")[: total - parts.sum()]] += 1
    while (empty := np.flatnonzero(parts == 0)).size:
        parts[np.argmax(parts)] -= 1
        parts[empty[0]] += 1
    return parts


def cost(phases: list[Phase], phase: Phase, pixels: int) -> float:
    """Rough relative cost of one iteration, on a canvas of so many pixels; only the time left is guessed from it."""
    strokes = sum(p.strokes for p in phases[: phase.index + 1])
    return pixels**0.65 * strokes**0.6
