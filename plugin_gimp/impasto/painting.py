"""A layer's way to the engine and back: handed over, painted with previews, delivered as a group of layers."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from .easel.engine_words import named_as
from .easel.layer_plan import LayerPlan
from .easel.words import tr
from .engine import EngineLink
from .image import STRIPE, ImageCanvas, ImageError, LayerSource, write_part
from .protocol import ProtocolError
from .protocol.session import Fetch, PreviewCanvas, Put, said_error
from .resume import NOTES, UNWANTED, forget_unwanted
from .windows import Stopped, Telling, seconds_words
from .wishes import fields

TURN = 0.04  # seconds that are waited for a message before the windows have their turn
PATIENCE, PULSE = 5.0, 0.5  # seconds without a word after which it is told why, and between two moves of the bar
TRIES = 3  # in a row that an engine is started again for one painting
GONE = ("lost", "unreachable", "absent")


class LayerPainting:
    """One painting, from its beginning or, by `note`, from where another GIMP has left it."""

    def __init__(self, link: EngineLink, progress: Telling) -> None:
        self._link, self._progress = link, progress
        self._client: Any = None
        self._job = self._engine = ""
        self._since = self._tries = 0
        self._note: Any = None
        self.canvas: Any = None
        self._preview = PreviewCanvas()
        self._stage = tr("Waiting for the engine.")

    def paint(self, source: LayerSource, wishes: dict[str, Any]) -> None:
        """Paint what an image has. Raises ImageError and ProtocolError, which say what to do, and Stopped."""
        if source.note:
            self._progress.note(source.note)
        self._client = self._link.connect()
        forget_unwanted(self._client, self._link.key)
        style, asked = fields(self._client.hello, wishes)
        self.canvas = ImageCanvas(source.image, source.left, source.top, source.width, source.height)
        self._hand_in(source, asked)
        words = named_as("style", style["name"])
        file = source.image.get_file() or source.image.get_imported_file()
        self._keep(
            {"file": (file.get_path() or "")[:4096] if file else "", "name": source.name[:200], "style": words[:100],
             "left": source.left, "top": source.top, "width": source.width, "height": source.height}
        )  # fmt: skip
        self._go_on(f"{source.name} – {words}", source.drawable)

    def collect(self, note: dict[str, Any], image: Any) -> None:
        """Go on with what another GIMP has begun, in an image. Raises as `paint` does."""
        self._job, self._engine = note["job"], note["engine"]
        self._note = NOTES.take(self._job)
        if not self._note.ours:
            raise ImageError(tr("Another GIMP goes on with this painting."))
        self._client = self._link.client or self._link.connect()
        self.canvas = ImageCanvas(image, note["left"], note["top"], note["width"], note["height"])
        self._client.attach(self._job)
        self._go_on("{} – {}".format(note["name"], note["style"]), None)

    # --- to the engine

    def _hand_in(self, source: LayerSource, asked: dict[str, Any]) -> None:
        size = {"width": source.width, "height": source.height}
        self._progress.say(tr("Reading the layer."), 0.0)
        self._progress.turn()
        pixels, channels = source.pixels()
        self._progress.say(tr("Handing the layer to the engine."), 0.0)
        picture = {"plane": self._carried(Put(pixels)), **size, "channels": channels, "depth": "u8",
                   "stride": channels * source.width}  # fmt: skip
        mask = source.mask()
        if mask is not None:
            data, width, height = mask
            if not any(data):
                words = tr("Nothing of the layer “{name}” is selected; select a part of it, or nothing.")
                raise ImageError(words.format(name=source.name))
            asked["selection"] = {"plane": self._carried(Put(data)), "width": width, "height": height, "count": 1}
        del pixels
        self._job = self._client.start("paint", picture=picture, label=source.name[:200], **asked)
        self._engine = self._link.key

    def _carried(self, plan: Any) -> Any:
        """What a plan to hand over or to fetch brings, while the windows have their turns."""
        client = self._client
        for _ in client.carry(plan):
            self._progress.turn()
        return plan.result

    def _keep(self, facts: dict[str, Any]) -> None:
        self._note = NOTES.take(self._job)
        self._note.keep({"job": self._job, "engine": self._engine, **facts})

    # --- from the engine

    def _go_on(self, title: str, above: Any) -> None:
        over = False
        try:
            self.canvas.begin(title, self._job, above)
            done = self._ended()
            self._deliver(done)
            over = True
        except Stopped:
            over = True
            self._cancel()
            raise
        except ProtocolError as error:
            over = error.code not in GONE  # it was refused, or has failed: nobody can go on with it
            if over and not self._preview.pixels:
                self.canvas.take_away()
            raise
        finally:
            if over:
                self._forget()
            self._note.let_go(drop=over)

    def _ended(self) -> dict[str, Any]:
        """Listen until the job ends; what `done` says."""
        self._progress.say(self._stage)
        begun = said = time.monotonic()
        while True:
            self._progress.turn()
            if not self._since and time.monotonic() - begun > PATIENCE and time.monotonic() - said > PULSE:
                said = time.monotonic()
                self._progress.say(
                    tr(
                        "Waiting for the engine: it finishes other work first, or prepares itself, which takes a "
                        "minute or two the first time."
                    )
                )
            if not self.canvas.there:
                if not self.canvas.is_open:
                    raise ImageError(tr("The image was closed; the painting is kept until it is collected."))
                raise Stopped
            try:
                found = self._client.next_event(self._job, TURN)
                if found is None and not self._link.lives():
                    raise ProtocolError("lost", tr("the engine has stopped"))
            except ProtocolError as error:
                self._back(error)
                continue
            if found is not None:
                header, frames = found
                self._since, self._tries = header["seq"], 0
                if header["event"] == "failed":
                    raise said_error(header)
                if header["event"] == "cancelled":
                    raise Stopped
                if header["event"] == "done":
                    return header
                self._heard(header, frames)

    def _back(self, error: ProtocolError) -> None:
        """The engine is gone: start it again, and go on with the job, which it has on disk."""
        if error.code not in GONE or self._tries >= TRIES:
            raise error
        self._tries += 1
        self._progress.say(tr("The engine has stopped; it is started again, and nothing is lost."))
        self._client = self._link.again()
        self._client.attach(self._job, self._since)

    def _heard(self, header: dict[str, Any], frames: Any) -> None:
        event, say = header["event"], self._progress.say
        if event == "begun":
            self._stage = tr("Looking at the picture.")
            say(self._stage)
        elif event == "regions":
            self._stage = tr("Regions are found.")
            say(self._stage)
        elif event == "preparing":
            say(str(header.get("what", "")))
        elif event == "fitted":
            self._progress.note(str(header.get("what", "")))
        elif event == "progress":
            words = tr("Painting: pass {index} of {of}").format(index=header["index"], of=header["of"])
            left = seconds_words(header.get("seconds_left"))
            say(f"{words}, {left}" if left else words, header["fraction"])
        elif event == "preview":
            canvas = self._preview
            pixels = canvas.laid(header, frames)
            self.canvas.show(pixels, canvas.width, canvas.height)

    # --- into the image

    def _deliver(self, done: dict[str, Any]) -> None:
        """The layers, whole, into the group in one go."""
        plan = LayerPlan("passes")
        plan.make(done, 0)
        titles, made = plan.titles(), []
        layers = plan.numbered(done)
        total = sum(layer["width"] * layer["height"] for _, layer in layers) or 1
        fetched = 0
        for number, layer in layers:
            group, name = titles[number]
            width, height = layer["width"], layer["height"]
            if not (width and height):
                continue
            place = layer["x"], layer["y"], width, height
            found = self.canvas.layer(name, place, layer.get("blending", "normal"))
            rows = max(1, STRIPE // (4 * width))
            for top in range(0, height, rows):
                some = min(rows, height - top)
                self._progress.say(tr("Fetching the layers."), fetched / total)
                data = self._fetched(layer["file"], 4 * width * some, 4 * width * top)
                write_part(found, top, width, some, data)
                fetched += width * some
            made.append((None if group is None else layer["group"], group or "", found))
        if not self.canvas.there:
            raise Stopped
        self.canvas.fill(made, bool(plan.multiplied))

    def _fetched(self, file: str, size: int, offset: int) -> Any:
        while True:
            try:
                return self._carried(Fetch(self._job, file, size, offset=offset))
            except ProtocolError as error:
                self._back(error)

    def _cancel(self) -> None:
        self.canvas.take_away()

    def _forget(self) -> None:
        """Nobody needs the job any more; an engine that is not there hears of it later."""
        UNWANTED.add(self._job, self._engine)
        with contextlib.suppress(ProtocolError):
            forget_unwanted(self._client, self._engine)
