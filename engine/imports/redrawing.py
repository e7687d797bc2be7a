"""A painting's strokes as shapes for a program that draws, and the painting of what was made of them there.

Such a program (Krita's vector layers are one) keeps a shape's name, path and fill, and nothing that we would write
beside them. So numbers are looked up by name in the painting that the shapes are of, and hold where the geometry says
so, too.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.export.layers import layers_of_strokes
from impasto.engine.export.outlines import edges_of, paths, shown
from impasto.engine.export.writers.svg import SAME, colour_text, digits_of
from impasto.engine.imports.drawing import DrawnShape, read_drawing
from impasto.engine.imports.pathdata import outlines
from impasto.engine.imports.reader import Unreadable
from impasto.engine.imports.shapes import Beside, FoundStrokes, found_in
from impasto.engine.painting.exchange import digest
from impasto.engine.painting.materials import plain
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.protocol.limits import MOST_STROKES

NAME = "stroke-{}"  # of a shape, by its stroke's lasting id
MOST_DRAWINGS = 4096
_NAMED = re.compile(r"stroke-(\d{1,18})")
MOST_BYTES = 256 << 20  # of the drawings


def shapes_of(painting: Painting, height: int, width: int) -> dict[str, Any]:
    """All strokes as shapes on a canvas of so many pixels, as JSON has them; `groups` from back to front.

    Each group is of one `region` (its name) and `pass`, with `strokes` in their order: `id`, `path` (SVG's data, M, C
    and Z alone, pixels), `colour` (#rrggbb), `opacity` at both ends (0..1; equal if it hardly changes), and `ends`
    (x0 y0 x2 y2, pixels), between which it does.
    """
    side, strokes = max(height, width), painting.strokes
    table, digits = strokes.table, digits_of(side) + 1
    seen = shown(table, edges_of(plain(painting), side))
    drawn = [_of_curves(path, digits) for path in paths(table, seen.radii, side, digits_of(side))]
    names = ["painting"] if painting.regions is None else painting.regions.names
    layer_of, groups = layers_of_strokes(painting), []
    for region, name in enumerate(names):
        own = np.ones(len(strokes), bool) if painting.regions is None else strokes.region == region
        for rank in np.unique(layer_of[own]).tolist():
            rows = []
            for k in np.flatnonzero(own & (layer_of == rank)).tolist():
                first, last = seen.opacities[k].tolist()
                if abs(first - last) < SAME:
                    first = last = (first + last) / 2
                rows.append({
                    "id": int(strokes.id[k]), "path": drawn[k], "colour": colour_text(table[k, 10:13]),
                    "opacity": [round(first, 3), round(last, 3)],
                    "ends": [round(float(table[k, column]) * side, digits) for column in (0, 1, 4, 5)],
                })  # fmt: skip
            groups.append({"region": name, "pass": rank, "strokes": rows})
    return {"width": width, "height": height, "groups": groups}


def _of_curves(path: str, digits: int) -> str:
    """A path without arcs, which each program cuts into curves of its own."""
    runs = []
    for run in outlines(path):
        curves = run.array()
        begin = " ".join(f"{value:.{digits}f}" for value in curves[0, 0])
        runs.append(f"M{begin}" + "".join(
            "C" + " ".join(f"{value:.{digits}f}" for value in curve[1:].ravel()) for curve in curves
        ) + "Z")  # fmt: skip
    return "".join(runs)


def redrawn(painting: Painting, drawn: bytes, height: int, width: int) -> Painting:
    """A painting with what drawings show in place of its strokes; all the rest of it is as it was.

    drawn: a JSON list of SVG documents, from back to front, each of the whole canvas. A shape called `NAME` is its
    stroke as far as it lies and looks like it; one that was moved, turned or scaled is the stroke moved; else, and if
    nobody knows the name, a stroke is fitted. What is missing is left out. A region of which a shape has changed its
    place is no longer cut by its mask. Raises ImpastoError for what cannot be read, or is empty.
    """
    try:
        parts = list(_parts(painting, _documents(drawn), max(height, width)))
    except Unreadable as reason:
        raise ImpastoError(f"the shapes cannot be read ({reason}); leave out what was added last") from reason
    tables = [part.table for part in parts if len(part.table)]
    if not tables:
        raise ImpastoError("there are no shapes on the canvas; draw some, or undo until they are there again")
    region, of = (np.concatenate([getattr(part, name) for part in parts]) for name in ("region", "pass_index"))
    ids = _ids([name for part in parts for name in part.names], painting)
    if len(ids) > MOST_STROKES:
        raise ImpastoError(f"there are more than {MOST_STROKES:,} shapes; delete some")
    found, order = Strokes.of(np.concatenate(tables), region, of), np.argsort(region, kind="stable")
    strokes = Strokes(found.table, found.region, found.pass_index, ids).take(order).validated("the shapes")
    if digest(strokes) == digest(painting.strokes):
        return replace(painting, checkpoint=None)
    return replace(painting, strokes=strokes, refit=None, checkpoint=None, regions=_loosened(painting, strokes))


def _documents(drawn: bytes) -> list[str]:
    """The SVG documents. Raises Unreadable."""
    if len(drawn) > MOST_BYTES:
        raise Unreadable(f"they have more than {MOST_BYTES >> 20} MB")
    try:
        found = json.loads(drawn)
    except (ValueError, RecursionError) as error:
        raise Unreadable("they are no list of drawings") from error
    if not isinstance(found, list) or len(found) > MOST_DRAWINGS or not all(isinstance(each, str) for each in found):
        raise Unreadable(f"they are no list of at most {MOST_DRAWINGS} drawings")
    return found


def _parts(painting: Painting, documents: Sequence[str], side: int) -> Iterator[FoundStrokes]:
    """The strokes of each drawing, labelled by what most of its known shapes are of."""
    strokes = painting.strokes
    row_of = {int(number): row for row, number in enumerate(strokes.id)}
    infos = [{"softness": each.softness, "edge": each.edge} for each in plain(painting).media()]
    recipe = {"regions": infos}
    total, last = 0, (0, 0)
    for text in documents:
        drawing = read_drawing(io.BytesIO(text.encode("utf-8", "replace")))
        assert drawing.box is not None
        total += len(drawing.shapes)
        if total > MOST_STROKES:
            raise Unreadable(f"they are more than {MOST_STROKES:,}")
        rows = [_row(shape, row_of) for shape in drawing.shapes]
        known = [(int(strokes.region[row]), int(strokes.pass_index[row])) for row in rows if row is not None]
        if known:
            region = max({region for region, _ in known}, key=[region for region, _ in known].count)
            passes = [of for own, of in known if own == region]
            last = region, max(set(passes), key=passes.count)
        labelled = [
            _told(shape, strokes, row, last[0], last[1] if row is None else int(strokes.pass_index[row]))
            for shape, row in zip(drawing.shapes, rows, strict=True)
        ]
        yield found_in(replace(drawing, shapes=labelled), Beside.of(recipe, side, max(drawing.box[2:])))


def _row(shape: DrawnShape, row_of: dict[int, int]) -> int | None:
    """The row of the stroke that a shape is called by; None if there is none."""
    match = _NAMED.fullmatch(shape.id)
    return None if match is None else row_of.get(int(match[1]))


def _told(shape: DrawnShape, strokes: Strokes, row: int | None, region: int, of: int) -> DrawnShape:
    """A shape with what is known of its stroke beside it, as an SVG of ours would have it."""
    numbers = "" if row is None else " ".join(strokes.table[row].astype(str).tolist())
    return replace(shape, numbers=numbers, of=f"{region} {of}", moved=False)


def _ids(names: list[str], painting: Painting) -> NDArray[np.int64]:
    """The strokes' lasting ids; copies, and what is new, get ids that no stroke of the painting has had."""
    known = {int(number) for number in painting.strokes.id}
    free = max(known, default=-1) + 1
    ids = []
    for name in names:
        match = _NAMED.fullmatch(name)
        number = int(match[1]) if match else -1
        if number in known:
            known.remove(number)
        else:
            number, free = free, free + 1
        ids.append(number)
    return np.array(ids, np.int64)


def _loosened(painting: Painting, strokes: Strokes) -> Any:
    """The regions, of which those are cut no longer that have a stroke where none was."""
    regions, before = painting.regions, painting.strokes
    if regions is None:
        return None
    was = {int(number): row for row, number in enumerate(before.id)}
    rows = np.array([was.get(int(number), -1) for number in strokes.id])
    same = (rows >= 0) & (strokes.region == before.region[rows])
    same &= np.abs(strokes.table[:, :8] - before.table[rows, :8]).max(1) < 1e-4
    changed = set(strokes.region[~same].tolist())
    infos = tuple(
        info.model_copy(update={"edges": "loose"}) if k in changed else info for k, info in enumerate(regions.infos)
    )
    return replace(regions, infos=infos)
