"""How a batch comes along: one line that is kept up to date, lines of JSON, or nothing; and what is said at the end."""

import sys
import time
from collections import Counter
from io import TextIOWrapper
from typing import Any

import click

from impasto.commands.options import json_text
from impasto.commands.progress import bar_text, columns, time_text
from impasto.commands.stopping import Stop
from impasto.commands.streams import silence

SURE = 2.0  # seconds of work after which time left is told


class Tally:
    """Counts what becomes of a batch's tasks, and says it.

    total: how many there are; before: of how many the outputs were there already; what: what one is called.
    as_json, quiet: as a command's options; a program that leaves while it is told is a wish to stop.
    """

    def __init__(
        self, total: int, before: int, stop: Stop, *, as_json: bool, quiet: bool, what: str = "picture"
    ) -> None:  # fmt: skip
        self.total, self.before, self.what = total, before, what
        self.done, self.bad = 0, dict[str, str]()
        self._stop, self._as_json = stop, as_json
        self._bar = sys.stderr.isatty() and not quiet and not as_json
        self._going: dict[str, float] = {}
        self._since: float | None = None
        self._began = time.monotonic()
        self.warnings: Counter[str] = Counter()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    def preparing(self, what: str) -> None:
        """Something comes before all work."""
        if what:
            self._line({"event": "preparing", "what": what})
            self._draw(what)

    def warn(self, said: str) -> None:
        """Something is worth knowing; it is said at the end, too."""
        self.warnings[said] += 1
        self._line({"event": "warning", "what": said})

    def begun(self, name: str) -> None:
        """Somebody does this one now."""
        if self._since is None:
            self._since = time.monotonic()
        self._going[name] = 0.0
        self._line({"event": "begun", self.what: name})
        self._show()

    def going(self, name: str, share: float) -> None:
        """It is done to this share."""
        self._going[name] = share = max(share, self._going.get(name, 0.0))  # some painters count each pass anew
        self._line({"event": "going", self.what: name, "fraction": share, **self._times()})
        self._show()

    def ended(self, name: str, **facts: Any) -> None:
        """It is done, and its outputs are written."""
        self._going.pop(name, None)
        self.done += 1
        for warning in facts.get("warnings", ()):
            self.warnings[warning] += 1
        self._line({"event": "painted", self.what: name, **facts, **self._times()})
        self._show()

    def failed(self, name: str, why: str) -> None:
        """It cannot be done."""
        self._going.pop(name, None)
        self.bad[name] = why
        self._line({"event": "failed", self.what: name, "why": why, **self._times()})
        self._show()

    def clear(self) -> None:
        """Make room for other lines."""
        if self._bar:
            self._draw("")
            click.echo("\r", nl=False, err=True)

    def finish(self, **facts: Any) -> None:
        """All is done that will be done."""
        self._line({
            "event": "finished", "painted": self.done, "before": self.before, "failed": len(self.bad),
            "seconds": self.seconds, **facts,
        })  # fmt: skip

    def _fraction(self) -> float:
        return (self.done + len(self.bad) + sum(self._going.values())) / max(1, self.total)

    def _left(self) -> float | None:
        """Seconds that the rest takes, if it takes as long as what is done."""
        spent = 0.0 if self._since is None else time.monotonic() - self._since
        fraction = self._fraction()
        return spent * (1 - fraction) / fraction if spent > SURE and fraction > 0 else None

    def _times(self) -> dict[str, Any]:
        over = {"done": self.done, "failed": len(self.bad), "of": self.total}
        return {"all": over, "seconds": self.seconds, "seconds_left": self._left()}

    def _show(self) -> None:
        if self._bar:
            words = [f"{self.done + len(self.bad)} of {self.total}"]
            if (left := self._left()) is not None:
                words.append(f"{time_text(left)} left")
            if self.bad:
                words.append(f"{len(self.bad)} failed")
            self._draw(bar_text(min(1.0, self._fraction()), words, columns()))

    def _draw(self, line: str) -> None:
        if self._bar:
            room = columns() - 1
            click.echo("\r" + line[:room].ljust(room), nl=False, err=True)

    def _line(self, event: dict[str, Any]) -> None:
        if not self._as_json:
            return
        try:
            click.echo(json_text(event))
        except OSError:
            if isinstance(sys.stdout, TextIOWrapper):
                silence(sys.stdout)
            self._stop.requested = True
