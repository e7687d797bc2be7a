"""Is the artist drawing just now? What stands Krita still for a moment waits until the pen is up.

Part of the room that touches Krita's documents: the canvas is looked at from outside, each of its events passes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from krita import Krita

from ..guard import attempt, later
from ..qt import QObject, QtCore, QtWidgets, class_name

CANVAS = ("KisOpenGLCanvas2", "KisQPainterCanvas")  # classes of Krita's widgets that are drawn on
FORGOTTEN = 5.0  # seconds without an event after which a pen that is down is believed to be gone
PAUSE = 40  # milliseconds between two looks

_kinds = QtCore.QEvent.Type
_down = (_kinds.TabletPress, _kinds.MouseButtonPress)
_up = (_kinds.TabletRelease, _kinds.MouseButtonRelease)
_moved = (_kinds.TabletMove, _kinds.MouseMove)


class _Pen(QObject):
    """Hears what happens on canvases."""

    def __init__(self) -> None:
        super().__init__()
        self.since, self.is_down = 0.0, False

    def eventFilter(self, a0: Any, a1: Any) -> bool:
        """Qt calls it; nothing is kept from the canvas."""
        return bool(attempt(self._heard, a1))

    def _heard(self, happened: Any) -> bool:
        kind = happened.type()
        if kind in _down or (kind in _moved and self.is_down):
            self.since, self.is_down = time.monotonic(), True
        elif kind in _up:
            self.is_down = False
        return False


_pen = _Pen()


def watch() -> None:
    """Look at all canvases that there are; it may be called again for new ones."""
    for window in Krita.instance().windows():
        for widget in window.qwindow().findChildren(QtWidgets.QWidget):
            if class_name(widget) in CANVAS:
                widget.installEventFilter(_pen)  # once, however often


def is_down() -> bool:
    """Is something being drawn?"""
    return _pen.is_down and time.monotonic() - _pen.since < FORGOTTEN


def up() -> Generator[Callable[[Callable[..., None]], None], None, None]:
    """Wait, for a task, until nothing is being drawn."""
    while is_down():
        yield lambda resume: later(PAUSE, resume)
