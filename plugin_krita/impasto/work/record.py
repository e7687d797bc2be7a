"""What is kept of a painting: a note on disk as long as it goes on, and the result in its document."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ..document import annotations
from ..document.history import THUMBNAIL, png
from ..document.open_documents import CanvasError, document_of
from ..easel.words import tr
from ..qt import QImage, scaled
from ..told import JobNote, LayerName, PaintRecipe
from .resume import NOTES


class PaintRecord:
    """The record of one painting.

    `recipe` is that of `history.RECIPE`; `region` the name of the region that comes in front, if only this is new, else
    empty; `mask` the selection of a repaint as text, see `resume.written_mask`.
    """

    def __init__(self, region: str = "") -> None:
        self.recipe = cast(PaintRecipe, {})  # until it is known
        self.region, self.mask = region, ""
        self.remembered = False  # in the document
        self._note: Any = None
        self._file = ""

    def keep(self, job: Any, source: Any, planned: list[LayerName], parts: list[str]) -> None:
        """Note it down, should Krita end before the painting does.

        planned: group and name of each of its layers; parts: the unique ids of their group and of them.
        """
        document = document_of(source.key)
        if document is None:
            return
        self._file = document.fileName()
        name = document.name() or Path(self._file).name or source.name
        self._note = self._note or NOTES.take(job.id)
        self._note.keep({
            "job": job.id, "kind": job.kind, "region": self.region, "above": source.node,
            "file": self._file, "name": name[:200], "recipe": self.recipe,
            "planned": [[group or "", name] for group, name in planned],
            "mask": self.mask, "parts": parts,
        })  # fmt: skip

    def is_outdated(self, source: Any) -> bool:
        """Was the document saved under another name than the one that was noted down?"""
        document = None if self._note is None else document_of(source.key)
        return document is not None and document.fileName() != self._file

    def take_up(self, note: JobNote) -> None:
        """Look after a painting by the note of a Krita that has ended. Raises CanvasError if another Krita does."""
        self._note = NOTES.take(note["job"])
        if not self._note.ours:
            raise CanvasError(tr("Another Krita goes on with this painting."))
        self.recipe, self.region, self.mask = note["recipe"], note["region"], note["mask"]

    def remember(self, history: Any, source: Any, group: str, preview: QImage | None, painting: bytes) -> bool:
        """Keep the result in its document, to be painted on another day; False if it is too large for that.

        group: the unique id of its layers' group; preview: the last one, if any came; painting: the `.impasto` file.
        """
        self.remembered = True
        recipe: PaintRecipe = {**self.recipe, "group": group}
        return history.remember(source.key, recipe, self._thumbnail(source, group, preview), painting)

    def let_go(self, drop: bool) -> None:
        """The painting needs no looking after any more; drop: nor will it ever again."""
        if self._note is not None:
            self._note.let_go(drop)

    def _thumbnail(self, source: Any, group: str, preview: QImage | None) -> bytes:
        scale = THUMBNAIL / max(source.width, source.height)
        width, height = (max(1, round(side * scale)) for side in (source.width, source.height))
        image = annotations.thumbnail(source.key, group, width, height)
        if preview is not None and (image.isNull() or self.region):  # it is gone, or only a part
            image = scaled(preview, width, height)
        return png(image)
