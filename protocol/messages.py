"""Every message with its fields: types, ranges, frames that follow. Whatever arrives is checked against this."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

from . import ProtocolError
from .limits import (
    CHUNK_BYTES,
    EFFORTS,
    LARGEST_FOUND_SIDE,
    LARGEST_MASK_SIDE,
    LARGEST_PLANE_BYTES,
    LARGEST_SIDE,
    LARGEST_WORKING_SIZE,
    LONGEST_NAME,
    LONGEST_REGION_NAME,
    MOST_REGIONS,
    MOST_STROKES,
    SMALLEST_FOUND_SIDE,
    SMALLEST_WORKING_SIZE,
)


class Rule(ABC):
    """One field: how its value is checked. Fields without a default must be there."""

    def __init__(self, default: Any = None, needed: bool = True) -> None:
        self.default, self.needed = default, needed

    @abstractmethod
    def check(self, value: Any, name: str) -> Any:
        """The value, if it is allowed. Raises ProtocolError "malformed" that names the field."""


def _wrong(name, what):
    return ProtocolError("malformed", f"{name} is not {what}")


class Text(Rule):
    """Text within a range of lengths, or one of given words."""

    def __init__(self, most=200, least=0, words=None, **more):
        super().__init__(**more)
        self.most, self.least, self.words = most, least, words

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            raise _wrong(name, f"text of {self.least} to {self.most} letters")
        if self.words is not None and value not in self.words:
            raise _wrong(name, "one of " + ", ".join(self.words))
        return value


class Whole(Rule):
    """A whole number within limits."""

    def __init__(self, low, high, **more):
        super().__init__(**more)
        self.low, self.high = low, high

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise _wrong(name, f"a whole number from {self.low} to {self.high}")
        return value


class Number(Whole):
    """A finite number within limits."""

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not plain or not self.low <= value <= self.high:  # which no NaN is
            raise _wrong(name, f"a number from {self.low} to {self.high}")
        return float(value)


class Flag(Rule):
    """True or false."""

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        if not isinstance(value, bool):
            raise _wrong(name, "true or false")
        return value


class Each(Rule):
    """A list of one kind, up to a length."""

    def __init__(self, rule, most, **more):
        super().__init__(**more)
        self.rule, self.most = rule, most

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        if not isinstance(value, (list, tuple)) or len(value) > self.most:
            raise _wrong(name, f"a list of at most {self.most}")
        return [self.rule.check(item, f"{name}[{k}]") for k, item in enumerate(value)]


class Fields(Rule):
    """A map with named fields and no others."""

    def __init__(self, _fields, **more):
        super().__init__(**more)
        self.fields = _fields

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        if not isinstance(value, dict) or len(value) > len(self.fields):
            raise _wrong(name, "a map of " + ", ".join(self.fields))
        return checked_fields(value, self.fields, name + ".")


class Plain(Rule):
    """Any map of plain values (text, numbers, flags, nothing, lists and maps of them), no larger than `most` values."""

    def __init__(self, most=5000, **more):
        super().__init__(**more)
        self.most = most

    def check(self, value: Any, name: str) -> Any:
        """See `Rule`."""
        if not isinstance(value, dict):
            raise _wrong(name, "a map")
        left = self.most
        waiting: list[Any] = [(value, 0)]
        while waiting:
            item, depth = waiting.pop()
            left -= 1
            if left < 0 or depth > 12:
                raise _wrong(name, f"a map of at most {self.most} plain values")
            if isinstance(item, dict):
                if not all(isinstance(key, str) and len(key) <= 100 for key in item):
                    raise _wrong(name, "a map with names as keys")
                waiting += [(v, depth + 1) for v in item.values()]
            elif isinstance(item, (list, tuple)):
                waiting += [(v, depth + 1) for v in item]
            elif isinstance(item, str):
                if len(item) > 8000:
                    raise _wrong(name, "a map of short texts")
            elif isinstance(item, float):
                if not math.isfinite(item):
                    raise _wrong(name, "a map of finite numbers")
            elif not (item is None or isinstance(item, (bool, int))):
                raise _wrong(name, "a map of plain values")
        return value


def maybe(rule):
    """The same field, which may be left out; then it is None."""
    rule.needed, rule.default = False, None
    return rule


def checked_fields(values, rules, where=""):
    """The values of all fields, with defaults. Raises ProtocolError "malformed" for one too many or too few."""
    for name in values:
        if name not in rules:
            raise ProtocolError("malformed", f"there is no field {where}{str(name)[:60]}")
    found = {}
    for name, rule in rules.items():
        if name in values and not (values[name] is None and not rule.needed):
            found[name] = rule.check(values[name], where + name)
        elif rule.needed:
            raise ProtocolError("malformed", f"the field {where}{name} is missing")
        else:
            found[name] = rule.default
    return found


def _token():
    return Text(64, 1)


def _plane():
    """Pixels that were put before: rows of `stride` bytes, channels interleaved, little-endian."""
    return Fields(
        {
            "plane": _token(),
            "width": Whole(1, LARGEST_SIDE),
            "height": Whole(1, LARGEST_SIDE),
            "channels": Whole(1, 4),
            "depth": Text(words=("u8", "u16", "f32")),
            "stride": Whole(1, 16 * LARGEST_SIDE),
            "space": Text(words=("srgb", "linear"), needed=False, default="srgb"),
        }
    )


def _masks(**more):
    """Planes of 8 bits one after the other: `count` of width × height."""
    return Fields(
        {
            "plane": _token(),
            "width": Whole(1, LARGEST_MASK_SIDE),
            "height": Whole(1, LARGEST_MASK_SIDE),
            "count": Whole(1, MOST_REGIONS),
            **more,
        }
    )


def _region():
    return Fields(
        {
            "name": Text(LONGEST_REGION_NAME, 1),
            "kind": Text(words=("thing", "stuff", "user", "rest"), needed=False, default="user"),
            "style": maybe(Plain()),
            "strokes": maybe(Whole(0, MOST_STROKES)),
            "detail": Number(0.05, 100, needed=False, default=1.0),
            "planes": maybe(Each(Whole(0, MOST_REGIONS - 1), MOST_REGIONS)),
            "skip": Flag(needed=False, default=False),
        }
    )


def _painted():
    """What all that is painted has in common."""
    return {
        "style": Plain(),
        "brush": Number(0.5, 2, needed=False, default=1.0),
        "looseness": Number(-1, 1, needed=False, default=0.0),
        "interest": maybe(Number(0, 2)),
        "detail": maybe(_masks()),
        "flow": maybe(_plane()),
        "seed": Whole(0, 2**63 - 1, needed=False, default=0),
        "working_size": Whole(SMALLEST_WORKING_SIZE, LARGEST_WORKING_SIZE, needed=False, default=1024),
        "effort": Text(words=EFFORTS, needed=False, default="normal"),
        "preview": Flag(needed=False, default=True),
        "priority": Text(words=("normal", "preview"), needed=False, default="normal"),
        "layers": Text(words=("none", "regions", "passes"), needed=False, default="none"),
        "tip": maybe(Fields({"plane": _token(), "kind": Text(words=("file", "stroke"), needed=False, default="file")})),
        "label": Text(200, needed=False, default=""),
    }


_JOB = {"job": Text(32, 32)}
MOST_FRAMES = 240  # pictures of how a painting came about
MOST_ARRANGED = 100  # jobs that are brought into another order at a time

# kind: (fields, frames that follow)
REQUESTS = {
    "hello": ({"versions": Each(Whole(1, 10**6), 2), "client": Text(100, needed=False, default="")}, 0),
    "ping": ({}, 0),
    "put": (
        {
            "plane": _token(),
            "offset": Whole(0, LARGEST_PLANE_BYTES),
            "total": Whole(1, LARGEST_PLANE_BYTES),
            "packed": Text(words=("no", "zlib"), needed=False, default="no"),
        },
        1,
    ),
    "segment": (
        {
            "picture": _plane(),
            "method": Text(LONGEST_NAME, 1, needed=False, default="unsupervised"),
            "model": maybe(Text(300, 1)),
            "size": Whole(SMALLEST_FOUND_SIDE, LARGEST_FOUND_SIDE, needed=False, default=1024),
        },
        0,
    ),
    "interest": ({"picture": _plane()}, 0),
    "learn": (
        {
            "picture": _plane(),
            "name": Text(64, 1),
            "strength": Number(0, 1, needed=False, default=1.0),
            "texture": Number(0, 2, needed=False, default=0.0),
        },
        0,
    ),
    "suggest": ({"words": Text(300, 1)}, 0),
    "paint": (
        {
            "picture": _plane(),
            "strokes": maybe(Whole(1, MOST_STROKES)),
            "regions": maybe(Each(_region(), MOST_REGIONS)),
            "masks": maybe(_masks(over=Whole(0, MOST_REGIONS, needed=False, default=0))),
            "selection": maybe(_masks()),
            "resume": maybe(_token()),
            "find": maybe(Text(LONGEST_NAME, 1)),
            "model": maybe(Text(300, 1)),
            "fit": Flag(needed=False, default=True),
            "multiply": Flag(needed=False, default=False),
            **_painted(),
        },
        0,
    ),
    "repaint": (
        {
            "painting": _token(),
            "picture": _plane(),
            "mask": _masks(),
            "name": Text(LONGEST_REGION_NAME, 1, needed=False, default="repaint"),
            "strokes": maybe(Whole(1, MOST_STROKES)),
            **_painted(),
        },
        0,
    ),
    "follow": (
        {
            "painting": _token(),
            "memory": maybe(_token()),
            "before": _plane(),
            "picture": _plane(),
            "seed": Whole(0, 2**63 - 1, needed=False, default=0),
            "working_size": Whole(SMALLEST_WORKING_SIZE, LARGEST_WORKING_SIZE, needed=False, default=1024),
            "effort": Text(words=EFFORTS, needed=False, default="normal"),
            "label": Text(200, needed=False, default=""),
        },
        0,
    ),
    "render": (
        {
            "painting": _token(),
            "width": Whole(1, LARGEST_SIDE),
            "height": Whole(1, LARGEST_SIDE),
            "layers": Text(words=("none", "regions", "passes"), needed=False, default="none"),
            "multiply": Flag(needed=False, default=False),
            "medium": maybe(Plain(100)),
            "light": maybe(Plain(100)),
            "stages": maybe(Whole(2, MOST_FRAMES)),
            "shapes": Flag(needed=False, default=False),
            "drawn": maybe(_token()),
        },
        0,
    ),
    "cancel": (_JOB, 0),
    "pause": ({**_JOB, "on": Flag(needed=False, default=True)}, 0),
    "arrange": ({"jobs": Each(Text(32, 32), MOST_ARRANGED)}, 0),
    "attach": ({**_JOB, "since": Whole(0, 2**62, needed=False, default=0)}, 0),
    "seen": ({**_JOB, "seq": Whole(0, 2**62)}, 0),
    "list": ({}, 0),
    "fetch": (
        {**_JOB, "file": Text(80, 1), "offset": Whole(0, LARGEST_PLANE_BYTES), "size": Whole(1, CHUNK_BYTES)},
        0,
    ),
    "forget": (_JOB, 0),
    "hold": ({"painting": maybe(_token()), "job": maybe(Text(32, 32))}, 0),
    "show": (
        {
            "handle": Text(32, 32),
            "width": Whole(1, LARGEST_SIDE),
            "height": Whole(1, LARGEST_SIDE),
            "medium": maybe(Plain(100)),
            "light": maybe(Plain(100)),
            "draft": Flag(needed=False, default=False),
            "serial": Whole(0, 2**62, needed=False, default=0),
        },
        0,
    ),
    "let_go": ({"handle": Text(32, 32)}, 0),
    "sample": ({"medium": Text(LONGEST_NAME, 1)}, 0),
    "keep_style": (
        {
            "name": Text(64, 1),
            "style": Plain(),
            "brush": Number(0.5, 2, needed=False, default=1.0),
            "looseness": Number(-1, 1, needed=False, default=0.0),
            "replace": Flag(needed=False, default=False),
        },
        0,
    ),
    "shutdown": ({}, 0),
}
QUICK = ("segment", "interest", "learn", "suggest")  # jobs that somebody waits for: they go before paintings
JOBS = (*QUICK, "paint", "repaint", "follow", "render")
