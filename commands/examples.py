"""What the command line says about a picture that is to be painted like: as a style's example."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.styles import Style

MOST_TEXTURE = 2.0
EXAMPLE = ("style_image", "style_strength", "texture")


@dataclass(frozen=True)
class ExampleWish:
    """The options of `example_options` below."""

    style_image: Path | None = None
    style_strength: float | None = None
    texture: float | None = None
    asked_by: str = "--style-image"

    def check(self, style: str | None = None, outputs: Iterable[Path | None] = ()) -> None:
        """Refuse what is said of a picture that is not given, and outputs that are a picture to paint like.

        style: what was named as one, be it a picture or not.
        """
        for example in (self.style_image, None if style is None else Path(style)):
            for path in outputs:
                if example is not None and path is not None and options.same_file(example, path):
                    raise ImpastoError(f"{path} is one of the files to read; choose another name")
        said = {"a strength": self.style_strength, "a texture": self.texture}
        unused = [name for name, value in said.items() if value is not None]
        if unused and self.style_image is None:
            raise ImpastoError(f"{unused[0]} is that of the picture of {self.asked_by}; give one, or leave it out")

    def style(self, base: str | None, changes: Iterable[str], max_pixels: int, usual: str = "painterly") -> "Style":
        """The style that is asked for: the picture's, or that of a name.

        base: the style whose medium and all else is kept, None if nobody named one; usual: which it is without a
        picture. Raises ImpastoError for a picture that shows no style, and for a style that is none.
        """
        from impasto.engine.styles import changed_style, load_style

        if self.style_image is None:
            return load_style(base or usual, changes)
        from impasto.engine.painter.seeing.example import style_like
        from impasto.engine.pictures.io import load_picture

        own = None if base is None else load_style(base)
        strength = 1.0 if self.style_strength is None else self.style_strength
        picture = load_picture(self.style_image, max_pixels)
        name, texture = self.style_image.stem, self.texture or 0.0
        style = style_like(picture, name, strength=strength, texture=texture, base=own)
        return changed_style(style, changes)


def _strength(name: str) -> Callable[..., Any]:
    return click.option(
        name,
        "style_strength",
        type=click.FloatRange(0, 1),
        metavar="NUMBER",
        show_default="1",
        help="How far to go towards the picture's colours and hand.",
    )


texture = click.option(
    "--texture",
    type=click.FloatRange(0, MOST_TEXTURE),
    metavar="NUMBER",
    show_default="0",
    help="How much the finish goes for the picture's texture, as a network sees it: 1 is much. Takes a second more.",
)
style_image = click.option(
    "--style-image",
    type=options.FILE,
    metavar="PICTURE",
    help="Paint as this picture is painted: in its colours, with strokes as broad, long and sharp as its own. The "
    "medium, and all else, is --style's.",
)
from_picture = click.option(
    "--from",
    "style_image",
    type=options.FILE,
    metavar="PICTURE",
    help="Make a style of a picture: its colours, and strokes like its own. All else is that of the style named.",
)


def example_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about a picture to paint like."""
    return style_image(_strength("--style-strength")(texture(command)))


def making_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about a picture to make a style of."""
    return from_picture(_strength("--strength")(texture(command)))
