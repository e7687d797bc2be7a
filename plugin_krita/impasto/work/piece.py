"""One piece of work in one document: painting it, finding regions, cutting layers; how far it is, and what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..changes import Change
from ..document.open_documents import active_document, active_key, document_of, is_animated, is_open, key_of
from ..easel.words import tr
from ..told import JobTold
from .stages import PAINTING, READING
from .steps import Steps


class Piece(ABC):
    """What a `Run` runs. A subclass has `steps` for a task, and `close`.

    key: of its document, or nothing as long as that is not open; document: what to call it.
    """

    def __init__(self, state: Any) -> None:
        self._state = state
        document = active_document()
        self.key, self.document = key_of(document), name_of(document)
        self.stage = READING
        self.part = 0.0  # of reading or sending, 0 to 1
        self.fraction, self.pass_text = 0.0, ""
        self.left: float | None = None  # 0 to 1; seconds, or None; "pass 1 of 3"
        self.said, self.details = "", ""

    @property
    @abstractmethod
    def what(self) -> str:
        """What is done, for a list."""

    @property
    def job(self) -> Any:
        """The engine's job, or None: one that has no id yet was not handed in."""
        return None

    @property
    def takes_document(self) -> bool:
        """Does nothing else begin in its document as long as it is at work there?"""
        return True

    @property
    def paused(self) -> bool:
        """Is it not to be done for the time being?"""
        return self.job is not None and self.job.paused

    @abstractmethod
    def steps(self) -> Steps:
        """All of it, for a task."""

    @abstractmethod
    def close(self, how: str) -> None:
        """It has ended, this way: done, failed, cancelled, left, or Krita is closing."""

    # --- what it says

    def become(self, stage: str) -> None:
        """It has come to this stage."""
        self.stage, self.part = stage, 0.0
        self._state.tell(Change.WORK)

    def tell_if_animated(self, source: Any, visible: bool, words: str) -> None:
        """Say it, in these words, if what was read has frames; visible: all that is seen was read."""
        if is_animated(source.key, "" if visible else source.node):
            self._state.say(words, key=source.key)

    def come(self, part: float) -> None:
        """It has read, or sent, so much of what there is."""
        self.part = part
        self._state.run.progressed.emit()

    def hear(self, header: JobTold) -> None:
        """An event of the engine about its progress."""
        if header["event"] == "pass":
            self.pass_text = tr("pass {number} of {count}").format(number=header["index"], count=header["of"])
        elif header["event"] == "progress":
            self.fraction, self.left = header["fraction"], header["seconds_left"]
        elif header["event"] == "fitted":
            self.say(header["what"])
        elif header["event"] == "paused" and self.stage == PAINTING:
            self._state.tell(Change.WORK)
        self._state.run.progressed.emit()

    def say(self, text: str, details: str = "") -> None:
        """Tell the user, by the document's name if another one is in front."""
        self.said, self.details = text, details
        is_here = self.key == active_key() and is_open(self.key)  # one that was just closed may still be active
        self._state.say(text, details, self.key)
        if text and not is_here:
            self._state.say(f"{self.document}: {text}" if self.document else text, details)

    def trouble(self, problem: Exception, trace: str) -> None:
        """Tell the user what went wrong."""
        self._state.trouble(problem, trace, self.say)

    def fail(self, problem: Exception, trace: str) -> None:
        """It ends by what went wrong."""
        self.trouble(problem, trace)
        self.end("failed")

    def end(self, how: str) -> None:
        """It has ended: done, failed, cancelled or left."""
        self._state.run.end(self, how)


def name_of(document: Any) -> str:
    """What an artist calls a document: its file's name, else its own; nothing if there is none."""
    if document is None:
        return ""
    return Path(document.fileName() or document.name()).name or tr("a picture without a name")


def title_of(piece: Piece, pieces: Sequence[Piece]) -> str:
    """What a list calls a piece's document: beside another that is called alike with its folder, or by a number."""
    alike = sorted({each.key for each in pieces if each.document == piece.document})
    if len(alike) < 2:
        return piece.document
    document = document_of(piece.key)
    folder = "" if document is None else Path(document.fileName()).parent.name
    return f"{folder}/{piece.document}" if folder else f"{piece.document} ({alike.index(piece.key) + 1})"
