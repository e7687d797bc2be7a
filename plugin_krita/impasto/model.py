"""What the plugin knows and does: the state that the docker shows, and the way of a layer to the engine and back."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from protocol import ProtocolError

from . import canvas
from .connection import CONNECTED, Connection
from .engine import Engine
from .qt import RGBA8888, QImage, QObject, Signal
from .settings import Settings
from .tasks import Task

IDLE, READING, WAITING, PAINTING, FETCHING = "idle", "reading", "waiting", "painting", "fetching"
LAST = ("done", "failed", "cancelled")


class Model(QObject):
    """One for all windows."""

    changed = Signal()  # anything below
    finished = Signal(str)  # done, failed or cancelled

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.settings = Settings()
        self.connection, self.engine = Connection(self), Engine(self)
        self.stage, self.fraction, self.left, self.pass_text = IDLE, 0.0, None, ""
        self.message, self.details = "", ""
        self.engine_says = ""
        self.job = ""
        self._seen = 0
        self._task: Any = None
        self._result: Any = None
        self._source: Any = None
        self._preview: Any = None
        self._waits: Any = None
        self.connection.changed.connect(self._connected)
        self.connection.told.connect(self._heard)
        self.engine.said.connect(self._engine_said)
        self.engine.failed.connect(self._say)

    # --- what the docker shows

    @property
    def busy(self) -> bool:
        """Is something being painted?"""
        return self.stage != IDLE

    @property
    def styles(self) -> list[dict[str, Any]]:
        """The styles the engine knows."""
        return self.connection.hello.get("styles", [])

    def style(self) -> dict[str, Any]:
        """The chosen style, or the first there is."""
        chosen = [s for s in self.styles if s["name"] == self.settings["style"]]
        return (chosen or self.styles)[0]

    # --- what the user wants

    def start_engine(self) -> None:
        """Start the engine."""
        self.engine_says = "starting"
        self._say("")
        self.engine.start()

    def paint(self) -> None:
        """Paint the active layer, or what the settings say."""
        if self.busy:
            return
        self._say("")
        self._become(READING)
        self._task = Task(self._paint(), self._failed)

    def cancel(self) -> None:
        """Stop painting; nothing of it stays."""
        if self.job:
            self.connection.tell("cancel", job=self.job)
        elif self._task is not None:
            self._task.stop()
            self._end("cancelled")

    def close(self) -> None:
        """Krita is closing; the job goes on in the engine."""
        if self._task is not None:
            self._task.stop()
        self.connection.close()

    # --- the way of a layer

    def _paint(self) -> Generator[Any, Any, None]:
        if self.connection.state != CONNECTED:
            raise canvas.CanvasError("The engine is not running; start it first.")
        source = yield from canvas.read_source(self.settings["visible"])
        self._source = source
        style = self.style()
        pixels = yield self.connection.put(source.pixels)
        fields = {
            "picture": {"plane": pixels, "width": source.width, "height": source.height, "channels": 4, "depth": "u8",
                        "stride": 4 * source.width},
            "style": style["values"],
            "seed": self.settings["seed"],
            "preview": self.settings["preview"],
            "layers": self.settings["layers"],
            "label": source.name[:200],
        }  # fmt: skip
        if source.mask is not None:
            mask = yield self.connection.put(source.mask)
            fields["selection"] = {"plane": mask, "width": source.width, "height": source.height, "count": 1}
        if self.settings["strokes"]:
            fields["strokes"] = self.settings["strokes"]
        if self.settings["regions"]:
            fields["find"] = "unsupervised"
        source.pixels = bytearray()
        self._become(WAITING)
        header, _ = yield self.connection.asked("paint", **fields)
        self.job, self._seen = header["job"], 0
        done = yield self._wait_for_end
        if done["event"] == "failed":
            raise ProtocolError(done.get("code", ""), done.get("sentence", ""), done.get("remedy", ""))
        if done["event"] == "cancelled":
            self._end("cancelled")
            return
        self._become(FETCHING)
        yield from self._deliver(done)
        self.connection.tell("forget", job=self.job)
        self._end("done")

    def _deliver(self, done: dict[str, Any]) -> Generator[Any, Any, None]:
        """The painting's layers into the document."""
        result = self._result or self._made(done)
        if not result.there:
            raise canvas.CanvasError("The group of the painting was deleted, or its document closed.")
        planned = {key: number for number, key in enumerate(self._planned)}
        result.clear(0)
        layers = done["layers"] or [
            {"file": "pixels.rgba", "name": "painting", "group": None, "x": 0, "y": 0, "width": done["width"],
             "height": done["height"]}
        ]  # fmt: skip
        for layer in layers:
            number = planned.get((layer["group"], layer["name"]))
            if number is None:
                continue
            size = layer["width"] * layer["height"] * 4
            data = yield self.connection.fetched(self.job, layer["file"], size)
            yield from result.write(number, data, layer["x"], layer["y"], layer["width"], layer["height"])
        result.refresh()

    def _made(self, header: dict[str, Any]) -> Any:
        """The empty group, once it is known which layers there will be: the one undo step."""
        regions, kind = header.get("regions") or [], self.settings["layers"]
        passes = len(self.style()["values"]["passes"])
        if kind == "none":
            self._planned = [(None, "painting")]
        else:
            names = [f"pass {k + 1}" for k in range(passes)] if kind == "passes" else ["pass 1"]
            groups = list(regions) or [None]
            self._planned = [(None, "background")] + [(group, name) for group in groups for name in names]
        title = "{} \u2013 {}".format(self._source.name, self.style()["name"])
        self._result = canvas.Result(self._source, title, self._planned)
        return self._result

    # --- what the engine says

    def _heard(self, header: dict[str, Any], frames: list[bytes]) -> None:
        if header.get("job") != self.job or not self.job:
            return
        event = header["event"]
        self._seen = max(self._seen, int(header.get("seq", 0)))
        if self._result is not None:
            self._result.keep_active()
        if event == "preview":
            self.connection.tell("seen", job=self.job, seq=header["seq"])
            self._show(header, b"".join(frames))
        elif event == "started":
            self._become(PAINTING)
            if self._result is None and canvas.is_open(self._source.document):
                self._made(header)
        elif event == "pass":
            self.pass_text = "pass {} of {}".format(header["index"], header["of"])
        elif event == "progress":
            self.fraction, self.left = header["fraction"], header["seconds_left"]
        elif event == "fitted":
            self._say(header["what"])
        elif event in LAST and self._waits is not None:
            waits, self._waits = self._waits, None
            waits(header)
        self.changed.emit()

    def _show(self, header: dict[str, Any], data: bytes) -> None:
        """Lay what changed of the preview over what there was, and show it."""
        width, height = header["canvas_width"], header["canvas_height"]
        if self._preview is None or len(self._preview) != 4 * width * height:
            self._preview = bytearray(4 * width * height)
        row = 4 * header["width"]
        for k in range(header["height"]):
            at = 4 * ((header["y"] + k) * width + header["x"])
            self._preview[at : at + row] = data[k * row : (k + 1) * row]
        if self._result is not None:
            self._result.show(QImage(bytes(self._preview), width, height, 4 * width, RGBA8888))

    def _wait_for_end(self, resume: Any) -> None:
        self._waits = resume

    def _connected(self) -> None:
        if self.connection.state == CONNECTED:
            self.engine_says = ""
            if self.job:  # it was lost for a while: hear the rest of the job
                self.connection.asked("attach", job=self.job, since=self._seen)(self._attached)
        self.changed.emit()

    def _attached(self, value: Any = None, error: Any = None) -> None:
        if error is not None and getattr(error, "code", "") == "job" and self._waits is not None:
            waits, self._waits = self._waits, None
            waits(error=error)

    # --- the end

    def _failed(self, problem: Exception, trace: str) -> None:
        known = isinstance(problem, (canvas.CanvasError, ProtocolError))
        self._say(str(problem) if known else f"This should not have happened: {problem}", trace)
        self._end("failed")

    def _end(self, how: str) -> None:
        if how != "done" and self._result is not None:
            self._result.remove()
        self.job, self._result, self._source, self._preview, self._waits = "", None, None, None, None
        self.fraction, self.left, self.pass_text = 0.0, None, ""
        self._become(IDLE)
        self.finished.emit(how)

    def _become(self, stage: str) -> None:
        self.stage = stage
        self.changed.emit()

    def _engine_said(self, line: str) -> None:
        self.engine_says = line
        self.changed.emit()

    def _say(self, text: str, details: str = "") -> None:
        self.message, self.details = text, details
        self.changed.emit()


_model: Any = None


def model() -> Model:
    """The one model."""
    global _model
    if _model is None:
        _model = Model()
    return _model
