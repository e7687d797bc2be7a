"""The picture, tinted by its regions: what is what. A click chooses a region."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ..document import krita_document
from ..document.open_documents import active_key
from ..guard import guarded
from ..qt import ARGB32, QImage, QtGui, QtWidgets, Signal, composition, scaled
from ..work.steps import Task

LOWEST, HIGHEST = 40, 260  # pixels
HIDDEN = "#202020"
COARSE = 16  # pixels a side are enough for a mean


class RegionPreview(QtWidgets.QWidget):
    """As wide as the docker. It is redrawn a little after the state has changed.

    `coloured` says that `colours` has the mean colour of each region in the picture, by key.
    """

    coloured = Signal()

    def __init__(self, state: Any, clicked: Callable[[int], None]) -> None:
        super().__init__()
        self._state, self._clicked = state, clicked
        self.image: Any = None
        self.colours: dict[int, str] = {}
        self._picture: Any = None
        self._shares: list[QImage] = []
        self._planes: Any = None  # what those two are of
        self._task: Any = None
        self._seen: Any = None

    def look(self, chosen: set[int]) -> None:
        """Draw what has changed; the chosen regions stand out."""
        entries = self._state.regions.entries
        planes = active_key(), [(entry.key, [plane.id for plane in entry.planes]) for entry in entries]
        looks = planes, [(entry.colour, entry.visible, entry.key in chosen) for entry in entries]
        self.setVisible(bool(entries))
        if self._seen == looks:
            return
        self._seen = looks
        if self._task is not None:
            self._task.stop()
        if entries:
            self._task = Task(self._drawn(*looks), self._state.trouble)

    def _drawn(self, planes: tuple, looks: list) -> Generator[None, None, None]:
        if self._planes != planes:
            shares = yield from self._state.regions.shares(planes[0], small=True)
            picture = yield from krita_document.thumbnail(planes[0], shares[0].width(), shares[0].height())
            self._planes, self._shares, self._picture = planes, shares, picture.convertToFormat(ARGB32)
            self.colours = {}
            for (key, _), share in zip(planes[1], shares):  # noqa: B905, Python 3.8
                self.colours[key] = mean_colour(self._picture, share)
                yield
            self.coloured.emit()
        image, tints = QImage(self._picture), QImage(self._picture.size(), ARGB32)
        tints.fill(0)
        painter = QtGui.QPainter(tints)
        painter.setCompositionMode(composition("Plus"))
        for number, share in enumerate(self._shares):
            colour, visible, stands_out = looks[number]
            tint = QImage(share.size(), ARGB32)
            tint.fill(QtGui.QColor(colour if visible else HIDDEN))
            tint.setAlphaChannel(share)
            painter.setOpacity(0.85 if stands_out or not visible else 0.4)
            painter.drawImage(0, 0, tint)
        painter.end()
        painter = QtGui.QPainter(image)
        painter.drawImage(0, 0, tints)
        painter.end()
        self.image = image
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
        amounts = [QtGui.qGray(share.pixel(across, down)) for share in self._shares]
        return self._planes[1][amounts.index(max(amounts))][0]

    # --- Qt calls these

    @guarded
    def resizeEvent(self, event: Any) -> None:
        """It is as high as its picture."""
        self._fit()

    @guarded
    def paintEvent(self, event: Any) -> None:
        """The picture, in the middle."""
        if self.image is not None:
            left, top, scale = self._place()
            painter = QtGui.QPainter(self)
            painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
            painter.translate(left, top)
            painter.scale(scale, scale)
            painter.drawImage(0, 0, self.image)
            painter.end()

    @guarded
    def mousePressEvent(self, event: Any) -> None:
        """Choose what was clicked."""
        key = self.region_at(event.pos().x(), event.pos().y())
        if key is not None:
            self._clicked(key)


def mean_colour(picture: QImage, share: QImage) -> str:
    """The mean colour of a picture where a grey one of its size is light, as #rrggbb."""
    cut = QImage(picture)
    cut.setAlphaChannel(share)
    small = scaled(cut.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied), COARSE, COARSE)
    small = small.convertToFormat(ARGB32)
    sums, total = [0, 0, 0], 0
    for place in range(COARSE * COARSE):
        pixel = small.pixel(place % COARSE, place // COARSE)
        alpha = QtGui.qAlpha(pixel)
        total += alpha
        for channel, value in enumerate((QtGui.qRed(pixel), QtGui.qGreen(pixel), QtGui.qBlue(pixel))):
            sums[channel] += alpha * value
    return QtGui.QColor(*(round(each / max(total, 1)) for each in sums)).name()
