"""A layer's way to the engine and back: read, painted with previews on the canvas, delivered as a group of layers."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from . import canvas
from .jobs import Cancelled, Job
from .qt import RGBA8888, QImage
from .stages import FETCHING, PAINTING, READING, WAITING

Steps = Generator[Any, Any, None]


class Painting:
    """One painting in one document. `model` is told how far it is."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.job = Job(model.connection, self._heard)
        self.source: Any = None
        self.result: Any = None
        self.previews = 0
        self._preview: Any = None
        self._layers = model.settings["layers"]
        self._style = model.style()

    def steps(self) -> Steps:
        """All of it, for a task."""
        self._model.become(READING)
        self.source = yield from canvas.read_source(self._model.settings["visible"])
        fields = yield from self._fields()
        self._model.become(WAITING)
        yield from self.job.begin("paint", **fields)
        try:
            done = yield from self.job.end()
        except Cancelled:
            self._model.end("cancelled")
            return
        self._model.become(FETCHING)
        yield from self._deliver(done)
        self._model.end("done")

    def cancel(self) -> bool:
        """Ask the engine to stop; False if it does not know of it yet."""
        if self.job.id:
            self.job.cancel()
        return bool(self.job.id)

    def close(self, how: str) -> None:
        """It has ended, this way: done, failed, cancelled, or Krita is closing."""
        self.job.let_go(forget=how in ("done", "cancelled"))
        if self.result is not None:
            if how == "done":
                self.result.finish()
            elif how != "closing":
                self.result.remove()

    def _fields(self) -> Generator[Any, Any, dict[str, Any]]:
        """What is asked of the engine, its planes handed over."""
        source, settings, connection = self.source, self._model.settings, self._model.connection
        pixels = yield connection.put(source.pixels)
        fields = {
            "picture": {"plane": pixels, "width": source.width, "height": source.height, "channels": 4, "depth": "u8",
                        "stride": 4 * source.width},
            "style": self._style["values"],
            "seed": settings["seed"],
            "preview": settings["preview"],
            "layers": self._layers,
            "label": source.name[:200],
        }  # fmt: skip
        if source.mask is not None:
            mask = yield connection.put(source.mask)
            fields["selection"] = {"plane": mask, "width": source.width, "height": source.height, "count": 1}
        for slider, usual in (("brush", 1.0), ("looseness", 0.0)):
            if settings[slider] != usual:  # an older engine, elsewhere, may not know them
                fields[slider] = settings[slider]
        if settings["strokes"]:
            fields["strokes"] = settings["strokes"]
        if settings["regions"]:
            fields["find"] = "unsupervised"
        source.pixels = bytearray()
        return fields

    def _deliver(self, done: dict[str, Any]) -> Steps:
        """The painting's layers into the document."""
        if self.result is None:
            self._make(done)
        if not self.result.there:
            raise canvas.CanvasError("The group of the painting was deleted, or its document closed.")
        planned = {key: number for number, key in enumerate(self._planned)}
        yield from self.result.clear(0)
        layers = done["layers"] or [
            {"file": "pixels.rgba", "name": "painting", "group": None, "x": 0, "y": 0, "width": done["width"],
             "height": done["height"]}
        ]  # fmt: skip
        for layer in layers:
            number = planned.get((layer["group"], layer["name"]))
            if number is None:
                continue
            data = yield self.job.fetched(layer["file"], layer["width"] * layer["height"] * 4)
            yield from self.result.write(number, data, layer["x"], layer["y"], layer["width"], layer["height"])
        self.result.refresh()

    def _make(self, header: dict[str, Any]) -> None:
        """The empty group, once it is known which layers there will be: the one undo step."""
        if self._layers == "none":
            self._planned = [(None, "painting")]
        else:
            passes = len(self._style["values"]["passes"]) if self._layers == "passes" else 1
            groups = list(header.get("regions") or []) or [None]
            inner = [(group, f"pass {k + 1}") for group in groups for k in range(passes)]
            self._planned = [(None, "background"), *inner]
        title = "{} \u2013 {}".format(self.source.name, self._style["name"])
        self.result = canvas.Result(self.source, title, self._planned)

    def _heard(self, header: dict[str, Any], frames: list[bytes]) -> None:
        if self.result is not None:
            self.result.keep_active()
        event = header["event"]
        if event == "preview":
            self._show(header, b"".join(frames))
        elif event == "started":
            self._model.become(PAINTING)
            if self.result is None and canvas.is_open(self.source.document):
                self._make(header)
        self._model.hear(header)

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
        if self.result is not None:
            image = QImage(bytes(self._preview), width, height, 4 * width, RGBA8888)
            self.result.show(image, (header["x"], header["y"], header["width"], header["height"]))
