"""Where the picture is looked at: the slider of how much that matters, and the picture with all else in the dark."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..document import krita_document
from ..document.open_documents import active_key
from ..easel.words import tr
from ..guard import guarded
from ..link.connection import CONNECTED
from ..qt import ARGB32, QImage, QtGui, QtWidgets, scaled
from ..work.steps import Task
from .parts import Box, tool
from .slider import Scale, SliderRow

MOST = 2.0
STEPS = 200
DARK = 0.78  # of what is of no interest at all
HIGHEST = 260  # pixels


class InterestView(QtWidgets.QWidget):
    """All that is seen, darker the less it is looked at; as wide as the docker."""

    def __init__(self, state: Any) -> None:
        super().__init__()
        self._state = state
        self.image: Any = None
        self._of: Any = None
        self._task: Any = None

    def look(self) -> None:
        """Show the map of the active document, if there is one."""
        key = active_key()
        found = self._state.interest.of(key)
        self.setVisible(found is not None)
        if found is self._of:
            return
        self._of = found
        if self._task is not None:
            self._task.stop()
        if found is not None:
            self._task = Task(self._drawn(key, found), self._state.trouble)

    def _drawn(self, key: str, found: QImage) -> Generator[None, None, None]:
        picture = yield from krita_document.thumbnail(key, found.width(), found.height())
        image, dark = picture.convertToFormat(ARGB32), QImage(picture.size(), ARGB32)
        rest = scaled(found, picture.width(), picture.height()).copy()
        rest.invertPixels()
        dark.fill(QtGui.QColor(0, 0, 0))
        dark.setAlphaChannel(rest)
        painter = QtGui.QPainter(image)
        painter.setOpacity(DARK)
        painter.drawImage(0, 0, dark)
        painter.end()
        self.image = image
        self._fit()

    def _fit(self) -> None:
        if self.image is not None:
            self.setFixedHeight(min(HIGHEST, max(1, self.width() * self.image.height() // max(1, self.image.width()))))
        self.update()

    @guarded
    def resizeEvent(self, event: Any) -> None:
        """It is as high as its picture."""
        self._fit()

    @guarded
    def paintEvent(self, event: Any) -> None:
        """The picture, in the middle."""
        if self.image is None:
            return
        scale = min(self.width() / self.image.width(), self.height() / self.image.height())
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate((self.width() - self.image.width() * scale) / 2, 0)
        painter.scale(scale, scale)
        painter.drawImage(0, 0, self.image)
        painter.end()


class InterestBox(Box):
    """How much closer and finer strokes lie where faces and things are, and a button that shows where that is."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.slider = SliderRow(
            tr("Interest"),
            tr("To the right faces, animals and things get more and finer strokes, and the rest fewer; at 0 nothing "
               "is looked for"),
            Scale((0, STEPS), lambda k: MOST * k / STEPS, lambda value: STEPS * value / MOST, (0, MOST), 2),
            self._slid, lambda: self._slid(-1.0),
        )  # fmt: skip
        self.eye = tool("visible", tr("Show where that is in this picture"), self._look)
        self.eye.setCheckable(True)
        self.slider.number.setMinimumWidth(56)
        line = QtWidgets.QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self.slider, 1)
        line.addWidget(self.eye)
        self.view = InterestView(state)
        self.rows.addLayout(line)
        self.rows.addWidget(self.view)

    def _slid(self, value: float) -> None:
        self.state.settings["interest"] = float(value)
        self.show_state()

    def _look(self) -> None:
        if self.state.interest.of(active_key()) is not None:
            self.state.interest.keep("", None)
        else:
            self.state.look_for_interest()
        self.show_state()

    def show_state(self) -> None:
        """See `Box`."""
        told = self.state
        there = told.connection.state == CONNECTED and bool(told.style.known) and not told.connection.lacks("interest")
        self.setVisible(there)
        if not there:
            return
        own = told.style.plain()["values"].get("attention", {}).get("interest", 1.0)
        wanted = told.settings["interest"]
        self.slider.show_value(own if wanted < 0 else wanted, wanted >= 0)
        self.eye.setEnabled(told.run.free)
        self.eye.setChecked(told.interest.of(active_key()) is not None)
        self.view.look()
