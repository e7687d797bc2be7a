"""Strokes as JSON and NPZ: out and in again without loss, changed on the way, and whatever else such a file holds."""

import base64
import io
import json
import re
import runpy
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import made
from jsonschema import Draft202012Validator

from impasto.engine.errors import ImpastoError
from impasto.engine.export import write_result
from impasto.engine.imports import read_painting
from impasto.engine.painting.document import schema
from impasto.engine.painting.painting import Painting

DOCS = Path(__file__).resolve().parents[3] / "docs"
CASES: dict[str, dict[str, Any]] = {
    "as a whole": {},
    "regions": {"regions": 3, "mask": True, "edges": ("strict", "loose")},
    "over a blur": {"under": True, "background": (0.2, 0.4, 0.6, 0.5)},
    "nothing": {"strokes": 0},
}


@pytest.fixture
def written(tmp_path: Path) -> dict[str, bytes]:
    """A small painting in both forms."""
    painting = made(regions=2, strokes=4)
    for suffix in (".json", ".npz"):
        write_result(painting, tmp_path / f"a{suffix}", painting.height, painting.width)
    return {suffix: (tmp_path / f"a{suffix}").read_bytes() for suffix in (".json", ".npz")}


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_lost(case: str, suffix: str, tmp_path: Path) -> None:
    painting = made(**CASES[case])
    order = np.random.default_rng(0).permutation(len(painting.strokes))  # their ids are not in order, either
    painting = replace(painting, strokes=painting.strokes.take(order))
    painting.save(tmp_path / "before.impasto")
    write_result(painting, tmp_path / f"x{suffix}", 64, 96)
    read_painting(tmp_path / f"x{suffix}").save(tmp_path / "after.impasto")
    assert (tmp_path / "after.impasto").read_bytes() == (tmp_path / "before.impasto").read_bytes()


def test_json_is_as_its_schema_says(written: dict[str, bytes]) -> None:
    kept = json.loads((DOCS / "strokes.schema.json").read_text("utf-8"))
    assert kept == {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema()}
    Draft202012Validator(kept).validate(json.loads(written[".json"]))
    least = {"format": "impasto-strokes", "version": 1, "width": 64, "height": 48, "strokes": []}
    Draft202012Validator(kept).validate(least)


def test_ten_lines_of_the_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"```python\n(.*?)```", (DOCS / "exports.md").read_text("utf-8"), re.DOTALL)
    assert code is not None and len([line for line in code[1].splitlines() if line and "import" not in line]) <= 10
    painting = made(regions=2)
    monkeypatch.chdir(tmp_path)
    write_result(painting, "strokes.npz", 64, 96)
    Path("edit.py").write_text(code[1], "utf-8")
    runpy.run_path("edit.py")
    edited, before = read_painting("edited.npz"), painting.strokes.table
    kept = np.hypot(before[:, 4] - before[:, 0], before[:, 5] - before[:, 1]) > 0.1
    assert 0 < kept.sum() < len(before)
    assert np.array_equal(edited.strokes.table[:, :6], before[kept][:, :6])
    assert np.allclose(edited.strokes.table[:, 6:8], before[kept][:, 6:8] * 1.3)
    edited.render(16, threads=1)


def test_strokes_of_another_program(tmp_path: Path) -> None:
    """Only what has to be there; ids are given where there are none, and colours refitted for others are not kept."""
    stroke = {"points": [[0.1, 0.1], [0.5, 0.2], [0.9, 0.4]], "radius": [0.1, 0.05], "colour": [1, 0, 0]}
    document = {
        "format": "impasto-strokes",
        "version": 1,
        "width": 64,
        "height": 32,
        "strokes": [stroke, {**stroke, "id": 7}],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    painting = read_painting(tmp_path / "a.json")
    assert painting.strokes.id.tolist() == [8, 7] and painting.strokes.table[0, 8:].tolist() == [1, 1, 1, 0, 0]
    np.savez(tmp_path / "a.npz", table=np.asfortranarray(painting.strokes.table.astype(float)), recipe=np.zeros(2))
    with pytest.raises(ImpastoError, match=r"a\.npz cannot be read as strokes \('recipe' is not"):
        read_painting(tmp_path / "a.npz")


def test_colours_refitted_for_other_strokes_are_left_out(tmp_path: Path) -> None:
    painting = made(passes=1, strokes=3)
    painting = Painting(**{**vars(painting), "style": {"name": "oily", "medium": {"kind": "oil"}}}).fitted(1)
    write_result(painting, tmp_path / "a.npz", 64, 96)
    assert read_painting(tmp_path / "a.npz").refit is not None
    parts = dict(np.load(tmp_path / "a.npz"))
    parts["table"][0, 0] += 0.01
    np.savez_compressed(tmp_path / "b.npz", **parts)
    assert read_painting(tmp_path / "b.npz").refit is None


def refused(path: Path) -> str:
    """The one sentence that a file is refused with, taking little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ImpastoError) as told:
            read_painting(path)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
    text = str(told.value)
    assert text.startswith(str(path)) and "\n" not in text and ";" in text and len(text) < len(str(path)) + 300
    return text


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_truncated(suffix: str, written: dict[str, bytes], tmp_path: Path) -> None:
    data, path = written[suffix], tmp_path / f"cut{suffix}"
    for length in range(1, len(data), len(data) // 40):
        path.write_bytes(data[:length])
        refused(path)


HOSTILE_JSON = {
    "nan": (b'"radius": [', b'"radius": [NaN, 0.1], "no": ['),
    "infinite": (b'"radius": [', b'"radius": [1e999, 0.1], "no": ['),
    "out of range": (b'"points": [[', b'"points": [[9e9, 0], [0, 0], [0, 0]], "no": [['),
    "deep": (b'"strokes": [', b'"strokes": [' + b"[" * 200_000),
    "a region that is not there": (b'"region": 0', b'"region": 30000'),
    "an id twice": (b'"id": 1,', b'"id": 0,'),
    "huge id": (b'"id": 1,', b'"id": 99999999999999999999,'),
    "huge picture": (b'"width": 96', b'"width": 99999999'),
    "newer": (b'"version": 1', b'"version": 2'),
    "no base64": (b'"regions.npz": "', b'"regions.npz": "!!'),
    "other base64": (b'"regions.npz": "eJ', b'"regions.npz": "AA'),
    "a bomb": (b'"regions.npz": "', b'"tip.png": "' + base64.b64encode(zlib.compress(bytes(90 << 20))) + b'", "x": "'),
}


@pytest.mark.parametrize("case", HOSTILE_JSON)
def test_hostile_json(case: str, written: dict[str, bytes], tmp_path: Path) -> None:
    old, new = HOSTILE_JSON[case]
    assert old in written[".json"]
    (tmp_path / "a.json").write_bytes(written[".json"].replace(old, new, 1))
    refused(tmp_path / "a.json")


def test_huge_counts_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"strokes": [' + b"[]," * 7_200_000)
    text = refused(tmp_path / "a.json")
    assert "more than 1,000,000 strokes would need" in text


def npy(shape: str, data: bytes = b"", dtype: str = "<f4") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + data


def zipped(members: dict[str, bytes], claim: int | None = None) -> bytes:
    """A zip; claim: the size that its directory says the first member has."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        if claim is not None:
            archive.infolist()[0].file_size = claim
    return buffer.getvalue()


ONE = npy("(1, 13)", bytes(52))
EMPTY = npy("(2,)", b"{}", "|u1")
HOSTILE_NPZ = {
    "a bomb": lambda: zipped({"region.npy": npy("(100000000,)", dtype="|u1") + bytes(100 << 20)}),
    "16 GB claimed by the zip": lambda: zipped({"table.npy": ONE}, 16 << 30),
    "more claimed by the zip": lambda: zipped({"table.npy": ONE}, 1 << 20),
    "16 GB claimed by the array": lambda: zipped({"table.npy": npy("(330000000, 13)", bytes(52))}),
    "pickles": lambda: zipped({"table.npy": npy("(1,)", b"cos\nsystem\n(S'true'\ntR.", "|O")}),
    "no table": lambda: zipped({"recipe.npy": EMPTY}),
    "no recipe": lambda: zipped({"table.npy": ONE}),
    "an empty recipe": lambda: zipped({"table.npy": ONE, "recipe.npy": EMPTY}),
    "other shape": lambda: zipped({"table.npy": npy("(13, 1)", bytes(52)), "recipe.npy": EMPTY}),
    "nan": lambda: zipped({"table.npy": npy("(1, 13)", b"\xff" * 52), "recipe.npy": EMPTY}),
    "no zip": lambda: b"PK\3\4" + bytes(100),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE_NPZ)
def test_hostile_npz(case: str, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(HOSTILE_NPZ[case]())
    refused(tmp_path / "a.npz")
