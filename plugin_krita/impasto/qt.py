"""The Qt that this Krita is made with: two of them in one process would crash it, so nobody else imports PyQt.

Enums are written in full everywhere (`QFrame.Shape.NoFrame`): Qt 6 knows no shorter names, and PyQt5 knows these, too.
"""

from krita import qVersion  # that of Krita's own Qt, which its Python modules pass on

if int(qVersion().split(".")[0]) >= 6:
    from PyQt6 import QtCore, QtGui, QtWidgets, sip

    QAction = QtGui.QAction
else:
    from PyQt5 import QtCore, QtGui, QtWidgets, sip

    QAction = QtWidgets.QAction

QObject, QTimer, QProcess, QSocketNotifier = QtCore.QObject, QtCore.QTimer, QtCore.QProcess, QtCore.QSocketNotifier
Signal = QtCore.pyqtSignal
QImage = QtGui.QImage
RGBA8888, ARGB32 = QImage.Format.Format_RGBA8888, QImage.Format.Format_ARGB32
GREY, ALPHA8 = QImage.Format.Format_Grayscale8, QImage.Format.Format_Alpha8


def scaled(image, width, height):
    """A picture at another size, smoothly, in its own format."""
    if (image.width(), image.height()) == (width, height):
        return image
    fill, smooth = QtCore.Qt.AspectRatioMode.IgnoreAspectRatio, QtCore.Qt.TransformationMode.SmoothTransformation
    return image.scaled(width, height, fill, smooth).convertToFormat(image.format())


def locales():
    """The names of Krita's languages, the first before all: chosen in its settings, or the system's."""
    return [QtCore.QLocale().name(), *QtCore.QLocale().uiLanguages()]


def composition(name: str):
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
    "composition",
    "locales",
    "scaled",
    "sip",
]
