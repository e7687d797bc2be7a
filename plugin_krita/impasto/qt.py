"""The Qt that this Krita is made with: two of them in one process would crash it, so nobody else imports PyQt.

Enums are written in full everywhere (`QFrame.Shape.NoFrame`): Qt 6 knows no shorter names, and PyQt5 knows these, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from krita import qVersion  # that of Krita's own Qt, which its Python modules pass on

if TYPE_CHECKING or int(qVersion().split(".")[0]) >= 6:
    from PyQt6 import QtCore, QtGui, QtWidgets, sip

    QAction = QtGui.QAction
else:
    from PyQt5 import QtCore, QtGui, QtWidgets, sip

    QAction = QtWidgets.QAction

QObject = QtCore.QObject
QTimer = QtCore.QTimer
QProcess = QtCore.QProcess
QSocketNotifier = QtCore.QSocketNotifier
Signal = QtCore.pyqtSignal
QImage = QtGui.QImage
RGBA8888, ARGB32 = QImage.Format.Format_RGBA8888, QImage.Format.Format_ARGB32
GREY, ALPHA8 = QImage.Format.Format_Grayscale8, QImage.Format.Format_Alpha8


def application() -> QtWidgets.QApplication:
    """The program that this runs in, which has windows."""
    found = QtWidgets.QApplication.instance()
    assert isinstance(found, QtWidgets.QApplication)
    return found


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    clipboard = QtWidgets.QApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)


def class_name(thing: QObject) -> str:
    """What Qt calls the kind of an object."""
    kind = thing.metaObject()
    return "" if kind is None else kind.className()


def raw_bytes(image: QImage) -> bytes:
    """A picture's bytes as Qt keeps them, row by row, with what it pads rows with."""
    bits = image.constBits()
    return b"" if bits is None else bits.asstring(image.bytesPerLine() * image.height())


def scaled(image: QImage, width: int, height: int) -> QImage:
    """A picture at another size, smoothly, in its own format."""
    if (image.width(), image.height()) == (width, height):
        return image
    fill, smooth = QtCore.Qt.AspectRatioMode.IgnoreAspectRatio, QtCore.Qt.TransformationMode.SmoothTransformation
    return image.scaled(width, height, fill, smooth).convertToFormat(image.format())


def locales() -> list[str]:
    """The names of Krita's languages, the first before all: chosen in its settings, or the system's."""
    return [QtCore.QLocale().name(), *QtCore.QLocale().uiLanguages()]


def composition(name: str) -> QtGui.QPainter.CompositionMode:
    """One of QPainter's ways to put pictures together."""
    return getattr(QtGui.QPainter.CompositionMode, "CompositionMode_" + name)


__all__ = [
    "ALPHA8",
    "ARGB32",
    "GREY",
    "RGBA8888",
    "QAction",
    "QImage",
    "QObject",
    "QProcess",
    "QSocketNotifier",
    "QTimer",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Signal",
    "application",
    "class_name",
    "composition",
    "copy_text",
    "locales",
    "raw_bytes",
    "scaled",
    "sip",
]
