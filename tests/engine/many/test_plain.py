"""Values as plain data: all comes back as it was, and nothing is made that is not data of our own."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.engine.errors import ImpastoError
from impasto.engine.many import plain
from impasto.engine.styles import load_style

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.text() | st.integers() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    ATOMS, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner), max_leaves=20
)


@dataclass(frozen=True)
class Thing:
    path: Path
    inner: Any


def function(payload: Any) -> Any:
    return payload


def there_and_back(value: Any) -> Any:
    return plain.unpacked(*plain.packed(value))


@given(VALUES)
def test_comes_back_as_it_was(value: Any):
    found = there_and_back(value)
    assert found == value and repr(found) == repr(value)  # True is not 1, nor a tuple a list


def test_classes_and_functions_come_back_by_name():
    style = load_style("realistic")
    thing = Thing(Path("a/b.png"), (style, [b"\x00", function]))
    found = there_and_back(thing)
    assert found == thing and type(found.inner[0]) is type(style) and found.inner[1][1] is function
    assert math.isnan(there_and_back(math.nan))


@pytest.mark.parametrize("value", [object(), {1}, ValueError("no"), lambda: 0, Thing, 3j])
def test_what_is_no_data_is_refused(value: Any):
    with pytest.raises(TypeError):
        plain.packed(value)


@pytest.mark.parametrize(
    "said",
    [
        {"function": "builtins:eval"}, {"function": "os:system"}, {"function": "subprocess:Popen"},
        {"function": f"{__name__}:Path"}, {"function": f"{__name__}:load_style"},
        {"dataclass": "subprocess:Popen", "fields": {"args": ["true"]}},
        {"dataclass": f"{__name__}:Thing", "fields": {"path": "a"}}, {"dataclass": f"{__name__}:Thing"},
        {"model": "pathlib:Path", "fields": {}}, {"model": "impasto.engine.styles.style:Style", "fields": {"no": 1}},
        {"dataclass": "no.such.module:Thing", "fields": {}}, {"bytes": 3}, {"unknown": 1}, {},
    ],
)  # fmt: skip
def test_nothing_else_is_made(said: Any):
    with pytest.raises(ImpastoError, match="makes no sense"):
        plain.unpacked(json.dumps(said).encode(), [])


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_noise_is_refused(text: bytes):
    with pytest.raises(ImpastoError, match="makes no sense"):
        plain.unpacked(text, [])
