"""What is made of a remembered painting: a selection of it painted again, or its layers added once more."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from ..document import annotations, krita_document
from ..document.history import Remembered
from ..document.open_documents import CanvasError, active_document
from ..easel.words import tr
from ..protocol.messages import REQUESTS
from ..qt import QImage, QtGui, composition
from ..told import DoneTold, JobNote, PaintRecipe
from .paint_job import PaintJob
from .record import PaintRecord
from .repaint_plan import RepaintPlan
from .resume import read_mask, written_mask
from .steps import Steps

MOST_MASK = 4096  # pixels of a mask's side


class PaintingOfSelection(PaintJob):
    """A painting of what is selected, and of nothing else."""

    def _read(self) -> Generator[Any, Any, krita_document.Source]:
        need_selection()
        return (yield from super()._read())


class Repainting(PaintJob):
    """What is selected, painted again over a painting; the layers that this adds lie above those of the painting."""

    kind = "repaint"

    def __init__(self, state: Any, note: JobNote | None = None) -> None:
        super().__init__(state, note)
        self._old: Remembered | None = state.history.wanted()
        region = time.strftime("repaint %Y-%m-%d %H.%M.%S")
        self._plan, self._record = RepaintPlan(self._plan.kind, region), PaintRecord(region)
        self._selection: Any = None  # as an image of alpha alone, of a preview's size

    def _read(self) -> Generator[Any, Any, krita_document.Source]:
        document, old = active_document(), self._old
        if document is None:
            raise CanvasError(tr("Open a picture first."))
        if old is None:
            raise CanvasError(tr("This document remembers no painting; paint it first."))
        need_selection()
        recipe = old.recipe
        if (document.width(), document.height()) != (recipe["width"], recipe["height"]):
            raise CanvasError(tr("The document had another size when this was painted; paint the whole layer again."))
        groups = [entry.recipe["group"] for entry in self._state.history.entries]
        return (yield from annotations.read_again(recipe["node"], recipe["visible"], groups, recipe["source"]))

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        source, old, connection = self.source, self._old, self._state.connection
        assert old is not None
        yield  # what was read last took its time
        self._record.mask = yield from written_mask(source)
        yield
        fields = yield from super()._fields()
        if self._state.style.absorbs(fields["style"]):
            self._plan.kind = "regions"  # it comes as one layer, which covers
        mask = fields["selection"]
        fields = {name: value for name, value in fields.items() if name in REQUESTS["repaint"][0]}
        painting = self._state.history.painting(source.key, old)
        fields["painting"] = yield connection.put(painting)
        scale = max(source.width, source.height) / MOST_MASK
        if scale > 1:
            width, height = (max(1, int(side / scale)) for side in (source.width, source.height))
            small = annotations.mask_image(source, width, height)
            mask = {
                "plane": (yield connection.put(annotations.mask_bytes(small))),
                "width": width,
                "height": height,
                "count": 1,
            }
        fields["layers"] = "passes" if self._plan.kind == "passes" else "regions"
        return {**fields, "mask": mask, "name": self._record.region}

    def _rejoin(self, note: JobNote) -> Steps:
        self._plan = RepaintPlan(self._plan.kind, note["region"])
        return super()._rejoin(note)

    def _recipe(self, fields: dict[str, Any]) -> PaintRecipe:
        assert self._old is not None
        old = self._old.recipe
        made: PaintRecipe = {
            **super()._recipe(fields), "source": old["source"], "node": old["node"], "visible": old["visible"],
        }  # fmt: skip
        # its own group lies above that of the old painting, if this is still there
        above = self._old.recipe["group"]
        if annotations.shown(self.source.key, above) is not None:
            self.source.node = above
        return made

    def _title(self) -> str:
        return tr("{title}, again").format(title=super()._title())

    def _cut(self, image: QImage) -> QImage:
        """Only what is selected; the preview shows the whole painting."""
        if self._selection is None or self._selection.size() != image.size():
            size = image.width(), image.height()
            known = self.source.mask is not None  # else it was another Krita that read it
            mask = annotations.mask_image(self.source, *size) if known else read_mask(self._record.mask, *size)
            self._selection = mask
        if self._selection.isNull():
            return QImage()
        image = image.copy()
        painter = QtGui.QPainter(image)
        painter.setCompositionMode(composition("DestinationIn"))
        painter.drawImage(0, 0, self._selection)
        painter.end()
        return image


class Applying(PaintJob):
    """The layers of a remembered painting, added to the active document once more."""

    kind = "render"

    def __init__(self, state: Any, old: Remembered) -> None:
        super().__init__(state)
        self._old, self._plan.kind = old, old.recipe["layers"]
        self._has_its_shape = True
        self._style = {"name": old.recipe["style"], "values": old.recipe["values"]}

    def _read(self) -> Generator[Any, Any, krita_document.Source]:
        document, recipe = active_document(), self._old.recipe
        if document is None:
            raise CanvasError(tr("Open a picture first."))
        source = krita_document.Source(document, recipe["source"], document.width(), document.height())
        source.node = recipe["node"]
        return source
        yield  # a generator, as the others

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        source, recipe = self.source, self._old.recipe
        scale = min(source.width / recipe["width"], source.height / recipe["height"])
        width, height = (max(1, round(recipe[side] * scale)) for side in ("width", "height"))
        self._has_its_shape = max(source.width - width, source.height - height) <= 1
        if not self._has_its_shape:  # cropped, which scales nothing
            width, height = recipe["width"], recipe["height"]
        painting = self._state.history.painting(source.key, self._old)
        return {
            "painting": (yield self._state.connection.put(painting)), "width": width, "height": height,
            **self._layered(recipe["values"]),
        }  # fmt: skip

    def _recipe(self, fields: dict[str, Any]) -> PaintRecipe:
        return self._old.recipe

    def _keep(self) -> None:
        """It is remembered already."""

    def _remember(self, done: DoneTold) -> Steps:
        self._state.history.set_group(self.source.key, self._old, self.result.group)
        if not self._has_its_shape:
            self.say(
                tr(
                    "The document had another shape when this was painted. The layers are as large as they were, at "
                    "the upper left; move their group to where it belongs."
                )
            )
        yield


def need_selection() -> None:
    """Raises CanvasError if nothing is selected."""
    if not annotations.is_selected():
        raise CanvasError(tr("Select something first: what is selected will be painted."))


PAINTINGS = {"paint": PaintJob, "repaint": Repainting}
