"""The Qt that this Krita is made with: two of them in one process would crash it, so nobody else imports PyQt."""

from krita import Krita


def _major():
    """5 or 6, from Krita itself."""
    import krita

    said = getattr(krita, "qVersion", None)
    if said is not None:
        return int(said().split(".")[0])
    return 6 if int(Krita.instance().version().split(".")[0]) >= 6 else 5


if _major() >= 6:
    from PyQt6 import QtCore, QtGui, QtWidgets
else:
    from PyQt5 import QtCore, QtGui, QtWidgets

QObject, QTimer, QProcess, QSocketNotifier = QtCore.QObject, QtCore.QTimer, QtCore.QProcess, QtCore.QSocketNotifier
Signal = QtCore.pyqtSignal
QImage = QtGui.QImage

# Names that moved into enums with Qt 6.
_format = getattr(QImage, "Format", QImage)
RGBA8888, ARGB32 = _format.Format_RGBA8888, _format.Format_ARGB32
GREY = _format.Format_Grayscale8
ALPHA8 = _format.Format_Alpha8
READ = getattr(QSocketNotifier, "Type", QSocketNotifier).Read
HORIZONTAL = getattr(QtCore.Qt, "Orientation", QtCore.Qt).Horizontal


_fill = getattr(QtCore.Qt, "AspectRatioMode", QtCore.Qt).IgnoreAspectRatio
_smooth = getattr(QtCore.Qt, "TransformationMode", QtCore.Qt).SmoothTransformation


def scaled(image, width, height):
    """A picture at another size, smoothly, in its own format."""
    if (image.width(), image.height()) == (width, height):
        return image
    return image.scaled(width, height, _fill, _smooth).convertToFormat(image.format())


def composition(name: str):
    """One of QPainter's ways to put pictures together."""
    return getattr(getattr(QtGui.QPainter, "CompositionMode", QtGui.QPainter), "CompositionMode_" + name)


__all__ = [
    "ALPHA8",
    "ARGB32",
    "GREY",
    "HORIZONTAL",
    "READ",
    "RGBA8888",
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
    "scaled",
]
