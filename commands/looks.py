"""What the command line says about the look of a painting: its medium, the light on it, its pigments."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting
    from impasto.engine.pictures.io import Picture
    from impasto.engine.styles import Style

FEWEST_COLOURS, MOST_COLOURS = 2, 256  # of a palette, as in engine.styles.style, which takes longer to load
WASHES = ("wetness", "rims", "granulation", "line", "border", "spatter", "pigments")
LOOKS = ("medium", "tip", "relief", "gloss", "light", "ground", "light_layers", *WASHES)
MOST_RELIEF, MOST_GLOSS, LOWEST, HIGHEST = 1.5, 0.5, 25, 75  # as in engine.texture.settings, which takes longer to load


@dataclass(frozen=True)
class LookWish:
    """The options of `look_options` below, and a palette; None where nothing was said."""

    medium: str | None = None
    tip: Path | None = None
    relief: float | None = None
    gloss: float | None = None
    light: tuple[float, float] | None = None
    ground: str | None = None
    light_layers: str | None = None
    wetness: float | None = None
    rims: float | None = None
    granulation: float | None = None
    line: float | None = None
    border: float | None = None
    spatter: int | None = None
    pigments: str | None = None
    palette: Path | int | None = None

    def medium_settings(self) -> dict[str, Any]:
        """What is said about a style's section [medium]."""
        said = {"kind": self.medium, "tip": None if self.tip is None else str(self.tip.absolute())}
        said |= {name: getattr(self, name) for name in WASHES}
        return {name: value for name, value in said.items() if value is not None}

    def light_settings(self) -> dict[str, Any]:
        """What is said about a style's section [light]."""
        angle, height = self.light or (None, None)
        said = {
            "relief": self.relief, "gloss": self.gloss, "angle": angle, "height": height, "ground": self.ground,
            "layers": self.light_layers,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}

    def on(self, painting: "Painting") -> "Painting":
        """The painting with this look. Raises ImpastoError for a file that is no tip."""
        from impasto.engine.painting.look import with_look

        tip, settings = None, self.medium_settings()
        if self.tip is not None:
            from impasto.engine.texture.tips import load_tip

            tip, settings["tip"] = load_tip(self.tip), self.tip.name
        return with_look(painting, settings, self.light_settings(), tip)

    def overrides(self) -> list[str]:
        """All of it as changes of a style, but a palette of the picture's own; see `own_palette`.

        Says what a palette had that is left out. Raises ImpastoError for one that cannot be read.
        """
        changes = {f"medium.{name}": value for name, value in self.medium_settings().items()}
        changes |= {f"light.{name}": value for name, value in self.light_settings().items()}
        if isinstance(self.palette, Path):
            from impasto.engine.styles.palette import read_palette

            changes["colour.palette"], warnings = read_palette(self.palette)
            for warning in warnings:
                click.echo(f"warning: {warning}", err=True)
        return [f"{name}={json.dumps(value)}" for name, value in changes.items()]

    def own_palette(self, style: "Style", picture: "Picture") -> list[str]:
        """The palette of the picture's own as a change of a style, if it is to have one."""
        if not isinstance(self.palette, int):
            return []
        from impasto.engine.painter.own_palette import with_own_palette

        colours = with_own_palette(style, picture, self.palette).colour.palette
        return [f"colour.palette={json.dumps(colours)}"]


class MediumOption(click.ParamType):
    """The name of a medium; all are looked through when one is named."""

    name = "medium"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that there is such a medium."""
        from impasto.engine.media import MEDIA

        if value not in MEDIA:
            self.fail(f"{value!r} is not one of {', '.join(MEDIA.names)}.", param, ctx)
        return value


class PaletteOption(click.ParamType):
    """NUMBER|FILE"""

    name = "palette"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | int:
        """A number is how many colours, all else the name of a file."""
        if not isinstance(value, str):
            return value
        if not re.fullmatch(r"-?[0-9]+", value):
            return Path(value)
        count = int(value[:9])
        if not FEWEST_COLOURS <= count <= MOST_COLOURS:
            self.fail(
                f"a palette has {FEWEST_COLOURS} to {MOST_COLOURS} colours, and not {value[:9]}; for a file of that "
                f"name, write ./{value[:9]}.", param, ctx,
            )  # fmt: skip
        return count


class LightOption(click.ParamType):
    """ANGLE,HEIGHT in degrees"""

    name = "light"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Two numbers in range."""
        if isinstance(value, tuple):
            return value
        try:
            angle, height = (float(part) for part in value.split(","))
        except ValueError:
            angle = height = math.nan
        if not (-360 <= angle <= 360 and LOWEST <= height <= HIGHEST):
            self.fail(
                f"{value!r} is not ANGLE,HEIGHT, such as 130,48: -360 to 360 and {LOWEST} to {HIGHEST} degrees.",
                param, ctx,
            )  # fmt: skip
        return angle, height


medium = click.option(
    "--medium",
    type=MediumOption(),
    metavar="NAME",
    show_default="the style's",
    help="What strokes are made of: flat, or a medium such as oil; a wrong name lists those there are.",
)
palette = click.option(
    "--palette",
    type=PaletteOption(),
    metavar="NUMBER|FILE",
    help="Give strokes no other colours than so many of the photo's own (2 to 256), or than those in this palette of "
    "GIMP (.gpl) or Krita (.kpl).",
)


def _of_washes(name: str, most: float, what: str) -> Callable[..., Any]:
    """An option of how washes and lines look."""
    return click.option(
        f"--{name}", type=click.FloatRange(0, most), metavar="NUMBER", show_default="the style's", help=f"{what}."
    )


def look_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about the look of a whole painting."""
    chosen = [
        medium,
        click.option(
            "--tip",
            type=options.FILE,
            metavar="FILE",
            help="A brush's tip, whose marks strokes have in place of bristles: .gbr (GIMP), .png (dark or opaque is "
            "paint), or a .kpp (Krita) that carries its tip.",
        ),
        click.option(
            "--relief",
            type=click.FloatRange(0, MOST_RELIEF),
            metavar="NUMBER",
            show_default="the style's",
            help="How strongly light shows the paint's relief.",
        ),
        click.option(
            "--gloss",
            type=click.FloatRange(0, MOST_GLOSS),
            metavar="NUMBER",
            show_default="the style's",
            help="How wet the paint shines.",
        ),
        click.option(
            "--light",
            type=LightOption(),
            metavar="ANGLE,HEIGHT",
            show_default="the style's",
            help="Where light comes from, degrees: counterclockwise from the right, and how high over the canvas.",
        ),
        click.option(
            "--ground",
            type=click.Choice(["canvas", "paper", "tooth", "none"]),
            show_default="the style's",
            help="What it is painted on; tooth is sanded paper, for sticks.",
        ),
        click.option(
            "--light-layers",
            type=click.Choice(["baked", "own", "none"]),
            show_default="the style's",
            help="Light in layers: the whole picture's (baked), each layer's own, or none.",
        ),
        _of_washes("wetness", 2, "How far washes run, melt and lose their edges"),
        _of_washes("rims", 2, "How dark washes dry at their rims"),
        _of_washes("granulation", 2, "How much pigment settles in the paper's hollows"),
        _of_washes("line", 2, "How strongly a drawing's lines show"),
        _of_washes("border", 0.2, "The margin of the sheet left bare, as a share of its longer side"),
        click.option(
            "--spatter",
            type=click.IntRange(0, 100),
            metavar="TIMES",
            show_default="the style's",
            help="How often the brush is flicked over a watercolour.",
        ),
        click.option(
            "--pigments",
            metavar="SET",
            show_default="the style's",
            help="What a watercolour is mixed of: classic, earths, primaries, sea, sepia or ink; a style's TOML may "
            "list others.",
        ),
    ]
    for option in reversed(chosen):
        command = option(command)
    return command
