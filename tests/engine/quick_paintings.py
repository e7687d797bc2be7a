"""Paintings of a made-up scene in a moment, for tests of the painter."""

from dataclasses import fields
from typing import Any

import numpy as np

from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.plan import Phase, Surface, plan
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, load_style, preset_names

HEIGHT, WIDTH = 48, 64
FITTED = [name for name in preset_names() if not any(each.trace for each in load_style(name).passes)]
LEARNING = [name for name in FITTED if any(each.iterations for each in load_style(name).passes)]
SPARSE = {"pastel", "pointillist"}  # between whose strokes the ground is to be seen
COVERING = [name for name in FITTED if not load_style(name).absorbs and name not in SPARSE]
PASSES = [
    {"radius": 0.2, "share": 1, "iterations": 7, "canvas": 0.75},
    {"radius": 0.08, "share": 2, "iterations": 6, "respawn": 0.3},
    {"radius": 0.04, "share": 3, "iterations": 9, "respawn": 0.3},
]


def style_of(**values):
    """Three short passes, in two of which strokes are respawned, and a short finish."""
    quick = {"name": "quick", "passes": PASSES, "finish": 5, "plateau": 0}
    return Style.model_validate(quick | values)


def scene(height=HEIGHT, width=WIDTH, alpha=None, seed=0):
    """Soft colours with a dark disc and stripes on them."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    rgb = np.stack([0.3 + 0.6 * x, 0.8 - 0.7 * y, 0.5 + 0.3 * np.sin(25 * x + seed)], -1)
    rgb[(x - 0.6) ** 2 + (y - 0.3) ** 2 < 0.03] = [0.1, 0.15, 0.3]
    return Picture(np.round(255 * rgb.clip(0, 1)).astype(np.uint8), alpha)


def paint(picture=None, style=None, strokes: int | None = 40, **options):
    """All events but the last, and the last: Finished."""
    given: dict[str, Any] = {"threads": 1} | options
    *heard, last = Painter(picture or scene(), style or style_of(), strokes=strokes, **given).paint()
    assert isinstance(last, events.Finished)
    return heard, last


def painted(*args, **options) -> Painting:
    return paint(*args, **options)[-1].painting


def same(one: Painting, other: Painting):
    return all(np.array_equal(getattr(one.strokes, f.name), getattr(other.strokes, f.name)) for f in fields(Strokes))


def phases_of(style: Style, total: int) -> list[Phase]:
    """The plan of the scene painted in a style."""
    return plan(style, (total,), Surface(WIDTH, (HEIGHT / WIDTH,)))


def shortened(name, iterations=3):
    """A preset with fewer iterations."""
    passes = len(load_style(name).passes)
    return load_style(name, [*(f"passes.{k + 1}.iterations={iterations}" for k in range(passes)), "finish=2"])
