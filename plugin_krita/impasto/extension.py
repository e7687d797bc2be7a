"""The menu: Tools, Scripts, Impasto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from krita import Extension, Krita

from .document.open_documents import main_window
from .easel.words import tr
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
        menu_action = window.createAction(MENU, tr("Impasto"), "tools/scripts")
        menu = QtWidgets.QMenu(MENU, window.qwindow())
        menu_action.setMenu(menu)
        place = "tools/scripts/" + MENU

        def action(name: str, text: str, done: Callable[[], None]) -> None:
            on(window.createAction(name, text, place).triggered, done)

        action("impasto_paint_layer", tr("Paint layer"), lambda: state().paint())
        action("impasto_paint_seeds", tr("Paint layer by four seeds"), lambda: state().paint_seeds())
        action("impasto_paint_all", tr("Paint all open documents"), lambda: state().paint_all())
        action("impasto_paint_folder", tr("Paint a folder\u2026"), _ask_for_folder)
        action("impasto_paint_animation", tr("Paint animation\u2026"), _ask_for_frames)
        action("impasto_paint_selection", tr("Paint selection"), lambda: state().paint_selection())
        action("impasto_repaint_selection", tr("Repaint selection"), lambda: state().repaint())
        action("impasto_segment", tr("Segment"), lambda: state().segment())
        action("impasto_segment_into_layers", tr("Segment into layers"), lambda: state().segment_into_layers())
        action("impasto_regions_from_layers", tr("Regions from layers"), lambda: state().regions_from_layers())
        as_region = tr("Add the selection as a region")
        action("impasto_region_from_selection", as_region, lambda: state().region_from_selection())
        action("impasto_brush", tr("Paint with my brush"), lambda: state().brush())
        action("impasto_cancel", tr("Cancel painting"), lambda: state().run.cancel())
        _when_shown(window.qwindow(), state().engine.look)


def _ask_for_folder() -> None:
    from .ui.folder import FolderDialog  # seldom needed

    FolderDialog(state()).open()


def _ask_for_frames() -> None:
    folder = QtWidgets.QFileDialog.getExistingDirectory(main_window(), tr("The folder that the painted frames go to"))
    if folder:
        state().paint_animation(folder)


def _when_shown(window: Any, done: Callable[[], None]) -> None:
    """Do something once a window is there: Krita's start takes long enough without it."""
    timer = QTimer(window)  # it goes with the window

    def look() -> None:
        if window.isVisible():
            timer.stop()
            done()

    on(timer.timeout, look)
    timer.start(100)
