"""Every word the artist reads, in the language of the editor: the one way to translate.

A catalogue is `languages/LANGUAGE.json`: "strings" has the plugin's own texts by the English ones, "engine" what an
engine calls things, by codes such as "style:flow", "parameter:shape/bend" and "error:busy"; "…/about" is the tip. What
no catalogue knows is shown as it comes, so that a newer engine needs no newer plugin. English has a catalogue as well:
of what an engine calls otherwise than an artist would.

What varies is filled in afterwards: `tr("{count} strokes").format(count=3)`. A plugin says which language: `speak`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

CATALOGUES = Path(__file__).parent / "languages"
USUAL = "en"

_locales: Callable[[], Iterable[str]] = tuple
_editor = "Impasto"


def speak(locales: Callable[[], Iterable[str]], editor: str) -> None:
    """From now on in the first of these languages; locales: gives their names (fr_FR), editor: what it is called."""
    global _locales, _editor
    _locales, _editor = locales, editor
    language.cache_clear()


def editor() -> str:
    """What the editor is called, for sentences that name it."""
    return _editor


def tr(text: str) -> str:
    """A text of ours in the editor's language, or as it is."""
    return catalogue(language())["strings"].get(text, text)


def of_engine(code: str, text: str) -> str:
    """What an engine calls something that has this code, in the editor's language, or as it comes."""
    return catalogue(language())["engine"].get(code, text)


def is_ours(text: str) -> bool:
    """Was it translated already?"""
    return text in catalogue(language())["strings"].values()


@lru_cache(maxsize=1)
def language() -> str:
    """Two letters: the editor's language if there is a catalogue, else English."""
    for name in _locales():
        short = name.replace("-", "_").partition("_")[0]
        if (CATALOGUES / f"{short}.json").is_file():
            return short
        if short != "C":  # the others are only the next best to those who wrote the list
            break
    return USUAL


@lru_cache(maxsize=2)
def catalogue(name: str) -> dict[str, dict[str, str]]:
    """The texts of a language; none if its file is not there or damaged: English is better than no plugin."""
    found: Any = {}
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((CATALOGUES / f"{name}.json").read_text(encoding="utf-8"))
    return {part: dict(found.get(part) or {}) for part in ("strings", "engine")}
