"""The plan of a painting as it is carried out: what viewers look at is found meanwhile, and changes what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.plan import AVERAGED, FILTERED, Phase
from impasto.engine.painting.painting import Painting

LONGER = 1 / 32  # of all steps a finish has more where strokes go to what viewers look at, and all else has fewer,
LONGEST = 1 / 6  # in paintings that an older version has begun,
MOVED = 0.2  # and this share of all strokes, at most, goes there in the last pass


class Course:
    """The phases of a painting; each is known for good when it begins.

    planned: as they follow from style and budgets; begun: the unfinished painting to go on with, if there is one.
    Raises ImpastoError if that cannot have been begun by this plan.
    """

    def __init__(self, planned: Sequence[Phase], begun: Painting | None = None) -> None:
        self._planned = list(planned)
        self.phases = list(planned) if begun is None else _as_begun(begun, self._planned)

    def foreseen(self, index: int, strength: float, *, begun: bool) -> Phase:
        """A phase as it is carried out, strokes going to what viewers look at so strongly, 0..1.

        From a part's second one on it is known how long its finish is to be, unless that was begun, by this version or
        an older one: then it goes on as it was.
        """
        phase = self._planned[index]
        if not phase.finish or not begun:
            finish = next(p for p in self._planned[index:] if p.finish)
            self.phases[finish.index] = self._lengthened(finish, strength)
            if finish.index == index + 1 and finish.iterations:
                self.phases[index] = replace(phase, moved=strength * MOVED)
        return self.phases[index]

    def _lengthened(self, finish: Phase, strength: float) -> Phase:
        own = sum(p.iterations for p in self._planned if p.group == finish.group)
        return _lasting(finish, finish.iterations + round(strength * LONGER * own)) if finish.iterations else finish

    def iterations(self, index: int) -> int:
        """How many a phase has, or the last one if there is none of that number."""
        return self.phases[min(index, len(self.phases) - 1)].iterations


def _lasting(finish: Phase, steps: int) -> Phase:
    """A finish of so many steps."""
    return replace(finish, iterations=steps, averaged=min(AVERAGED, steps // (FILTERED + 1)) if finish.averaged else 0)


def _as_begun(painting: Painting, phases: list[Phase]) -> list[Phase]:
    """The plan of a style as an unfinished painting goes by it, whose finish may be longer."""
    try:
        state = {} if painting.checkpoint is None else painting.checkpoint.state
        number = int(state.get("phase", -1))
        finish, steps = next((p for p in phases[max(number, 0) :] if p.finish), None), int(state.get("planned", 0))
    except (TypeError, ValueError, OverflowError):
        raise damaged() from None
    if finish is None or finish.index != number or steps <= finish.iterations:
        return list(phases)
    if steps > finish.iterations + round(LONGEST * sum(p.iterations for p in phases if p.group == finish.group)):
        raise damaged()
    return [_lasting(p, steps) if p is finish else p for p in phases]


def damaged() -> ImpastoError:
    """What to say of a checkpoint that makes no sense."""
    return ImpastoError("the painting's checkpoint is damaged; paint it again.")
