"""Messages of the real grammar, and what becomes of them in the hands of somebody who means harm. Seeded."""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable
from typing import Any

import msgpack

from impasto.protocol.codec import pack
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_HEADER_BYTES
from impasto.protocol.messages import REQUESTS, Each, Fields, Flag, Number, Plain, Rule, Text, Whole

PATHS = [
    "../../etc/passwd", "/etc/passwd", "..", ".", "../request.mp", "request.mp", "outcome.mp", "picture.raw", "a/b",
    "C:\\Windows\\x", "\\\\host\\share", "%2e%2e%2f", "a\0b", "-rf", "~", "$HOME", "CON", "pixels.rgba", "x" * 64,
    "../" * 20 + "tmp/harm", "result.impasto", "checkpoint.impasto", "\u202egnp", "😀",
]  # fmt: skip
NAMES = ["p1", "p2", "p3", "p4", *PATHS]
WRONG: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**64 - 1, -(2**63), 0.0, -0.0, 1.5, math.nan, math.inf, -math.inf,
    1e308, "", "x", "0" * 32, "x" * 5000, "1", [], {}, [[]], [None] * 300, {"a": {"b": {"c": []}}}, b"", b"x" * 40,
    list(range(3000)), {str(k): k for k in range(500)}, *PATHS,
]  # fmt: skip
BOMBS = [zlib.compress(bytes(size), 9) for size in (CHUNK_BYTES, CHUNK_BYTES + 1, 50 << 20)]


def packed(value: Any) -> bytes:
    """As msgpack, for which the type checker is not sure."""
    return bytes(msgpack.packb(value) or b"")


class Villain:
    """Knows the grammar, and the jobs that were begun in its name (`jobs`, to be added to)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.jobs: list[str] = []
        self.ids = 0
        self._ways: list[tuple[int, Callable[[], list[bytes]]]] = [
            (6, self.good), (10, self.one_wrong), (3, self.one_less), (3, self.one_more), (4, self.wrong_frames),
            (4, self.cut), (4, self.flipped), (2, self.noise), (3, self.wrong_header), (10, self.upload),
            (1, self.bomb), (1, self.deep), (1, self.huge_counts), (2, self.replayed), (3, self.begin),
        ]  # fmt: skip
        self._last = self.pack("ping", {})

    def message(self) -> list[bytes]:
        """The next one."""
        (way,) = self.random.choices([way for _, way in self._ways], [weight for weight, _ in self._ways])
        parts = [bytes(part) for part in way()]
        if self.random.random() < 0.1:
            self._last = parts
        return parts

    # --- the grammar

    def value(self, rule: Rule, name: str) -> Any:
        """One that the rule lets through."""
        pick = self.random
        if name == "job":
            return pick.choice([*self.jobs[-20:], "0" * 32, "f" * 32])
        if isinstance(rule, Text):
            names = [n for n in NAMES if rule.least <= len(n) <= rule.most]
            return pick.choice(list(rule.words) if rule.words else names or ["x" * rule.least])
        if isinstance(rule, Number):
            return pick.uniform(rule.low, rule.high)
        if isinstance(rule, Whole):
            return pick.choice([rule.low, rule.high, pick.randint(rule.low, rule.high), min(rule.high, rule.low + 40)])
        if isinstance(rule, Flag):
            return pick.random() < 0.5
        if isinstance(rule, Each):
            return [self.value(rule.rule, name) for _ in range(pick.choice([0, 1, 2, min(rule.most, 5)]))]
        if isinstance(rule, Fields):
            return {k: self.value(r, k) for k, r in rule.fields.items() if r.needed or pick.random() < 0.5}
        assert isinstance(rule, Plain)
        return pick.choice([{}, {"name": "x"}, {"name": "x", "passes": [{"radius": 0.1, "share": 1, "iterations": 1}]}])

    def fields(self, kind: str) -> dict[str, Any]:
        rules, _ = REQUESTS[kind]
        return {k: self.value(r, k) for k, r in rules.items() if r.needed or self.random.random() < 0.5}

    def kind(self) -> str:
        return self.random.choice(list(REQUESTS))

    def frames(self, kind: str) -> list[bytes]:
        return [self.random.randbytes(self.random.choice([0, 1, 100, 5000])) for _ in range(REQUESTS[kind][1])]

    def pack(self, kind: str, fields: dict[str, Any], frames: Any = ()) -> list[bytes]:
        self.ids += 1
        return pack(kind, self.ids, fields, frames)

    # --- the ways

    def good(self) -> list[bytes]:
        kind = self.kind()
        return self.pack(kind, self.fields(kind), self.frames(kind))

    def one_wrong(self) -> list[bytes]:
        kind = self.random.choice([kind for kind in REQUESTS if REQUESTS[kind][0]])
        fields = self.fields(kind)
        place = fields
        while True:  # somewhere inside
            name = self.random.choice(list(place) or ["x"])
            inner = place.get(name)
            if isinstance(inner, dict) and inner and self.random.random() < 0.7:
                place = inner
                continue
            place[name] = self.random.choice(WRONG)
            return self.pack(kind, fields, self.frames(kind))

    def one_less(self) -> list[bytes]:
        kind = self.kind()
        fields = self.fields(kind)
        if fields:
            del fields[self.random.choice(list(fields))]
        return self.pack(kind, fields, self.frames(kind))

    def one_more(self) -> list[bytes]:
        kind = self.kind()
        return self.pack(kind, {**self.fields(kind), self.random.choice(NAMES): 1}, self.frames(kind))

    def wrong_frames(self) -> list[bytes]:
        kind = self.kind()
        return self.pack(kind, self.fields(kind), [b"x"] * self.random.choice([0, 1, 2, 3, 4, 9, 300]))

    def cut(self) -> list[bytes]:
        header, *frames = self.good()
        return [header[: self.random.randrange(len(header))], *frames]

    def flipped(self) -> list[bytes]:
        header, *frames = self.good()
        changed = bytearray(header)
        for _ in range(self.random.choice([1, 1, 3, 20])):
            changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        return [bytes(changed), *frames]

    def noise(self) -> list[bytes]:
        large = self.random.random() < 0.02
        size = LARGEST_HEADER_BYTES + 1 if large else self.random.choice([0, 1, 30, 2000])
        return [self.random.randbytes(size) for _ in range(self.random.choice([1, 1, 2, 4, 6]))]

    def wrong_header(self) -> list[bytes]:
        kind = self.kind()
        header = {**self.fields(kind), "v": 1, "kind": kind, "id": self.ids}
        header[self.random.choice(["v", "kind", "id"])] = self.random.choice(WRONG)
        return [packed(header), *self.frames(kind)]

    def upload(self) -> list[bytes]:
        """Chunks that nearly fit: overlapping, in the wrong order, beyond the end, begun anew."""
        fields = {
            "plane": self.random.choice(NAMES), "offset": self.random.choice([0, 0, 100, 4096, 4996, 5000, 2**32]),
            "total": self.random.choice([1, 100, 4096, 5000, 5000, 10**6, 5 << 30]),
        }  # fmt: skip
        return self.pack("put", fields, [bytes(self.random.choice([0, 1, 100, 4096, 5000]))])

    def bomb(self) -> list[bytes]:
        fields = {
            "plane": "bomb",
            "offset": 0,
            "total": self.random.choice([10, CHUNK_BYTES, 1 << 30]),
            "packed": "zlib",
        }
        return self.pack("put", fields, [self.random.choice([*BOMBS, BOMBS[0][:100], b"", b"none"])])

    def deep(self) -> list[bytes]:
        levels = self.random.choice([20, 300, 500, 600, 1100, 50_000])
        opening = self.random.choice([b"\x91", b"\x81\xa1a"])
        name = self.random.choice(["v", "id", "kind", "style", "picture", "versions"])
        return [b"\x81" + packed(name) + opening * levels + b"\x01"]

    def huge_counts(self) -> list[bytes]:
        opening = self.random.choice([b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"])
        return [b"\x82\xa2id\x01\xa1x" + opening + b"\xff\xff\xff\xfe" + self.random.randbytes(30)]

    def replayed(self) -> list[bytes]:
        return self._last

    def begin(self) -> list[bytes]:
        """A job whose planes may well be there, and mostly are of another size."""
        fields = self.fields(self.random.choice(["paint", "repaint", "render", "segment"]))
        if "picture" in fields:
            fields["picture"] = {
                "plane": "p1", "width": 10, "height": 10, "channels": 1, "depth": "u8", "stride": 10,
            }  # fmt: skip
        kind = "paint" if "fit" in fields else "render" if "height" in fields else "segment"
        return self.pack(kind, fields)
