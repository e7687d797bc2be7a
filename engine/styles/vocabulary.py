"""What words mean, as the files in `spoken/` have it: styles, moods, bends."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

from impasto.engine.errors import ImpastoError

Phrases = tuple[str, ...]
"""What may be said, in small letters, one space between words."""
SPOKEN, NO_MOOD = Path(__file__).parent / "spoken", "none"


@dataclass(frozen=True)
class Meaning:
    """What is said when a style or a mood is meant, and what it looks like."""

    named: Phrases = ()
    suggested: Phrases = ()
    texts: Phrases = ()
    colours: Phrases = ()
    """As #rrggbb, each standing for as much of a picture in this mood."""


@dataclass(frozen=True)
class Bend:
    """What phrases do to a setting of a style, or to `brush` and `looseness`: multiply it, or replace it."""

    setting: str
    named: Phrases
    times: float | None = None
    to: float | str | None = None
    where: Literal["any", "cover", "absorb"] = "any"


@dataclass(frozen=True)
class Vocabulary:
    """All that is known: styles and moods by name, in the files' order."""

    styles: dict[str, Meaning]
    moods: dict[str, Meaning]
    bends: tuple[Bend, ...]
    no_mood: Meaning = field(default=Meaning())


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read when it is first asked for. Raises ImpastoError if its files are missing or damaged."""
    try:
        moods = {name: Meaning(**_phrases(table)) for name, table in _read("moods").items()}
        return Vocabulary(
            styles={name: Meaning(**_phrases(table)) for name, table in _read("styles").items()},
            moods={name: mood for name, mood in moods.items() if name != NO_MOOD},
            bends=tuple(Bend(**_phrases(table)) for table in _read("bends")["bends"]),
            no_mood=moods[NO_MOOD],
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImpastoError(f"the words for styles in {SPOKEN} are missing or damaged; install Impasto again") from error


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((SPOKEN / f"{name}.toml").read_text(encoding="utf-8"))


def _phrases(table: dict[str, Any]) -> dict[str, Any]:
    """Phrases are told apart by commas."""
    split = {key: value.split(",") for key, value in table.items() if key in ("named", "suggested")}
    listed = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return table | listed | {key: tuple(" ".join(phrase.split()) for phrase in words) for key, words in split.items()}
