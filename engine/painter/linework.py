"""The lines of a painting: those of all regions' traced passes, as strokes, at most as many as are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from impasto.engine.media import line_colour
from impasto.engine.painter.tracing.drawing import Drawing
from impasto.engine.painter.tracing.lines import Chains
from impasto.engine.painter.wanted import Wanted
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.shapes import MaskStack, OneColour
from impasto.engine.styles import Style

f4 = np.float32
TRACED = {"draft": 640, "normal": 960, "high": 1280}  # longer side of the plane that lines are traced on, by effort
FIRST_ID = 1 << 30  # of lines beside strokes that are fitted, which never are as many


@dataclass(frozen=True)
class LinePass:
    """A pass of lines: the `number`-th of the style of region `row`."""

    row: int
    number: int


class Linework:
    """Draws a painting's lines, step by step.

    styles: of each region, of the whole picture if there are none; masks: (K, h, w) uint8 of regions, or None;
    ceilings: how many strokes each region may get at most, None for as many as the picture asks for; working_size,
    effort: as in an `Order`.
    """

    def __init__(
        self,
        picture: Picture,
        styles: Sequence[Style],
        masks: MaskStack | None,
        ceilings: Sequence[int | None],
        *,
        seed: int,
        working_size: int,
        effort: str,
        threads: int | None,
    ) -> None:
        self._styles, self._ceilings, self._masks = styles, ceilings, masks
        self.drawing = Drawing(picture, min(working_size, TRACED[effort]), seed, threads)
        self.steps = [
            LinePass(row, number)
            for row, style in enumerate(styles)
            for number, each in enumerate(style.passes)
            if each.trace is not None and ceilings[row] != 0
        ]
        self._asked = Wanted(picture).rule(styles[0], looked=False)
        self._parts: dict[LinePass, Chains] = {}

    @property
    def is_limited(self) -> bool:
        """May there be fewer lines than the picture asks for?"""
        return any(ceiling is not None for ceiling in self._ceilings)

    def draw(self, step: LinePass) -> None:
        """Draw a pass; in the order of `steps`, since some go by what is there already."""
        style = self._styles[step.row]
        own, closely = style.passes[step.number], style.attention.interest > 0
        lines = self.drawing.draw(own, step.number, step.row, self._inside(step.row), closely=closely)
        self._parts[step] = lines if self._asked is None else self._as_asked(lines)

    def strokes(self, steps: Sequence[LinePass], first_id: int = 0) -> Strokes:
        """The strokes of these steps, as far as they are drawn: of each region those that matter most."""
        found = []
        for row, style in enumerate(self._styles):
            own = [step for step in self.steps if step.row == row and step in self._parts]
            kept = _most_worth([self._parts[step] for step in own], self._ceilings[row])
            for step, lines in zip(own, kept, strict=True):
                if step in steps:
                    table = np.concatenate([lines.table, np.tile(colour_of(style, step.number), (len(lines), 1))], 1)
                    found.append(Strokes.of(table, row, step.number, first_id))
                first_id += len(lines)
        return Strokes.concatenate(found)

    def _as_asked(self, lines: Chains) -> Chains:
        """The lines, those of more worth that lie where a detail map is light."""
        rule, first = self._asked, np.unique(lines.owner, return_index=True)
        if rule is None or not len(lines):
            return lines
        places = lines.table[first[1], 2:4]
        worth = lines.worth.copy()
        worth[first[0]] *= rule.eagerness(*places.T)
        return replace(lines, worth=worth)

    def _inside(self, row: int) -> np.ndarray | None:
        if self._masks is None:
            return None
        return resized(self._masks[row], *self.drawing.shape) > 127


def colour_of(style: Style, number: int) -> OneColour:
    """What a full line of a pass leaves of white, (3,)."""
    own = style.passes[number]
    if own.trace is not None and own.trace.colour is not None:
        return np.array([int(own.trace.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)], f4).clip(0.015, 1)
    return np.array(line_colour(own.medium or style.medium.kind), f4)


def _most_worth(parts: list[Chains], ceiling: int | None) -> list[Chains]:
    """Of all lines of the parts those that matter most for the strokes they take, `ceiling` strokes at most."""
    if ceiling is None or sum(map(len, parts)) <= ceiling:
        return parts
    counts = [np.bincount(part.owner, minlength=len(part.worth)) for part in parts]
    worth = np.concatenate([part.worth / np.maximum(count, 1) for part, count in zip(parts, counts, strict=True)])
    sizes, kept, left = np.concatenate(counts), np.zeros(len(worth), bool), ceiling
    for line in np.argsort(-worth, kind="stable"):
        if sizes[line] <= left:
            kept[line] = True
            left -= sizes[line]
    firsts = np.cumsum([0, *(len(part.worth) for part in parts)])
    return [part.take(kept[first + part.owner]) for part, first in zip(parts, firsts, strict=False)]
