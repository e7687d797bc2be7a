"""A style by words: chosen by a network that knows words, if one is on this computer, else by a list of words."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.seeing.networks import clip_in, words_network
from impasto.engine.segment.networks.clip import TASK, Clip
from impasto.engine.segment.networks.models import first_there
from impasto.engine.styles import load_style
from impasto.engine.styles import words as by_words
from impasto.engine.styles.words import Choice

GUIDE = 1.0  # weight of the words, where they guide
GALLERY = Path(__file__).resolve().parents[2] / "easel" / "pictures"  # one picture in each style


def chosen(words: str) -> Choice:
    """The style that words ask for: see `engine.styles.words`. Its `why` says if a network was there and of no use.

    A network is loaded, in some seconds, only if words that name no style or no colours are to be judged. Raises
    ImpastoError for no words or too many.
    """
    folder = first_there(TASK)
    if folder is None:
        return by_words.chosen(words)
    try:
        return by_words.chosen(words, StyleJudge(folder))
    except Unjudged as error:
        choice = by_words.chosen(words)
        return replace(choice, why=f"{choice.why}; the network for words could not help: {error}")


def guided(choice: Choice, words: str) -> list[str]:
    """Overrides with which the words guide the strokes of the style that they chose, at the end.

    Raises ImpastoError for a style whose strokes are not fitted at the end, and if the network is not there.
    """
    style = load_style(choice.name, choice.overrides)
    if style.is_traced or style.finish == 0:
        raise ImpastoError(
            f"words chose {choice.name}, whose strokes are set and not moved, and cannot be guided; leave --guide out, "
            "or name another style among the words"
        )
    words_network()
    plain = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return [f"loss.guide={GUIDE}", f"loss.words={json.dumps(plain, ensure_ascii=False)}"]


class Unjudged(ImpastoError):
    """The network cannot be asked."""


class StyleJudge:
    """A `Judge`: a network, and a picture in each of our styles. Both are loaded when first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of_texts(self, words: str, texts: list[str]) -> np.ndarray:
        """See `Judge`. Raises Unjudged."""
        try:
            meant = self._network.of_texts([words, *texts])
        except ImpastoError as error:
            raise Unjudged(str(error)) from error
        return _likeness(meant[:1], meant[1:])

    def of_styles(self, words: str, names: list[str]) -> np.ndarray | None:
        """See `Judge`. Raises Unjudged."""
        from impasto.engine.pictures.io import load_picture

        paths = [GALLERY / f"{name}.png" for name in names]
        if not all(path.is_file() for path in paths):
            return None
        try:
            shown = self._network.of_pictures([load_picture(path).rgb for path in paths])
            return _likeness(self._network.of_texts([words]), shown)
        except ImpastoError as error:
            raise Unjudged(str(error)) from error

    @cached_property
    def _network(self) -> Clip:
        return clip_in(self._folder)


def _likeness(words: object, others: object) -> np.ndarray:
    """Cosines (N,) of a vector (1, D) and N others, all of length 1; what is no number is like nothing."""
    return np.nan_to_num(np.asarray(others, np.float64) @ np.asarray(words, np.float64)[0], nan=0.0)
