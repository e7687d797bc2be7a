"""How a remembered painting came about, on the document's timeline: an animated layer, painted by the engine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from ..document import pen, timeline
from ..document.history import Remembered
from ..document.open_documents import CanvasError, document_of
from ..easel.words import tr
from ..protocol.messages import MOST_FRAMES
from .asking import Asking
from .stages import FETCHING, PAINTING, SENDING
from .steps import Steps

LEAST, FRAMES, MOST = 2, 24, MOST_FRAMES
MOST_STEP, MOST_HOLD = 50, 250
PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_FRAME = 512 << 20  # bytes


class Filming(Asking):
    """An animated layer of a result.

    count: how many frames it has; step: how far apart they are; hold: how many the last one stays.
    """

    def __init__(self, state: Any, old: Remembered, count: int, step: int, hold: int) -> None:
        super().__init__(state)
        self._old, self._count, self._step, self._hold = old, count, step, hold
        self._folder = ""

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("{style}, on the timeline").format(style=self._old.recipe["style"])

    def close(self, how: str) -> None:
        """See `Piece`."""
        super().close(how)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _asked(self) -> Steps:
        if self._state.connection.lacks("stages"):
            raise CanvasError(tr("This engine is too old for the timeline; update it."))
        document = document_of(self.key)
        if document is None:
            raise CanvasError(tr("Open a picture first."))
        width, height, first = document.width(), document.height(), timeline.first_frame(self.key)
        del document
        self.become(SENDING)
        painting = yield self._state.connection.put(self._state.history.painting(self.key, self._old), self.come)
        done = yield from self._answer(
            PAINTING, "render", painting=painting, width=width, height=height, layers="none", stages=self._count
        )
        files = yield from self._fetch(done)
        yield from pen.up()
        title = tr("{title}, how it came about").format(title=self._old.title)
        timeline.animate(self.key, title, files, first, self._step, self._old.recipe["group"])
        timeline.stretch(self.key, first + self._step * (len(files) - 1) + self._hold)

    def _fetch(self, done: dict[str, Any]) -> Any:
        """The frames as files of this machine."""
        self.become(FETCHING)
        self._folder = tempfile.mkdtemp(prefix="impasto-")
        files = []
        for number, frame in enumerate(done.get("stages", [])[:MOST]):
            size = frame["size"]
            if type(size) is not int or not 0 < size <= LARGEST_FRAME:
                raise CanvasError(tr("The engine sent no pictures; update it."))
            data = yield from self.job.fetched(str(frame["file"]), size)
            if bytes(data[:8]) != PNG:
                raise CanvasError(tr("The engine sent no pictures; update it."))
            path = Path(self._folder) / f"frame{number:04d}.png"
            path.write_bytes(data)
            files.append(str(path))
            self.come((number + 1) / len(done["stages"]))
            yield
        if not files:
            raise CanvasError(tr("The engine sent no pictures; update it."))
        return files
