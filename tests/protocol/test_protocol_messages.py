"""Every rule refuses what it should, with an error of the protocol and the name of the field."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.protocol import ProtocolError
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_PLANE_BYTES, LARGEST_SIDE
from impasto.protocol.messages import (
    JOBS,
    REQUESTS,
    Each,
    Fields,
    Flag,
    Number,
    Plain,
    Rule,
    Text,
    Whole,
    checked_fields,
    maybe,
)

HUGE = 10**400  # no float holds it
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**63, -(2**63), HUGE, -HUGE, 0.5, -0.5, math.nan, math.inf, -math.inf, "", "a",
    "a" * 3000, "\0", b"", b"a", [], ["a"], [[[]]], {}, {"a": 1}, {1: 1}, {b"a": 1}, object(),
]  # fmt: skip

# rule, values it lets through (and as what), the rest of VALUES being refused
RULES: list[tuple[Rule, list[tuple[Any, Any]]]] = [
    (Text(5, 1), [("a", "a"), ("\0", "\0")]),
    (Text(5), [("", ""), ("a", "a"), ("\0", "\0")]),
    (Text(words=("a", "b")), [("a", "a")]),
    (Whole(0, 10), [(0, 0), (1, 1)]),
    (Whole(-(2**63), 2**63), [(0, 0), (1, 1), (-1, -1), (2**63, 2**63), (-(2**63), -(2**63))]),
    (Number(0, 1), [(0, 0.0), (1, 1.0), (0.5, 0.5)]),
    (Number(-1, 0.5), [(0, 0.0), (-1, -1.0), (0.5, 0.5), (-0.5, -0.5)]),
    (Flag(), [(True, True), (False, False)]),
    (Each(Text(5), 1), [([], []), (["a"], ["a"])]),
    (Fields({"a": Whole(0, 1)}), [({"a": 1}, {"a": 1})]),
    (Fields({"a": maybe(Whole(0, 1))}), [({}, {"a": None}), ({"a": 1}, {"a": 1})]),
    (Plain(), [({}, {}), ({"a": 1}, {"a": 1})]),
]


@pytest.mark.parametrize(("rule", "good"), RULES)
def test_rules(rule: Rule, good: list[tuple[Any, Any]]) -> None:
    for value in VALUES:
        wanted = [out for given, out in good if type(given) is type(value) and given == value]
        if wanted:
            found = rule.check(value, "it")
            assert found == wanted[0]
            assert type(found) is type(wanted[0])
        else:
            with pytest.raises(ProtocolError, match="it") as refused:
                rule.check(value, "it")
            assert refused.value.code == "malformed"


def test_each_item_is_checked() -> None:
    with pytest.raises(ProtocolError, match=r"it\[1\]"):
        Each(Whole(0, 1), 3).check([1, True], "it")
    with pytest.raises(ProtocolError):
        Each(Whole(0, 1), 3).check([1] * 4, "it")


@pytest.mark.parametrize(
    "value",
    [
        {"a": math.nan}, {"a": [1, [2, math.inf]]}, {"a": b"bytes"}, {1: 1}, {"a": {2: 1}}, {"a" * 101: 1},
        {"a": "b" * 8001}, {str(k): k for k in range(60)}, {"a": [0] * 60}, {"a": object()},
    ],
)  # fmt: skip
def test_plain_maps_are_small_and_plain(value: dict[Any, Any]) -> None:
    with pytest.raises(ProtocolError) as refused:
        Plain(most=50).check(value, "style")
    assert refused.value.code == "malformed"


def test_plain_maps_are_not_deep() -> None:
    deep: Any = 1
    for _ in range(13):
        deep = {"a": deep}
    with pytest.raises(ProtocolError):
        Plain().check(deep, "style")
    assert Plain().check(deep["a"], "style") == deep["a"]
    for _ in range(100_000):  # far deeper than Python's own stack
        deep = [deep]
    with pytest.raises(ProtocolError):
        Plain().check({"a": deep}, "style")
    while isinstance(deep, list):  # taken apart by hand: freeing it would need as deep a stack
        (deep,) = deep


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner)))  # fmt: skip
def test_only_protocol_errors_come_out(value: Any) -> None:
    for rules, _ in REQUESTS.values():
        for name, rule in rules.items():
            try:
                rule.check(value, name)
            except ProtocolError as error:
                assert error.code == "malformed"
                assert name in error.sentence
        if isinstance(value, dict):
            try:
                checked_fields(value, rules)
            except ProtocolError as error:
                assert error.code == "malformed"


def plane(**changes: Any) -> dict[str, Any]:
    return {"plane": "p", "width": 4, "height": 3, "channels": 3, "depth": "u8", "stride": 12} | changes


def masks(**changes: Any) -> dict[str, Any]:
    return {"plane": "m", "width": 4, "height": 3, "count": 1} | changes


GOOD: dict[str, dict[str, Any]] = {
    "hello": {"versions": [1, 1]},
    "ping": {},
    "put": {"plane": "p", "offset": 0, "total": 36},
    "segment": {"picture": plane()},
    "interest": {"picture": plane()},
    "learn": {"picture": plane(), "name": "n"},
    "suggest": {"words": "w"},
    "paint": {"picture": plane(), "style": {"name": "x"}},
    "repaint": {"painting": "q", "picture": plane(), "mask": masks(), "style": {}},
    "follow": {"painting": "q", "before": plane(), "picture": plane()},
    "render": {"painting": "q", "width": 4, "height": 3},
    "cancel": {"job": "0" * 32},
    "pause": {"job": "0" * 32},
    "arrange": {"jobs": ["0" * 32]},
    "attach": {"job": "0" * 32},
    "seen": {"job": "0" * 32, "seq": 1},
    "list": {},
    "fetch": {"job": "0" * 32, "file": "pixels.rgba", "offset": 0, "size": 1},
    "forget": {"job": "0" * 32},
    "hold": {},
    "show": {"handle": "0" * 32, "width": 4, "height": 3},
    "let_go": {"handle": "0" * 32},
    "sample": {"medium": "flat"},
    "keep_style": {"name": "mine", "style": {}},
    "shutdown": {},
}


def test_every_request_has_an_example() -> None:
    assert GOOD.keys() == REQUESTS.keys()
    assert set(JOBS) <= REQUESTS.keys()


@pytest.mark.parametrize("kind", REQUESTS)
def test_requests(kind: str) -> None:
    rules, _ = REQUESTS[kind]
    found = checked_fields(GOOD[kind], rules)
    assert found.keys() == rules.keys()
    # what was checked can be checked again: that is how a job comes back from the disk
    assert checked_fields(found, rules) == found
    for name in GOOD[kind]:
        with pytest.raises(ProtocolError, match=f"{name} is missing"):
            checked_fields({k: v for k, v in GOOD[kind].items() if k != name}, rules)
        with pytest.raises(ProtocolError, match=name):
            checked_fields({**GOOD[kind], name: None}, rules)
    with pytest.raises(ProtocolError, match="there is no field strange"):
        checked_fields({**GOOD[kind], "strange": 1}, rules)


@pytest.mark.parametrize("kind", ["paint", "repaint"])
def test_who_says_nothing_of_effort_gets_the_usual_one(kind: str) -> None:
    """Older clients, and jobs that an older daemon has on disk."""
    rules, _ = REQUESTS[kind]
    for said, found in ({}, "normal"), ({"effort": None}, "normal"), ({"effort": "high"}, "high"):
        assert checked_fields({**GOOD[kind], **said}, rules)["effort"] == found


@pytest.mark.parametrize(
    ("kind", "changes", "named"),
    [
        ("put", {"offset": -1}, "offset"),
        ("put", {"total": 0}, "total"),
        ("put", {"total": LARGEST_PLANE_BYTES + 1}, "total"),
        ("put", {"packed": "bzip2"}, "packed"),
        ("put", {"plane": ""}, "plane"),
        ("fetch", {"size": CHUNK_BYTES + 1}, "size"),
        ("fetch", {"offset": -1}, "offset"),
        ("paint", {"picture": plane(width=LARGEST_SIDE + 1)}, "picture.width"),
        ("paint", {"picture": plane(height=-1)}, "picture.height"),
        ("paint", {"picture": plane(channels=5)}, "picture.channels"),
        ("paint", {"picture": plane(channels=True)}, "picture.channels"),
        ("paint", {"picture": plane(depth="f64")}, "picture.depth"),
        ("paint", {"picture": plane(path="x")}, "picture.path"),
        ("paint", {"strokes": 0}, "strokes"),
        ("paint", {"strokes": 10**9}, "strokes"),
        ("paint", {"seed": 2**63}, "seed"),
        ("paint", {"seed": 1.0}, "seed"),
        ("paint", {"working_size": 10**6}, "working_size"),
        ("paint", {"effort": "best"}, "effort"),
        ("repaint", {"effort": 2}, "effort"),
        ("paint", {"style": []}, "style"),
        ("paint", {"regions": [{"name": "a"}] * 257}, "regions"),
        ("paint", {"regions": [{"name": "a", "detail": math.nan}]}, "regions[0].detail"),
        ("paint", {"regions": [{"name": "a", "style": {"a": math.inf}}]}, "regions[0].style"),
        ("paint", {"masks": masks(count=0)}, "masks.count"),
        ("paint", {"priority": "first"}, "priority"),
        ("cancel", {"job": "0" * 31}, "job"),
        ("show", {"handle": "0" * 31}, "handle"),
        ("show", {"width": 0}, "width"),
        ("show", {"medium": {"kind": math.nan}}, "medium"),
        ("show", {"light": {str(k): k for k in range(101)}}, "light"),
        ("sample", {"medium": ""}, "medium"),
        ("hello", {"versions": [1, 1, 1]}, "versions"),
        ("hello", {"versions": [0, 1]}, "versions"),
    ],
)
def test_fields_out_of_range(kind: str, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        checked_fields({**GOOD[kind], **changes}, REQUESTS[kind][0])
    assert refused.value.code == "malformed"
    assert named in refused.value.sentence
