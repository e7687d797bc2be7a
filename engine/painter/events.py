"""What a painter says while it works. The command line, the daemon and the tests all listen to the same events."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any, ClassVar

import numpy as np

from impasto.engine.painting.painting import Painting
from impasto.engine.shapes import Pixels


@dataclass(frozen=True)
class Event:
    """Something a painter did. `kind` names it in `--json` and on the wire."""

    kind: ClassVar[str] = "event"

    def as_json(self) -> dict[str, Any]:
        """The event as plain data: no pixels, no paintings; a loss that is not known yet is None."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in plain.items()}
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}
        return {"event": self.kind} | {k: v for k, v in plain.items() if not isinstance(v, np.ndarray | Painting)}


@dataclass(frozen=True)
class Preparing(Event):
    """Something slow that happens before painting, once."""

    kind: ClassVar[str] = "preparing"
    what: str


@dataclass(frozen=True)
class Fitted(Event):
    """Memory was short, and painting begins again in another way: `what` is a sentence for the user."""

    kind: ClassVar[str] = "fitted"
    what: str


@dataclass(frozen=True)
class Started(Event):
    """Painting begins, or goes on where it was left. plan: its passes, as `engine.painter.plan.Phase.told` has them."""

    kind: ClassVar[str] = "started"
    style: str
    strokes: int
    seed: int
    working_width: int
    working_height: int
    passes: int
    resumed: bool
    regions: tuple[str, ...] = ()
    plan: tuple[dict[str, int], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class PassStarted(Event):
    """A pass begins; the last one, the finish, adds no strokes. Counted from 1. regions: those it paints, if any.

    stride: it looks at every so-many-th pixel of its canvas at a time, in both directions.
    """

    kind: ClassVar[str] = "pass"
    index: int
    of: int
    strokes: int
    iterations: int
    canvas_width: int
    canvas_height: int
    regions: tuple[str, ...] = ()
    stride: int = 1


@dataclass(frozen=True)
class StrokesAdded(Event):
    """New strokes joined the painting; `replaced` of them in place of useless ones."""

    kind: ClassVar[str] = "strokes"
    added: int
    replaced: int
    total: int


@dataclass(frozen=True)
class Progress(Event):
    """How far it is: the loss, the fraction done, seconds so far, and seconds left as far as can be known."""

    kind: ClassVar[str] = "progress"
    index: int
    of: int
    iteration: int
    iterations: int
    loss: float
    fraction: float
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True)
class Preview(Event):
    """What the painting looks like now: (height, width, 4) uint8, straight alpha, working size."""

    kind: ClassVar[str] = "preview"
    pixels: Pixels


@dataclass(frozen=True)
class Checkpointed(Event):
    """A painting that can be saved and gone on with from here."""

    kind: ClassVar[str] = "checkpoint"
    painting: Painting


@dataclass(frozen=True)
class Finished(Event):
    """The end: done, or cancelled with a painting that holds what it takes to go on."""

    kind: ClassVar[str] = "finished"
    painting: Painting
    cancelled: bool
    strokes: int
    iterations: int
    loss: float
    seconds: float
