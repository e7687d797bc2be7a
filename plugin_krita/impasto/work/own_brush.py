"""A remembered painting, painted again with the artist's own brushes: stroke by stroke, by Krita itself."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..document import pen
from ..document.brushes import CURRENT, BrushHand, maps_pressure, presets
from ..document.brushwork import BROADEST, FINEST, BrushedGroup
from ..document.hidden import idle, pause
from ..document.history import Remembered
from ..document.open_documents import CanvasError, is_open, node_of
from ..easel.words import tr
from ..strokes import StrokeRows, strokes_of
from .piece import Piece
from .stages import BRUSHING
from .steps import Steps, Task

SLICE = 0.02  # seconds of strokes between two turns of the event loop
TAPERED = 0.75  # of the larger radius is the smaller one, at most, where a stroke is pressed harder at one end
FINE = 8 / 1024  # canvas units: the mean radius from which on a pass is a broad one
BASES = ("painting", "white", "none")  # what lies under the strokes
PAIRS = Path(__file__).parents[1] / "pairs.json"


@lru_cache(maxsize=1)
def pairs() -> dict[str, tuple[str, str, float, str]]:
    """Which brushes go together: of broad passes, of fine ones, by how much they are to be larger, and on which base
    they look best."""
    found = json.loads(PAIRS.read_text("utf-8"))
    return {name: (*pair[:3], pair[3] if len(pair) > 3 else BASES[0]) for name, pair in found.items()}


class OwnBrush:
    """Which brush paints what, as the artist chose it: a pair, and brushes of single passes and regions."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self.parts: dict[str, str] = {}  # brushes by "pass 1" or "region cup"

    @property
    def pair(self) -> str:
        """One of `pairs`."""
        chosen = self._state.settings["brushes"]
        return chosen if chosen in pairs() else "current"

    @property
    def base(self) -> str:
        """One of `BASES`."""
        return str(self._state.settings["brush_base"])

    def choose(self, pair: str) -> None:
        """Paint with this pair, on the base that suits it."""
        self._state.settings["brushes"] = pair
        self._state.settings["brush_base"] = pairs()[pair][3]
        self._state.changed.emit()

    def put_on(self, base: str) -> None:
        """Paint over this."""
        self._state.settings["brush_base"] = base
        self._state.changed.emit()

    def set(self, part: str, preset: str | None) -> None:
        """A brush for a pass or a region; None: that of the pair."""
        self.parts.pop(part, None)
        if preset is not None:
            self.parts[part] = preset
        self._state.changed.emit()

    def of(self, part: str, broad: bool) -> str:
        """The brush of a pass."""
        of_broad, of_fine, *_ = pairs()[self.pair]
        return self.parts.get(part, of_broad if broad else of_fine)

    def offered(self) -> list[str]:
        """The pairs whose brushes this Krita has."""
        there = {CURRENT, *presets()}
        return [name for name, (broad, fine, *_) in pairs().items() if {broad, fine} <= there]


class Replaying(Piece):
    """One painting with the artist's brushes, in the document that remembers it."""

    def __init__(self, state: Any, old: Remembered) -> None:
        super().__init__(state)
        self._old, self._done = old, 0
        self._chosen = state.own_brush
        self._sheet: Any = None
        self._hand: Any = None
        self.longest = {"strokes": 0.0, "brush": 0.0}  # seconds of this thread that a slice took: of what it was

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("{style}, with your brush").format(style=self._old.recipe["style"])

    def steps(self) -> Steps:
        """All of it, for a task."""
        strokes = strokes_of(self._state.history.painting(self.key, self._old))
        if not len(strokes):
            raise CanvasError(tr("This painting has no strokes; choose another one."))
        yield
        brushes = self._brushes(strokes)
        self.become(BRUSHING)
        yield from pen.up()
        self._sheet = BrushedGroup(self.key, tr("{title}, with your brush").format(title=self._old.title))
        yield from self._base()
        self._hand = BrushHand()
        begun = time.monotonic()
        yield from self._paint(strokes, brushes, begun)
        self._hand.let_go()
        while not (idle(self._sheet.own) and (pen.is_down() is False and idle(self.key))):
            self._sheet.need()
            yield pause
        yield from self._sheet.hang(self._old.recipe["group"])
        self.end("done")

    def close(self, how: str) -> None:
        """See `Piece`."""
        if self._hand is not None:
            self._hand.let_go()
        if self._sheet is not None and how != "closing":
            Task(self._sheet.strike(), self.trouble)

    def _brushes(self, strokes: StrokeRows) -> list[tuple[str, bool]]:
        """Of each stroke: its brush, and whether that is pressed harder where a stroke is thicker.

        Raises CanvasError for a brush that is not there.
        """
        sizes = [[0.0, 0] for _ in range(strokes.passes)]
        for place, number in enumerate(strokes.number):
            row = strokes[place]
            sizes[number][0] += (row[6] + row[7]) / 2
            sizes[number][1] += 1
        of_pass = [
            self._chosen.of(f"pass {number + 1}", total / max(count, 1) >= FINE)
            for number, (total, count) in enumerate(sizes)
        ]
        of_region = [self._chosen.parts.get(f"region {name}", "") for name in strokes.regions] or [""]
        used = {*of_pass, *of_region}
        missing = used - {CURRENT, *presets()}
        if missing:
            words = tr("This Krita has no brush called {name}; choose another one.")
            raise CanvasError(words.format(name=min(missing)))
        pressed = {name: maps_pressure(name) for name in used}
        names = [of_region[region] or of_pass[strokes.number[place]] for place, region in enumerate(strokes.region)]
        return [(name, pressed[name]) for name in names]

    def _base(self) -> Steps:
        """What lies under the strokes."""
        if self._chosen.base == "white":
            yield from self._sheet.fill_white(self._sheet.add(tr("paper")))
        elif self._chosen.base == "painting" and node_of(self.key, self._old.recipe["group"]) is not None:
            there = yield from self._sheet.copy(self._sheet.add(tr("painting")), self._old.recipe["group"])
            if not there:
                self.say(tr("The layers of the painting could not be copied; your strokes lie over what is there."))

    def _paint(self, strokes: StrokeRows, brushes: list[tuple[str, bool]], begun: float) -> Steps:
        """All strokes, in slices, while Krita has nothing else to do and nobody touches it."""
        sheet, hand = self._sheet, self._hand
        scale = min(sheet.width / strokes.width, sheet.height / strokes.height) * max(strokes.width, strokes.height)
        larger = pairs()[self._chosen.pair][2]
        layer, part = -1, ""
        while self._done < len(strokes):
            sheet.need()
            if not hand.free or not idle(sheet.own):
                yield pause
                continue
            end, spent, kind = time.monotonic() + SLICE, time.thread_time(), "strokes"
            while self._done < len(strokes) and time.monotonic() < end:
                brush, is_pressed = brushes[self._done]
                now = _part(strokes, self._done)
                if now != part:
                    part, layer = now, sheet.add(now)
                if not hand.holds(brush):
                    hand.reach(brush)
                    kind = "brush"
                    break
                _lay(hand, sheet, layer, strokes[self._done], scale, larger, is_pressed)
                self._done += 1
            self.longest[kind] = max(self.longest[kind], time.thread_time() - spent)
            self.fraction = self.part = self._done / len(strokes)
            if self._done:
                self.left = (time.monotonic() - begun) * (1 / self.fraction - 1)
            self._state.run.progressed.emit()
            yield pause

    def trouble(self, problem: Exception, trace: str) -> None:
        """See `Piece`."""
        if not is_open(self.key):
            problem = CanvasError(tr("The document was closed; nothing was painted with your brush."))
        super().trouble(problem, trace)


def _part(strokes: StrokeRows, place: int) -> str:
    """The layer that a stroke belongs to: its region's, or of one region its pass's."""
    if len(strokes.regions) > 1:
        return strokes.regions[strokes.region[place]]
    return tr("pass {number}").format(number=strokes.number[place] + 1)


def _lay(hand: Any, sheet: Any, layer: int, row: Any, scale: float, larger: float, is_pressed: bool) -> None:
    """Paint one stroke."""
    radii = (row[6], row[7])
    tapers = is_pressed and min(radii) < TAPERED * max(radii)
    radius = max(radii) if tapers else sum(radii) / 2
    opacity = min(max((row[8] + row[9]) / 2, 0.02), 1.0)
    colour = (row[10], row[11], row[12])
    hand.dip(min(max(2 * radius * scale * larger, FINEST), BROADEST), opacity, colour)
    ends = (radii[0] / radius, radii[1] / radius) if tapers else (1.0, 1.0)
    sheet.stroke(layer, tuple(value * scale for value in row[:6]), ends)
