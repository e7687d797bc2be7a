"""What the plugins of all editors have in common: words, finding, starting and bringing an engine, notes of jobs.

It lies beside protocol in each plugin and has the same limits: Python 3.8 to 3.14, the standard library, our protocol.
It knows no editor and no windows. What takes time is looked at by `later(milliseconds, handler)`, which each editor
has: it calls the handler once, from its event loop. So nothing waits, and there is no thread that would have to.
"""

from __future__ import annotations

from typing import Any, Callable  # noqa: UP035 (Python 3.8 has no other that takes types)

Later = Callable[[int, Callable[[], Any]], Any]
Handler = Callable[..., Any]


def nothing(*_: Any) -> None:
    """For who hears nobody."""
