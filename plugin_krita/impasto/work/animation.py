"""An animated layer painted so that it does not flicker: each frame from the one before, as films are."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

from ..document import animations, files
from ..document.open_documents import CanvasError
from ..easel.words import tr
from ..link.jobs import Cancelled, EngineJob
from ..planes import Plane, room, same
from ..told import FollowedTold, JobTold
from .paint_job import PaintJob
from .stages import PAINTING, READING, SENDING
from .steps import Steps

NAME = "frame-{}.png"  # of the picture of a key frame, by its time
FEATURE = "follow"  # of engines that paint a frame from the one before
STILL = {"weave": 0.0}  # of a style's light: the ground's grain would stay on the screen while all moves


class PaintingOfAnimation(PaintJob):
    """All key frames of the chosen layer, into numbered pictures of a folder, which stay whatever happens."""

    def __init__(self, state: Any, folder: str) -> None:
        super().__init__(state)
        self._folder = Path(folder)
        self._settings.update(layers="none", visible=False, preview=False)
        self._plan.kind = "none"
        values = self._style["values"]
        self._style = {**self._style, "values": {**values, "light": {**values.get("light", {}), **STILL}}}
        self._painted = 0  # how many frames are
        self._shown: Plane = b""  # the last one
        self._times: list[int] = []
        self._last: tuple[Plane, bytes, bytes] | None = None  # a frame's picture, its painting and what that has left
        self._began = time.monotonic()

    @property
    def takes_document(self) -> bool:
        """It only reads."""
        return False

    def steps(self) -> Steps:
        """All of it, for a task."""
        if self._state.connection.lacks(FEATURE):
            raise CanvasError(tr("This engine paints no animations; bring it up to date."))
        if self._state.style.absorbs(self._style["values"]):
            raise CanvasError(
                tr("Strokes of this style cannot be carried from frame to frame; choose one that covers.")
            )
        self.source, self._times = animations.chosen()
        files.make_folder(self._folder)
        if any(self._folder.glob(NAME.format("*"))):
            raise CanvasError(tr("There are frames in {folder} already; choose another.").format(folder=self._folder))
        try:
            for moment in self._times:
                yield from self._frame(moment)
        except Cancelled:
            self.end("cancelled")
            return
        self._last = None
        yield  # to give so much memory back takes a while
        self._shown = b""
        words = tr("{count} frames are painted, in {folder}; Import Animation Frames in the File menu takes them.")
        self.say(words.format(count=self._painted, folder=self._folder))
        self.end("done")

    def hear(self, header: JobTold) -> None:
        """See `Piece`."""
        if header["event"] == "progress":
            self._come_to(header["fraction"])
        elif header["event"] != "pass":
            super().hear(header)

    def _heard(self, header: JobTold, frames: list[bytes]) -> None:
        if header["event"] == "started":
            self.become(PAINTING)
        self.hear(header)

    def _come_to(self, part: float) -> None:
        """So much of this frame is painted."""
        done, count = self._painted, len(self._times)
        words = tr("frame {number} of {count}")
        self.pass_text = words.format(number=min(done + 1, count), count=count)
        self.fraction = min((done + part) / count, 1.0)
        spent = time.monotonic() - self._began
        self.left = spent / self.fraction * (1 - self.fraction) if done else None
        self._state.run.progressed.emit()

    def _keep(self) -> None:
        """Nothing is noted for another Krita: what is painted is on disk."""

    # --- one frame

    def _frame(self, moment: int) -> Steps:
        """Have it painted, and keep its picture."""
        if self._last is None:
            self.become(READING)
        pixels, is_there = yield from animations.frame_at(self.source, moment, self.come)
        if self._last is not None and (yield from same(pixels, self._last[0])):
            yield from self._write_frame(self._shown)
        elif not is_there:
            self._last = None  # nothing to go on from
            yield from self._write_frame(room(len(pixels)))
        else:
            done = None if self._last is None else (yield from self._followed(pixels))
            yield from self._took(pixels, done or (yield from self._begun(pixels)))
        self._come_to(0)

    def _begun(self, pixels: Plane) -> Generator[Any, Any, FollowedTold]:
        """A scene's first frame, painted as any picture."""
        self.become(SENDING)
        self.source.pixels = pixels
        fields = yield from self._fields()
        return (yield from self._done("paint", **fields))

    def _followed(self, pixels: Plane) -> Generator[Any, Any, FollowedTold | None]:
        """A frame painted from the one before; None at a cut."""
        assert self._last is not None
        before, painting, memory = self._last
        fields: dict[str, Any] = {
            "seed": self._settings["seed"], "effort": self._settings["effort"], "label": self.source.name[:200],
        }  # fmt: skip
        for name, plane in (("before", before), ("picture", pixels)):
            fields[name] = self.source.described((yield self._state.connection.put(plane)))
        fields["painting"] = yield self._state.connection.put(painting)
        if memory:
            fields["memory"] = yield self._state.connection.put(memory)
        done = yield from self._done(FEATURE, **fields)
        return None if done.get("cut") else done

    def _done(self, kind: str, **fields: Any) -> Generator[Any, Any, FollowedTold]:
        """What the engine says at the end of a job of this kind."""
        self._job.let_go(forget=True)
        self._job = EngineJob(self._state.connection, self._state.unwanted, self._heard)
        yield from self.job.begin(kind, **fields)
        self._state.run.handed_in(self)
        self.become(PAINTING)
        self._come_to(0)
        return cast(FollowedTold, (yield from self.job.end()))

    def _took(self, pixels: Plane, done: FollowedTold) -> Steps:
        """Fetch what was painted."""
        memory = done.get("memory", 0)
        painting = yield from self.job.fetched("result.impasto", done["painting"])
        left = (yield from self.job.fetched("memory.npz", memory)) if memory else b""
        shown = yield from self.job.fetched_plane("pixels.rgba", len(pixels))
        self._last = pixels, bytes(painting), bytes(left)
        yield from self._write_frame(shown)

    def _write_frame(self, pixels: Plane) -> Steps:
        """Write the frame's picture, whole or not at all."""
        path = self._folder / NAME.format(f"{self._times[self._painted]:04d}")
        yield from files.written(pixels, self.source.width, self.source.height, path)
        self._painted, self._shown = self._painted + 1, pixels
