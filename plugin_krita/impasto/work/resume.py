"""Jobs that go on without this Krita: what their notes hold (see easel/notes.py), and the offer to continue them."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any, cast

from ..changes import Change
from ..document.annotations import mask_bytes, mask_image
from ..document.history import RECIPE, png, read_png
from ..document.mask_math import bytes_of, grey
from ..easel.notes import Notes
from ..guard import on
from ..link.connection import CONNECTED
from ..protocol.messages import Each, Fields, Text
from ..qt import ALPHA8, GREY, QImage
from ..told import JobNote

MOST_MASK = 1 << 17  # letters of a selection's mask in it
SIDES = (1024, 512, 256)  # pixels of its longer side; the last one fits whatever is selected

NOTE = {
    "job": Text(32, 32),
    "kind": Text(words=("paint", "repaint")),
    "region": Text(60),  # the name of the region that a repaint makes
    "above": Text(60),  # the unique id of what its layers lie above
    "file": Text(4096),  # of the document; empty if it had none
    "name": Text(200),  # what to call the document
    "recipe": Fields(RECIPE),
    "planned": Each(Each(Text(200), 2), 4096),  # group (or nothing) and name of each layer
    "mask": Text(MOST_MASK, needed=False, default=""),  # what a repaint may change, see `written_mask`
    "parts": Each(Text(60), 4097),  # the unique ids of their group and of them
}


NOTES = Notes("krita", NOTE)


def written_mask(source: Any) -> Generator[None, None, str]:
    """The mask of a source as text, as large as the room for it allows: previews are cut by it in the next Krita."""
    text = ""
    for side in SIDES:
        scale = min(1.0, side / max(source.width, source.height))
        width, height = (max(1, round(edge * scale)) for edge in (source.width, source.height))
        small = grey(mask_bytes(mask_image(source, width, height)), width, height)
        yield
        text = base64.b64encode(png(small)).decode("ascii")
        if len(text) <= MOST_MASK:
            break
        yield
    return text


def read_mask(text: str, width: int, height: int) -> QImage:
    """A written mask as an image of alpha alone, of this size in pixels; a null image if it is broken."""
    try:
        small = read_png(base64.b64decode(text, validate=True), SIDES[0])
    except ValueError:
        return QImage()
    if small.isNull():
        return small
    data = bytes_of(small.convertToFormat(GREY).scaled(width, height))
    return QImage(data, width, height, width, ALPHA8).copy()


class Offers:
    """Which of the jobs that no Krita looks after can be continued."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self.note: JobNote | None = None  # the one that is offered
        self.state = ""
        self._asking = False
        on(plugin.connection.changed, self.look)

    def look(self) -> None:
        """Ask the engine which it knows, if there are any."""
        connection = self._plugin.connection
        if connection.state != CONNECTED or self._asking:
            return
        notes = cast(list[JobNote], NOTES.abandoned())
        if not notes:
            self._offer(None)
            return

        unwanted = self._plugin.unwanted

        def listed(value: Any = None, error: Any = None) -> None:
            self._asking = False
            if error is None:
                states = {job["job"]: job["state"] for job in value[0]["jobs"]}
                known = [(n, states[n["job"]]) for n in notes if n["job"] in states and n["job"] not in unwanted]
                note, state = next(((n, s) for n, s in known if s in ("waiting", "running", "done")), (None, ""))
                self._offer(note, state)

        self._asking = True
        connection.asked("list")(listed)

    def forget(self) -> None:
        """The user does not want it."""
        if self.note is not None:
            job = self.note["job"]
            self._plugin.unwanted.add(job, self._plugin.connection.key)
            NOTES.take(job).let_go(drop=True)
            self._offer(None)
            self.look()

    def _offer(self, note: JobNote | None, state: str = "") -> None:
        if (note, state) != (self.note, self.state):
            self.note, self.state = note, state
            self._plugin.tell(Change.OFFER)
