"""Who has how much of each pixel, as grey pictures of 8 bits that sum to 255: Qt counts, since Krita has no numpy."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..qt import GREY, QImage, QtGui, composition, raw_bytes

Shares = Generator[None, None, "list[QImage]"]


def grey(data: Any, width: int, height: int) -> QImage:
    """A grey picture of its bytes, which it has a copy of."""
    return QImage(bytes(data), width, height, width, GREY).copy()


def bytes_of(image: QImage) -> bytes:
    """The bytes of a grey picture, without what Qt pads its rows with."""
    width, height, step = image.width(), image.height(), image.bytesPerLine()
    raw = raw_bytes(image)
    return raw if step == width else b"".join(raw[row * step : row * step + width] for row in range(height))


def even(width: int, height: int, value: int) -> QImage:
    """A grey picture of one value."""
    image = QImage(width, height, GREY)
    image.fill(QtGui.QColor(value, value, value))
    return image


def meet(one: bytes | bytearray, two: bytes | bytearray) -> bool:
    """Is there a place at which neither of two planes is 0? Whole planes at once, since Krita has no NumPy."""
    yes = bytes(1) + b"\xff" * 255
    first, second = (int.from_bytes(plane.translate(yes), "little") for plane in (one, two))
    return first & second != 0


def combined(below: QImage, above: QImage, mode: str) -> QImage:
    """Two pictures put together in one of Qt's ways: Darken (the smaller), Difference, Multiply, Plus, ColorDodge."""
    result = QImage(below)
    painter = QtGui.QPainter(result)
    painter.setCompositionMode(composition(mode))
    painter.drawImage(0, 0, above)
    painter.end()
    return result


def shares(planes: list[QImage], over: int, owners: list[list[int]], rest: int) -> Shares:
    """What each region has of each pixel; the engine shares a painting out in the same way.

    The last `over` planes lie over all before them, the later on top; the others sum to 255. owners: the numbers of
    each region's planes; rest: the number of the region that has what no other has. A generator: it takes its time.
    """
    width, height = planes[0].width(), planes[0].height()
    base = len(planes) - over
    owner = {plane: region for region, its in enumerate(owners) for plane in its}
    found = [even(width, height, 0) for _ in owners]
    left = even(width, height, 255)

    def give(region: int, part: QImage) -> None:
        found[region] = combined(found[region], part, "Plus")

    for number in reversed(range(base, len(planes))):
        part = combined(planes[number], left, "Darken")
        left = combined(left, part, "Difference")
        give(owner.get(number, rest), part)
        yield
    total = before = even(width, height, 0)
    for number in range(base):  # running sums are rounded, not the parts: so these sum to what is left
        total = combined(total, planes[number], "Plus")
        now = combined(total, left, "Multiply")
        give(owner.get(number, rest), combined(now, before, "Difference"))
        before = now
        yield
    if not base:
        give(rest, left)
    return found


class Cutter:
    """Cuts a picture into layers, from the front one back, that look like it when they lie over each other.

    One behind has to be there under the soft edges of those in front as well, for they let it shine through: with the
    parts m of a pixel and its alpha a, it gets the alpha a m / (1 - a (sum of the parts in front)).
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._totals: list[QImage] = []  # back to front: of each region and all in front of it; at last, of none

    def begin(self, found: list[QImage]) -> Generator[None, None, None]:
        """Take in what each region has, from `shares`; a generator, since it takes its time."""
        self._totals = [even(found[0].width(), found[0].height(), 0)]
        for image in reversed(found):
            self._totals.insert(0, combined(self._totals[0], image, "Plus"))
            yield

    def alphas(self, number: int, top: int, tall: int, alpha: bytes, selected: Any = None) -> bytes:
        """The alpha of a layer in some rows, where the picture has this alpha, or the selected part of it."""
        now, front = (self._rows(self._totals[k], top, tall) for k in (number, number + 1))
        part = combined(now, front, "Difference")
        if selected is not None or alpha.count(255) != len(alpha):
            cut = grey(alpha, self._width, tall)
            if selected is not None:
                cut = combined(cut, grey(selected, self._width, tall), "Multiply")
            part, front = combined(part, cut, "Multiply"), combined(front, cut, "Multiply")
        return bytes_of(combined(part, front, "ColorDodge"))

    def _rows(self, image: QImage, top: int, tall: int) -> QImage:
        """Some rows of a picture that is spread over the whole canvas. Smooth and monotone: sums stay sums."""
        if (image.width(), image.height()) == (self._width, self._height):
            return image.copy(0, top, self._width, tall)
        result = QImage(self._width, tall, GREY)
        painter = QtGui.QPainter(result)
        painter.setCompositionMode(composition("Source"))
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(0, -top)
        painter.scale(self._width / image.width(), self._height / image.height())
        painter.drawImage(0, 0, image)
        painter.end()
        return result


def united(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The smallest rectangle around two, each as x, y, width, height."""
    left, top = min(one[0], two[0]), min(one[1], two[1])
    right, bottom = max(one[0] + one[2], two[0] + two[2]), max(one[1] + one[3], two[1] + two[3])
    return left, top, right - left, bottom - top
