"""The menu: Tools, Scripts, Impasto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from krita import Extension, Krita

from .qt import QTimer, QtWidgets
from .state import state

MENU = "impasto_menu"


class Impasto(Extension):
    """Adds the actions to every window."""

    def setup(self) -> None:
        """Called once, before there are windows."""
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        notifier.imageSaved.connect(lambda file: state().saved.emit())
        notifier.applicationClosing.connect(lambda: state().close())
        self._notifier = notifier  # else it is gone

    def createActions(self, window: Any) -> None:
        """Called for each window."""
        menu_action = window.createAction(MENU, "Impasto", "tools/scripts")
        menu = QtWidgets.QMenu(MENU, window.qwindow())
        menu_action.setMenu(menu)
        place = "tools/scripts/" + MENU
        paint = window.createAction("impasto_paint_layer", "Paint layer", place)
        paint.triggered.connect(lambda: state().paint())
        for name, text, done in (
            ("impasto_paint_selection", "Paint selection", lambda: state().paint_selection()),
            ("impasto_repaint_selection", "Repaint selection", lambda: state().repaint()),
            ("impasto_segment", "Segment", lambda: state().segment()),
            ("impasto_segment_into_layers", "Segment into layers", lambda: state().segment_into_layers()),
            ("impasto_regions_from_layers", "Regions from layers", lambda: state().regions_from_layers()),
            ("impasto_region_from_selection", "Add the selection as a region", lambda: state().region_from_selection()),
        ):
            window.createAction(name, text, place).triggered.connect(done)
        cancel = window.createAction("impasto_cancel", "Cancel painting", place)
        cancel.triggered.connect(lambda: state().run.cancel())
        _when_shown(window.qwindow(), state().engine.look)


def _when_shown(window: Any, done: Callable[[], None]) -> None:
    """Do something once a window is there: Krita's start takes long enough without it."""
    timer = QTimer(window)  # it goes with the window

    def look() -> None:
        if window.isVisible():
            timer.stop()
            done()

    timer.timeout.connect(look)
    timer.start(100)
