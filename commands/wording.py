"""What the command line says in plain words about the style."""

from dataclasses import replace
from typing import Any

import click

from impasto.engine.errors import ImpastoError

style_words = click.option(
    "--style-words",
    metavar="WORDS",
    help='Choose the style by English words, such as "a stormy sea at night, palette knife". After `impasto models '
    "fetch clip` a network helps where they name none.",
)


guide = click.option(
    "--guide",
    is_flag=True,
    help="Let a network say in the finish how to look more like --style-words; it takes `impasto models fetch clip`, "
    "and half a minute more on one core.",
)


def check_words(wish: Any) -> None:
    """Refuse two ways of saying the style in one wish, of `paint` or of `repaint`."""
    if wish.style is not None and wish.style_words is not None:
        raise ImpastoError("--style names a style, and --style-words chooses one; leave one of them out")
    if wish.guide and wish.style_words is None:
        raise ImpastoError("--guide goes by --style-words; give some, or leave it out")


def worded(wish: Any) -> tuple[Any, list[str]]:
    """The wish in the style that its words choose, which is told in one line; and what goes for all regions' styles.

    What else the wish says of its style counts more than its words, as do the colours of a picture to paint like.
    Raises ImpastoError for no words or too many.
    """
    if wish.style_words is None:
        return wish, []
    from impasto.engine.painter.wording import chosen, guided

    choice = chosen(wish.style_words)
    if not wish.quiet:
        click.echo(choice.why, err=True)
    bent, everywhere = choice.overrides, choice.everywhere
    if wish.example.style_image is not None:
        bent, everywhere = tuple(each for each in bent if each not in everywhere), []
    if wish.guide:
        bent = (*bent, *guided(choice, wish.style_words))
    brush, looseness = choice.bent(wish.brush, wish.looseness)
    changes = {"style": choice.name, "overrides": (*bent, *wish.overrides), "brush": brush, "looseness": looseness}
    return replace(wish, **changes), everywhere
