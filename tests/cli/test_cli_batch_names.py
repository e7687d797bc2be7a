"""What a batch knows before anything is painted: which photos, how each, and what was painted before. By value."""

import json
import os
from pathlib import Path

import pytest

from impasto.commands.batch.ledger import FILE, Ledger
from impasto.commands.batch.photos import gather
from impasto.commands.batch.plan import _stamp
from impasto.commands.batch.rows import merged, read_rows
from impasto.engine.errors import ImpastoError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def laid(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def found(*given: str, out: str = "out", recursive: bool = False) -> list[str]:
    return [photo.path.as_posix() for photo in gather(given, Path(out), recursive).photos]


def test_a_photo_is_painted_once_however_often_it_is_named(here: Path) -> None:
    laid("in/a.png", "in/b.png")
    assert found("in/a.png", str(here / "in/a.png"), "in", "in/*.png") == ["in/a.png", "in/b.png"]


def test_of_a_folder_photos_that_show_and_folders_only_if_asked(here: Path) -> None:
    laid("in/b.JPG", "in/.hidden.png", "in/notes.txt", "in/deep/a.nef", "in/.deep/c.png", "in/out/d.png", "in/x.png.")
    assert found("in") == ["in/b.JPG"] and gather(["in"], Path("out"), False).passed == 2
    assert found("in", out="in/out", recursive=True) == ["in/b.JPG", "in/deep/a.nef"]
    assert found("in/notes.txt") == ["in/notes.txt"]  # what is named itself may be called anything
    Path("in/b.JPG").unlink()
    with pytest.raises(ImpastoError, match="2 files there are none"):
        found("in")


def test_names_that_differ_in_capitals_alone_would_be_one_file_elsewhere(here: Path) -> None:
    laid("in/a.png", "in/A.jpg", "in/b.png")
    inner = [photo.inner.as_posix() for photo in gather(["in"], Path("out"), False).photos]
    assert inner == ["A-jpg", "a-png", "b"]


def test_what_is_said_later_counts_more_and_files_lie_beside_the_table(here: Path) -> None:
    laid("in/table.toml", "in/own.toml", "in/mask.png")
    Path("in/table.toml").write_text(
        '["*.png"]\nstyle = "own.toml,flow"\nseed = 1\nset = ["a=1"]\nmask = ["front=mask.png"]\n'
        '["in/b.png"]\nseed = 2\nset = ["b=2"]\nname = "sea"\n'
    )
    rows = read_rows(Path("in/table.toml"))
    given, name = merged({"seed": 0, "overrides": ("z=0",), "mask": ()}, rows.of(Path("in/b.png")))
    assert (given["seed"], given["overrides"], name) == (2, ("z=0", "a=1", "b=2"), "sea")
    assert given["style"] == f"{Path('in/own.toml')},flow" and given["mask"][0][:2] == ("front", Path("in/mask.png"))
    other, name = merged({"seed": 0, "overrides": (), "mask": ()}, rows.of(Path("in/c.png")))
    assert (other["seed"], name) == (1, None) and rows.of(Path("in/c.jpg")) == []
    assert [row.pattern for row in rows.unused([Path("in/c.png")])] == ["in/b.png"]


def test_a_photo_that_was_edited_is_another(here: Path) -> None:
    laid("a.png")
    before = _stamp(Path("a.png"))
    os.utime("a.png", ns=(1, before[1] + 1000))
    assert _stamp(Path("a.png")) == (5, before[1] + 1000) and _stamp(Path("none.png")) == (0, 0)


def test_what_is_finished_is_left_to_whoever_works_on_it(here: Path) -> None:
    ledger = Ledger(here)
    ledger.keep("one", {"a.png": b"painted", "a-layers/1.png": b"layer"}, False)
    assert ledger.is_done("one") and not ledger.is_done("two")
    assert ledger.may_replace("a.png", "one") and not ledger.may_replace("a.png", "two")
    assert not ledger.may_replace("a-layers", "two") and not ledger.may_replace("b.png", "one")
    Path("a.png").write_bytes(b"worked on")
    again = Ledger(here)
    assert again.is_done("one")
    again.keep("one", {"a.png": b"painted", "a-layers/1.png": b"layer"}, False)
    assert Path("a.png").read_bytes() == b"worked on"
    Path("a-layers/1.png").unlink()
    assert not Ledger(here).is_done("one")


def test_what_was_interrupted_is_known_by_its_checksums(here: Path) -> None:
    ledger = Ledger(here)
    ledger.keep("one", {"a.png": b"painted"}, False)
    lines = Path(FILE).read_text().splitlines()
    Path(FILE).write_text(lines[0] + "\n" + lines[1][:5])  # cut while it was written
    cut = Ledger(here)
    assert cut.is_done("one") and cut.may_replace("a.png", "two")
    Path("a.png").write_bytes(b"half on")
    assert not cut.is_done("one")
    Path("a.png").write_bytes(b"hal")
    assert not cut.is_done("one")
    cut.keep("two", {"a.png": b"another"}, False)
    assert not cut.is_done("one") and cut.is_done("two") and Ledger(here).is_done("two")


@pytest.mark.parametrize("name", ["../a.png", "/etc/a.png", "b/../../a.png", ""])
def test_a_ledger_says_nothing_of_files_elsewhere(here: Path, name: str) -> None:
    Path(FILE).write_text(json.dumps({"key": "one", "writes": {name: [1, "x"]}}) + "\n[]\nnonsense\n")
    assert not Ledger(here).may_replace(name, "one")
