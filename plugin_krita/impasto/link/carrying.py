"""Planes and results on their way, several chunks at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocol import ProtocolError

WINDOW = 4  # chunks on their way at a time

Come = Callable[[float], None]  # hears how much has been done, 0 to 1
Begin = Callable[[Callable[..., None]], None]  # for a task to yield
Asked = Callable[..., Begin]


def carried_out(asked: Asked, planned: Callable[[], Any], come: Come = lambda part: None) -> Begin:
    """Send what a plan says, as its window allows; the task goes on with its result.

    asked: as `Connection.asked`; planned: makes the plan; come: hears how much has been done.
    """

    def begin(resume: Callable[..., None]) -> None:
        plan, ended = planned(), False

        def end(value: Any = None, error: Exception | None = None) -> None:
            nonlocal ended
            if not ended:
                ended = True
                resume(value, error)

        def answered(value: Any = None, error: Exception | None = None) -> None:
            if error is None and not ended:
                try:
                    plan.answered(value[1])
                    come(plan.part)
                except ProtocolError as problem:
                    error = problem
            if error is not None:
                end(error=error)
            elif plan.done:
                end(plan.result)
            else:
                more()

        def more() -> None:
            if not ended and (message := plan.next()) is not None:
                asked(plan.kind, message[1], **message[0])(answered)

        if plan.done:
            end(plan.result)
        for _ in range(WINDOW):
            more()

    return begin
