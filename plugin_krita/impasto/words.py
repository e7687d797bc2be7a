"""Every word the artist reads goes through `tr`, so that a catalogue of Qt's can say it in another language.

There is no catalogue yet. What varies is filled in afterwards: `tr("{count} strokes").format(count=3)`.
"""

from __future__ import annotations

from .qt import QtCore


def tr(text: str) -> str:
    """A text in the language of this Krita, or as it is."""
    return QtCore.QCoreApplication.translate("Impasto", text)
