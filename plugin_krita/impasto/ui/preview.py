"""The picture, tinted by its regions: what is what. A click chooses a region."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from .. import canvas
from ..qt import ARGB32, QImage, QtGui, QtWidgets, composition, scaled
from ..tasks import Task

LOWEST, HIGHEST = 40, 260  # pixels
HIDDEN = "#202020"


class Preview(QtWidgets.QWidget):
    """As wide as the docker. It draws itself anew a little after the model has changed."""

    def __init__(self, model: Any, clicked: Callable[[int], None]) -> None:
        super().__init__()
        self._model, self._clicked = model, clicked
        self.image: Any = None
        self._shares: list[tuple[int, QImage]] = []
        self._task: Any = None
        self._seen: Any = None

    def look(self, chosen: set[int]) -> None:
        """Draw what has changed; the chosen regions stand out."""
        document, entries = canvas.active_document(), self._model.regions.entries
        state = [(e.key, e.colour, e.visible, e.key in chosen, len(e.planes)) for e in entries]
        self.setVisible(bool(entries))
        if document is None or not entries:
            self._seen = self.image = None
            return
        if self._seen == (document, state):
            return
        self._seen = (document, state)
        if self._task is not None:
            self._task.stop()
        self._task = Task(self._drawn(document, state), lambda problem, trace: self._model.say(str(problem), trace))

    def _drawn(self, document: Any, state: list) -> Generator[None, None, None]:
        found = yield from self._model.regions.shares(document, small=True)
        width, height = found[0].width(), found[0].height()
        image = QImage(document.thumbnail(width, height)).convertToFormat(ARGB32)
        image, tints = scaled(image, width, height), QImage(width, height, ARGB32)
        tints.fill(0)
        yield
        painter = QtGui.QPainter(tints)
        painter.setCompositionMode(composition("Plus"))
        for number, share in enumerate(found):
            _, colour, visible, stands_out, _ = state[number]
            tint = QImage(width, height, ARGB32)
            tint.fill(QtGui.QColor(colour if visible else HIDDEN))
            tint.setAlphaChannel(share)
            painter.setOpacity(0.85 if stands_out or not visible else 0.4)
            painter.drawImage(0, 0, tint)
        painter.end()
        painter = QtGui.QPainter(image)
        painter.drawImage(0, 0, tints)
        painter.end()
        self.image, self._shares = image, [(state[k][0], share) for k, share in enumerate(found)]
        self._fit()

    def _fit(self) -> None:
        if self.image is not None:
            wanted = self.width() * self.image.height() // max(1, self.image.width())
            self.setFixedHeight(min(HIGHEST, max(LOWEST, wanted)))
        self.update()

    def _place(self) -> tuple[float, float, float]:
        """Left, top and scale of the picture in the widget."""
        scale = min(self.width() / self.image.width(), self.height() / self.image.height())
        return (self.width() - self.image.width() * scale) / 2, (self.height() - self.image.height() * scale) / 2, scale

    def region_at(self, x: float, y: float) -> int | None:
        """The key of the region that has most of what is shown there."""
        if self.image is None:
            return None
        left, top, scale = self._place()
        across, down = int((x - left) / scale), int((y - top) / scale)
        if not (0 <= across < self.image.width() and 0 <= down < self.image.height()):
            return None
        return max(self._shares, key=lambda pair: QtGui.qGray(pair[1].pixel(across, down)))[0]

    # --- Qt calls these

    def resizeEvent(self, event: Any) -> None:
        """It is as high as its picture."""
        self._fit()

    def paintEvent(self, event: Any) -> None:
        """The picture, in the middle."""
        if self.image is not None:
            left, top, scale = self._place()
            painter = QtGui.QPainter(self)
            painter.setRenderHint(getattr(QtGui.QPainter, "RenderHint", QtGui.QPainter).SmoothPixmapTransform)
            painter.translate(left, top)
            painter.scale(scale, scale)
            painter.drawImage(0, 0, self.image)
            painter.end()

    def mousePressEvent(self, event: Any) -> None:
        """Choose what was clicked."""
        key = self.region_at(event.pos().x(), event.pos().y())
        if key is not None:
            self._clicked(key)
