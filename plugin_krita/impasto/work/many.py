"""Many pictures: all that are open, each in its document; and those of a folder, each into a new document on disk."""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

from ..changes import Change
from ..document import files, krita_document
from ..document.krita_document import Source
from ..document.open_documents import CanvasError, document_of, is_animated
from ..easel.words import tr
from ..protocol import ProtocolError
from ..told import DoneTold, JobTold, StartedTold
from .paint_job import PaintJob
from .piece import Piece, name_of
from .seeds import Series
from .steps import Steps


class PaintingOfDocument(PaintJob):
    """The chosen layer of one of the documents that are open, whichever is in front; read in turn with the others."""

    def __init__(self, state: Any, key: str, series: Series) -> None:
        super().__init__(state)
        self.key, self.document, self._series = key, name_of(document_of(key)), series

    def _hand_in(self) -> Steps:
        return self._series.handing_in.taken(super()._hand_in)

    def _make(self, header: StartedTold | DoneTold) -> Steps:
        return self._series.making.taken(partial(super()._make, header))

    def _read(self) -> Generator[Any, Any, Source]:
        return (yield from krita_document.read_source(self._settings["visible"], self.come, self.key))


class PaintingOfFile(PaintingOfDocument):
    """The picture of a folder that is being painted, in a document that nobody sees."""

    def __init__(self, state: Any, key: str, series: Series, folder: PaintingFolder) -> None:
        super().__init__(state, key, series)
        self._folder, self.how = folder, ""
        self._settings["visible"], self._settings["preview"] = True, False

    def _read(self) -> Generator[Any, Any, Source]:
        source = yield from super()._read()
        source.name = Path(self.document).stem  # Krita has no name for what came from a file
        return source

    def become(self, stage: str) -> None:
        """See `Piece`."""
        self.stage = self._folder.stage = stage
        self._state.tell(Change.WORK)

    def come(self, part: float) -> None:
        """See `Piece`."""

    def hear(self, header: JobTold) -> None:
        """See `Piece`."""
        super().hear(header)
        self._folder.follow(self)

    def tell_if_animated(self, source: Any, visible: bool, words: str) -> None:
        """See `Piece`; nobody sees what is said in its document."""
        if is_animated(source.key, "" if visible else source.node):
            self._folder.stills.append(self.document)

    def end(self, how: str) -> None:
        """See `Piece`."""
        self.how = how


class PaintingFolder(Piece):
    """The pictures of a folder, one after the other: the engine paints one of a client's at a time.

    What is there already is left alone, so that it goes on where it was.

    folder: of the pictures; into: of what is painted; suffix: .kra or .ora.
    """

    def __init__(self, state: Any, folder: str, into: str, suffix: str) -> None:
        super().__init__(state)
        self.key, self.document = "", Path(folder).name
        self._files, self._into, self._suffix = files.pictures_in(folder), Path(into), suffix
        self._number, self._painted, self._before = 0, 0, 0
        self._troubles: list[str] = []
        self.stills: list[str] = []  # files that are animated
        self._began = time.monotonic()
        self._now: PaintingOfFile | None = None

    @property
    def what(self) -> str:
        """See `Piece`."""
        words = tr("{number} of {count}").format(number=min(self._number + 1, len(self._files)), count=len(self._files))
        return words if self._now is None else f"{words}, {self._now.document}"

    @property
    def job(self) -> Any:
        """See `Piece`."""
        return None if self._now is None else self._now.job

    @property
    def takes_document(self) -> bool:
        """See `Piece`."""
        return False

    def say(self, text: str, details: str = "") -> None:
        """See `Piece`; it is about no document."""
        self.said, self.details = text, details
        self._state.say(text, details)

    def follow(self, now: PaintingOfFile) -> None:
        """The picture that is painted has come further."""
        come = self._number + now.fraction
        self.fraction = self.part = come / len(self._files)
        self.pass_text, painted = now.pass_text, come - self._before  # what was there already took no time
        self.left = (time.monotonic() - self._began) / painted * (len(self._files) - come) if painted > 0 else None

    def steps(self) -> Steps:
        """All of it, for a task."""
        if not self._files:
            raise CanvasError(tr("There are no pictures in this folder; choose another."))
        files.make_folder(self._into)
        self._began = time.monotonic()
        for number, file in enumerate(self._files):
            self._number = number
            self.fraction = self.part = number / len(self._files)
            target = files.named(self._files, file, self._into, self._suffix)
            if target.exists():
                self._before += 1
                continue
            try:
                yield from self._paint(file, target)
            except (CanvasError, ProtocolError) as problem:
                self._let_go("failed")
                self._state.trouble(problem, traceback.format_exc(), partial(self._note, file))
            if self._now is not None and self._now.how == "cancelled":
                self.end("cancelled")
                return
            self._let_go("done")
        self._number = len(self._files)
        self.say(self._summary(), "\n".join(self._troubles))
        self.end("failed" if self._troubles else "done")

    def close(self, how: str) -> None:
        """See `Piece`."""
        self._let_go(how)

    def _paint(self, file: Path, target: Path) -> Steps:
        key = files.opened(file)
        self._now = PaintingOfFile(self._state, key, Series(), self)
        self._state.tell(Change.WORK)
        yield from files.settled(key)
        yield from self._now.steps()
        if self._now.how == "done":
            yield from files.saved(key, target)
            self._painted += 1

    def _let_go(self, how: str) -> None:
        """The picture that was painted is needed no more, nor is its document."""
        now, self._now = self._now, None
        if now is not None:
            now.close(now.how or how)
            if how != "closing":
                files.close(now.key)

    def _note(self, file: Path, words: str, trace: str = "") -> None:
        self._troubles.append(f"{file.name}: {words}")

    def _summary(self) -> str:
        words = tr("{count} pictures are painted, in {folder}.").format(count=self._painted, folder=self._into)
        if self._before:
            words += " " + tr("{count} were there already.").format(count=self._before)
        if self.stills:
            words += " " + tr("Animated, and painted as a still: {names}.").format(names=_listed(self.stills))
        if self._troubles:
            words += " " + tr("{count} could not be painted:").format(count=len(self._troubles))
            words += " " + _listed(self._troubles)
        return words


def _listed(names: list[str]) -> str:
    return "; ".join(names[:3]) + ("; \u2026" if len(names) > 3 else "")


def paintings_of_all(state: Any) -> list[partial]:
    """What paints the chosen layer of each document that has a window, but for those that are busy."""
    busy = {piece.key for piece in state.run.pieces if piece.takes_document}
    series = Series()
    return [partial(PaintingOfDocument, key=key, series=series) for key in files.shown_documents() if key not in busy]
