"""Centre lines for plotters: where they run, in which colours, and that vpype reads them."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade import made

from impasto.engine.errors import ImpastoError
from impasto.engine.export import write_result
from impasto.engine.export.writer import Plot
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes

A4 = (210.0, 297.0)


def crossing(*, opacity: float = 1.0, later: tuple[float, ...] = (0.5, 0.1, 0.5, 0.3, 0.5, 0.5)) -> Painting:
    """A thin red line from left to right, and a broad green one over it from top to bottom, on a 96 × 64 canvas."""
    rows = [
        [0.1, 0.3, 0.5, 0.3, 0.9, 0.3, 0.01, 0.01, 1, 1, 1, 0, 0],
        [*later, 0.1, 0.1, opacity, opacity, 0, 1, 0],
    ]
    return replace(made(strokes=0), edge=0.0, softness=0.001, strokes=Strokes.of(rows))


def lines(path: Path) -> list[list[np.ndarray]]:
    """Of each pen the curves (3, 2), in millimetres."""
    groups = re.findall(r'<g id="pen-\d+".*?</g>', path.read_text(), re.DOTALL)
    numbers = [re.findall(r'd="M(.*?)"', group) for group in groups]
    return [[np.array(re.split("[ Q]", line), float).reshape(3, 2) for line in found] for found in numbers]


def test_lines_are_where_strokes_are_and_cut_where_later_ones_lie(tmp_path: Path) -> None:
    write_result(crossing(), tmp_path / "a.svg", 64, 96, plot=Plot(A4, margin=10, pen=0.5, pens=2))
    text = (tmp_path / "a.svg").read_text()
    assert 'width="297mm" height="210mm" viewBox="0 0 297 210"' in text  # turned as the picture lies
    assert text.count('inkscape:groupmode="layer"') == 2 and 'stroke="#ff0000" stroke-width="0.5"' in text
    red, green = sorted(lines(tmp_path / "a.svg"), key=len, reverse=True)
    scale, top = 277.0, (210 - 277 * 2 / 3) / 2
    assert len(green) == 1 and np.allclose(green[0][[0, 2], 0], 10 + 0.5 * scale, atol=0.01)
    left, right = sorted(red, key=lambda line: line[0, 0])
    assert np.allclose([*left[:, 1], *right[:, 1]], top + 0.3 * scale, atol=0.01)
    assert np.allclose(left[[0, 2], 0], [10 + 0.1 * scale, 10 + 0.4 * scale], atol=0.7)
    assert np.allclose(right[[0, 2], 0], [10 + 0.6 * scale, 10 + 0.9 * scale], atol=0.7)


def test_what_lets_through_hides_nothing(tmp_path: Path) -> None:
    write_result(crossing(opacity=0.3), tmp_path / "a.svg", 64, 96, plot=Plot(A4))
    (black,) = lines(tmp_path / "a.svg")
    assert len(black) == 2 and np.ptp(black[0][:, 0]) > 200


def test_regions_and_masks_cut(tmp_path: Path) -> None:
    painting = made(regions=3, mask=True)
    write_result(painting, tmp_path / "a.svg", 64, 96, plot=Plot(A4, pens=4))
    drawn = lines(tmp_path / "a.svg")
    assert 2 <= len(drawn) <= 4
    corner, scale = np.array([15, (210 - 267 * 2 / 3) / 2]), 267.0
    middles = np.concatenate([[line.mean(0)] for pen in drawn for line in pen])
    x, y = np.rint((middles - corner) / scale * 96 - 0.5).astype(int).T
    assert painting.mask is not None
    shows = painting.mask[y.clip(0, 63), x.clip(0, 95)]
    assert len(shows) > 20 and (shows > 60).mean() > 0.95


@pytest.mark.skipif(not (3, 11) <= sys.version_info < (3, 14), reason="vpype is for Python 3.11 to 3.13")
def test_vpype_reads_it(tmp_path: Path) -> None:
    write_result(made(opacity=1.0), tmp_path / "a.svg", 64, 96, plot=Plot(A4, pens=3))
    command = [sys.executable, "-m", "vpype_cli", "read", tmp_path / "a.svg", "stat"]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "Layer count: 3" in told.stdout and told.stdout.count("vp_pen_width: 1.88976") == 3
    count = re.findall(r"Path count: (\d+)", told.stdout)
    assert int(count[-1]) == sum(map(len, lines(tmp_path / "a.svg")))
    bounds = re.findall(r"Bounds: \((.*)\)", told.stdout)[-1]
    edges = [float(number) / 96 * 25.4 for number in re.findall(r"-?\d+\.\d+", bounds)]
    assert min(edges[:2]) >= 14.99 and edges[2] <= 297 - 14.99


def test_nothing_left_between_margins(tmp_path: Path) -> None:
    painting = replace(made(strokes=1), width=64, height=96)
    with pytest.raises(ImpastoError, match="nothing is left of a page of 210 × 297 mm; make the margin smaller"):
        write_result(painting, tmp_path / "a.svg", 96, 64, plot=Plot(A4, margin=110))
    assert not list(tmp_path.iterdir())
