"""A remembered painting as editable shapes in vector layers, and the painting of what was made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Any

from ..document import krita_document, pen
from ..document.history import Remembered
from ..document.open_documents import CanvasError, active_key
from ..document.vectors import (
    A_LAYER,
    MOST_SHAPES,
    ShapeGroup,
    chosen_shapes,
    drawing_of,
    named_for_engine,
    painting_of,
    shapes_in,
)
from ..easel.words import tr
from ..protocol import ProtocolError
from ..protocol.limits import MOST_REGIONS, MOST_STROKES
from ..protocol.messages import Each, Number, Text, Whole, checked_fields
from ..told import DoneTold, PaintRecipe
from .paint_job import PaintJob
from .rendering import Rendering, need_shape
from .repaint import Applying
from .stages import FETCHING, READING, SHAPING, WAITING
from .steps import Steps

FEATURE = "shapes"  # of engines that give strokes as shapes, and take them
MOST_BYTES = 64 << 20  # of what the engine sends of them
_GROUP = {"region": Text(200, 1), "pass": Whole(0, 1000)}
_STROKE = {
    "id": Whole(0, 2**63 - 1),
    "path": Text(1 << 16, 1),
    "colour": Text(7, 7),
    "opacity": Each(Number(0, 1), 2),
    "ends": Each(Number(-(2**20), 2**20), 4),
}
_PATH, _COLOUR = re.compile(r"[MCZ0-9. -]+"), re.compile(r"#[0-9a-f]{6}")


class Shaping(Rendering):
    """The strokes of a result as shapes, in a group of vector layers."""

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("{style}, as shapes").format(style=self._old.recipe["style"])

    def _asked(self) -> Steps:
        need_engine(self._state)
        recipe = self._old.recipe
        if recipe["strokes"] > MOST_SHAPES:
            words = tr(
                "This painting has {count:,} strokes, and Krita stands still with more than {most:,} shapes; choose a "
                "result with fewer."
            )
            raise CanvasError(words.format(count=recipe["strokes"], most=MOST_SHAPES))
        width, height = self._size()
        done = yield from self._rendered(WAITING, width, height, shapes=True)
        self.become(FETCHING)
        size = done.get("shapes")
        if type(size) is not int or not 0 < size <= MOST_BYTES:
            raise CanvasError(_odd())
        text = yield from self.job.fetched_plane("shapes.json", size, self.come)
        ground = yield from self.job.fetched_plane("pixels.rgba", 4 * width * height, self.come)
        strokes = yield from _strokes(bytes(text))
        parts = list(_layers(strokes, self._old.name.rpartition("/")[2], width, height))
        self.become(SHAPING)
        yield from pen.up()
        self._sheet = ShapeGroup(self.key, tr("{title}, as shapes").format(title=self._old.title))
        yield from self._sheet.lay_ground(tr("ground"), ground)
        for number, (name, svg) in enumerate(parts):
            yield from pen.up()
            self._sheet.add(name, svg)
            self.come((number + 1) / len(parts))
            yield
        yield from pen.up()
        yield from self._sheet.hang(recipe["group"], choose=True)


class Redrawing(Applying):
    """A painting of the shapes that are chosen, as they are now, in the style of the result that they are of."""

    def __init__(self, state: Any, old: Remembered) -> None:
        super().__init__(state, old)
        self._texts: list[str] = []
        self._above = ""

    def _read(self) -> Generator[Any, Any, krita_document.Source]:
        need_engine(self._state)
        self.become(READING)
        self._above, layers = chosen_shapes()
        key, count = active_key(), 0
        for number, uid in enumerate(layers):
            text = drawing_of(key, uid)
            count += shapes_in(text)
            if count > MOST_STROKES:
                raise CanvasError(tr("There are more than {most:,} shapes; delete some.").format(most=MOST_STROKES))
            self._texts.append(text)
            self.come((number + 1) / len(layers))
            yield
        if not count:
            raise CanvasError(tr("There are no shapes to be seen in what is chosen; draw some, or choose others."))
        self._find(painting_of(self._texts))
        source = yield from super()._read()
        need_shape(source.width, source.height, self._old.recipe)
        source.node = self._above
        return source

    def _find(self, digits: str) -> None:
        """Take the result that most shapes are of, as long as the document remembers it."""
        of = next((entry for entry in self._state.history.entries if entry.name.endswith(f"/{digits}")), None)
        if digits and of is not None:
            self._old = of
            self._plan.kind = of.recipe["layers"]
            self._style = {"name": of.recipe["style"], "values": of.recipe["values"]}
            self._texts = [named_for_engine(text, digits) for text in self._texts]

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        fields = yield from super()._fields()
        drawn = yield self._state.connection.put(json.dumps(self._texts).encode("ascii"), self.come)
        return {**fields, "drawn": drawn, "width": self.source.width, "height": self.source.height}

    def _recipe(self, fields: dict[str, Any]) -> PaintRecipe:
        recipe = self._old.recipe.copy()
        recipe["group"] = ""
        return recipe

    def _remember(self, done: DoneTold) -> Steps:
        yield from PaintJob._remember(self, done)

    def _title(self) -> str:
        return tr("{title}, of shapes").format(title=super()._title())


def need_engine(state: Any) -> None:
    """Raises CanvasError if the engine knows no shapes."""
    if state.connection.lacks(FEATURE):
        raise CanvasError(tr("This engine is too old for shapes; update it."))


def _odd() -> str:
    return tr("The engine sent no shapes; update it.")


def _strokes(data: bytes) -> Generator[None, None, list[tuple[str, dict[str, Any]]]]:
    """What the engine sent, checked: each stroke with the name of its layer, from the back to the front."""
    found = []
    try:
        groups = json.loads(data)["groups"]
        if len(groups) > 1000 * MOST_REGIONS:
            raise CanvasError(_odd())
        regions = {group["region"] for group in groups}
        for group in groups:
            told = checked_fields({name: group[name] for name in _GROUP}, _GROUP)
            number = tr("pass {number}").format(number=told["pass"] + 1)
            name = number if len(regions) < 2 else f"{told['region']}, {number}"
            for stroke in group["strokes"]:
                each = checked_fields(dict(stroke), _STROKE)
                sound = _PATH.fullmatch(each["path"]) and _COLOUR.fullmatch(each["colour"])
                if not sound or len(each["opacity"]) != 2 or len(each["ends"]) != 4 or len(found) >= MOST_SHAPES:
                    raise CanvasError(_odd())
                found.append((name, each))
                if not len(found) % A_LAYER:
                    yield
    except (KeyError, TypeError, ValueError, RecursionError, ProtocolError) as error:
        raise CanvasError(_odd()) from error
    if not found:
        raise CanvasError(tr("This painting has no strokes; choose another one."))
    return found


def _layers(
    strokes: list[tuple[str, dict[str, Any]]], digits: str, width: int, height: int
) -> Iterator[tuple[str, str]]:
    """Names and SVG documents of the layers, each of not more shapes than Krita takes at once."""
    begin = 0
    while begin < len(strokes):
        name, end = strokes[begin][0], begin
        while end < len(strokes) and end - begin < A_LAYER and strokes[end][0] == name:
            end += 1
        yield name, _svg([stroke for _, stroke in strokes[begin:end]], digits, width, height)
        begin = end


def _svg(strokes: list[dict[str, Any]], digits: str, width: int, height: int) -> str:
    fades, shapes = "", ""
    for stroke in strokes:
        (first, last), colour = stroke["opacity"], stroke["colour"]
        fill = {"fill": colour, "fill-opacity": first}
        if first != last:
            fade = f"fade-{stroke['id']}"
            x1, y1, x2, y2 = stroke["ends"]
            ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
            stops = "".join(
                _element("stop", {"offset": place, "stop-color": colour, "stop-opacity": opacity})
                for place, opacity in ((0, first), (1, last))
            )
            fades += _element("linearGradient", {"id": fade, "gradientUnits": "userSpaceOnUse", **ends}, stops)
            fill = {"fill": f"url(#{fade})"}
        name = f"impasto-{digits}-{stroke['id']}"
        shapes += _element("path", {"id": name, "d": stroke["path"], **fill, "stroke": "none"})
    size = {"width": f"{width}px", "height": f"{height}px", "viewBox": f"0 0 {width} {height}"}
    return _element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size}, _element("defs", {}, fades) + shapes)


def _element(name: str, values: dict[str, Any], within: str = "") -> str:
    """An element of SVG; values: such as need no quoting."""
    told = "".join(f' {key}="{value}"' for key, value in values.items())
    return f"<{name}{told}>{within}</{name}>"
