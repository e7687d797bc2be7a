"""The one guard: what goes wrong in what Qt or Krita calls is said, and goes no further.

Krita shows an exception that comes out of a timer, a signal's handler or a method that it calls in a dialog that
stops everything, each time. So nobody else in the plugin connects a handler to a signal or puts something off (`on`,
`later`), and methods that Qt or Krita call by their names are `guarded`. `tell` names who says what went wrong.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import traceback
import weakref
from collections.abc import Callable
from typing import Any

from .qt import QTimer, sip

Handler = Callable[..., Any]
Listener = Callable[[Exception, str], None]  # a problem and its trace

_listener: Listener | None = None
_telling = False


def tell(listener: Listener) -> None:
    """From now on, this hears of what went wrong."""
    global _listener
    _listener = listener


def attempt(work: Handler, *arguments: Any, instead: Any = None) -> Any:
    """What a call returns; if it fails, that is told, and this returns `instead`."""
    try:
        return work(*arguments)
    except Exception as problem:
        _caught(problem, traceback.format_exc())
        return instead


def guarded(work: Handler) -> Handler:
    """A method that Qt or Krita calls: if it fails, that is told, and it returns None."""

    @functools.wraps(work)
    def safe(*arguments: Any) -> Any:
        return attempt(work, *arguments)

    return safe


def on(signal: Any, handler: Any) -> Callable[[], None]:
    """Connect a signal with a handler, or with another signal; returns what disconnects them.

    As with Qt's own connections, a method is called no more once its object is gone, and a handler may take fewer
    arguments than the signal has.
    """
    connected = handler if hasattr(handler, "emit") or inspect.isbuiltin(handler) else _safe(handler)
    signal.connect(connected)
    return lambda: signal.disconnect(connected)


def later(milliseconds: int, handler: Handler) -> None:
    """Call something once, after a while; 0: as soon as the windows have had their turn."""
    QTimer.singleShot(milliseconds, lambda: None if _is_gone(handler) else attempt(handler))


def _safe(handler: Handler) -> Handler:
    most, found = _most_arguments(handler), _weakly(handler)

    def safe(*arguments: Any) -> None:
        held = found()
        if held is not None and not _is_gone(held):
            attempt(held, *arguments[:most])

    return safe


def _weakly(handler: Handler) -> Callable[[], Any]:
    """What gives the handler; a method keeps no object alive."""
    return weakref.WeakMethod(handler) if inspect.ismethod(handler) else lambda: handler


def _is_gone(handler: Handler) -> bool:
    """Has Qt deleted the object of this method, while Python still knows of it?"""
    owner = getattr(handler, "__self__", None)
    return isinstance(owner, sip.simplewrapper) and sip.isdeleted(owner)


def _most_arguments(handler: Handler) -> int | None:
    """How many arguments it takes; None: as many as there are."""
    parameters = inspect.signature(handler).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    placed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in placed for parameter in parameters)


def _caught(problem: Exception, trace: str) -> None:
    global _telling
    if _listener is None or _telling:  # what goes wrong while it is told is not told
        return
    _telling = True
    try:
        with contextlib.suppress(Exception):  # nobody is left to hear it
            _listener(problem, trace)
    finally:
        _telling = False
