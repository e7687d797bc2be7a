"""Krita's brush in our hand: presets by name, and the user's own tool, given back the moment they touch anything.

Part of the room that touches Krita's documents. Krita has one brush for all: what we paint with is what the user holds,
so it is theirs again before Krita hears of their pen.
"""

from __future__ import annotations

import re
import time
from typing import Any

from krita import Krita, ManagedColor

from ..easel.words import tr
from ..guard import attempt
from ..qt import QObject, QtCore, application
from .krita_document import SRGB
from .open_documents import CanvasError

AT_REST = 0.8  # seconds after the pen is up, before the brush is ours again
CURRENT = ""  # the name of the brush that the user holds
PRESSED = re.compile(r'name="Pressure(?:Size|Opacity|Flow|Spacing|Ratio)"[^>]*>\s*(?:<!\[CDATA\[)?true')
# how a view's tool is read and set; the preset first: it sets some of the others
_STATE = (
    ("currentBrushPreset", "setCurrentBrushPreset"), ("brushSize", "setBrushSize"),
    ("paintingOpacity", "setPaintingOpacity"), ("paintingFlow", "setPaintingFlow"),
    ("currentBlendingMode", "setCurrentBlendingMode"), ("eraserMode", "setEraserMode"),
    ("brushRotation", "setBrushRotation"), ("patternSize", "setPatternSize"),
    ("globalAlphaLock", "setGlobalAlphaLock"), ("foregroundColor", "setForeGroundColor"),
    ("backgroundColor", "setBackGroundColor"),
)  # fmt: skip

_kinds = QtCore.QEvent.Type
_touched = (_kinds.MouseButtonPress, _kinds.TabletPress, _kinds.KeyPress, _kinds.Wheel, _kinds.TouchBegin)
_held = (_kinds.MouseButtonPress, _kinds.TabletPress, _kinds.TouchBegin)
_let_go = (_kinds.MouseButtonRelease, _kinds.TabletRelease, _kinds.TouchEnd)


def why_not() -> str:
    """Why this Krita cannot paint with the user's brush, in a sentence; nothing if it can."""
    import krita

    if hasattr(krita.Node, "paintPath"):
        return ""
    words = tr("Painting with your own brush needs Krita 5.3 or newer; this is {version}.")
    return words.format(version=Krita.instance().version().split(" ")[0])


def presets() -> list[str]:
    """The names of all brushes, as Krita lists them."""
    return sorted(Krita.instance().resources("preset"))


def view() -> Any:
    """The view in front, or None: without one Krita does not survive a stroke."""
    window = Krita.instance().activeWindow()
    found = None if window is None else window.activeView()
    return None if found is None or found.document() is None else found


def current() -> str:
    """The name of the brush that the user holds, or nothing."""
    here = view()
    preset = None if here is None else here.currentBrushPreset()
    return "" if preset is None else preset.name()


def color(red: float, green: float, blue: float) -> Any:
    """A colour of ours as Krita has them."""
    made = ManagedColor(*SRGB)
    made.setComponents([blue, green, red, 1.0])
    return made


class BrushHand(QObject):
    """Who holds the brush: we do from `reach` on, until `give_back`, which the user's touch calls, too."""

    def __init__(self) -> None:
        super().__init__()
        self._users: list[tuple[str, Any]] | None = None
        self._view: Any = None
        self._down, self._until = False, 0.0
        self._preset: str | None = None
        self._opacity = 1.0
        self._set: dict[str, Any] = {}
        self._application = application()
        self._application.installEventFilter(self)

    @property
    def free(self) -> bool:
        """May the brush be ours? Not while, nor just after, somebody draws, types or turns the wheel."""
        return not self._down and time.monotonic() > self._until and view() is not None

    @property
    def is_ours(self) -> bool:
        """Is it?"""
        return self._users is not None

    def holds(self, preset: str) -> bool:
        """Is this brush in our hand?"""
        return self.is_ours and self._preset == preset

    def reach(self, preset: str) -> None:
        """Come a step closer to holding a brush, by its name: each takes as long as a slice may. The user's own is kept
        to be given back. Raises CanvasError if there is none of that name any more."""
        here = view()
        if self._users is None:
            self._users = [(put, getattr(here, get)()) for get, put in _STATE]
            self._preset, self._set, self._opacity = None, {}, here.paintingOpacity()
            return
        if preset != CURRENT:
            found = Krita.instance().resources("preset").get(preset)
            if found is None:
                raise CanvasError(tr("A brush is gone from Krita; choose another one."))
            here.setCurrentBrushPreset(found)
            self._opacity = here.paintingOpacity()
        elif self._preset is not None:
            self._restore(here)
        here.setEraserMode(False)
        self._preset, self._set = preset, {}

    def dip(self, size: float, opacity: float, colour: tuple[float, float, float]) -> None:
        """Set what differs from stroke to stroke; size: pixels."""
        here = view()
        for name, value, put in (
            ("size", round(size, 1), here.setBrushSize),
            ("opacity", round(self._opacity * opacity, 2), here.setPaintingOpacity),
            ("colour", colour, lambda paint: here.setForeGroundColor(color(*paint))),
        ):
            if self._set.get(name) != value:
                put(value)
                self._set[name] = value

    def give_back(self) -> None:
        """The user holds what they held."""
        here = view()
        if self._users is not None and here is not None:
            self._restore(here)
            self._users = None

    def _restore(self, here: Any) -> None:
        for put, value in self._users or ():
            if value is not None:
                getattr(here, put)(value)

    def let_go(self) -> None:
        """It is all over."""
        self._application.removeEventFilter(self)
        self.give_back()

    def eventFilter(self, a0: Any, a1: Any) -> bool:
        """Qt calls it, before Krita has what happened; nothing is kept from it."""
        return bool(attempt(self._heard, a1))

    def _heard(self, happened: Any) -> bool:
        kind = happened.type()
        if kind in _touched:
            self._down = self._down or kind in _held
            self._until = time.monotonic() + AT_REST
            self.give_back()
        elif kind in _let_go:
            self._down, self._until = False, time.monotonic() + AT_REST
        return False


def maps_pressure(name: str) -> bool:
    """Does a brush paint otherwise by how hard it is pressed? Else a taper would not be seen."""
    import krita

    found = Krita.instance().resources("preset").get(name or current())
    if found is None or not hasattr(krita, "Preset"):
        return False
    return PRESSED.search(krita.Preset(found).toXML()) is not None
