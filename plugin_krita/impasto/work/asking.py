"""A short job of the engine's, whose answer changes what is set rather than what is painted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import Any

from ..link.jobs import Cancelled, EngineJob
from .piece import Piece
from .steps import Steps


class Asking(Piece):
    """Asks, and says when it is done or was cancelled; `_asked` is what it does."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._job = EngineJob(state.connection, state.unwanted, lambda header, frames: self.hear(header))

    @property
    def job(self) -> EngineJob:
        """The engine's job."""
        return self._job

    def steps(self) -> Steps:
        """All of it, for a task."""
        try:
            yield from self._asked()
        except Cancelled:
            self.end("cancelled")
            return
        self.end("done")

    def close(self, how: str) -> None:
        """See `Piece`."""
        self.job.let_go(forget=how != "closing")

    @abstractmethod
    def _asked(self) -> Steps:
        """What it asks, and what it does with the answer. Raises Cancelled."""

    def _answer(self, stage: str, kind: str, **fields: Any) -> Generator[Any, Any, Any]:
        """What the engine says at the end of a job of this kind; meanwhile the work is at this stage."""
        self.become(stage)
        yield from self.job.begin(kind, **fields)
        return (yield from self.job.end())
