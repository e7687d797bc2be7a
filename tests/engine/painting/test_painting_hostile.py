"""Files that are not what they should be: any bytes give a painting or one sentence."""

import io
import json
import os
import struct
import tracemalloc
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.engine.errors import ImpastoError
from impasto.engine.painting import reading
from impasto.engine.painting.archive import pack_arrays
from impasto.engine.painting.painting import Checkpoint, Painting
from impasto.engine.painting.strokes import Strokes

STROKES = Strokes.of(np.random.default_rng(5).random((6, 13), np.float32))
PAINTING = Painting(
    strokes=STROKES,
    width=64,
    height=48,
    style={"name": "öl", "passes": [{"radius": 0.25}]},
    seed=7,
    background=(1.0, 0.5, 0.25, 0.0),
    softness=0.01,
    edge=0.5,
    mask=np.arange(35, dtype=np.uint8).reshape(5, 7),
    checkpoint=Checkpoint({"random": 2**127}, {"moments": STROKES.table * 0.5, "on": STROKES.table > 0.5}),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("paintings")


@pytest.fixture(scope="module")
def members(folder):
    PAINTING.save(folder / "whole.impasto")
    return unzipped((folder / "whole.impasto").read_bytes())


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_recipe(members, **changed):
    recipe = json.loads(members["recipe.json"]) | changed
    return zipped(members | {"recipe.json": json.dumps(recipe).encode()})


def with_strokes(members, **changed):
    arrays = {field.name: getattr(STROKES, field.name) for field in fields(Strokes)} | changed
    return zipped(members | {"strokes.npz": pack_arrays({k: v for k, v in arrays.items() if v is not None})})


def refusal(folder, data):
    """The sentence with which these bytes are refused."""
    path = folder / "some.impasto"
    path.write_bytes(data)
    with pytest.raises(ImpastoError) as caught:
        Painting.load(path)
    sentence = str(caught.value)
    assert str(path) in sentence and "\n" not in sentence
    return sentence


def resaved(folder, data):
    """These bytes loaded and saved again."""
    path = folder / "some.impasto"
    path.write_bytes(data)
    Painting.load(path).save(path, overwrite=True)
    return path.read_bytes()


def test_handmade_files_load_and_unexpected_members_are_ignored(folder, members):
    whole = (folder / "whole.impasto").read_bytes()
    assert resaved(folder, zipped(members)) == whole
    assert resaved(folder, zipped(members | {"notes/readme.txt": b"hello", "strokes.npz.bak": b"?"})) == whole
    assert resaved(folder, with_recipe(members, added_later={"a": 1})) == whole


@pytest.mark.parametrize("data", [b"", b"PK", b"\x89PNG\r\n\x1a\n", bytes(1000), zipped({"a": b""}), zipped({})])
def test_strangers_are_refused(folder, data):
    assert "is not an Impasto painting" in refusal(folder, data)


def test_another_format_is_a_stranger_and_a_newer_version_asks_for_an_update(folder, members):
    assert "is not an Impasto painting" in refusal(folder, with_recipe(members, format="other"))
    assert "newer Impasto (format 4); update" in refusal(folder, with_recipe(members, version=4, seed="new"))


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.5, True])
def test_other_versions_are_damage(folder, members, version):
    assert "is damaged (version: " in refusal(folder, with_recipe(members, version=version))


@pytest.mark.parametrize(
    "changed",
    [
        {"width": 0},
        {"height": 65_536},
        {"height": "48"},
        {"seed": -1},
        {"seed": 1.0},
        {"style": [1]},
        {"background": [1, 1, 1]},
        {"background": [1, 1, 1, 2]},
        {"softness": 0},
        {"edge": 3},
        {"edge": None},
        {"engine": 5},
        {"strokes": 7},
    ],
)
def test_a_recipe_out_of_range_is_damage(folder, members, changed):
    sentence = refusal(folder, with_recipe(members, **changed))
    assert "is damaged" in sentence and next(iter(changed)) in sentence


@pytest.mark.parametrize("text", [b"", b"[1]", b'{"format": "impasto", "version": NaN}', b"[" * 200_000])
def test_a_recipe_that_is_not_plain_json_is_damage(folder, members, text):
    assert "is damaged" in refusal(folder, zipped(members | {"recipe.json": text}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"table": np.full((6, 13), np.nan, np.float32)}, "the position of stroke 0 is nan"),
        ({"table": np.zeros((6, 13))}, "'table' must be float32"),
        ({"table": np.zeros((6, 12), np.float32)}, "'table' must be float32"),
        ({"table": np.zeros((), np.float32)}, "'table' must be float32"),
        ({"region": np.full(6, -1, np.int16)}, "the region of stroke 0 is -1"),
        ({"id": np.zeros(6, np.int64)}, "id 0 occurs twice"),
        ({"id": None}, "strokes.npz lacks an array"),
    ],
)
def test_invalid_strokes_are_refused(folder, members, changed, message):
    assert message in refusal(folder, with_strokes(members, **changed))


@pytest.mark.parametrize("name", ["strokes.npz", "checkpoint.json", "checkpoint.npz"])
def test_a_missing_member_is_damage(folder, members, name):
    rest = {other: data for other, data in members.items() if other != name}
    assert f"is damaged ({name} is missing)" in refusal(folder, zipped(rest))


def test_a_member_in_the_place_of_another_is_damage(folder, members):
    for name in members:
        for other in members.keys() - {name}:
            if (name[:10], other[-4:]) not in {("checkpoint", ".npz"), ("checkpoint", "json")}:
                refusal(folder, zipped(members | {name: members[other]}))


def test_what_is_too_large_is_refused_before_it_is_unpacked(folder, members):
    data = zipped(members | {"strokes.npz": bytes((65 << 20) + 1)})
    assert "strokes.npz is larger than" in peak_limited(folder, data)


def test_a_size_that_lies_is_not_believed(folder, members):
    data = bytearray(zipped({"strokes.npz": bytes(30 << 20), "recipe.json": members["recipe.json"]}))
    central = data.index(b"PK\1\2")
    for field in (22, central + 24):  # the size in the member's own header, and in the directory
        assert data[field : field + 4] == struct.pack("<I", 30 << 20)
        data[field : field + 4] = struct.pack("<I", 1000)
    assert "is damaged" in peak_limited(folder, bytes(data))


def test_an_array_that_promises_too_much_is_not_believed(folder, members):
    arrays = unzipped(members["strokes.npz"])
    arrays["table.npy"] = arrays["table.npy"].replace(b"(6, 13), }     ", b"(999999, 13), }")
    data = zipped(members | {"strokes.npz": zipped(arrays, zipfile.ZIP_STORED)})
    assert "does not have the size it promises" in peak_limited(folder, data)


def peak_limited(folder, data):
    tracemalloc.start()
    try:
        sentence = refusal(folder, data)
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
        return sentence
    finally:
        tracemalloc.stop()


def test_more_than_a_painting_can_hold_is_refused(folder, members, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILE", 20_000)
    assert "would unpack to more than" in refusal(folder, zipped(members | {"more": bytes(20_000)}))
    assert "larger than any painting" in refusal(folder, bytes(20_001))


def test_paths_that_are_no_files(tmp_path, monkeypatch):
    cases = [
        (tmp_path / "none.impasto", "there is no file"),
        (tmp_path, "is a folder"),
        (os.devnull, "is not a plain file"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ]
    for path, message in cases:
        with pytest.raises(ImpastoError, match=message):
            Painting.load(path)
    PAINTING.save(tmp_path / "a.impasto")

    def forbidden(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(ImpastoError, match=r"a\.impasto may not be read"):
        Painting.load(tmp_path / "a.impasto")


def test_too_little_memory_is_not_called_damage(folder, members, monkeypatch):
    def starved(*_):
        raise MemoryError

    monkeypatch.setattr(reading, "unpack_image", starved)
    assert "does not fit into memory" in refusal(folder, zipped(members))


# Fuzzing: any bytes give a painting or one sentence

EDITS = st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(max_size=4), st.integers(0, 4)), min_size=1, max_size=4)
fuzzed = settings(max_examples=100, deadline=None)


def edited(data, edits):
    """`data` with bytes replaced, inserted or deleted in some places."""
    for where, new, removed in edits:
        where %= len(data) + 1
        data = data[:where] + new + data[where + removed :]
    return data


def survives(folder, data):
    path = folder / "fuzzed.impasto"
    path.write_bytes(data)
    try:
        painting = Painting.load(path)
    except ImpastoError as error:
        assert str(path) in str(error) and "\n" not in str(error)
        return
    painting.save(path, overwrite=True)
    saved = path.read_bytes()
    assert resaved(folder, saved) == saved


@fuzzed
@given(data=st.binary(max_size=200), head=st.sampled_from([b"", b"PK\3\4", b"PK\5\6"]))
def test_fuzz_random_bytes(folder, data, head):
    survives(folder, head + data)
    survives(folder, head + data + zipped({}))


@fuzzed
@given(edits=EDITS, length=st.none() | st.integers(0, 1 << 13))
def test_fuzz_the_file(folder, members, edits, length):
    survives(folder, edited(zipped(members), edits)[:length])


@fuzzed
@given(edits=EDITS, backwards=st.integers(0, 400))
def test_fuzz_the_directory(folder, members, edits, backwards):
    data = zipped(members)
    survives(folder, data[:-backwards] + edited(data[-backwards:], edits))


@fuzzed
@given(edits=EDITS, choice=st.data())
def test_fuzz_a_member(folder, members, edits, choice):
    name = choice.draw(st.sampled_from(sorted(members)))
    survives(folder, zipped(members | {name: edited(members[name], edits)}))


@fuzzed
@given(edits=EDITS, choice=st.data(), only_header=st.booleans())
def test_fuzz_an_array(folder, members, edits, choice, only_header):
    npz = choice.draw(st.sampled_from(["strokes.npz", "checkpoint.npz"]))
    arrays = unzipped(members[npz])
    name = choice.draw(st.sampled_from(sorted(arrays)))
    array, cut = arrays[name], 128 if only_header else None
    arrays[name] = edited(array[:cut], edits) + array[len(array[:cut]) :]
    survives(folder, zipped(members | {npz: zipped(arrays, zipfile.ZIP_STORED)}))


@fuzzed
@given(choice=st.data())
def test_fuzz_the_recipe(folder, members, choice):
    recipe = json.loads(members["recipe.json"])
    values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)
    changed = choice.draw(st.dictionaries(st.sampled_from(sorted(recipe)), values, min_size=1, max_size=2))
    survives(folder, with_recipe(members, **changed))
