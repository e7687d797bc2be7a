"""A ring around what has the keyboard: most themes hardly show it."""

from __future__ import annotations

from typing import Any

from ..guard import attempt, guarded, on
from ..qt import QtCore, QtGui, QtWidgets, application

WIDTH = 2  # pixels


class FocusRing(QtWidgets.QWidget):
    """Lies over whichever of a window's own widgets has the focus, in the theme's colour for what is chosen."""

    def __init__(self, within: Any) -> None:
        super().__init__(within)
        self._within, self._around = within, None
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        on(application().focusChanged, self._focus)

    def _focus(self, before: Any, now: Any) -> None:
        if self._around is not None:
            self._around.removeEventFilter(self)
        self._around = now if now is not None and self._within.isAncestorOf(now) else None
        if self._around is not None:
            self._around.installEventFilter(self)
        self._lie()

    def _lie(self) -> None:
        around = self._around
        if around is None or not around.isVisible():
            self.hide()
            return
        self.setParent(around.parentWidget())  # so that it is scrolled and cut as that is
        self.setGeometry(around.geometry().adjusted(-WIDTH, -WIDTH, WIDTH, WIDTH))
        self.show()
        self.raise_()

    def eventFilter(self, a0: Any, a1: Any) -> bool:
        """Qt calls it: the widget moves, grows or goes."""
        return bool(attempt(self._happened, a1.type()))

    def _happened(self, kind: Any) -> bool:
        kinds = QtCore.QEvent.Type
        if kind in (kinds.Move, kinds.Resize, kinds.Hide, kinds.Show):
            self._lie()
        return False

    @guarded
    def paintEvent(self, event: Any) -> None:
        """Qt calls it."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.setPen(QtGui.QPen(self.palette().color(QtGui.QPalette.ColorRole.Highlight), WIDTH))
        painter.drawRoundedRect(QtCore.QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()
