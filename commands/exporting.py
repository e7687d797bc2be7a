"""Options that say how a painting is given away in a format that has more to be said than a size."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.export.writer import Film, FilmedBy, Plot

EXPORTS = ("page", "margin", "pen", "pens", "film_by", "duration", "hold")
FILMS = (".mp4", ".webm", ".gif")
PAGES = {
    "a6": (105, 148), "a5": (148, 210), "a4": (210, 297), "a3": (297, 420), "a2": (420, 594), "a1": (594, 841),
    "a0": (841, 1189), "letter": (215.9, 279.4), "legal": (215.9, 355.6), "tabloid": (279.4, 431.8),
}  # fmt: skip
_MILLIMETRES = {"": 1.0, "mm": 1.0, "cm": 10.0, "in": 25.4}
_LARGEST = 10_000.0  # millimetres


class Length(float):
    """Millimetres, written as such."""

    def __str__(self) -> str:
        """As an option has it."""
        return f"{float(self):g}mm"


class Page(tuple[float, float]):
    """Width and height in millimetres, written as such."""

    def __str__(self) -> str:
        """As an option has it."""
        return f"{self[0]:g}x{self[1]:g}mm"


class LengthType(click.ParamType):
    """A length, such as 15mm, 1.5cm or .6in; a bare number is millimetres."""

    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Length:
        """Read it."""
        if isinstance(value, Length):
            return value
        found = _length(str(value))
        if found is None:
            self.fail(f"{value!r} is no length, such as 15mm or .6in.", param, ctx)
        return Length(found)


class PageType(click.ParamType):
    """A sheet of paper: a name, or its width and height such as 210x297mm."""

    name = "page"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Page:
        """Read it."""
        if isinstance(value, Page):
            return value
        text = str(value).lower()
        if text in PAGES:
            return Page(PAGES[text])
        wide, _, tall = text.partition("x")
        unit = re.sub(r"[^a-z]", "", tall)
        sides = _length(wide if re.search("[a-z]", wide) else wide + unit), _length(tall)
        if None in sides or 0 in sides:
            self.fail(f"{value!r} is no page; name {', '.join(PAGES)}, or a size such as 210x297mm.", param, ctx)
        return Page(sides)


def _length(text: str) -> float | None:
    match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([a-z]*)\s*", text.lower())
    if match is None or match[2] not in _MILLIMETRES:
        return None
    value = float(match[1]) * _MILLIMETRES[match[2]]
    return value if math.isfinite(value) and value <= _LARGEST else None


_OPTIONS = (
    click.option(
        "--page",
        type=PageType(),
        metavar="NAME|WxHmm",
        help="Of an .svg: draw centre lines for a plotter on this sheet, such as a4 or 300x200mm, turned as the "
        "picture lies; lines that later strokes hide are cut.",
    ),
    click.option(
        "--margin", type=LengthType(), metavar="LENGTH", show_default="15mm", help="Of a --page: what stays free."
    ),
    click.option(
        "--pen", type=LengthType(), metavar="LENGTH", show_default=".5mm", help="Of a --page: how broad a line is."
    ),
    click.option(
        "--pens",
        type=click.IntRange(1, 32),
        metavar="NUMBER",
        show_default="1, black",
        help="Of a --page: how many pens there are, whose colours are chosen; each has a layer.",
    ),
    click.option(
        "--film-by",
        type=click.Choice(["strokes", "passes", "regions"]),
        show_default="strokes",
        help="Of an .mp4, .webm or .gif: what comes one after the other.",
    ),
    click.option(
        "--duration",
        type=click.FloatRange(0.1, 3600),
        metavar="SECONDS",
        show_default="10",
        help="Of a film: how long the painting takes to come about.",
    ),
    click.option(
        "--hold",
        type=click.FloatRange(0, 600),
        metavar="SECONDS",
        show_default="2",
        help="Of a film: how long it then stays.",
    ),
)


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them all to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class ExportWish:
    """What these options say; None is what is usual."""

    page: Page | None = None
    margin: Length | None = None
    pen: Length | None = None
    pens: int | None = None
    film_by: "FilmedBy | None" = None
    duration: float | None = None
    hold: float | None = None

    def check(self, out: Path | None) -> None:
        """Refuse what does not fit what is to be written. Raises ImpastoError, or UsageError if a page is missing."""
        suffix = "" if out is None else out.suffix.lower()
        filmed = [f"--{name.replace('_', '-')}" for name in ("film_by", "duration", "hold") if self._has(name)]
        if filmed and suffix not in FILMS:
            raise ImpastoError(f"{filmed[0]} is for films; name an .mp4, .webm or .gif with -o, or leave it out")
        plotted = [f"--{name}" for name in ("margin", "pen", "pens") if self._has(name)]
        if self.page is None:
            if plotted:
                raise click.UsageError(f"{plotted[0]} is for a plotter's sheet; name it with --page.")
            return
        if suffix != ".svg":
            raise ImpastoError("--page is for a plotter's .svg; name one with -o, or leave it out")
        if self.pen is not None and self.pen <= 0:
            raise click.UsageError("--pen has to be broader than nothing.")

    @property
    def plot(self) -> "Plot | None":
        """The sheet and the pens, if that is asked for."""
        from impasto.engine.export.writer import Plot

        if self.page is None:
            return None
        given = {name: getattr(self, name) for name in ("margin", "pen", "pens") if self._has(name)}
        return Plot((self.page[0], self.page[1]), **given)

    @property
    def film(self) -> "Film":
        """How a film is made."""
        from impasto.engine.export.writer import Film

        names = {"by": "film_by", "duration": "duration", "hold": "hold"}
        return Film(**{name: getattr(self, own) for name, own in names.items() if self._has(own)})

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None
