"""All work that goes on, in the order in which it is done; how far that of the document in front is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..changes import Change
from ..document import scratch
from ..document.open_documents import active_key
from ..easel.words import tr
from ..guard import attempt
from ..link.connection import CONNECTED
from ..qt import QObject, Signal
from .piece import Piece
from .stages import IDLE, WAITING
from .steps import Task

FEATURE = "queue"  # of engines that pause jobs and put them in order


class Run(QObject):
    """Runs pieces of work: several paintings may wait at the engine or be painted there, also in one document."""

    progressed = Signal()  # how far it is, and nothing else: many times a second
    finished = Signal(str)  # done, failed, cancelled or left

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._state = state
        self.pieces: list[Piece] = []
        self._tasks: dict[Piece, Task] = {}

    # --- of the document in front

    @property
    def here(self) -> list[Piece]:
        """What goes on in the document that is looked at."""
        key = active_key()
        return [piece for piece in self.pieces if piece.key == key]

    @property
    def work(self) -> Any:
        """What is shown of it: what is at work rather than what waits. None: nothing goes on here."""
        here = self.here
        return next((piece for piece in here if piece.stage != WAITING and not piece.paused), here[0] if here else None)

    @property
    def stage(self) -> str:
        """Of that."""
        work = self.work
        return IDLE if work is None else work.stage

    @property
    def fraction(self) -> float:
        """How much of it is done, 0 to 1."""
        work = self.work
        return 0.0 if work is None else work.fraction

    @property
    def busy(self) -> bool:
        """Does anything go on in this document?"""
        return bool(self.here)

    @property
    def free(self) -> bool:
        """May another piece of work begin in it?"""
        return not any(piece.takes_document for piece in self.here)

    # --- what the user wants

    def begin(self, *kinds: Callable[[Any], Piece], alone: bool = False) -> None:
        """Begin pieces of work, each `kind(state)`, unless another one needs the document for itself.

        alone: it needs no engine.
        """
        if not self.free:
            words = tr("Something is being done in this document; cancel it, or wait a moment.")
            self._state.say(words, key=active_key())
            return
        self._state.hush()
        if self._state.connection.state != CONNECTED and not alone:
            is_silent = self._state.connection.silent
            self._state.say(
                tr("The engine does not answer.") if is_silent else tr("The engine is not running; start it first.")
            )
            self.finished.emit("failed")
            return
        begun = [kind(self._state) for kind in kinds]
        self.pieces += begun
        for piece in begun:
            self._tasks[piece] = Task(piece.steps(), piece.fail)
        self._state.tell(Change.WORK)  # once: Krita draws its whole window again when the docker changes

    def cancel(self, piece: Piece | None = None) -> None:
        """Stop one, or what is shown here, at once, whatever the engine does; nothing of it stays."""
        self._stop(self.work if piece is None else piece, "cancelled")

    def leave(self) -> None:
        """Wait no longer for an engine that is gone: should it come back, the paintings are offered again."""
        for piece in list(self.pieces):
            self._stop(piece, "left")

    def pause(self, piece: Piece, on: bool) -> None:
        """Have the engine do it later, or go on with it."""
        if self.can_arrange(piece):
            self._state.connection.tell("pause", job=piece.job.id, on=on)

    def move(self, piece: Piece, by: int) -> None:
        """Have it done so many places later, or earlier."""
        place = self.pieces.index(piece)
        self.pieces.insert(max(0, place + by), self.pieces.pop(place))
        jobs = [each.job.id for each in self.pieces if self.can_arrange(each)]
        if jobs:
            self._state.connection.tell("arrange", jobs=jobs)
        self._state.tell(Change.WORK)

    def handed_in(self, piece: Piece) -> None:
        """The engine has its job now, after those that it has already."""
        if piece not in self.pieces:  # a part of another
            return
        self.pieces.remove(piece)
        self.pieces.insert(sum(each.job is not None and bool(each.job.id) for each in self.pieces), piece)

    def can_arrange(self, piece: Piece) -> bool:
        """Has the engine its job, and can it do jobs in another order?"""
        return piece.job is not None and bool(piece.job.id) and not self._state.connection.lacks(FEATURE)

    def close(self) -> None:
        """Krita is closing; the engine goes on with what it has."""
        for piece in list(self.pieces):
            self._tasks.pop(piece).stop()
            attempt(piece.close, "closing")

    def _stop(self, piece: Piece | None, how: str) -> None:
        if piece in self._tasks:
            self._tasks[piece].stop()
            self.end(piece, how)

    def end(self, piece: Piece, how: str) -> None:
        """It has ended: done, failed, cancelled or left."""
        if self._tasks.pop(piece, None) is None:
            return
        self.pieces.remove(piece)
        attempt(piece.close, how)
        if not self.pieces:
            scratch.close()
        self._state.tell(Change.WORK)
        self._state.offers.look()
        self.finished.emit(how)
