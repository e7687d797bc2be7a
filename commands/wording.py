"""What the command line says in plain words about the style."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from impasto.engine.styles.words import Choice

style_words = click.option(
    "--style-words",
    metavar="WORDS",
    help='Choose the style by English words, such as "a stormy sea at night, palette knife". After `impasto models '
    "fetch clip` a network helps where they name none.",
)


def chosen(words: str, quiet: bool) -> "Choice":
    """What these words choose; says so in one line. Raises ImpastoError for no words or too many."""
    from impasto.engine.painter.wording import chosen

    choice = chosen(words)
    if not quiet:
        click.echo(choice.why, err=True)
    return choice
