"""A layer's way to the engine and back: read, painted with previews on the canvas, delivered as a group of layers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, cast

from ..document import annotations, delivered, krita_document, pen, scratch
from ..document.krita_document import Source
from ..document.open_documents import CanvasError
from ..easel.engine_words import named_as
from ..easel.layer_plan import LayerPlan
from ..easel.words import tr
from ..guard import on
from ..link.jobs import Cancelled, EngineJob
from ..qt import QImage
from ..settings import DEFAULTS, PAINTED
from ..told import DoneTold, JobNote, JobTold, PaintRecipe, ResultLayer, StartedTold
from .canvas_preview import CanvasPreview
from .piece import Piece
from .record import PaintRecord
from .segment import segmenter
from .stages import FETCHING, PAINTING, SEGMENTING, SENDING, WAITING
from .steps import Steps, Task

PART = 8 << 20  # bytes of a layer that are fetched at a time: to have room for more takes its time


class PaintJob(Piece):
    """One painting in one document. `state` is told how far it is; note: of one that was begun before Krita was."""

    kind = "paint"  # of the request

    def __init__(self, state: Any, note: JobNote | None = None) -> None:
        super().__init__(state)
        self._note, self._settings = note, state.settings.now()
        if note is not None:
            self.document = note["name"]
        self._job = EngineJob(state.connection, state.unwanted, self._heard)
        self.source: Any = None
        self.result: Any = None
        self.preview = CanvasPreview(self._cut, self.trouble)
        self._style = state.style.changed()
        self._plan, self._record = LayerPlan(self._settings["layers"]), PaintRecord()
        self._making: Any = None
        self._finds = False  # the engine begins with finding regions
        self._tie = on(state.saved, self._keep_name)

    @property
    def what(self) -> str:
        """See `Piece`."""
        return str(self._style["name"])

    @property
    def job(self) -> EngineJob:
        """The engine's job."""
        return self._job

    @property
    def takes_document(self) -> bool:
        """Once the engine has all it needs, others may begin."""
        return not self.job.id

    def steps(self) -> Steps:
        """All of it, for a task."""
        if self._note is None:
            yield from self._hand_in()
        else:
            yield from self._rejoin(self._note)
        try:
            done = cast(DoneTold, (yield from self.job.end()))
        except Cancelled:
            self.end("cancelled")
            return
        self.become(FETCHING)
        there = yield from self._deliver(done)
        yield from self._remember(done)
        yield from delivered.note(self.source.key, self.result.group)
        yield from self.result.settled()
        if not there:
            raise _gone(self.result)
        self.end("done")

    def close(self, how: str) -> None:
        """See `Piece`."""
        self.job.let_go(forget=how in ("done", "cancelled"))
        self._tie()
        # whatever else went wrong, such as that the document was closed: the engine still has it
        over = self._record.remembered or self.job.failed or how == "cancelled"
        self._record.let_go(drop=over)
        if self._making is not None:
            self._making.stop()
        if self.result is not None and how != "closing":
            if how == "cancelled" or not (self.preview.count or how == "done"):
                self.result.remove()
            elif self.result.there:  # whatever went wrong: what is painted is kept
                self.result.finish()
                if how != "done":
                    self.say(f"{self.said} {_kept(over)}".strip(), self.details)

    # --- what is asked of the engine

    def _hand_in(self) -> Steps:
        """Read what is to be painted, and have the engine paint it."""
        self.source = yield from self._read()
        words = tr("This is animated; what is painted is the frame that shows, as a still over all frames.")
        self.tell_if_animated(self.source, self._settings["visible"], words)
        self.become(SENDING)
        fields = yield from self._fields()
        self._record.recipe = self._recipe(fields)
        yield from pen.up()
        krita_document.prepare(self.source)
        self.become(WAITING)  # not before: Krita would draw its window meanwhile
        yield from self.job.begin(self.kind, **fields)
        self._state.run.handed_in(self)
        self._keep()

    def _read(self) -> Generator[Any, Any, Source]:
        """What is to be painted."""
        return (yield from krita_document.read_source(self._settings["visible"], self.come))

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        """The fields of the request, its planes handed over."""
        source, settings, connection = self.source, self._settings, self._state.connection
        self._state.guides.check(source, settings["visible"])
        values = self._state.guides.coloured(self._style["values"])
        pixels = yield connection.put(source.pixels, self.come)
        fields = {
            "picture": source.described(pixels),
            "style": values,
            "seed": settings["seed"],
            "preview": settings["preview"],
            "label": source.name[:200],
        }
        if source.mask is not None:
            mask = yield connection.put(source.mask)
            fields["selection"] = {"plane": mask, "width": source.width, "height": source.height, "count": 1}
        fields.update(_wished(self._state, settings))
        fields.update((yield from self._state.guides.asked(source, connection)))
        if settings["regions"]:
            own = yield from self._state.regions.asked(source.key, connection, self._state.style.known, fields["style"])
            fields.update(own or {"find": segmenter(self._state, settings)})
            self._finds = not own
            styles = {region["name"]: region["style"] for region in own.get("regions", []) if region["style"]}
            self._plan.own_passes = {name: len(style["passes"]) for name, style in styles.items()}
        fields.update(self._layered(fields["style"]))
        source.pixels = b""
        return fields

    def _layered(self, values: dict[str, Any]) -> dict[str, Any]:
        """How the layers are asked for; what would have to be multiplied, and cannot be here, comes as one layer."""
        if not self._state.style.absorbs(values):
            return {"layers": self._plan.kind}
        if self._state.connection.lacks("multiply") or not krita_document.multiplies(self.source.key):
            self._plan.kind = "none"
            return {"layers": "none"}
        return {"layers": self._plan.kind, "multiply": True}

    def _recipe(self, fields: dict[str, Any]) -> PaintRecipe:
        """What the painting is made from and how, see `history.RECIPE`."""
        source, settings = self.source, self._settings
        painted = {name: settings[name] for name in PAINTED}
        painted["effort"] = fields.get("effort", DEFAULTS["effort"])
        return {
            "source": source.name[:200], "node": source.node, "visible": settings["visible"],
            "style": self._style["name"][:100], "values": fields["style"],
            "settings": painted,
            "layers": self._plan.kind, "width": source.width, "height": source.height, "strokes": 0, "group": "",
            "date": 0,
        }  # fmt: skip

    def _rejoin(self, note: JobNote) -> Steps:
        """Go on with what was begun before Krita was."""
        self._record.take_up(note)
        self._state.offers.look()  # the next one, if there is another
        recipe = note["recipe"]
        self._style = {"name": recipe["style"], "values": recipe["values"]}
        self._plan.kind = recipe["layers"]
        self._plan.layers = [(group or None, name) for group, name in note["planned"]]
        document = annotations.reopened(note["file"], note["name"], recipe["width"], recipe["height"])
        self.source = Source(document, recipe["source"], recipe["width"], recipe["height"])
        del document  # it may be closed meanwhile
        self.key = self.source.key
        yield from annotations.settled(self.key)
        self.source.node = note["above"]
        self.become(WAITING)
        yield from self.job.join(note["job"])

    # --- what the engine says meanwhile

    def _heard(self, header: JobTold, frames: list[bytes]) -> None:
        if self.result is not None:
            self.result.keep_active()
        if header["event"] == "preview":
            self.preview.take(header, frames, self.result)
        elif header["event"] == "begun" and self._finds:
            self.become(SEGMENTING)
        elif header["event"] == "started":
            self.become(PAINTING)
            if self._making is None and self.source.is_open:
                self._making = Task(self._make(header), self.trouble)
        self.hear(header)

    def _cut(self, image: QImage) -> QImage:
        """What of a preview is shown; a null image is not."""
        return image

    # --- the document

    def _make(self, header: StartedTold | DoneTold) -> Steps:
        """The empty group, once it is known which layers there will be: the one undo step."""
        self._plan.make(header, len(self._style["values"]["passes"]))
        yield from pen.up()
        self._build(() if self._note is None else self._note["parts"])
        yield
        scratch.close()
        self._keep()
        self.preview.show_all(self.result)

    def _build(self, known: Sequence[str]) -> None:
        """See `Result.build`."""
        self.result = krita_document.Result(self.source)
        self.result.build(self._title(), self._plan.titles(), known, self._plan.multiplied)

    def _title(self) -> str:
        return "{} \u2013 {}".format(self.source.name, named_as("style", self._style["name"]))

    def _deliver(self, done: DoneTold) -> Generator[Any, Any, bool]:
        """The painting's layers into the document; False if the user has deleted their group meanwhile."""
        self._needs_document()
        if self._making is None:
            self._making = Task(self._make(done), self.trouble)
        while not self._making.over:
            yield
        if not self.result.there:
            return False
        self.result.begin_final()
        yield from self.result.clear(0)
        layers = self._plan.numbered(done)
        for place, (number, layer) in enumerate(layers):
            self.come(place / len(layers))
            yield from _brought(self.job, self.result, number, layer, self._select)
        yield from pen.up()
        self.result.refresh()
        return self.result.there

    def _select(self, data: bytearray, layer: ResultLayer) -> Steps:
        """Leave of a layer's pixels what is to be seen; here all."""
        return
        yield

    def _remember(self, done: DoneTold) -> Steps:
        """The painting into what the document remembers."""
        painting = yield from self.job.fetched("result.impasto", done["painting"])
        self._needs_document()
        recipe: PaintRecipe = {**self._record.recipe, "strokes": done["strokes"]}
        self._record.recipe = recipe
        history, group = self._state.history, self.result.group
        if not self._record.remember(history, self.source, group, self.preview.image, bytes(painting)):
            self.say(tr("The painting is too large to be remembered in the document."))

    def _needs_document(self) -> None:
        if not self.source.is_open:
            raise CanvasError(
                tr("The document of the painting was closed; Continue opens it again, with the painting.")
            )

    def _keep(self) -> None:
        """Note it down, should Krita end before it does."""
        self._record.keep(self.job, self.source, self._plan.layers, [] if self.result is None else self.result.parts)

    def _keep_name(self) -> None:
        """Note it down again if the document was saved under another name."""
        if self.source is not None and self._record.is_outdated(self.source):
            self._keep()


def _gone(result: Any) -> CanvasError:
    """Why a painting's layers are not there."""
    if result.group:
        return CanvasError(tr("The group of the painting was deleted; the painting can be added from the results."))
    # which of the two, Krita does not tell: an undo may come while it adds the group
    return CanvasError(tr("The group was deleted, or no layers are taken; the painting can be added from the results."))


def _brought(
    job: EngineJob,
    result: Any,
    number: int,
    layer: ResultLayer,
    select: Callable[[bytearray, ResultLayer], Steps],
) -> Steps:
    """A layer's pixels from the engine into the document, some rows at a time, as much of them as is to be seen."""
    row = 4 * layer["width"]
    rows = max(1, PART // row)
    for top in range(0, layer["height"], rows):
        part: ResultLayer = {**layer, "y": layer["y"] + top, "height": min(rows, layer["height"] - top)}
        data = yield from job.fetched(layer["file"], row * part["height"], row * top)
        yield from select(data, part)
        yield from result.write(number, data, part["x"], part["y"], part["width"], part["height"])


def _wished(state: Any, settings: Any) -> dict[str, Any]:
    """The fields of what the user wants otherwise than usual; an older engine, elsewhere, may not know them."""
    usual = {"brush": 1.0, "looseness": 0.0, "strokes": 0}
    fields = {name: settings[name] for name, value in usual.items() if settings[name] != value}
    if settings["interest"] >= 0 and not state.connection.lacks("interest"):
        fields["interest"] = settings["interest"]
    if (asked := effort(state, settings)) != DEFAULTS["effort"]:
        fields["effort"] = asked
    return fields


def effort(state: Any, settings: Any = None) -> str:
    """What the user chose, or the usual one if the engine is too old to know others. settings: see `segmenter`."""
    chosen = state.settings if settings is None else settings
    return str(DEFAULTS["effort"] if state.connection.lacks("effort") else chosen["effort"])


def _kept(over: bool) -> str:
    """What became of a painting that did not come to its end; over: nor can it any more."""
    if over:
        return tr("What was painted so far is kept in its group.")
    return tr("What was painted so far is kept in its group, and can be continued when its engine is there again.")
