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
ALPHA8 = _format.Format_Alpha8
READ = getattr(QSocketNotifier, "Type", QSocketNotifier).Read
SMOOTH = getattr(QtCore.Qt, "TransformationMode", QtCore.Qt).SmoothTransformation
HORIZONTAL = getattr(QtCore.Qt, "Orientation", QtCore.Qt).Horizontal

__all__ = [
    "ALPHA8",
    "ARGB32",
    "HORIZONTAL",
    "READ",
    "RGBA8888",
    "SMOOTH",
    "QImage",
    "QObject",
    "QProcess",
    "QSocketNotifier",
    "QTimer",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Signal",
]
