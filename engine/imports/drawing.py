"""An SVG as the shapes that are painted in it, each with its place and colour; nothing is fetched, nothing expanded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from impasto.engine.imports.pathdata import Matrix, combined, matrix_of
from impasto.engine.imports.reader import Unreadable
from impasto.protocol.limits import MOST_STROKES

SVG, OURS, LINK = "http://www.w3.org/2000/svg ", "urn:impasto:strokes ", "http://www.w3.org/1999/xlink href"
MOST_SHAPES = MOST_STROKES
_MOST_RULES = 100_000  # of CSS
_DEEPEST = 200  # elements in elements
_INHERITED = ("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "visibility")
_STYLED = (*_INHERITED, "opacity", "display", "stop-color", "stop-opacity")
_SHAPES = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon")
_UNSEEN = ("defs", "mask", "clipPath", "symbol", "marker", "pattern", "filter", "text", "foreignObject", "switch")
_MOST_TEXT = 256 << 20  # letters of metadata
_RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
_UNITS = {"": 1, "px": 1, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96, "pt": 96 / 72, "pc": 16}
_LENGTH = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([a-z]*)\s*")


@dataclass(frozen=True)
class DrawnShape:
    """One shape. data: of its path; paint: what fills it, "none", #…, or url(#id); line: what its outline is drawn in.

    width: of that line; opacities: of fill and line; matrix: from its own units to the drawing's; numbers, of: what we
    wrote beside it; group: region and pass of the groups it lies in, None where these say nothing.
    """

    id: str
    data: str
    matrix: Matrix
    paint: str
    line: str
    width: float
    opacities: tuple[float, float]
    numbers: str
    of: str
    group: tuple[int | None, int | None]
    moved: bool


@dataclass
class Gradient:
    """Colours along a line: stops (colour, opacity), ends x1 y1 x2 y2 or None, and another gradient it goes by."""

    stops: list[tuple[tuple[float, float, float], float]] = field(default_factory=list)
    ends: tuple[float, float, float, float] | None = None
    href: str = ""
    matrix: Matrix = field(default_factory=lambda: np.eye(2, 3))


@dataclass
class SvgDrawing:
    """All that is painted; box: x y width height that the canvas is; told: the text of our metadata; ground: RGBA."""

    shapes: list[DrawnShape] = field(default_factory=list)
    gradients: dict[str, Gradient] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None
    told: str = ""
    ground: tuple[float, float, float, float] | None = None


@dataclass
class _State:
    """What an element hands on to those inside of it."""

    styles: dict[str, str] = field(default_factory=dict)
    opacity: float = 1.0
    matrix: Matrix = field(default_factory=lambda: np.eye(2, 3))
    group: tuple[int | None, int | None] = (None, None)
    moved: bool = False
    seen: bool = True


def read_drawing(file: BinaryIO) -> SvgDrawing:
    """The drawing in a file. Raises Unreadable for what is no SVG, declares entities, or has too much of something."""
    reading = _Reading()
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.text
    parser.EntityDeclHandler = _refuse_entities
    try:
        while block := file.read(1 << 20):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except ExpatError as error:
        raise Unreadable(f"it is no XML, {str(error)[:60]}") from error
    if reading.drawing.box is None:
        raise Unreadable("it is no SVG with a size")
    return reading.drawing


def _refuse_entities(*_: object) -> None:
    raise Unreadable("it declares entities")


class _Reading:
    """Hears elements begin and end."""

    def __init__(self) -> None:
        self.drawing = SvgDrawing()
        self._states: list[_State] = []
        self._classes: dict[str, dict[str, str]] = {}
        self._words: list[str] | None = None
        self._letters = 0
        self._gradient: Gradient | None = None

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        if len(self._states) >= _DEEPEST:
            raise Unreadable(f"its elements are nested deeper than {_DEEPEST}")
        kind = name.removeprefix(SVG)
        if not self._states and kind != "svg":
            raise Unreadable("it is no SVG")
        above = self._states[-1] if self._states else _State()
        self._states.append(self._below(above, kind, given))
        if len(self._states) == 1:
            self.drawing.box = _box(given)
        elif kind in ("linearGradient", "radialGradient"):
            if len(self.drawing.gradients) >= MOST_SHAPES:
                raise Unreadable(f"it has more than {MOST_SHAPES:,} gradients")
            self._gradient = self.drawing.gradients[given.get("id", "")[:200]] = _gradient(given)
        elif kind == "stop" and self._gradient is not None:
            styles = self._styles(given)
            colour = colour_of(styles.get("stop-color", "black")) or (0.0, 0.0, 0.0)
            del self._gradient.stops[1:]  # only the first and the last count
            self._gradient.stops.append((colour, _number(styles.get("stop-opacity"), 1.0, 0, 1)))
        elif kind == "style" or name == OURS + "painting":
            self._words = []
        elif kind in _SHAPES and self._states[-1].seen:
            self._shape(kind, given, self._states[-1])

    def text(self, words: str) -> None:
        """Letters between elements."""
        if self._words is not None:
            self._letters += len(words)
            if self._letters > _MOST_TEXT:
                raise Unreadable("it has too much text")
            self._words.append(words)

    def end(self, name: str) -> None:
        """An element ends."""
        self._states.pop()
        kind = name.removeprefix(SVG)
        if kind in ("linearGradient", "radialGradient"):
            self._gradient = None
        if self._words is None:
            return
        if kind == "style":
            rules = _RULE.findall("".join(self._words)[: 1 << 20])
            self._classes |= {found: _declared(text) for found, text in rules}
            self._words = None
            if len(self._classes) > _MOST_RULES:
                raise Unreadable(f"it has more than {_MOST_RULES:,} rules of style")
        elif name == OURS + "painting":
            self.drawing.told, self._words = "".join(self._words), None

    def _below(self, above: _State, kind: str, given: dict[str, str]) -> _State:
        styles = self._styles(given)
        own = matrix_of(given["transform"]) if "transform" in given else None
        region, of = (_whole(given.get(OURS + key)) for key in ("region", "pass"))
        still = own is None or np.array_equal(own, np.eye(2, 3))
        seen = above.seen and kind not in _UNSEEN and styles.get("display") != "none"
        return _State(
            styles=above.styles | {key: styles[key] for key in _INHERITED if key in styles},
            opacity=above.opacity * _number(styles.get("opacity"), 1.0, 0, 1),
            matrix=above.matrix if own is None else combined(above.matrix, own),
            group=(above.group[0] if region is None else region, above.group[1] if of is None else of),
            moved=above.moved or not (still or kind in _SHAPES or (region is None and above.group[0] is not None)),
            seen=seen and (len(self._states) == 0 or kind != "svg"),
        )  # fmt: skip

    def _styles(self, given: dict[str, str]) -> dict[str, str]:
        """What an element says of its look: by attributes, by classes, by its style, of which the last counts."""
        styles = {key: given[key].strip() for key in _STYLED if key in given}
        for name in given.get("class", "").split()[:20]:
            styles |= self._classes.get(name, {})
        return styles | _declared(given.get("style", ""))

    def _shape(self, kind: str, given: dict[str, str], state: _State) -> None:
        styles = state.styles
        if styles.get("visibility") in ("hidden", "collapse"):
            return
        fill = styles.get("fill", "black") if kind != "line" else "none"
        opacities = tuple(state.opacity * _number(styles.get(f"{of}-opacity"), 1.0, 0, 1) for of in ("fill", "stroke"))
        if OURS + "ground" in given:
            colour = colour_of(fill)
            self.drawing.ground = None if colour is None else (*colour, opacities[0])
            return
        if len(self.drawing.shapes) >= MOST_SHAPES:
            raise Unreadable(f"it has more than {MOST_SHAPES:,} shapes")
        self.drawing.shapes.append(
            DrawnShape(
                given.get("id", "")[:200], _data(kind, given), state.matrix, fill, styles.get("stroke", "none"),
                _number(styles.get("stroke-width"), 1.0, 0, 1e6), (opacities[0], opacities[1]),
                given.get(OURS + "stroke", ""), given.get(OURS + "of", ""), state.group, state.moved,
            )
        )  # fmt: skip


def colour_of(text: str) -> tuple[float, float, float] | None:
    """A colour in sRGB 0..1; None for "none" and what is no colour."""
    if len(text) > 60 or text == "none":
        return None
    try:
        red, green, blue, *_ = ImageColor.getrgb(text)
    except ValueError:
        return (0.0, 0.0, 0.0) if text == "currentColor" else None
    return red / 255, green / 255, blue / 255


def stops_of(drawing: SvgDrawing, gradient: Gradient) -> list[tuple[tuple[float, float, float], float]]:
    """A gradient's stops: its own, or those of the one that it goes by."""
    for _ in range(8):
        if gradient.stops or not gradient.href.startswith("#"):
            break
        following = drawing.gradients.get(gradient.href[1:])
        if following is None:
            break
        gradient = following
    return gradient.stops


def _gradient(given: dict[str, str]) -> Gradient:
    matrix = matrix_of(given["gradientTransform"]) if "gradientTransform" in given else np.eye(2, 3)
    ends = None
    if given.get("gradientUnits") == "userSpaceOnUse":
        x1, y1, x2, y2 = (_number(given.get(name), 0.0, -1e6, 1e6) for name in ("x1", "y1", "x2", "y2"))
        ends = x1, y1, x2, y2
    return Gradient(ends=ends, href=given.get(LINK, given.get("href", "")), matrix=matrix)


def _declared(text: str) -> dict[str, str]:
    """What CSS declarations say of what we know."""
    pairs = (part.partition(":") for part in text[:4096].split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip() in _STYLED}


def _box(given: dict[str, str]) -> tuple[float, float, float, float] | None:
    """The canvas in the drawing's own units."""
    words = given.get("viewBox", "").replace(",", " ").split()
    if len(words) == 4:
        x, y, width, height = (_number(word, 0.0, -1e6, 1e6) for word in words)
    else:
        x, y, (width, height) = 0.0, 0.0, (_number(given.get(name), 0.0, 0, 1e6) for name in ("width", "height"))
    return (x, y, width, height) if width > 0 and height > 0 else None


def _number(text: str | None, usual: float, low: float, high: float) -> float:
    """A length in pixels, or a share as such or in percent; the usual if it is none, or beyond all bounds."""
    text = "" if text is None else text[:60]
    percent = text.strip().endswith("%")
    match = _LENGTH.fullmatch(text.replace("%", "") if percent else text)
    if match is None or match[2] not in _UNITS:
        return usual
    value = float(match[1]) * _UNITS[match[2]] * (0.01 if percent else 1)
    return min(max(value, low), high)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,5}", text) else None


def _data(kind: str, given: dict[str, str]) -> str:
    """The path of a shape."""
    if kind == "path":
        return given.get("d", "")
    if kind in ("polyline", "polygon"):
        return f"M{given.get('points', '')}{'Z' if kind == 'polygon' else ''}"

    def at(name: str, usual: float = 0.0) -> float:
        return _number(given.get(name), usual, -1e6, 1e6)

    if kind == "line":
        return f"M{at('x1')},{at('y1')} {at('x2')},{at('y2')}"
    if kind == "rect":
        return f"M{at('x')},{at('y')}h{at('width')}v{at('height')}h{-at('width')}Z"
    rx, ry = (at("r"), at("r")) if kind == "circle" else (at("rx"), at("ry"))
    x, y = at("cx"), at("cy")
    return f"M{x - rx},{y}A{rx},{ry} 0 1 0 {x + rx},{y}A{rx},{ry} 0 1 0 {x - rx},{y}Z"


def place(points: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Points (…, 2) where a matrix takes them."""
    return points @ matrix[:, :2].T + matrix[:, 2]
