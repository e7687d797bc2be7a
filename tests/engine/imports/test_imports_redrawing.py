"""Strokes as shapes for a program that keeps their names, paths and fills only, and the painting of what it made."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import made
from svg_cases import HEAD, LOOKS, SIDE, close, turned

from impasto.engine.errors import ImpastoError
from impasto.engine.export.outlines import edges_of, paths, shown
from impasto.engine.imports.pathdata import outlines
from impasto.engine.imports.redrawing import redrawn, shapes_of
from impasto.engine.painting.materials import plain
from impasto.engine.painting.painting import Painting

POINTS = 0.24  # of a pixel at 300 per inch: Krita's own unit


def moved_path(path: str, unit: float) -> tuple[str, float, float]:
    """A path as Krita writes it: beside its own corner, in points."""
    curves = [run.array() * unit for run in outlines(path)]
    x, y = np.concatenate(curves).reshape(-1, 2).min(0)
    words = []
    for run in curves:
        run = run - (x, y)
        words.append(f"M{run[0, 0, 0]:.6g} {run[0, 0, 1]:.6g}")
        words += ["C" + " ".join(f"{value:.6g}" for value in curve[1:].ravel()) for curve in run]
    return "".join([*words, "Z"]), x, y


def shape(stroke: dict[str, Any], unit: float = POINTS) -> str:
    path, x, y = moved_path(stroke["path"], unit)
    first, last = stroke["opacity"]
    fill, defs = f'fill="{stroke["colour"]}" fill-opacity="{first}"', ""
    if first != last:
        ends = zip(("x1", "y1", "x2", "y2"), np.array(stroke["ends"]) * unit - (x, y, x, y), strict=True)
        places = " ".join(f'{name}="{value:.6g}"' for name, value in ends)
        fill, colour = f'fill="url(#gradient{stroke["id"]})"', stroke["colour"]
        defs = (
            f'<defs><linearGradient id="gradient{stroke["id"]}" gradientUnits="userSpaceOnUse" {places}>'
            f'<stop offset="0" stop-color="{colour}" stop-opacity="{first}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="{last}"/></linearGradient></defs>'
        )
    return f'{defs}<path id="stroke-{stroke["id"]}" transform="translate({x:.8g}, {y:.8g})" {fill} d="{path}"/>'


def drawings(painting: Painting, height: int, width: int, unit: float = POINTS) -> list[str]:
    """A layer for each group, as Krita would save it."""
    found = json.loads(json.dumps(shapes_of(painting, height, width)))
    return [
        HEAD.format(width * unit, height * unit, "".join(shape(stroke, unit) for stroke in group["strokes"]))
        for group in found["groups"]
    ]


def back(painting: Painting, texts: list[str]) -> Painting:
    return redrawn(painting, json.dumps(texts).encode(), *painting.size_of(None, SIDE))


def edited(text: str, change: Callable[[str], str], every: int = 5) -> str:
    """The drawing with every fifth shape changed."""
    parts = re.split(r"(?=<path )", text)
    return "".join(change(part) if k % every == 1 else part for k, part in enumerate(parts))


@pytest.mark.parametrize("look", LOOKS)
def test_untouched_nothing_is_lost(look: str) -> None:
    painting = LOOKS[look][0]()
    again = back(painting, drawings(painting, *painting.size_of(None, SIDE)))
    order = np.argsort(painting.strokes.region, kind="stable")
    assert np.array_equal(again.strokes.id, painting.strokes.id[order])
    assert np.array_equal(again.strokes.table, painting.strokes.table[order])
    assert np.array_equal(again.strokes.pass_index, painting.strokes.pass_index[order])
    assert np.array_equal(again.render(96, 96), painting.render(96, 96))


def test_specks_are_not_taken_for_turned_since_their_nodes_are_rounded() -> None:
    """Krita writes six digits; of a stroke of a few pixels the last one is a thousandth."""
    painting = made(passes=1, strokes=600, opacity=1.0)
    table = painting.strokes.table.copy()
    table[:, 2:6] = table[:, [0, 1, 0, 1]] + 0.03 * (table[:, 2:6] - table[:, [0, 1, 0, 1]])
    table[:, 6:8] *= 0.03
    painting = replace(painting, strokes=replace(painting.strokes, table=table))
    again = back(painting, drawings(painting, *painting.size_of(None, SIDE)))
    assert np.array_equal(again.strokes.table, table)


def test_what_was_edited_comes_back_as_drawn() -> None:
    """Ids are left in place: geometry wins over them, and so does a colour."""
    painting = made(opacity=1.0)
    texts = drawings(painting, *painting.size_of(None, SIDE))

    def moved(part: str) -> str:
        x, y = map(float, re.findall(r"translate\(([^,]*), ([^)]*)\)", part)[0])
        return re.sub(r"translate\([^)]*\)", f"translate({x + 12.288}, {y})", part)

    again = back(painting, [edited(text, moved) for text in texts])
    before = {int(k): row for k, row in zip(painting.strokes.id, painting.strokes.table, strict=True)}
    rows = zip(again.strokes.id, again.strokes.table, strict=True)
    assert {round(float(row[0] - before[int(k)][0]), 4) for k, row in rows} == {0.0, 0.05}
    assert np.array_equal(np.sort(again.strokes.id), np.sort(painting.strokes.id))

    red = back(painting, [edited(text, lambda part: re.sub(r'fill="#\w+"', 'fill="#ff0000"', part)) for text in texts])
    is_red = (red.strokes.table[:, 10:] == (1, 0, 0)).all(1)
    assert is_red.sum() == sum(len(range(1, text.count("<path ") + 1, 5)) for text in texts)
    assert np.array_equal(red.strokes.table[:, :10], painting.strokes.table[:, :10])
    assert red.style == painting.style and red.refit is None


def test_deleted_copied_and_new_shapes() -> None:
    painting = made(opacity=1.0, regions=3)
    texts = drawings(painting, *painting.size_of(None, SIDE))
    gone = edited(texts[0], lambda part: "</svg>" if part.endswith("</svg>") else "")
    fewer = back(painting, [gone, *texts[1:]])
    assert len(fewer.strokes) == len(painting.strokes) - texts[0].count("<path ") + gone.count("<path ")
    assert fewer.regions is not None and {info.edges for info in fewer.regions.infos} == {"strict"}

    copy = re.findall(r"<path [^>]*>", texts[1])[0]
    new = '<path id="path4" fill="#0000ff" d="M40 40C60 40 90 44 120 40L120 46C90 50 60 46 40 46Z"/>'
    shifted = re.sub(r"translate\(([^,]*),", lambda found: f"translate({float(found[1]) + 5},", copy)
    more = back(painting, [texts[0], texts[1].replace("</svg>", shifted + new + "</svg>"), *texts[2:]])
    assert len(more.strokes) == len(painting.strokes) + 2 == len(set(more.strokes.id.tolist()))
    added = np.isin(more.strokes.id, painting.strokes.id, invert=True)
    assert more.strokes.id[added].min() > painting.strokes.id.max()
    region = int(more.strokes.region[added][0])
    assert more.regions is not None and set(more.strokes.region[added].tolist()) == {region}
    assert [info.edges for info in more.regions.infos].count("loose") == 1
    assert more.regions.infos[region].edges == "loose"
    assert (more.strokes.table[:, 10:] == (0, 0, 1)).all(1).sum() == 1


@pytest.mark.parametrize("change", ["bent", "turned"])
def test_nodes_that_are_moved_are_fitted(change: str) -> None:
    painting = replace(made(opacity=1.0), edge=0.1, softness=0.001)
    table, rng = painting.strokes.table.astype(float), np.random.default_rng(3)
    want, some = table.copy(), np.arange(len(table)) % 5 == 0
    if change == "bent":
        want[some, 2:4] += rng.normal(0, 20 / 1024, (int(some.sum()), 2))
    else:
        want[some] = turned(table[some], 30, 0.4, 0.2)
    radii = shown(want.astype(np.float32), edges_of(plain(painting), SIDE)).radii
    found = dict(zip(painting.strokes.id.tolist(), paths(want, radii, SIDE, 3), strict=True))
    texts = [
        HEAD.format(SIDE * POINTS, SIDE * POINTS, "".join(
            shape({**stroke, "path": found[stroke["id"]]}) for stroke in group["strokes"]
        ))
        for group in shapes_of(painting, SIDE, SIDE)["groups"]
    ]  # fmt: skip
    close(redrawn(painting, json.dumps(texts).encode(), SIDE, SIDE), want, 0.95)


HOSTILE = {
    "no json": b"\xff",
    "no list": b"{}",
    "no texts": b"[1]",
    "deep": b"[" * 100_000,
    "too many": json.dumps([""] * 5000).encode(),
    "no svg": json.dumps(["<html/>"]).encode(),
    "entities": json.dumps(['<!DOCTYPE svg [<!ENTITY a "b">]>' + HEAD.format(9, 9, "&a;")]).encode(),
    "empty": json.dumps([HEAD.format(9, 9, "")]).encode(),
    "nothing": b"[]",
    "infinite": json.dumps([HEAD.format(9, 9, '<path d="M0 0L1e999 1 5 5z"/>')]).encode(),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_read_is_refused_in_one_sentence(case: str) -> None:
    with pytest.raises(ImpastoError) as told:
        redrawn(made(), HOSTILE[case], 64, 64)
    assert "shapes" in str(told.value) and ";" in str(told.value) and "\n" not in str(told.value)
