"""Small paintings for the tests: begun, stopped anywhere, finished."""

import threading
from dataclasses import fields
from typing import Any

import numpy as np

from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style

STROKES, ITERATIONS = 40, 6 + 5 + 7 + 8  # a finish of 5 takes 8 on lattices
STYLE = Style.model_validate(
    {
        "name": "quick",
        "passes": [
            {"radius": 0.2, "share": 1, "iterations": 6, "canvas": 0.75},
            {"radius": 0.08, "share": 2, "iterations": 5, "respawn": 0.3},
            {"radius": 0.04, "share": 3, "iterations": 7, "respawn": 0.3},
        ],
        "finish": 5,
        "plateau": 0,
        "attention": {"mode": "selective", "patches": 4},
        "colour": {"jitter": 0.05},
    }
)
# With plateaus, the last losses decide when a pass ends: they have to come back to the bit as well.
PATIENT = Style.model_validate(
    {
        "name": "patient",
        "passes": [{"radius": r, "share": 1, "iterations": 200, "respawn": 0.2} for r in (0.2, 0.05)],
        "finish": 6,
        "plateau": 0.1,
    }
)


def scene(seed=0, alpha=None):
    y, x = np.mgrid[:48, :64] / 64
    rgb = np.stack([0.3 + 0.6 * x, 0.8 - 0.7 * y, 0.5 + 0.3 * np.sin(25 * x + seed)], -1)
    rgb[(x - 0.6) ** 2 + (y - 0.3) ** 2 < 0.03] = [0.1, 0.15, 0.3]
    return Picture(np.round(255 * rgb.clip(0, 1)).astype(np.uint8), alpha)


class After:
    """Says yes from the n-th question on; any number of threads may ask."""

    def __init__(self, n):
        self.left, self.lock = n, threading.Lock()
        self.asked = 0

    def __call__(self):
        with self.lock:
            self.left -= 1
            self.asked += 1
            return self.left < 0


def begun(style=STYLE, picture=None, **options) -> Painter:
    given: dict[str, Any] = {"strokes": STROKES, "threads": 1} | options
    return Painter(picture or scene(), style, **given)


def finished(painter: Painter, cancelled=lambda: False) -> events.Finished:
    heard = list(painter.paint(cancelled))
    last = heard[-1]
    assert isinstance(last, events.Finished)
    assert not any(isinstance(event, events.Finished) for event in heard[:-1])
    return last


def assert_same(one: Painting, other: Painting):
    for field in fields(Strokes):
        assert np.array_equal(getattr(one.strokes, field.name), getattr(other.strokes, field.name)), field.name


def checkpoints(painter: Painter) -> list[Painting]:
    """One after every iteration."""
    return [event.painting for event in painter.paint() if isinstance(event, events.Checkpointed)]


def state_of(painting: Painting) -> dict[str, Any]:
    assert painting.checkpoint is not None
    return painting.checkpoint.state
