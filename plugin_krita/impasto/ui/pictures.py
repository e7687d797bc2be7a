"""Small pictures: of the styles that come with Impasto, of those that do not, and of a die."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..qt import QtCore, QtGui

PICTURES = Path(__file__).parent.parent / "easel" / "pictures"
SIDE = 56
_roles = QtGui.QPalette.ColorRole


def style_icon(name: str, palette: Any) -> Any:
    """The picture of a style, or three strokes in the docker's own colours."""
    path = PICTURES / f"{name}.png"
    picture = QtGui.QPixmap(str(path)) if path.is_file() else QtGui.QPixmap()
    return _plain(placeholder(palette) if picture.isNull() else picture)


def medium_icon(picture: Any) -> Any:
    """The picture of a medium, or nothing as long as there is none."""
    return QtGui.QIcon() if picture is None else _plain(QtGui.QPixmap.fromImage(picture))


def placeholder(palette: Any) -> Any:
    """Three brush strokes."""
    picture, painter = _canvas(2 * SIDE)
    painter.fillRect(0, 0, 2 * SIDE, 2 * SIDE, palette.color(_roles.Mid))
    for number, role in enumerate((_roles.Dark, _roles.Text, _roles.Highlight)):
        pen = QtGui.QPen(palette.color(role), SIDE / 5)
        pen.setCapStyle(QtCore.Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        y = SIDE * (0.5 + 0.5 * number)
        path = QtGui.QPainterPath(QtCore.QPointF(SIDE * 0.4, y))
        path.quadTo(SIDE, y - SIDE * 0.5, SIDE * 1.6, y)
        painter.drawPath(path)
    painter.end()
    return picture


def die_icon(palette: Any) -> Any:
    """A die that shows five."""
    side = 32
    picture, painter = _canvas(side)
    colour = palette.color(_roles.ButtonText)
    painter.setPen(QtGui.QPen(colour, 2.5))
    painter.drawRoundedRect(QtCore.QRectF(3, 3, side - 6, side - 6), 6, 6)
    painter.setBrush(colour)
    for x, y in ((10, 10), (22, 10), (16, 16), (10, 22), (22, 22)):
        painter.drawEllipse(QtCore.QPointF(x, y), 1.6, 1.6)
    painter.end()
    return QtGui.QIcon(picture)


def _canvas(side: int) -> Any:
    picture = QtGui.QPixmap(side, side)
    picture.fill(QtCore.Qt.GlobalColor.transparent)
    painter = QtGui.QPainter(picture)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    return picture, painter


def _plain(picture: Any) -> Any:
    """An icon that is not tinted when it is chosen."""
    icon = QtGui.QIcon(picture)
    icon.addPixmap(picture, QtGui.QIcon.Mode.Selected)
    return icon
