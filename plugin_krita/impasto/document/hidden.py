"""Layers made in a document that nobody sees, and moved into the user's: all of it one undo step.

Part of the room that touches Krita's documents. What is done to a node is an undo step of the document it was made in,
wherever it lies; so a group that comes from here has one, and is exact when it is done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from krita import Krita

from ..easel.words import tr
from ..guard import later
from .open_documents import (
    CanvasError,
    document_of,
    found_below,
    groups_above,
    hung,
    id_of,
    is_open,
    key_of,
    open_document,
    space_of,
)

PAUSE = 15  # milliseconds between two looks at whether Krita is done
SETTLED = 0.4  # seconds
PATIENCE = 10.0  # seconds until a document is closed though Krita is not

Pausing = Generator[Callable[[Callable[..., None]], None], None, None]


def idle(key: str) -> bool:
    """Has Krita nothing left to do in a document? What is asked of it meanwhile would pile up."""
    document = document_of(key)
    if document is None or not document.tryBarrierLock():
        return False
    document.unlock()
    return True


def pause(resume: Callable[..., None]) -> None:
    """Go on in a moment."""
    later(PAUSE, resume)


class HiddenDocument:
    """A document that nobody sees, as large as the user's, in its colours and as fine.

    key: of the user's document; name: of its own. Raises CanvasError if that is gone, or Krita makes no second one.
    """

    def __init__(self, key: str, name: str) -> None:
        users = open_document(key)
        self._key, self.width, self.height = key, users.width(), users.height()
        made = Krita.instance().createDocument(self.width, self.height, name, *space_of(users), users.xRes())
        if made is None:
            raise CanvasError(tr("Krita makes no document in the colours of this one; convert its colour space first."))
        made.setBatchmode(True)
        self.own, self._kept = key_of(made), made  # Krita closes it when that goes; it is never used

    def need(self) -> Any:
        """Itself. Raises CanvasError if it is gone, or the user's document."""
        if not is_open(self._key):
            raise CanvasError(tr("The document was closed; nothing was added to it."))
        document = document_of(self.own)
        if document is None:
            raise CanvasError(tr("A script has closed the document that Impasto worked in; begin again."))
        return document

    def _move(self, node: Any, beside: str, choose: bool) -> Pausing:
        """Move a node into the user's document, above the node `beside`, or on top: the one undo step; for a task.

        choose: it is chosen then; else what was chosen stays so. Raises CanvasError if a document is gone, or takes no
        layers.
        """
        self.need()
        document, uid = open_document(self._key), id_of(node)
        active = document.activeNode()
        chosen = uid if choose or active is None else id_of(active)
        del document, active
        if not hung(self._key, node, beside):
            raise CanvasError(tr("This document takes no layers; save it as another one, and paint that."))
        end = time.monotonic() + SETTLED
        while time.monotonic() < end:  # Krita chooses what is new, a little later
            _choose(self._key, uid, chosen)
            yield pause

    def strike(self) -> Pausing:
        """Close it once Krita is done with it; for a task."""
        end = time.monotonic() + PATIENCE
        while is_open(self.own) and not idle(self.own) and time.monotonic() < end:
            yield pause
        for _ in range(3):
            yield pause
        self._let_go()
        document = document_of(self.own)
        if document is not None:
            document.setModified(False)  # else Krita asks whether to save it
            document.close()

    def _let_go(self) -> None:
        """Of its nodes."""


class HiddenGroup(HiddenDocument):
    """A group of layers made in such a document; arguments and errors are as there."""

    def __init__(self, key: str, title: str, name: str) -> None:
        super().__init__(key, name)
        self._group: Any = self.need().createGroupLayer(title)  # in no document: one taken out of one loses its layers
        self._layers: list[Any] = []

    def _add(self, layer: Any) -> Any:
        self._group.addChildNode(layer, self._layers[-1] if self._layers else None)
        self._layers.append(layer)
        return layer

    def hang(self, beside: str, choose: bool = False) -> Pausing:
        """Move the group over, see `_move`."""
        yield from self._move(self._group, beside, choose)

    def _let_go(self) -> None:
        self._layers, self._group = [], None


def _choose(key: str, new: str, wanted: str) -> None:
    """Choose the node `wanted` if a node that is new is chosen, or one in it."""
    document = document_of(key)
    active = None if document is None else document.activeNode()
    if (
        document is None
        or active is None
        or id_of(active) == wanted
        or new not in (id_of(active), *groups_above(active))
    ):
        return
    node = found_below(document.rootNode(), wanted)
    if node is not None:
        document.setActiveNode(node)
