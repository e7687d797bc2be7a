"""A film is made: frame after frame painted, kept and printed, so that what is interrupted goes on where it was.

All of it lies in a folder beside the film until that is done: the last frame's painting and Adam's memory, the
paintings of frames that are not printed yet (of all, if they are to be kept), and the film's pieces.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.motion.films import Filmer, FilmStopped, Frame
from impasto.engine.motion.follower import Present
from impasto.engine.motion.footage import Footage, Shot
from impasto.engine.motion.memory import packed, unpacked
from impasto.engine.motion.printing import Print
from impasto.engine.motion.reel import frame_of, name_of, write_reel
from impasto.engine.painter.events import Event
from impasto.engine.painting.archive import one_sentence
from impasto.engine.painting.painting import Background, Painting

_JOB, _STATE = "job.json", "state.npz"


@dataclass(frozen=True)
class Take:
    """Which frames: from `first` to `last` (None: the end) seconds, `rate` a second, each painted one held `hold`."""

    first: Fraction
    last: Fraction | None
    rate: Fraction
    hold: int = 1


@dataclass(frozen=True)
class Framed(Event):
    """A frame is printed: number of `of` (None if not known), and seconds left as far as can be known."""

    kind: ClassVar[str] = "frame"
    number: int
    of: int | None
    strokes: int
    seconds: float
    seconds_left: float | None


class Workshop:
    """The folder in which a film is made. job: all that decides what it becomes."""

    def __init__(self, folder: Path, job: dict[str, Any], afresh: bool = False) -> None:
        """Make it, or find it. Raises ImpastoError if it is another film's."""
        self.folder = folder
        text = json.dumps(job, sort_keys=True)
        try:
            if afresh and (folder / _JOB).is_file():
                shutil.rmtree(folder)
            self.goes_on = (folder / _JOB).is_file()
            if self.goes_on and (folder / _JOB).read_text("utf-8") != text:
                raise ImpastoError(
                    f"{folder} is of a film that was begun otherwise; say the same again, or add --afresh to begin anew"
                )
            if not self.goes_on:
                folder.mkdir(exist_ok=True)
                if any(folder.iterdir()):
                    raise ImpastoError(f"{folder} is in the way and not of this film; move it elsewhere")
        except OSError as error:
            raise ImpastoError(f"{folder} cannot be made or read ({error.strerror}); name another output") from error
        if not self.goes_on:
            with atomic_write(folder / _JOB) as file:
                file.write(text.encode())

    def save(self, number: int, present: Present) -> None:
        """Keep a frame's painting, and what it takes to paint the next one."""
        present.painting.save(self.folder / name_of(number), overwrite=True)
        with atomic_write(self.folder / _STATE, True) as file:
            file.write(packed(present, number))

    def load(self) -> tuple[int, Present] | None:
        """The last frame that was kept, and what was kept of it; None if there is none."""
        path = self.folder / _STATE
        if not path.is_file():
            return None
        with one_sentence(path, "is damaged ({reason}); add --afresh to begin anew"):
            present, number = unpacked(path.read_bytes(), self.painting)
        return number, present

    def painting(self, number: int) -> Painting:
        """A frame's painting that was kept."""
        return Painting.load(self.folder / name_of(number))

    def paintings(self) -> list[Path]:
        """The files of all paintings that are kept, in order."""
        return sorted(path for path in self.folder.iterdir() if frame_of(path.name) is not None)

    def forget(self, number: int) -> None:
        """A frame's painting is needed no more."""
        (self.folder / name_of(number)).unlink(missing_ok=True)

    def close(self) -> None:
        """The film is done."""
        with suppress(OSError):
            shutil.rmtree(self.folder)


def pixels_of_frame(
    painting: Painting, size: tuple[int, int], background: Background | None, bits: int, threads: int | None
) -> np.ndarray:  # fmt: skip
    """A frame's pixels (h, w, 4), straight, as a print takes them: uint8, or uint16 of 16 bits."""
    if bits == 8:
        return painting.render(*size, threads=threads, background=background)
    from impasto.engine.painting.render import deep

    return deep(painting, *size, background, threads)


class Production:
    """Makes a film of footage.

    size: height and width of what is printed; bits: 8 or 16 of each channel; keeps: whether all paintings are kept
    until the end.
    """

    def __init__(
        self, source: Footage, take: Take, filmer: Filmer, shop: Workshop, out: Print, size: tuple[int, int], *,
        background: Background | None = None, bits: int = 8, keeps: bool = False, threads: int | None = None,
    ) -> None:  # fmt: skip
        self._source, self._take, self._filmer, self._shop, self.print = source, take, filmer, shop, out
        self._size, self._background, self._keeps, self._threads = size, background, keeps, threads
        self._bits = bits
        self.frames = 0

    def close(self) -> None:
        """It is done: forget all that was kept meanwhile."""
        self._shop.close()

    def run(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Framed]:
        """Paint and print all frames; ends early, with everything kept, if it is cancelled."""
        kept = self._shop.load()
        started, begun = time.monotonic(), self.print.done
        last: Frame | None = None
        painted, source, shown, pixels = -1, -1, -1, np.zeros((0, 0, 4), np.uint8)
        waiting: list[int] = []
        total = self._total()
        try:
            for number, shot in enumerate(self._source.shots(self._take.first, self._take.last, self._take.rate)):
                if number % self._take.hold == 0 and shot.source != source:
                    source, painted = shot.source, number
                    last = self._painted(number, shot, last, kept, cancelled)
                    waiting.append(number)
                self.frames = number + 1
                if number < self.print.done:
                    continue
                if shown != painted:
                    pixels, shown = self._shown(painted, last), painted
                self.print.add(pixels)
                self._forget(waiting)
                seconds = time.monotonic() - started
                left = None if total is None else seconds / (number + 1 - begun) * max(total - number - 1, 0)
                strokes = 0 if last is None else len(last.painting.strokes)
                yield Framed(number + 1, total, strokes, seconds, left)
                if cancelled():
                    raise FilmStopped
        except FilmStopped:
            self.print.pause()
            return

    def keep_strokes(self, path: Path, overwrite: bool) -> None:
        """All frames' strokes as one file."""
        write_reel(path, self._shop.paintings(), self.frames, self._take.rate, overwrite)

    def _painted(
        self, number: int, shot: Shot, last: Frame | None, kept: tuple[int, Present] | None,
        cancelled: Callable[[], bool],
    ) -> Frame | None:  # fmt: skip
        if kept is not None and number < kept[0]:
            return None
        picture = shot.see()
        if kept is not None and number == kept[0]:
            return Frame(kept[1], self._filmer.seen(picture))
        frame = self._filmer.next(last, picture, number, cancelled)
        self._shop.save(number, frame.present)
        return frame

    def _shown(self, number: int, last: Frame | None) -> np.ndarray:
        painting = self._shop.painting(number) if last is None else last.painting
        return pixels_of_frame(painting, self._size, self._background, self._bits, self._threads)

    def _forget(self, waiting: list[int]) -> None:
        """Forget the paintings of frames that are printed for good."""
        while not self._keeps and len(waiting) > 1 and waiting[1] <= self.print.done:
            self._shop.forget(waiting.pop(0))

    def _total(self) -> int | None:
        count, take = self._source.count, self._take
        if count is None:
            return None
        end = Fraction(count) / self._source.rate
        end = end if take.last is None else min(end, take.last)
        return max(1, int((end - take.first) * take.rate + Fraction(1, 2)))
