"""What a client and the engine's daemon say to each other; README.md beside this file describes it.

Runs on Python 3.8 to 3.14 with the standard library, pyzmq and msgpack only: Krita's own Python loads it too.
"""

from __future__ import annotations

from typing import Any

OLDEST_VERSION, NEWEST_VERSION = 1, 3  # versions of the protocol that this code speaks


class ProtocolError(Exception):
    """Why something was refused: a stable code, one sentence, and what to do about it."""

    def __init__(self, code: str, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence + ("; " + remedy if remedy else ""))
        self.code, self.sentence, self.remedy = code, sentence, remedy
        self.number = 0  # of the request it answers, if that is known
        self.asked: Any = None  # and that request's fields as they came, likewise


def agreed(theirs: Any, side: str = "the engine") -> int:
    """The newest version both speak, given [oldest, newest] of the other side, which `side` names.

    Raises ProtocolError "version" that says which side to update, and "malformed" for what is no such pair.
    """
    whole = isinstance(theirs, (list, tuple)) and len(theirs) == 2
    if not whole or not all(isinstance(n, int) and not isinstance(n, bool) and 0 < n < 10**6 for n in theirs):
        raise ProtocolError("malformed", "versions are [oldest, newest]")
    oldest, newest = theirs
    if oldest > newest:
        raise ProtocolError("malformed", "the oldest version is newer than the newest")
    if newest < OLDEST_VERSION:
        raise ProtocolError(
            "version", f"{side} speaks protocol {newest} and this side needs {OLDEST_VERSION}",
            f"update {side}",
        )  # fmt: skip
    if oldest > NEWEST_VERSION:
        other = "the client" if side == "the engine" else "the engine"
        raise ProtocolError(
            "version", f"{side} needs protocol {oldest} and this side speaks {NEWEST_VERSION}",
            f"update {other}",
        )  # fmt: skip
    return min(newest, NEWEST_VERSION)
