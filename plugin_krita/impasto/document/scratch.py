"""Documents nobody sees, where pixels are converted and groups are built: nothing there is an undo step of the user's.

Part of the room that touches Krita's documents. Krita takes up to a tenth of a second to make one, whatever its size,
so the last one of each colour space is kept for a moment. It is among Krita's documents for all scripts to see, and any
may close it, even during some of Krita's calls, which let Qt go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from krita import Krita

from ..easel.words import tr
from ..guard import on
from ..qt import QTimer
from .open_documents import CanvasError, document_of, is_open, key_of

Made = TypeVar("Made")
Space = tuple[str, str, str]  # colour model, depth and profile
KEPT = 2000  # milliseconds after its last use
TRIES = 20

_documents: dict[Space, tuple[str, Any]] = {}  # keys, and what Krita closes them with when it goes; it is never used
_timer: Any = None


class _Closed(Exception):
    """Somebody has closed it."""


def prepare(space: Space) -> str:
    """Have a document of a colour space, and return its key; if there was none, Krita lets Qt go on meanwhile.

    Raises CanvasError if Krita makes none.
    """
    global _timer
    key, _ = _documents.get(space, ("", None))
    for _ in range(TRIES):
        if is_open(key):
            break
        document = Krita.instance().createDocument(64, 64, "scratch", *space, 72.0)
        if document is None:
            raise CanvasError(tr("Krita makes no document in the colours of this one; convert its colour space first."))
        key = key_of(document)
        _documents[space] = key, document
    if _timer is None:
        _timer = QTimer()
        _timer.setSingleShot(True)
        on(_timer.timeout, close)
    _timer.start(KEPT)
    return key


def made_in(space: Space, make: Callable[[Callable[[], Any]], Made]) -> Made:
    """What `make(there)` makes in such a document, all of it before the event loop's next turn.

    `there()` is the document; it is to be asked for before each of Krita's calls that makes or changes something, since
    Krita does not survive one on a closed document. If it was closed, all is made again in another. Raises CanvasError
    if that happens all the time.
    """
    for _ in range(TRIES):
        key = prepare(space)

        def there(key: str = key) -> Any:
            document = document_of(key)
            if document is None:
                raise _Closed
            return document

        try:
            return make(there)
        except _Closed:
            continue
    raise CanvasError(tr("A script closes the documents that Impasto works in; stop it, and try again."))


def close() -> None:
    """Let them all go."""
    while _documents:
        _, (key, document) = _documents.popitem()
        if is_open(key):
            document.setModified(False)  # else Krita asks whether to save it
            document.close()


def converted(raw: bytes, width: int, height: int, before: Space, after: Space) -> bytes:
    """Pixels of one colour space in another, by Krita itself, which lets Qt go on meanwhile. Raises CanvasError."""

    def make(there: Callable[[], Any]) -> bytes:
        node = there().createNode("pixels", "paintlayer")
        node.setPixelData(raw, 0, 0, width, height)
        node.setColorSpace(*after)
        return bytes(node.pixelData(0, 0, width, height))

    return made_in(before, make)
