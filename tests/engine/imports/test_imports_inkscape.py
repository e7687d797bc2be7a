"""Inkscape itself: it shows what we write, knows its layers, and what it changes and saves comes back as drawn."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade import made
from numpy.typing import NDArray
from PIL import Image
from svg_cases import LOOKS, SIDE, close, text_of, turned

from impasto.engine.export import write_result
from impasto.engine.export.outlines import edges_of, paths, shown
from impasto.engine.export.writer import Plot
from impasto.engine.imports import read_painting
from impasto.engine.painting.painting import Painting

INKSCAPE = shutil.which("inkscape")
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(INKSCAPE is None, reason="Inkscape is not installed"),
]


def inkscape(folder: Path, *words: str) -> str:
    """Run it with settings of its own, and return what it says on its output."""
    env = os.environ | {"HOME": str(folder), "INKSCAPE_PROFILE_DIR": str(folder / "profile")}
    done = subprocess.run([str(INKSCAPE), *words], env=env, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def picture(file: Path, *words: str) -> NDArray[np.float64]:
    """What it makes of a file: (h, w, 4), 0..1, premultiplied."""
    inkscape(file.parent, "--export-type=png", f"--export-filename={file.with_suffix('.png')}", *words, str(file))
    with Image.open(file.with_suffix(".png")) as image:
        pixels = np.asarray(image.convert("RGBA")) / 255
    pixels[..., :3] *= pixels[..., 3:]
    return pixels


def flat(painting: Painting, side: int) -> NDArray[np.float64]:
    """Our own picture, likewise."""
    pixels = painting.render(size=side, threads=1) / 255
    pixels[..., :3] *= pixels[..., 3:]
    return pixels


def boxes(file: Path) -> dict[str, list[float]]:
    """Where everything lies that it finds in a file: x, y, width, height in CSS pixels, by id."""
    rows = (line.split(",") for line in inkscape(file.parent, "--query-all", str(file)).splitlines())
    return {name: [float(number) for number in numbers] for name, *numbers in rows}


@pytest.mark.parametrize("look", LOOKS)
def test_it_shows_the_flat_picture(look: str, tmp_path: Path) -> None:
    make, most = LOOKS[look]
    painting = make()
    text_of(painting, tmp_path / "a.svg", 256)
    assert np.abs(picture(tmp_path / "a.svg") - flat(painting, 256)).mean() < most


def test_it_knows_regions_passes_and_strokes(tmp_path: Path) -> None:
    painting = made(regions=3)
    text_of(painting, tmp_path / "a.svg")
    ids = boxes(tmp_path / "a.svg").keys()
    strokes = {int(each.removeprefix("stroke-")) for each in ids if each.startswith("stroke-")}
    assert strokes == set(painting.strokes.id.tolist())
    assert {"background", "region-0", "region-2-pass-1"} <= ids
    layers = inkscape(tmp_path, "--actions=select-all:layers;select-list", str(tmp_path / "a.svg"))
    assert re.findall(r"^(region-\d)\b", layers, re.MULTILINE) == ["region-0", "region-1", "region-2"]


def test_what_it_changes_and_saves_comes_back_as_drawn(tmp_path: Path) -> None:
    """A group turned, a stroke moved, nodes moved, all nodes made anew, a colour: by its own actions, saved by it."""
    painting = replace(made(strokes=20, opacity=1.0), edge=0.1, softness=0.001)
    text_of(painting, tmp_path / "a.svg")
    table = painting.strokes.table.astype(float)
    x, y, width, height = boxes(tmp_path / "a.svg")["region-0-pass-2"]
    want = table.copy()
    want[5, [0, 2, 4]] += 30 / SIDE  # moved
    want[5, [1, 3, 5]] += 12 / SIDE
    want[7, :2] += (14 / SIDE, -9 / SIDE)  # by its nodes
    (bent,) = paths(want[7:8], shown(want[7:8].astype(np.float32), edges_of(painting, SIDE)[7:8]).radii, SIDE, 2)
    last = painting.strokes.pass_index == 2
    want[last] = turned(table[last], 20, (x + width / 2) / SIDE, (y + height / 2) / SIDE)
    want[9, 10:] = (1, 0, 0)
    actions = [
        "select-by-id:stroke-5;transform-translate:30,12;select-clear",
        f"select-by-id:stroke-7;object-set-attribute:d,{bent};select-clear",
        "select-by-id:stroke-8;path-simplify;select-clear",
        "select-by-id:stroke-9;object-set-property:fill,#ff0000;select-clear",
        "select-by-id:region-0-pass-2;transform-rotate:20",
        f"export-filename:{tmp_path / 'b.svg'};export-do",
    ]
    inkscape(tmp_path, f"--actions={';'.join(actions)}", str(tmp_path / "a.svg"))
    back = read_painting(tmp_path / "b.svg")
    assert "sodipodi" in (tmp_path / "b.svg").read_text("utf-8")  # it wrote all of it anew
    kept = np.arange(len(want)) != 8  # which Inkscape draws a little otherwise, too
    close(replace(back, strokes=back.strokes.take(kept)), want[kept])
    assert back.strokes.table[9, 10:].tolist() == [1, 0, 0] and np.array_equal(back.strokes.id, painting.strokes.id)
    assert np.abs(back.strokes.table[8, [0, 1, 4, 5]] - want[8, [0, 1, 4, 5]]).max() < 6 / SIDE
    assert np.abs(picture(tmp_path / "b.svg") - flat(back, SIDE)).mean() < 0.01


def test_it_shows_a_plotters_lines_in_their_layers_on_their_sheet(tmp_path: Path) -> None:
    painting = made(regions=2, strokes=60)
    write_result(painting, tmp_path / "a.svg", 64, 96, plot=Plot((210.0, 297.0), margin=30, pen=1, pens=3))
    found = inkscape(tmp_path, "--actions=select-all:layers;select-list", str(tmp_path / "a.svg"))
    assert re.findall(r"^(pen-\d)\b", found, re.MULTILINE) == ["pen-1", "pen-2", "pen-3"]
    pixels = picture(tmp_path / "a.svg", "--export-dpi=25.4")  # a pixel is a millimetre
    assert pixels.shape[:2] == (210, 297)
    down, across = np.nonzero(pixels[..., 3] > 0.5)
    assert across.min() >= 29 and across.max() <= 268 and np.ptp(across) > 150
    assert down.min() >= (210 - 237 * 2 / 3) / 2 - 1.5 and down.max() <= (210 + 237 * 2 / 3) / 2 + 1.5
    data = re.findall(r'd="M(\S+) (\S+)Q\S+ \S+ (\S+) (\S+)"', (tmp_path / "a.svg").read_text("utf-8"))
    found = [box for name, box in boxes(tmp_path / "a.svg").items() if name.startswith("path")]
    assert len(found) == len(data) > 50
    for words, box in zip(data, found, strict=True):
        x, y, width, height = (number * 25.4 / 96 for number in box)
        ends = np.array(words, float).reshape(2, 2)
        for places, low, extent in ((ends[:, 0], x, width), (ends[:, 1], y, height)):
            assert low + 0.45 <= places.min() and places.max() <= low + extent - 0.45  # half a pen is around it
