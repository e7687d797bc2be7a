"""The plugin's own reader of paintings' strokes, with the standard library alone."""

import io
import json
import sys
import types
import zipfile

import numpy as np
import pytest

import impasto.protocol
import impasto.protocol.limits
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.plugin_krita.installer import HERE
from impasto.protocol import ProtocolError


@pytest.fixture(scope="module")
def strokes_of():
    """The reader, in a package that has the protocol beside it, as the installed plugin has."""
    name = "strokes_of_plugin"
    package = types.ModuleType(name)
    package.__path__ = [str(HERE / "impasto")]
    parts = {name: package, f"{name}.protocol": impasto.protocol, f"{name}.protocol.limits": impasto.protocol.limits}
    sys.modules |= parts
    from importlib import import_module

    yield import_module(f"{name}.strokes").strokes_of
    for each in [each for each in sys.modules if each.startswith(name)]:
        del sys.modules[each]


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(0).random((9, 13), np.float32) * 0.9 + 0.05


@pytest.fixture
def file(table, tmp_path) -> bytes:
    painting = Painting(
        strokes=Strokes.of(table, pass_index=2), width=64, height=48, seed=0, style={"name": "x"}, softness=0.001,
        edge=0.1, background=(1, 1, 1, 1),
    )  # fmt: skip
    painting.save(tmp_path / "p.impasto")
    return (tmp_path / "p.impasto").read_bytes()


def test_strokes_are_what_the_engine_reads(strokes_of, file, table):
    found = strokes_of(file)
    assert (len(found), found.width, found.height, found.passes, found.regions) == (9, 64, 48, 3, [])
    assert np.array_equal([list(found[k]) for k in range(9)], table)


def changed(file: bytes, **members: bytes) -> bytes:
    """The painting with other members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, members.get(name.replace(".", "_"), old.read(name)))
    return buffer.getvalue()


def arrays(**columns: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **columns)
    return buffer.getvalue()


def broken() -> dict[str, dict[str, bytes]]:
    """Members that make no painting, by what is wrong."""
    good = {"table": np.full((2, 13), 0.1, np.float32), "region": np.zeros(2, np.int16),
            "pass_index": np.zeros(2, np.int16)}  # fmt: skip
    endless, thick = good["table"].copy(), good["table"].copy()
    endless[0, 0], thick[0, 6] = np.nan, 3
    bad = {
        "a number that is none": good | {"table": endless}, "a brush as large as a house": good | {"table": thick},
        "a region too many": good | {"region": np.ones(2, np.int16)},
        "a column too short": good | {"region": np.zeros(1, np.int16)},
        "objects": good | {"table": np.array([{}, {}], object)},
        "doubles": good | {"table": good["table"].astype(np.float64)},
    }  # fmt: skip
    members = {what: {"strokes_npz": arrays(**columns)} for what, columns in bad.items()}
    for what, text in {"no size": "{}", "no JSON": "{", "no map": "[]", "deep": "[" * 100_000,
                       "a side of text": json.dumps({"width": "9", "height": 9})}.items():  # fmt: skip
        members[what] = {"recipe_json": text.encode()}
    return members | {"no arrays": {"strokes_npz": b"PK"}}


@pytest.mark.parametrize("what", broken())
def test_what_is_broken_is_refused(strokes_of, file, what):
    with pytest.raises(ProtocolError):
        strokes_of(changed(file, **broken()[what]))


@pytest.mark.parametrize("end", [0, 5, 100, -1])
def test_what_is_cut_is_refused(strokes_of, file, end):
    with pytest.raises(ProtocolError):
        strokes_of(file[:end] if end >= 0 else file[:-20])
