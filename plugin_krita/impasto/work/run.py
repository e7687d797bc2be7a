"""The one piece of work that runs, and how far it is."""

from __future__ import annotations

from typing import Any

from ..document import scratch
from ..guard import attempt
from ..link.connection import CONNECTED
from ..qt import QObject, Signal
from ..words import tr
from .stages import IDLE, READING
from .steps import Task


class Run(QObject):
    """Runs one piece of work at a time: painting, finding regions, cutting layers."""

    progressed = Signal()  # how far it is, and nothing else: many times a second
    finished = Signal(str)  # done, failed, cancelled or left

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self._state = state
        self.work: Any = None
        self._task: Any = None
        self._reset()
        self.stage = IDLE

    def _reset(self) -> None:
        self.fraction, self.left, self.pass_text = 0.0, None, ""  # 0 to 1; seconds, or None; "pass 1 of 3"

    @property
    def busy(self) -> bool:
        """Is any work going on?"""
        return self.stage != IDLE

    def begin(self, kind: Any, alone: bool = False) -> None:
        """Begin a piece of work, unless one is going on: `kind(state)` has `steps` for a task, and `close`.

        alone: it needs no engine.
        """
        if self.busy:
            return
        self._state.say("")
        if self._state.connection.state != CONNECTED and not alone:
            is_silent = self._state.connection.silent
            self._state.say(
                tr("The engine does not answer.") if is_silent else tr("The engine is not running; start it first.")
            )
            self.finished.emit("failed")
            return
        self.work = kind(self._state)
        self.become(READING)  # once: Krita draws its whole window again when the docker changes
        self._task = Task(self.work.steps(), self._failed)

    def cancel(self) -> None:
        """Stop the work at once, whatever the engine does; nothing of it stays."""
        if self.busy:
            self._task.stop()
            self.end("cancelled")

    def leave(self) -> None:
        """Wait no longer for an engine that is gone: should it come back, the painting is offered again."""
        if self.busy:
            self._task.stop()
            self.end("left")

    def close(self) -> None:
        """Krita is closing; the engine goes on with what it has."""
        if self._task is not None:
            self._task.stop()
        if self.work is not None:
            self.work.close("closing")

    # --- what the work says

    def become(self, stage: str) -> None:
        """It has come to this stage."""
        self.stage = stage
        self._state.changed.emit()

    def hear(self, header: dict[str, Any]) -> None:
        """An event of the engine about its progress."""
        event = header["event"]
        if event == "pass":
            self.pass_text = tr("pass {number} of {count}").format(number=header["index"], count=header["of"])
        elif event == "progress":
            self.fraction, self.left = header["fraction"], header["seconds_left"]
        elif event == "fitted":
            self._state.say(header["what"])
        self.progressed.emit()

    def end(self, how: str) -> None:
        """It has ended: done, failed, cancelled or left."""
        work, self.work = self.work, None
        if work is not None:
            attempt(work.close, how)
        scratch.close()
        self._reset()
        self.become(IDLE)
        self._state.offers.look()
        self.finished.emit(how)

    def _failed(self, problem: Exception, trace: str) -> None:
        self._state.trouble(problem, trace)
        self.end("failed")
