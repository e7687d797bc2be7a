"""Where the strokes went: a plot of their density, pass by pass, and of their number in each region."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont
from scipy import ndimage

from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import X0, X1, X2, Y0, Y1, Y2

_WIDTH = 1440  # pixels
_MARGIN, _GAP = 48, 24
_HEAD, _TITLE = 118, 36  # height of what is above all panels, and of what is above each
_COLUMNS = 4  # or 5 if that makes it one row
_MOST_PANELS = 12  # passes that have one of their own; what is left shares the last
_MOST_BARS = 24  # likewise, regions
_ROW, _NAME, _NUMBER = 30, 250, 90  # height of a bar, and the room for the words before and after it
_HIGHEST = 4.0  # times the average; what is denser has the same colour
_INK, _FAINT, _RULE, _PAPER = "#1f1f1f", "#6f6f6f", "#d5d5d5", "#ffffff"

# Lightness falls evenly from sparse to dense, so that it reads in grey and to the colour-blind as well.
_HEAT = ("#fcfbf5", "#fbd58f", "#ee8a3a", "#b4307c", "#26084a")
# Passes, from coarse to fine.
_PASSES = ("#26084a", "#8a2a82", "#d8546c", "#f29b55", "#f6d67e")


@dataclass(frozen=True)
class _Pass:
    """What one panel shows: (n, 2) middles of strokes in canvas units, and the (n,) regions they are of."""

    title: str
    middles: NDArray[np.float64]
    region: NDArray[np.int16]


def distribution(painting: Painting, *, threads: int | None = None) -> NDArray[np.uint8]:
    """A plot (h, 1440, 3) uint8 of where a painting's strokes are.

    The painting, and one panel for each pass: how dense the middles of its strokes are, relative to as many spread
    evenly, and the borders of the regions. Below, a bar for each region, with a part for each pass and a mark at the
    number of strokes its area alone would get.
    """
    passes = _passes(painting)
    panels = 1 + len(passes)
    columns = panels if panels <= _COLUMNS + 1 else _COLUMNS
    cell = (_WIDTH - 2 * _MARGIN - (max(columns, 3) - 1) * _GAP) // max(columns, 3)
    scale = min(cell / painting.width, 1.25 * cell / painting.height)
    height, width = (max(4, round(side * scale)) for side in (painting.height, painting.width))
    below = _HEAD + -(-panels // columns) * (_TITLE + height + _GAP)
    bars = 0 if painting.regions is None else 76 + _ROW * min(_MOST_BARS, len(painting.regions))
    page = Image.new("RGB", (_WIDTH, below + bars + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(page)
    _write_head(page, draw, painting)
    borders = None if painting.regions is None else _borders(painting.regions, height, width)
    for number in range(panels):
        x = _MARGIN + number % columns * (cell + _GAP)
        y = _HEAD + number // columns * (_TITLE + height + _GAP)
        if number == 0:
            title, many = "The painting", ""
            panel = _on_white(painting.render(height, width, threads=threads))
        else:
            shown = passes[number - 1]
            title, many = shown.title, f"{len(shown.middles):,}"
            panel = _coloured(_density(shown.middles, height, width) / _HIGHEST)
            if borders is not None:
                panel[borders] = 0.5 * panel[borders] + 0.5 * np.array([90, 100, 120])
        draw.text((x, y + 8), title, _INK, _font(17))
        draw.text((x + width, y + 8), many, _FAINT, _font(17), anchor="ra")
        page.paste(Image.fromarray(np.rint(panel).astype(np.uint8)), (x, y + _TITLE))
        draw.rectangle((x - 1, y + _TITLE - 1, x + width, y + _TITLE + height), outline=_RULE)
    if painting.regions is not None:
        _write_bars(draw, painting.regions, passes, below)
    return np.asarray(page)


def _passes(painting: Painting) -> list[_Pass]:
    strokes = painting.strokes
    table = strokes.table.astype(np.float64)
    middles = table[:, [X0, Y0]] / 4 + table[:, [X1, Y1]] / 2 + table[:, [X2, Y2]] / 4  # B(½)
    present = np.unique(strokes.pass_index).tolist()
    groups = [[index] for index in present]
    if len(groups) > _MOST_PANELS:
        groups = [*groups[: _MOST_PANELS - 1], present[_MOST_PANELS - 1 :]]
    found = []
    for group in groups:
        own = np.isin(strokes.pass_index, group)
        title = f"Pass {group[0] + 1}" if len(group) == 1 else f"Passes {group[0] + 1} to {group[-1] + 1}"
        found.append(_Pass(title, middles[own], strokes.region[own]))
    return found


def _density(middles: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """(height, width) how dense points are, relative to as many spread evenly."""
    longer = max(height, width)
    columns, rows = np.floor(middles * longer).astype(int).T
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    counts = np.zeros((height, width))
    np.add.at(counts, (rows[inside], columns[inside]), 1)
    # As far as a few strokes reach if they are spread evenly: a narrower view would show the strokes one by one.
    blur = np.clip(np.sqrt(height * width / max(len(middles), 1)), 0.015 * longer, 0.08 * longer)
    seen = ndimage.gaussian_filter(counts, blur, mode="constant")
    room = ndimage.gaussian_filter(np.ones_like(counts), blur, mode="constant")  # less of it at the canvas's border
    return seen / room * (height * width / max(len(middles), 1))


def _borders(regions: RegionMasks, height: int, width: int) -> NDArray[np.bool_]:
    """(height, width) where the region that is strongest changes."""
    best = np.zeros((height, width), np.uint8)
    label = np.zeros((height, width), np.int16)
    for row, crop in enumerate(regions.resized(height, width)):
        here = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
        stronger = crop.pixels > best[here]
        label[here][stronger] = row
        best[here][stronger] = crop.pixels[stronger]
    border = np.zeros((height, width), bool)
    border[:, :-1] |= label[:, :-1] != label[:, 1:]
    border[:-1] |= label[:-1] != label[1:]
    return border


def _write_head(page: Image.Image, draw: ImageDraw.ImageDraw, painting: Painting) -> None:
    """The title, and the scale of the colours at the right."""
    count, style = len(painting.strokes), painting.style.get("name")
    facts = [f"{count:,} stroke{'' if count == 1 else 's'}", f"{painting.width} x {painting.height} pixels"]
    facts += [f"style {style}"] if isinstance(style, str) and style else []
    draw.text((_MARGIN, 30), "Where the strokes went", _INK, _font(30))
    draw.text((_MARGIN, 74), _shortened(_legible(", ".join(facts)), 900, 17), _FAINT, _font(17))
    width, height, top = 320, 14, 62
    left = _WIDTH - _MARGIN - width
    strip = np.tile(_coloured(np.linspace(0, 1, width)[None]), (height, 1, 1))
    page.paste(Image.fromarray(np.rint(strip).astype(np.uint8)), (left, top))
    draw.rectangle((left - 1, top - 1, left + width, top + height), outline=_RULE)
    draw.text((left, top - 24), "density, times the pass's average", _FAINT, _font(15))
    for value in range(int(_HIGHEST) + 1):
        x = left + round(value / _HIGHEST * (width - 1))
        more = " +" if value == _HIGHEST else ""
        draw.text((x, top + height + 6), f"{value}{more}", _FAINT, _font(14), anchor="mt")


def _write_bars(draw: ImageDraw.ImageDraw, regions: RegionMasks, passes: list[_Pass], top: int) -> None:
    """A bar for each region, back to front; of very many those with few strokes share the last."""
    count = len(regions)
    table = np.array([np.bincount(each.region, minlength=count)[:count] for each in passes]).reshape(-1, count).T
    even = regions.masks.mean((1, 2), dtype=np.float64) / 255 * table.sum()
    names = [_legible(name) or f"region {number}" for number, name in enumerate(regions.names, 1)]
    if count > _MOST_BARS:
        most = np.argsort(-table.sum(1), kind="stable")
        kept, others = np.sort(most[: _MOST_BARS - 1]), most[_MOST_BARS - 1 :]
        names = [*(names[row] for row in kept), f"{len(others)} others"]
        table = np.concatenate([table[kept], table[others].sum(0)[None]])
        even = np.append(even[kept], even[others].sum())
    draw.text((_MARGIN, top + 14), "Strokes by region", _INK, _font(20))
    _write_legend(draw, passes, top + 18)
    longest = max(float(table.sum(1).max()), float(even.max()), 1.0)
    room = _WIDTH - 2 * _MARGIN - _NAME - _NUMBER
    colours = _pass_colours(len(passes))
    for row, (name, parts) in enumerate(zip(names, table, strict=True)):
        y, x = top + 60 + row * _ROW, _MARGIN + _NAME
        middle = y + _ROW / 2
        draw.text((x - 14, middle), _shortened(name, _NAME - 20, 17), _INK, _font(17), anchor="rm")
        ends = [x + round(room * float(part) / longest) for part in np.cumsum(parts)]
        for begin, end, colour in zip([x, *ends], ends, colours, strict=False):
            if end > begin:
                draw.rectangle((begin, y + 5, end - 1, y + _ROW - 6), colour)
        mark = x + round(room * float(even[row]) / longest)
        draw.line((mark, y + 1, mark, y + _ROW - 2), _INK, 2)
        after = max([mark, *ends]) + 12
        draw.text((after, middle), f"{parts.sum():,}", _FAINT, _font(15), anchor="lm")
    draw.line((_MARGIN + _NAME, top + 58, _MARGIN + _NAME, top + 62 + len(names) * _ROW), _RULE, 1)


def _write_legend(draw: ImageDraw.ImageDraw, passes: list[_Pass], y: int) -> None:
    """From the right: what the mark means, then the passes' colours."""
    text = "| as many as its area alone would get"
    x = _WIDTH - _MARGIN
    draw.text((x, y), text, _FAINT, _font(15), anchor="ra")
    x -= round(_font(15).getlength(text)) + 28
    colours = _pass_colours(len(passes))
    for shown, colour in list(zip(passes, colours, strict=True))[::-1]:
        x -= round(_font(15).getlength(shown.title))
        draw.text((x, y), shown.title, _FAINT, _font(15))
        draw.rectangle((x - 20, y + 1, x - 7, y + 14), colour)
        x -= 36
        if x < _MARGIN + 300:  # no room for more; the order speaks for itself
            break


def _pass_colours(count: int) -> list[tuple[int, int, int]]:
    """Of `count` passes; few are spread over the whole range."""
    levels = _mixed(_PASSES, np.linspace(0, 1 if count > 2 else 0.6, count))
    return [(int(r), int(g), int(b)) for r, g, b in np.rint(levels)]


def _coloured(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (h, w, 3) in 0..255 of values (h, w), of which 0..1 are told apart."""
    return _mixed(_HEAT, values.clip(0, 1))


def _mixed(stops: tuple[str, ...], values: NDArray[np.float64]) -> NDArray[np.float64]:
    colours = np.array([ImageColor.getrgb(stop)[:3] for stop in stops], np.float64)
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(values, at, colours[:, channel]) for channel in range(3)], -1)


def _on_white(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    alpha = pixels[..., 3:] / 255
    return pixels[..., :3] * alpha + 255 * (1 - alpha)


def _legible(text: str) -> str:
    """A text in the letters the font has, which are plain Latin ones; "" if none of it is left."""
    parts = (unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() for letter in text)
    plain = [part or "?" for part in parts]
    return "" if set(plain) <= {"?", " "} else "".join(plain)


def _shortened(text: str, room: int, size: int) -> str:
    """As much of a text as there is room for, in pixels."""
    font = _font(size)
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "...") > room:
        text = text[:-1]
    return text.rstrip() + "..."


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.load_default(size)
    except (ImportError, OSError):  # a Pillow without FreeType has one bitmap font, for plain letters
        return ImageFont.load_default()
