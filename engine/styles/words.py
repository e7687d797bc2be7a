"""A style by words: what is named or suggested chooses, and bends, one of the styles there are.

A list of words does it alone. Where a network judges likeness as well, what is named still stands, and the network
chooses among the rest; see `engine.painter.wording`, which looks for one.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.styles import Style, load_style, preset_names
from impasto.engine.styles.variation import LARGEST_BRUSH, LOOSEST, SMALLEST_BRUSH, TIGHTEST
from impasto.engine.styles.vocabulary import Bend, Phrases, vocabulary

USUAL = "painterly"
LONGEST = 400  # letters
STRENGTH = 0.8  # how far a mood's colours go
MOST_MOODS = 3
_BY_WORD = 1.0  # what a word that suggests a style adds to its likeness, in standard deviations of all styles'
_NOT, _ARTICLES = ("no", "not", "without", "never", "nor"), ("a", "an", "the", "any", "too", "very", "so")
_LIKEST = "likest to the words"
_SPELLING = {"color": "colour", "gray": "grey"}
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Choice:
    """What words chose.

    name: a preset; overrides: what is bent, for `load_style`; why: one line, for people; by_network: whether a network
    had a say; brush, looseness: for `varied`.
    """

    name: str
    overrides: tuple[str, ...]
    why: str
    by_network: bool = False
    brush: float = 1.0
    looseness: float = 0.0

    def bent(self, brush: float, looseness: float) -> tuple[float, float]:
        """Brush and looseness for `varied`, of somebody who moves these sliders as well."""
        brush = min(max(self.brush * brush, SMALLEST_BRUSH), LARGEST_BRUSH)
        return brush, min(max(self.looseness + looseness, TIGHTEST), LOOSEST)

    @property
    def everywhere(self) -> list[str]:
        """Those overrides that go for regions of other styles as well: the mood's colours."""
        return [override for override in self.overrides if override.startswith("colour.like=")]


class Judge(Protocol):
    """Somebody who can tell how alike words and what they may mean are."""

    def of_texts(self, words: str, texts: list[str]) -> np.ndarray:
        """How like each of N texts the words are (N,): the more, the liker."""
        ...

    def of_styles(self, words: str, names: list[str]) -> np.ndarray | None:
        """How like a picture in each of N styles the words are (N,); None if there are no pictures."""
        ...


def chosen(words: str, judge: Judge | None = None) -> Choice:
    """The style that words such as "a stormy sea at night, palette knife" ask for. English.

    Words that nobody knows choose the usual style, and `why` says so. Raises ImpastoError for no words, and for over
    400 letters.
    """
    said = Said(words)
    style, style_why = _style(said, judge)
    moods, mood_why = _moods(said, judge)
    if style.is_traced or style.medium.kind == "ink":  # they have no colours
        moods, mood_why = [], ""
    bends, bend_why = _bends(said, style)
    if not (style_why or mood_why or bend_why):
        there = ", ".join(preset_names())
        why = f"none of these words is known, so it is the usual style, {USUAL}; the styles are {there}"
        return Choice(USUAL, (), why)
    colours = [colour for name in moods for colour in vocabulary().moods[name].colours]
    like = f"{{colours = {json.dumps(colours)}, strength = {STRENGTH}}}"
    overrides = [f"colour.like={like}"] if moods else []
    overrides += [f"{name}={json.dumps(value)}" for name, value in bends.items() if name not in ("brush", "looseness")]
    why = "; ".join(filter(None, (style_why or f"style {USUAL}, the usual one", mood_why, bend_why)))
    brush, looseness = float(bends.get("brush", 1)), float(bends.get("looseness", 0))
    return Choice(style.name, tuple(overrides), why, _LIKEST in why, brush, looseness)


class Said:
    """What somebody said, as plain words in small letters."""

    def __init__(self, words: str) -> None:
        if len(words) > LONGEST:
            raise ImpastoError(f"these are over {LONGEST} letters; describe the style in a few words")
        plain = unicodedata.normalize("NFKD", words.lower())
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
        self.tokens = [re.sub("color|gray", lambda found: _SPELLING[found[0]], t) for t in re.findall("[a-z]+", plain)]
        if not self.tokens:
            raise ImpastoError("there are no words to choose a style by; describe one, such as stormy sea, knife")
        self.text = " ".join(words.split())

    def places(self, phrase: str) -> list[int]:
        """Where a phrase is said."""
        parts = phrase.split()
        starts = range(len(self.tokens) - len(parts) + 1)
        return [k for k in starts if all(map(_alike, self.tokens[k : k + len(parts)], parts))]

    def denied(self, place: int) -> bool:
        """Is what is said there what is not wanted?"""
        before = [token for token in self.tokens[:place] if token not in _ARTICLES]
        return before[-1:] != [] and before[-1] in _NOT

    def refuses(self, phrases: Phrases) -> bool:
        """Is any of the phrases denied?"""
        return any(self.denied(place) for phrase in phrases for place in self.places(phrase))

    def found(self, phrases: Phrases) -> str | None:
        """The first of the phrases that is said, and the longest one there."""
        return next(iter(self.by_phrase({phrase: (phrase,) for phrase in phrases}).values()), None)

    def by_phrase(self, table: Mapping[T, Phrases]) -> dict[T, str]:
        """What is said, by which of its phrases, in the order said; a longer phrase hides its parts."""
        owners: dict[str, list[T]] = {}
        for key, phrases in table.items():
            for phrase in phrases:
                owners.setdefault(phrase, []).append(key)
        taken: set[int] = set()
        found: dict[T, tuple[int, str]] = {}
        for phrase in sorted(owners, key=lambda phrase: (-len(phrase.split()), -len(phrase))):
            for place in self.places(phrase):
                own = set(range(place, place + len(phrase.split())))
                if own & taken:
                    continue
                taken |= own
                for key in owners[phrase] if not self.denied(place) else ():
                    found.setdefault(key, (place, phrase))
        return {key: phrase for key, (_, phrase) in sorted(found.items(), key=lambda item: item[1][0])}


def _style(said: Said, judge: Judge | None) -> tuple[Style, str]:
    """The style, and why it is no other; nothing where nobody knows."""
    styles = vocabulary().styles
    named = said.by_phrase({name: meaning.named for name, meaning in styles.items()})
    if len(named) == 1 or (named and judge is None):
        name, phrase = next(iter(named.items()))
        return load_style(name), f'style {name} ("{phrase}")'
    wanted = [name for name, meaning in styles.items() if not said.refuses(meaning.named)]
    suggested = said.by_phrase({name: styles[name].suggested for name in wanted})
    if judge is None:
        if not suggested:
            return load_style(USUAL), ""
        name, phrase = next(iter(suggested.items()))
        return load_style(name), f'style {name} ("{phrase}" suggests it)'
    names = list(named or wanted)
    score = _standard(_likeness(judge, said, {name: styles[name].texts for name in names}))
    if (seen := judge.of_styles(said.text, names)) is not None:
        score = score + _standard(seen)
    score = score + np.array([_BY_WORD * (name in suggested) for name in names])
    first, second = np.argsort(-score, kind="stable")[:2]
    return load_style(names[first]), f"style {names[first]} ({_LIKEST}, before {names[second]})"


def _moods(said: Said, judge: Judge | None) -> tuple[list[str], str]:
    """The moods whose colours are asked for, and why."""
    moods = vocabulary().moods
    if named := said.by_phrase({name: mood.named for name, mood in moods.items()}):
        names = list(named)[:MOST_MOODS]
        phrases = dict.fromkeys(f'"{named[name]}"' for name in names)
        return names, f"colours of {_listed(names)} ({', '.join(phrases)})"
    greys = next(bend for bend in vocabulary().bends if bend.setting == "colour.saturation" and bend.to == 0)
    if judge is None or said.found(greys.named):
        return [], ""
    texts = {name: mood.texts for name, mood in moods.items()} | {"": vocabulary().no_mood.texts}
    best = list(texts)[int(_likeness(judge, said, texts).argmax())]
    return ([best], f"colours of {best} ({_LIKEST})") if best else ([], "")


def _bends(said: Said, style: Style) -> tuple[dict[str, float | str], str]:
    """What else is said: settings that become others, and why."""
    values: dict[str, float | str] = {}
    phrases: dict[str, None] = {}
    for bend in vocabulary().bends:
        phrase = said.found(bend.named)
        if phrase is None or not _fits(bend, style):
            continue
        phrases[f'"{phrase}"'] = None
        if bend.to is not None:
            values[bend.setting] = bend.to
        elif bend.times is not None:
            values[bend.setting] = _times(bend.times, bend.setting, style, values)
    return values, f"bent by {', '.join(phrases)}" if phrases else ""


def _fits(bend: Bend, style: Style) -> bool:
    if style.is_traced and bend.setting == "strokes":  # of lines that is a limit only
        return False
    return bend.where == "any" or (bend.where == "absorb") == style.absorbs


def _times(factor: float, setting: str, style: Style, values: dict[str, float | str]) -> float:
    """A number of the style's, or what it has become, so many times."""
    usual: dict[str, float] = {
        "brush": 1.0, "strokes": style.strokes, "colour.saturation": style.colour.saturation,
        "colour.contrast": style.colour.contrast,
    }  # fmt: skip
    value = factor * float(values.get(setting, usual[setting]))
    return max(round(value), len(style.passes)) if setting == "strokes" else round(value, 3)


def _likeness(judge: Judge, said: Said, groups: Mapping[str, Phrases]) -> np.ndarray:
    """How like each group's texts the words are, in the mean."""
    likeness = judge.of_texts(said.text, [text for texts in groups.values() for text in texts])
    ends = np.cumsum([len(texts) for texts in groups.values()])
    return np.array([part.mean() for part in np.split(likeness, ends[:-1])])


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(float(values.std()), 1e-9)


def _alike(said: str, word: str) -> bool:
    """Is it this word, or more than one of it?"""
    return said == word or (len(word) > 3 and said == f"{word}s")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
