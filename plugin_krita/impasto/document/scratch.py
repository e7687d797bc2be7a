"""Documents nobody sees, where pixels are converted and groups are built: nothing there is an undo step of the user's.

Part of the room that touches Krita's documents. Krita takes a tenth of a second to make one, whatever its size, so the
last one of each colour space is kept for a moment.
"""

from __future__ import annotations

from typing import Any

from krita import Krita

from ..guard import on
from ..qt import QTimer

Space = tuple  # colour model, depth and profile
KEPT = 30000  # milliseconds after its last use

_documents: dict[Space, Any] = {}
_timer: Any = None


def scratch(space: Space) -> Any:
    """A document of a colour space; what is made in it may be moved elsewhere, or is forgotten."""
    global _timer
    if space not in _documents:
        made = Krita.instance().createDocument(64, 64, "scratch", *space, 72.0)
        made.setBatchmode(True)
        _documents[space] = made
    if _timer is None:
        _timer = QTimer()
        _timer.setSingleShot(True)
        on(_timer.timeout, close)
    _timer.start(KEPT)
    return _documents[space]


def close() -> None:
    """Let them all go."""
    while _documents:
        _, document = _documents.popitem()
        document.setModified(False)
        document.close()


def converted(raw: bytes, width: int, height: int, before: Space, after: Space) -> bytes:
    """Pixels of one colour space in another, by Krita itself."""
    node = scratch(before).createNode("pixels", "paintlayer")
    node.setPixelData(raw, 0, 0, width, height)
    node.setColorSpace(*after)
    return bytes(node.pixelData(0, 0, width, height))
