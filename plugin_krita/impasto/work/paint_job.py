"""A layer's way to the engine and back: read, painted with previews on the canvas, delivered as a group of layers."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from ..document import annotations, krita_document
from ..document.history import THUMBNAIL, png
from ..document.krita_document import CanvasError
from ..link.jobs import Cancelled, EngineJob
from ..qt import RGBA8888, QImage, scaled
from .resume import ResumeNote
from .stages import FETCHING, PAINTING, WAITING
from .steps import Task

Steps = Generator[Any, Any, None]


class PaintJob:
    """One painting in one document. `state` is told how far it is; note: of one that was begun before Krita was."""

    kind = "paint"

    def __init__(self, state: Any, note: dict[str, Any] | None = None) -> None:
        self._state, self._note = state, note
        self.job = EngineJob(state.connection, self._heard)
        self.source: Any = None
        self.result: Any = None
        self.previews = 0
        self._preview: Any = None
        self._making: Any = None
        self._showing: Any = None
        self._own_passes: dict[str | None, int] = {}  # of regions in a style of their own
        self._image: Any = None  # the preview as the engine sent it
        self._planned: list[tuple[str | None, str]] = []
        self._layers = state.settings["layers"]
        self._style = state.style()
        self._region = ""  # the name of the region that comes in front, if only this is new
        self._mask = ""  # of this, as it is noted
        self._recipe: dict[str, Any] = {}
        self._resume_note: Any = None
        self._remembered, self._file = False, ""
        state.saved.connect(self._keep_name)

    def steps(self) -> Steps:
        """All of it, for a task."""
        if self._note is None:
            self.source = yield from self._read()
            fields = yield from self._fields()
            self._recipe = self._made(fields)
            krita_document.prepare(self.source)
            self._state.become(WAITING)  # not before: Krita would draw its window in the midst of that
            yield from self.job.begin(self.kind, **fields)
            self._keep()
        else:
            yield from self._rejoin(self._note)
        try:
            done = yield from self.job.end()
        except Cancelled:
            self._state.end("cancelled")
            return
        self._state.become(FETCHING)
        there = yield from self._deliver(done)
        yield from self._remember(done)
        if not there:
            raise CanvasError("The group of the painting was deleted; it can be added again from the results.")
        self._state.end("done")

    def cancel(self) -> bool:
        """Ask the engine to stop; False if it does not know of it yet."""
        if self.job.id:
            self.job.cancel()
        return bool(self.job.id)

    def close(self, how: str) -> None:
        """It has ended, this way: done, failed, cancelled, or Krita is closing."""
        self.job.let_go(forget=how in ("done", "cancelled"))
        self._state.saved.disconnect(self._keep_name)
        if self._resume_note is not None:
            # whatever else went wrong, such as that the document was closed: the engine still has it
            self._resume_note.let_go(drop=self._remembered or self.job.failed or how == "cancelled")
        if self._making is not None:
            self._making.stop()
        if self.result is not None:
            if how == "done":
                self.result.finish()
            elif how != "closing":
                self.result.remove()

    def _read(self) -> Generator[Any, Any, krita_document.Source]:
        """What is to be painted."""
        return (yield from krita_document.read_source(self._state.settings["visible"]))

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        """What is asked of the engine, its planes handed over."""
        source, settings, connection = self.source, self._state.settings, self._state.connection
        pixels = yield connection.put(source.pixels)
        fields = {
            "picture": source.described(pixels),
            "style": self._style["values"],
            "seed": settings["seed"],
            "preview": settings["preview"],
            "layers": self._layers,
            "label": source.name[:200],
        }
        if source.mask is not None:
            mask = yield connection.put(source.mask)
            fields["selection"] = {"plane": mask, "width": source.width, "height": source.height, "count": 1}
        for slider, usual in (("brush", 1.0), ("looseness", 0.0)):
            if settings[slider] != usual:  # an older engine, elsewhere, may not know them
                fields[slider] = settings[slider]
        if settings["strokes"]:
            fields["strokes"] = settings["strokes"]
        if settings["regions"]:
            own = yield from self._state.regions.asked(source.document, connection, self._state.styles)
            fields.update(own or {"find": settings["segmenter"]})
            styles = {region["name"]: region["style"] for region in own.get("regions", []) if region["style"]}
            self._own_passes = {name: len(style["passes"]) for name, style in styles.items()}
        source.pixels = bytearray()
        return fields

    def _deliver(self, done: dict[str, Any]) -> Generator[Any, Any, bool]:
        """The painting's layers into the document; False if the user has deleted their group meanwhile."""
        self._needs_document()
        if self._making is None:
            self._making = Task(self._make(done), self._state.trouble)
        while not self._making.over:
            yield
        if not self.result.there:
            return False
        self.result.begin_final()
        yield from self.result.clear(0)
        for number, layer in self._ready(done):
            data = yield self.job.fetched(layer["file"], layer["width"] * layer["height"] * 4)
            yield from self.result.write(number, data, layer["x"], layer["y"], layer["width"], layer["height"])
        self.result.refresh()
        return self.result.there

    def _needs_document(self) -> None:
        if not krita_document.is_open(self.source.document):
            raise CanvasError("The document of the painting was closed; the engine keeps the painting.")

    def _ready(self, done: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
        """Layers of the result, each with the number of that in the document."""
        planned = {key: number for number, key in enumerate(self._planned)}
        layers = done["layers"] or [
            {"file": "pixels.rgba", "name": "painting", "group": None, "x": 0, "y": 0, "width": done["width"],
             "height": done["height"]}
        ]  # fmt: skip
        numbered = [(planned.get((layer["group"], layer["name"])), layer) for layer in layers]
        return [(number, layer) for number, layer in numbered if number is not None]

    def _make(self, header: dict[str, Any]) -> Steps:
        """The empty group, once it is known which layers there will be: the one undo step."""
        self._planned = self._planned or self._plan(header)
        known = () if self._note is None else self._note["parts"]
        self.result = krita_document.Result(self.source)
        yield from self.result.build(self._title(), self._planned, known)
        self._keep()
        if self._image is not None:  # it came before there was a layer to show it in
            self._display((0, 0, self._image.width(), self._image.height()))

    def _plan(self, header: dict[str, Any]) -> list[tuple[str | None, str]]:
        """Which layers there will be, from the bottom up, by what the engine has said."""
        if header["event"] == "done":
            return [(layer["group"], layer["name"]) for layer in header["layers"]] or [(None, "painting")]
        if self._layers == "none":
            return [(None, "painting")]
        usual = len(self._style["values"]["passes"])
        groups = list(header.get("regions") or []) or [None]
        count = {g: self._own_passes.get(g, usual) if self._layers == "passes" else 1 for g in groups}
        return [(None, "background"), *((group, f"pass {k + 1}") for group in groups for k in range(count[group]))]

    def _title(self) -> str:
        return "{} \u2013 {}".format(self.source.name, self._style["name"])

    # --- what is remembered of it

    def _made(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The recipe, see `history.RECIPE`."""
        source, settings = self.source, self._state.settings
        return {
            "source": source.name[:200], "node": source.node, "visible": settings["visible"],
            "style": self._style["name"][:100], "values": fields["style"], "settings": settings.painted(),
            "layers": self._layers, "width": source.width, "height": source.height, "strokes": 0, "group": "",
            "date": 0,
        }  # fmt: skip

    def _remember(self, done: dict[str, Any]) -> Steps:
        """The painting into the document, to be painted on another day."""
        painting = yield self.job.fetched("result.impasto", done["painting"])
        self._needs_document()
        recipe = {**self._recipe, "strokes": done["strokes"], "group": self.result.group}
        self._remembered = True
        if not self._state.history.remember(self.source.document, recipe, self._thumbnail(), bytes(painting)):
            self._state.say("The painting is too large to be remembered in the document.")

    def _thumbnail(self) -> bytes:
        scale = THUMBNAIL / max(self.source.width, self.source.height)
        width, height = (max(1, round(side * scale)) for side in (self.source.width, self.source.height))
        image = annotations.thumbnail(self.source.document, self.result.group, width, height)
        if self._image is not None and (image.isNull() or self._region):  # it is gone, or only a part
            image = scaled(self._image, width, height)
        return png(image)

    def _keep(self) -> None:
        """Note it down, should Krita end before it does."""
        document = self.source.document
        if not krita_document.is_open(document):
            return
        self._file = document.fileName()
        name = document.name() or Path(self._file).name or self.source.name
        self._resume_note = self._resume_note or ResumeNote(self.job.id)
        self._resume_note.keep({
            "job": self.job.id, "kind": self.kind, "region": self._region, "above": self.source.node,
            "file": self._file, "name": name[:200], "recipe": self._recipe,
            "planned": [[group or "", name] for group, name in self._planned],
            "mask": self._mask, "parts": [] if self.result is None else self.result.parts,
        })  # fmt: skip

    def _keep_name(self) -> None:
        """Note it down anew if the document was saved under another name."""
        document = self.source.document if self._resume_note is not None else None
        if document is not None and krita_document.is_open(document) and document.fileName() != self._file:
            self._keep()

    def _rejoin(self, note: dict[str, Any]) -> Steps:
        """Go on with what was begun before Krita was."""
        self._resume_note = ResumeNote(note["job"])
        if not self._resume_note.ours:
            raise CanvasError("Another Krita goes on with this painting.")
        self._recipe = recipe = note["recipe"]
        self._style = {"name": recipe["style"], "values": recipe["values"]}
        self._layers, self._region, self._mask = recipe["layers"], note["region"], note["mask"]
        self._planned = [(group or None, name) for group, name in note["planned"]]
        document = annotations.reopened(note["file"], note["name"], recipe["width"], recipe["height"])
        yield from annotations.settled(document)
        self.source = krita_document.Source(document, recipe["source"], recipe["width"], recipe["height"])
        self.source.node = note["above"]
        self._state.become(WAITING)
        yield from self.job.join(note["job"])

    def _heard(self, header: dict[str, Any], frames: list[bytes]) -> None:
        if self.result is not None:
            self.result.keep_active()
        event = header["event"]
        if event == "preview":
            self._show(header, b"".join(frames))
        elif event == "started":
            self._state.become(PAINTING)
            if self._making is None and krita_document.is_open(self.source.document):
                self._making = Task(self._make(header), self._state.trouble)
        self._state.hear(header)

    def _show(self, header: dict[str, Any], data: bytes) -> None:
        """Lay what changed of the preview over what there was, and show it."""
        width, height = header["canvas_width"], header["canvas_height"]
        if self._preview is None or len(self._preview) != 4 * width * height:
            self._preview = bytearray(4 * width * height)
        row = 4 * header["width"]
        for k in range(header["height"]):
            at = 4 * ((header["y"] + k) * width + header["x"])
            self._preview[at : at + row] = data[k * row : (k + 1) * row]
        self.previews += 1
        self._image = QImage(bytes(self._preview), width, height, 4 * width, RGBA8888).copy()
        self._display((header["x"], header["y"], header["width"], header["height"]))

    def _display(self, part: tuple[int, int, int, int]) -> None:
        """Bring this part of the preview onto the canvas, if there is a layer for it already."""
        if self.result is None or not self.result.group:
            return
        image = self._seen(self._image)
        if not image.isNull():
            if self._showing is not None and not self._showing.over:
                self.result.changed(part)
            else:
                self._showing = Task(self.result.show(image, part), self._state.trouble)

    def _seen(self, image: QImage) -> QImage:
        """What of a preview is shown; a null image is not."""
        return image
