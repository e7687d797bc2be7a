"""Three ways to tell how a painting comes along: a bar for people, JSON for programs, and silence."""

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from impasto.commands.options import json_text
from impasto.commands.stopping import Stop
from impasto.commands.streams import silence

if TYPE_CHECKING:
    from impasto.engine.painter.events import Event

USUAL_COLUMNS = 80
WIDEST_BAR, NARROWEST_BAR = 40, 5


class Silent:
    """Tells nothing."""

    def hear(self, event: "Event", **more: object) -> None:
        """Something happened; `more` is what the event does not know, such as the file it went to."""

    def hear_written(self, done: int, of: int) -> None:
        """So many of so many parts of a file are written."""

    def clear(self) -> None:
        """Make room for other lines."""


class Lines(Silent):
    """Tells every event as one line of JSON on stdout; if nobody reads them any more, that is a wish to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def hear(self, event: "Event", **more: object) -> None:
        """Print it at once."""
        try:
            click.echo(json_text(event.as_json() | more))
        except OSError:
            if isinstance(sys.stdout, TextIOWrapper):
                silence(sys.stdout)
            self._stop.requested = True


class Bar(Silent):
    """Keeps one line of the terminal up to date: the share done, the pass, the loss and the time left."""

    def hear(self, event: "Event", **more: object) -> None:
        """Draw it, if it changes the line."""
        from impasto.engine.painter.events import Preparing, Progress

        if isinstance(event, Preparing):
            self.say(event.what)
        elif isinstance(event, Progress):
            words = [f"pass {event.index}/{event.of}"]
            if event.loss == event.loss:  # lines have none
                words.append(f"loss {event.loss:.4f}")
            if event.seconds_left is not None:
                words.append(f"{time_text(event.seconds_left)} left")
            self._draw(bar_text(event.fraction, words, columns()))

    def hear_written(self, done: int, of: int) -> None:
        """Draw how far that is."""
        self._draw(bar_text(done / of, [f"picture {done} of {of}"], columns()))

    def say(self, text: str) -> None:
        """Show a text in place of the bar."""
        self._draw(text)

    def clear(self) -> None:
        """Wipe the line."""
        self._draw("")
        click.echo("\r", nl=False, err=True)

    def _draw(self, line: str) -> None:
        room = columns() - 1  # in the last column some terminals begin a new line
        click.echo("\r" + line[:room].ljust(room), nl=False, err=True)


def announce(quiet: bool = False) -> Silent:
    """The bar on a terminal, unless it is to be quiet; else silence."""
    return Bar() if sys.stderr.isatty() and not quiet else Silent()


def columns() -> int:
    """Width of the terminal behind stderr."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or USUAL_COLUMNS
    except (OSError, ValueError):
        return USUAL_COLUMNS


def bar_text(fraction: float, words: list[str], width: int) -> str:
    """The line, shorter than `width`: where it is narrow the bar shrinks, then goes, then words go."""
    share = f"{fraction:4.0%} "
    room = min(WIDEST_BAR, width - len(share + ", ".join(words)) - len("[] ") - 1)
    if room >= NARROWEST_BAR:
        full = int(room * fraction)
        return f"{share}[{'#' * full}{'-' * (room - full)}] {', '.join(words)}"
    while words and len(share + ", ".join(words)) >= width:
        words = words[:-1]
    return share + ", ".join(words)


def time_text(seconds: float) -> str:
    """Such as 1:23 or 2:01:23."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
