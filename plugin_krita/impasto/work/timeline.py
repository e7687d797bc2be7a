"""How a remembered painting came about, on the document's timeline: an animated layer, painted by the engine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from ..document import pen, timeline
from ..document.history import Remembered, png_size
from ..document.open_documents import CanvasError
from ..easel.words import tr
from ..protocol.messages import MOST_FRAMES
from .rendering import Rendering
from .stages import FETCHING, PAINTING, SHAPING
from .steps import Steps

FEATURE = "stages"  # of engines that paint how a painting came about
LEAST, FRAMES, MOST = 2, 24, MOST_FRAMES
MOST_STEP, MOST_HOLD = 50, 250
LARGEST_FRAME = 512 << 20  # bytes


class Filming(Rendering):
    """An animated layer of a result.

    count: how many frames it has; step: how far apart they are; hold: how many the last one stays.
    """

    def __init__(self, state: Any, old: Remembered, count: int, step: int, hold: int) -> None:
        super().__init__(state, old)
        self._count, self._step, self._hold = count, step, hold
        self._folder, self._is_over = "", False

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("{style}, on the timeline").format(style=self._old.recipe["style"])

    def close(self, how: str) -> None:
        """See `Piece`."""
        super().close(how)
        self._is_over = True
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _asked(self) -> Steps:
        if self._state.connection.lacks(FEATURE):
            raise CanvasError(tr("This engine is too old for the timeline; update it."))
        (width, height), first = self._size(), timeline.first_frame(self.key)
        need_room(self._count, width, height)
        timeline.need_saved()
        done = yield from self._rendered(PAINTING, width, height, stages=self._count)
        files = yield from self._fetch(done, (width, height))
        self.become(SHAPING)
        yield from pen.up()
        timeline.need_saved()  # they may have drawn meanwhile
        self._sheet = timeline.Frames(self.key)
        yield
        title = tr("{title}, how it came about").format(title=self._old.title)
        beside = self._old.recipe["group"]
        last = first + self._step * (len(files) - 1) + self._hold
        yield from self._sheet.read(title, files, first, self._step, last, beside, lambda: not self._is_over)

    def _fetch(self, done: dict[str, Any], size: tuple[int, int]) -> Generator[Any, Any, list[str]]:
        """The frames, of this size, as files of this machine."""
        self.become(FETCHING)
        self._folder = tempfile.mkdtemp(prefix="impasto-")
        files: list[str] = []
        told = done.get("stages")
        told = told[:MOST] if isinstance(told, list) else []
        for frame in told:
            count = frame["size"]
            if type(count) is not int or not 0 < count <= LARGEST_FRAME:
                raise CanvasError(tr("The engine sent no pictures; update it."))
            data = yield from self.job.fetched(str(frame["file"]), count)
            if png_size(bytes(data)) != size:
                raise CanvasError(tr("The engine sent no pictures; update it."))
            path = Path(self._folder) / f"frame{len(files):04d}.png"
            path.write_bytes(data)
            files.append(str(path))
            self.come(len(files) / len(told))
            yield
        if not files:
            raise CanvasError(tr("The engine sent no pictures; update it."))
        return files


def why_not() -> str:
    """Why this Krita cannot put pictures on the timeline, in a sentence; nothing if it can."""
    if timeline.is_safe():
        return ""
    return tr("The timeline needs Krita 5.2 or newer: older ones may end while they read frames.")


def need_room(count: int, width: int, height: int) -> None:
    """Raises CanvasError if Krita had to keep too many pixels."""
    if 4 * count * width * height > timeline.MOST_BYTES:
        words = tr("{count} frames of this size take more than {size} GB of memory; choose fewer.")
        raise CanvasError(words.format(count=count, size=timeline.MOST_BYTES >> 30))
