"""Strokes as a plotter draws them: centre lines in millimetres, a layer a pen, nothing where a later stroke lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from impasto.engine.errors import ImpastoError
from impasto.engine.export.outlines import edges_of, hulls, shown
from impasto.engine.export.writer import Plot, WriteOptions
from impasto.engine.files import atomic_write
from impasto.engine.painting.composer import Composer
from impasto.engine.painting.materials import plain
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes

f8 = np.float64
_HIDES = 0.5  # opacity from which on a stroke hides what is beneath it
_FINEST = 4096  # pixels of the longer side of the map of what is seen
_MOST_STEPS = 400  # along a stroke
_LOOKED_AT = 20_000  # colours from which those of the pens are chosen


def write_plot(painting: Painting, path: Path, _height: int, _width: int, options: WriteOptions) -> None:
    """Write the SVG that `options.plot` asks for. Raises ImpastoError if nothing of a page is left between margins."""
    assert options.plot is not None
    plot = options.plot
    width, height = sorted(plot.page, reverse=painting.width > painting.height)
    room = width - 2 * plot.margin, height - 2 * plot.margin
    if min(room) <= plot.pen:
        raise ImpastoError(
            f"between margins of {plot.margin:g} mm nothing is left of a page of {width:g} × {height:g} mm; make the "
            "margin smaller"
        )
    longer = max(painting.width, painting.height)
    scale = min(room[0] * longer / painting.width, room[1] * longer / painting.height)  # millimetres of a canvas unit
    corner = np.array([width - painting.width / longer * scale, height - painting.height / longer * scale]) / 2
    colours, pen_of = pens(painting.strokes, plot.pens)
    lines: list[list[str]] = [[] for _ in colours]
    for stroke, curve in visible(painting, plot.pen / scale, options.threads):
        x0, y0, x1, y1, x2, y2 = (curve * scale + corner).ravel().tolist()
        lines[pen_of[stroke]].append(f"M{x0:.3f} {y0:.3f}Q{x1:.3f} {y1:.3f} {x2:.3f} {y2:.3f}")
    with atomic_write(path, options.overwrite) as file:
        for part in _document(width, height, plot, colours, lines):
            file.write(part.encode())


def pens(strokes: Strokes, count: int) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The colours of so many pens at most, as #rrggbb, dark to light, and which pen draws each stroke (N,)."""
    from impasto.engine.pictures.io import Picture
    from impasto.engine.styles.palette import levels_of, nearest, of_picture

    table = strokes.table
    if count == 1 or not len(table):
        return ("#000000",), np.zeros(len(table), np.int64)
    length = np.hypot(table[:, 4] - table[:, 0], table[:, 5] - table[:, 1]) + table[:, 6:8].mean(1)
    often = np.maximum(np.rint(length / max(length.sum(), 1e-9) * _LOOKED_AT), 1).astype(int)
    levels = np.rint(np.repeat(table[:, 10:13], often, 0) * 255).astype(np.uint8)
    if (levels == levels[0]).all():
        return ("#{:02x}{:02x}{:02x}".format(*levels[0].tolist()),), np.zeros(len(table), np.int64)
    colours = of_picture(Picture(levels[None]), count)
    found = nearest(table[:, 10:13], colours)
    return colours, np.abs(found[:, None] - levels_of(colours)).sum(2).argmin(1)


def visible(painting: Painting, pen: float, threads: int | None) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """The parts of centre lines that no later stroke hides: the stroke's place, and a quadratic curve (3, 2).

    pen: how broad it draws, in canvas units; parts that are shorter are left out. Lines come region by region.
    """
    side = min(_FINEST, max(64, round(2 / pen)))
    size = painting.size_of(*((None, side) if painting.width >= painting.height else (side, None)))
    flat = plain(painting)
    composer = Composer(flat, *size, threads)
    rank = np.argsort(np.argsort(painting.strokes.region, kind="stable")) + 1  # how high each lies
    hidden = _highest(flat, composer, rank, not painting.absorbs)
    corners = painting.strokes.table[:, :6].astype(f8).reshape(-1, 3, 2)
    lengths = np.linalg.norm(np.diff(corners, axis=1), axis=2).sum(1)
    for own, cut in _regions(painting, composer):
        for stroke in own.tolist():
            steps = int(np.clip(lengths[stroke] * max(size) * 2, 2, _MOST_STEPS))
            t = np.linspace(0, 1, steps + 1)
            x, y = np.floor(_along(corners[stroke], t) * max(size)).astype(int).T
            inside = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
            seen = np.zeros(len(t), bool)
            seen[inside] = hidden[y[inside], x[inside]] <= rank[stroke]
            if cut is not None:
                seen[inside] &= cut[y[inside], x[inside]]
            edges = np.flatnonzero(np.diff(np.r_[False, seen, False].astype(np.int8)))
            for begin, end in edges.reshape(-1, 2):
                part = _part(corners[stroke], float(t[begin]), float(t[end - 1]))
                if np.linalg.norm(np.diff(part, axis=0), axis=1).sum() >= pen:
                    yield stroke, part


def _highest(flat: Painting, composer: Composer, rank: NDArray[np.int64], covering: bool) -> NDArray[np.int32]:
    """The rank of the highest stroke that hides what is beneath, at each pixel; beyond all where no paint shows."""
    strokes, scale = flat.strokes, float(max(composer.height, composer.width))
    shapes = shown(strokes.table, edges_of(flat, int(scale)))
    hides = (shapes.opacities.mean(1) >= _HIDES) & covering
    polygons = hulls(strokes.table, shapes.radii)
    highest = np.zeros((composer.height, composer.width), np.int32)
    for own, cut in _regions(flat, composer):
        layer = Image.new("I", (composer.width, composer.height))
        draw = ImageDraw.Draw(layer)
        for stroke in own[hides[own]].tolist():
            _fill(draw, polygons[stroke] * scale, shapes.radii[stroke] * scale, int(rank[stroke]))
        found = np.asarray(layer, np.int32)
        inside = found > 0 if cut is None else (found > 0) & cut
        highest[inside] = found[inside]
    cover = composer.masked(np.ones((composer.height, composer.width, 1), np.float32), 0, composer.height)
    highest[cover[..., 0] < 0.5] = len(strokes) + 1
    return highest


def _regions(painting: Painting, composer: Composer) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_] | None]]:
    """The strokes of each region, back to front, and where it shows (h, w); None if nothing cuts it."""
    for region, share in enumerate(composer.shares(0, composer.height)):
        own = np.arange(len(painting.strokes))
        if painting.regions is not None:
            own = np.flatnonzero(painting.strokes.region == region)
        cut = None
        if share is not None:
            cut = np.zeros((composer.height, composer.width), bool)
            cut[share.top : share.bottom, share.left : share.right] = share.pixels >= 0.5
        yield own, cut


def _fill(draw: ImageDraw.ImageDraw, polygon: NDArray[np.float64], radii: NDArray[np.float64], number: int) -> None:
    draw.polygon([tuple(point) for point in polygon[2:].tolist()], fill=number)
    for (x, y), radius in zip(polygon[:2].tolist(), radii.tolist(), strict=True):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=number)


def _along(curve: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    s = t[:, None]
    return (1 - s) ** 2 * curve[0] + 2 * s * (1 - s) * curve[1] + s * s * curve[2]


def _part(curve: NDArray[np.float64], begin: float, end: float) -> NDArray[np.float64]:
    """A quadratic curve (3, 2) from one place to another."""

    def at(a: float, b: float) -> NDArray[np.float64]:
        return (1 - a) * (1 - b) * curve[0] + (a + b - 2 * a * b) * curve[1] + a * b * curve[2]

    return np.stack([at(begin, begin), at(begin, end), at(end, end)])


def _document(
    width: float, height: float, plot: Plot, colours: tuple[str, ...], lines: list[list[str]]
) -> Iterator[str]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}">\n'
    )
    for number, (colour, own) in enumerate(zip(colours, lines, strict=True), 1):
        yield (
            f'<g id="pen-{number}" inkscape:groupmode="layer" inkscape:label="{number} {colour}" fill="none" '
            f'stroke="{colour}" stroke-width="{plot.pen:g}" stroke-linecap="round">\n'
        )
        for line in own:
            yield f'<path d="{line}"/>\n'
        yield "</g>\n"
    yield "</svg>\n"
