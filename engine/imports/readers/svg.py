"""Strokes as SVG: those of ours, untouched or changed as any program changes shapes, and shapes of others.

The geometry is right. Where a shape is still as its numbers say, but for being moved, turned and scaled as a whole,
these numbers are taken, and moved, turned and scaled; else a stroke is fitted to its outline.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from impasto.engine.imports.reader import Reader, Unreadable

if TYPE_CHECKING:
    from impasto.engine.imports.drawing import SvgDrawing
    from impasto.engine.imports.shapes import FoundStrokes
    from impasto.engine.painting.exchange import Parts

_UNTOLD: dict[str, Any] = {"style": {"name": "imported"}, "seed": 0, "softness": 0.001, "edge": 0.0, "regions": []}


def _read(file: BinaryIO, path: Path) -> Parts:
    from impasto.engine.imports.drawing import read_drawing
    from impasto.engine.imports.shapes import Beside, found_in
    from impasto.engine.painting.exchange import Parts, from_text
    from impasto.engine.painting.strokes import Strokes

    drawing = read_drawing(file)
    told = _told(drawing)
    recipe = {**_UNTOLD, **told.get("recipe", {})}
    others = from_text(told["others"]) if isinstance(told.get("others"), dict) else {}
    _settle_canvas(recipe, drawing, "underpainting.png" in others)
    assert drawing.box is not None
    found = found_in(drawing, Beside.of(recipe, told.get("side"), max(drawing.box[2:])))
    _settle_regions(recipe, found)
    strokes = Strokes.of(found.table, found.region, found.pass_index)
    strokes = Strokes(strokes.table, strokes.region, strokes.pass_index, _ids(found.names))
    return Parts(strokes, recipe, others, str(told.get("made_for", "")))


def _told(drawing: SvgDrawing) -> dict[str, Any]:
    """What our metadata says; nothing if there is none."""
    from impasto.engine.painting.archive import unpack_json

    if not drawing.told:
        return {}
    told = unpack_json(drawing.told.encode("utf-8", "replace"), "its metadata")
    if not isinstance(told.get("recipe"), dict):
        raise Unreadable("its metadata has no recipe")
    if not all(isinstance(text, str) for text in dict(told.get("others") or {}).values()):
        raise Unreadable("its metadata holds what is no text")
    return told


def _settle_canvas(recipe: dict[str, Any], drawing: SvgDrawing, covered: bool) -> None:
    """The painting's size and ground, as the drawing has them; covered: a picture lies there that hides the ground."""
    assert drawing.box is not None
    width, height = drawing.box[2:]
    known = recipe.get("width"), recipe.get("height")
    fits = all(isinstance(side, int) and side > 0 for side in known)
    if not (fits and abs(known[0] * height - known[1] * width) <= 1.5 * max(width, height, *known)):
        recipe["width"], recipe["height"] = (max(1, min(round(side), 65535)) for side in (width, height))
    if not drawing.told:
        recipe["background"] = drawing.ground or (1.0, 1.0, 1.0, 1.0)
        return
    if covered:
        return
    ground, before = drawing.ground or (0.0, 0.0, 0.0, 0.0), recipe.get("background")
    alike = isinstance(before, list) and len(before) == 4 and all(isinstance(v, int | float) for v in before)
    if not alike or np.abs(np.subtract(before, ground)).max() > 0.5 / 255 + 1e-6:
        recipe["background"] = ground if not (alike and before[3] == ground[3] == 0) else before


def _settle_regions(recipe: dict[str, Any], found: FoundStrokes) -> None:
    """Regions that were moved are not cut any longer by a mask that stayed behind."""
    regions = recipe["regions"]
    if not isinstance(regions, list | tuple):
        return
    recipe["regions"] = [
        {**info, "edges": "loose"} if isinstance(info, dict) and k in found.moved else info
        for k, info in enumerate(regions)
    ]


def _ids(names: list[str]) -> NDArray[np.int64]:
    """Strokes' lasting numbers as their names have them; those without, and copies, get the next free ones."""
    numbers = [re.fullmatch(r"stroke-(\d{1,18})", name) for name in names]
    taken: set[int] = set()
    ids = np.full(len(names), -1, np.int64)
    for k, match in enumerate(numbers):
        if match is not None and int(match[1]) not in taken:
            ids[k] = int(match[1])
            taken.add(int(match[1]))
    free = max(taken, default=-1) + 1
    ids[ids < 0] = np.arange(free, free + int((ids < 0).sum()))
    return ids


READER = Reader(_read, (".svg",), 256 << 20)
