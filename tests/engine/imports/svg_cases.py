"""What the tests of SVG share: paintings of every look, written as outlines; strokes turned and compared."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from handmade import made
from numpy.typing import NDArray

from impasto.engine.export import write_result
from impasto.engine.painting.painting import Painting

SIDE = 1024
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}">{}</svg>'


def text_of(painting: Painting, path: Path, side: int = SIDE) -> str:
    write_result(painting, path, *painting.size_of(None, side), overwrite=True)
    return path.read_text("utf-8")


def soft(painting: Painting) -> Painting:
    """As realistic paints: edges as wide as strokes, full far into them."""
    table = painting.strokes.table.copy()
    table[:, 8:10] *= 4
    return replace(painting, edge=1.0, softness=0.001, strokes=replace(painting.strokes, table=table))


LOOKS: dict[str, tuple[Callable[[], Painting], float]] = {
    "painterly": (lambda: replace(made(opacity=1.0), edge=0.1, softness=0.001), 0.02),
    "realistic": (lambda: soft(made()), 0.05),
    "regions": (lambda: made(regions=4, edges=("strict", "loose")), 0.05),
    "masked over a blur": (lambda: made(regions=3, mask=True, under=True), 0.05),
    "on nothing": (lambda: made(background=(0.0, 0.0, 0.0, 0.0)), 0.05),
    "on glass": (lambda: made(background=(0.2, 0.9, 0.4, 0.5)), 0.05),
}


def turned(table: NDArray[np.float64], degrees: float, x: float, y: float) -> NDArray[np.float64]:
    """Strokes turned about a place, as SVG turns."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    found = table.copy()
    for k in (0, 2, 4):
        found[:, k : k + 2] = (table[:, k : k + 2] - (x, y)) @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    return found


def close(back: Painting, table: NDArray[np.float64], share: float = 1.0) -> None:
    """Are end points within 1 pixel at 1024 and radii within 5 %, of so many of the strokes?"""
    found = back.strokes.table.astype(float)
    assert found.shape == table.shape
    ends = np.abs(found[:, [0, 1, 4, 5]] - table[:, [0, 1, 4, 5]]).max(1) * 1024
    radii = np.abs(found[:, 6:8] / table[:, 6:8] - 1).max(1)
    assert (ends < 1).mean() >= share and (radii < 0.05).mean() >= share, (np.sort(ends)[-5:], np.sort(radii)[-5:])
