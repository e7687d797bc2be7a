"""What the user chose, kept by Krita from one start to the next."""

from __future__ import annotations

import json
from typing import Any

from krita import Krita

from .protocol.limits import EFFORTS, MOST_STROKES

GROUP = "impasto"
DEFAULTS: dict[str, Any] = {
    "style": "painterly",
    "strokes": 0,  # 0: the style's own
    "effort": "normal",
    "regions": True,
    "segmenter": "unsupervised",
    "layers": "regions",
    "visible": False,
    "preview": True,
    "seed": 0,
    "brush": 1.0,
    "looseness": 0.0,
    "interest": -1.0,  # below 0: the style's own
    "learn_texture": False,  # of a painting that a style is learned from
    "changes": {},  # of styles: by style, then by parameter (see parameters.py)
    "python": "",  # what starts the engine; empty: what the plugin was installed from
    "remote": False,  # an engine on another machine, at this address with this public key
    "address": "",
    "key": "",
    "without_regions": False,  # the artist does not want PyTorch for them, or not now
    "brushes": "current",  # which of Krita's brushes paint a result again (see work/own_brush.py)
    "brush_base": "painting",  # and over what
    "introduced": False,  # the docker has been shown to the user once
}
# what a painting is made with, which documents remember, too
_OF_PAINTINGS = "style strokes effort brush looseness interest changes regions segmenter layers visible seed"
PAINTED = [name for name in _OF_PAINTINGS.split() if name in DEFAULTS]
_WORDS = {"brush_base": ("painting", "white", "none"), "layers": ("none", "regions", "passes"), "effort": EFFORTS}
# of numbers; all others are from 0 to _MOST
_LIMITS = {"strokes": (0, MOST_STROKES), "brush": (0.5, 2.0), "looseness": (-1.0, 1.0), "interest": (-1.0, 2.0)}
_MOST = 2**31 - 1


class Settings:
    """Values by name; what was kept and makes no sense any more is as if nothing had been.

    A document may bring some of its own, which hold as long as it is looked at.
    """

    def __init__(self) -> None:
        try:
            kept = json.loads(Krita.instance().readSetting(GROUP, "settings", "{}"))
        except ValueError:
            kept = {}
        kept = kept if isinstance(kept, dict) else {}
        self._others = {name: value for name, value in kept.items() if name not in DEFAULTS}  # a newer Impasto's
        self._values = {name: kept[name] if _sound(name, kept.get(name)) else usual for name, usual in DEFAULTS.items()}
        self._own: dict[str, Any] | None = None

    def use(self, own: dict[str, Any] | None) -> None:
        """Those of a document, before the user's own; None: it has none. What is chosen now is kept in both."""
        self._own = own

    def now(self) -> dict[str, Any]:
        """All of them as they are now, for work that takes its time: another document may bring others meanwhile."""
        return {name: self[name] for name in DEFAULTS}

    def sound(self, values: dict[str, Any]) -> dict[str, Any]:
        """Of values from anywhere those that a painting can be made with.

        What they do not name nobody could choose when they were written: it was as it is by default.
        """
        named = {name: values.get(name, DEFAULTS[name]) for name in PAINTED}
        return {name: value for name, value in named.items() if _sound(name, value)}

    def __getitem__(self, name: str) -> Any:
        """A value."""
        return self._own[name] if self._own and name in self._own else self._values[name]

    def items(self) -> Any:
        """All names and values."""
        return self._values.items()

    def __setitem__(self, name: str, value: Any) -> None:
        """Keep a value."""
        self._values[name] = value
        if self._own is not None and name in PAINTED:
            self._own[name] = value
        Krita.instance().writeSetting(GROUP, "settings", json.dumps({**self._others, **self._values}))


def _sound(name: str, value: Any) -> bool:
    """Is it of the right kind, and not absurd?"""
    if type(value) is not type(DEFAULTS[name]) or value not in _WORDS.get(name, (value,)):
        return False
    if isinstance(value, str):
        return len(value) <= 100 or name not in PAINTED  # a path may be longer
    least, most = _LIMITS.get(name, (0, _MOST))
    return not isinstance(value, (int, float)) or least <= value <= most
