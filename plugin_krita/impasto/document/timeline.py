"""Pictures as an animated layer: read in a document that nobody sees, and moved over as one undo step.

Part of the room that touches Krita's documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from krita import Krita

from ..easel.words import tr
from .hidden import HiddenDocument, Pausing
from .open_documents import CanvasError, document_of

MOST_BYTES = 1 << 30  # of all frames of a layer, as Krita keeps them
SAFE = (5, 2)  # older versions of Krita end more often than not in `importAnimation`; newer ones seldom, but they do


class Frames(HiddenDocument):
    """An animated layer for the document of this key; see `HiddenDocument`."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "timeline")

    def read(
        self, title: str, files: list[str], first: int, step: int, last: int, beside: str, wanted: Callable[[], bool]
    ) -> Pausing:
        """Read pictures as frames, `step` apart from the frame `first` on, and move their layer over; for a task.

        last: the frame until which the document's time is to last.
        beside: the node above which it lies, on top if there is none; wanted: is it still, once they are read? Krita
        lets Qt go on meanwhile. Raises CanvasError if a document is gone, or Krita cannot read the pictures.
        """
        done = self.need().importAnimation(files, first, step)
        if not wanted():
            return
        made = next((node for node in self.need().rootNode().childNodes() if node.animated()), None)
        if not done or made is None:
            raise CanvasError(tr("Krita could not read the frames; try fewer of them."))
        made.setName(title)
        made.remove()
        _stretch(self._key, last)
        yield from self._move(made, beside, False)


def is_safe() -> bool:
    """Does this Krita survive frames that a script has it read?"""
    return tuple(int(number) for number in re.findall(r"\d+", Krita.instance().version())[:2]) >= SAFE


def need_saved() -> None:
    """Raises CanvasError if something is not saved: Krita itself, even 5.3, may end while it reads frames."""
    if any(document.modified() for document in Krita.instance().documents()):
        raise CanvasError(tr("Save all documents first: Krita itself may end while it reads frames."))


def _stretch(key: str, last: int) -> None:
    """Have the document's time last at least until this frame: from Krita 5.3 on an undo step of its own, if it did
    not; so it comes before the layer's, which is the one that the user undoes."""
    document = document_of(key)
    if document is not None and document.fullClipRangeEndTime() < last:
        document.setFullClipRangeEndTime(last)


def first_frame(key: str) -> int:
    """The frame that a document shows."""
    document = document_of(key)
    return 0 if document is None else document.currentTime()
