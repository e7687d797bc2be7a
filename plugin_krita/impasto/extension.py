"""The menu: Tools, Scripts, Impasto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from krita import Extension, Krita

from .guard import guarded, on
from .qt import QTimer, QtWidgets
from .state import state

MENU = "impasto_menu"


class Impasto(Extension):
    """Adds the actions to every window."""

    @guarded
    def setup(self) -> None:
        """Called once, before there are windows."""
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        on(notifier.imageSaved, lambda file: state().saved.emit())
        on(notifier.applicationClosing, lambda: state().close())
        self._notifier = notifier  # else it is gone

    @guarded
    def createActions(self, window: Any) -> None:
        """Called for each window."""
        menu_action = window.createAction(MENU, "Impasto", "tools/scripts")
        menu = QtWidgets.QMenu(MENU, window.qwindow())
        menu_action.setMenu(menu)
        place = "tools/scripts/" + MENU
        paint = window.createAction("impasto_paint_layer", "Paint layer", place)
        on(paint.triggered, lambda: state().paint())
        for name, text, done in (
            ("impasto_paint_selection", "Paint selection", lambda: state().paint_selection()),
            ("impasto_repaint_selection", "Repaint selection", lambda: state().repaint()),
            ("impasto_segment", "Segment", lambda: state().segment()),
            ("impasto_segment_into_layers", "Segment into layers", lambda: state().segment_into_layers()),
            ("impasto_regions_from_layers", "Regions from layers", lambda: state().regions_from_layers()),
            ("impasto_region_from_selection", "Add the selection as a region", lambda: state().region_from_selection()),
        ):
            on(window.createAction(name, text, place).triggered, done)
        cancel = window.createAction("impasto_cancel", "Cancel painting", place)
        on(cancel.triggered, lambda: state().run.cancel())
        _when_shown(window.qwindow(), state().engine.look)


def _when_shown(window: Any, done: Callable[[], None]) -> None:
    """Do something once a window is there: Krita's start takes long enough without it."""
    timer = QTimer(window)  # it goes with the window

    def look() -> None:
        if window.isVisible():
            timer.stop()
            done()

    on(timer.timeout, look)
    timer.start(100)
