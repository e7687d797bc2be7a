"""A remembered painting rendered by the engine as large as the document, for what is made of that there."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..document.history import Remembered
from ..document.open_documents import CanvasError, active_document, open_document
from ..easel.words import tr
from ..told import PaintRecipe
from .asking import Asking
from .stages import SENDING
from .steps import Task


class Rendering(Asking):
    """Has a result rendered; what is made of it is made in a document that nobody sees, `_sheet`."""

    def __init__(self, state: Any, old: Remembered) -> None:
        super().__init__(state)
        self._old = old
        self._sheet: Any = None

    def close(self, how: str) -> None:
        """See `Piece`."""
        super().close(how)
        if self._sheet is not None and how != "closing":
            Task(self._sheet.strike(), self.trouble)

    def _size(self) -> tuple[int, int]:
        """Width and height of the document. Raises CanvasError if it has another shape than when it was painted."""
        document = open_document(self.key)
        width, height = document.width(), document.height()
        need_shape(width, height, self._old.recipe)
        return width, height

    def _rendered(self, stage: str, width: int, height: int, **fields: Any) -> Generator[Any, Any, Any]:
        """What the engine says of it, rendered so large; meanwhile the work is at this stage."""
        self.become(SENDING)
        painting = yield self._state.connection.put(self._state.history.painting(self.key, self._old), self.come)
        return (
            yield from self._answer(
                stage, "render", painting=painting, width=width, height=height, layers="none", **fields
            )
        )


def need_shape(width: int, height: int, recipe: PaintRecipe) -> None:
    """Raises CanvasError if a document has another shape than when it was painted; its size may be another."""
    if active_document() is None:
        raise CanvasError(tr("Open a picture first."))
    if abs(width * recipe["height"] - height * recipe["width"]) > max(recipe["width"], recipe["height"]):
        raise CanvasError(tr("The document had another shape when this was painted; paint the whole layer again."))
