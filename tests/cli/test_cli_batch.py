"""`impasto batch`: what is painted, how, into which files; what is told; what goes wrong and what goes on."""

import hashlib
import json
from pathlib import Path

import pytest
from desk import QUICK, Desk
from PIL import Image

FLAT = ("--processes", "2", *QUICK)


def pictures(desk: Desk, *names: str) -> None:
    for number, name in enumerate(names):
        path = desk.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        desk.photo(name, shift=number)


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """When each file was written, and what is in it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
    }


def shown(folder: Path) -> set[str]:
    return {name for name in state(folder) if not name.startswith(".")}


def test_a_folder_in_several_styles_is_as_paint_paints_each(desk: Desk):
    pictures(desk, "in/a.png", "in/b.jpg", "in/deep/c.png")
    (desk.folder / "in/notes.txt").write_text("no picture")
    result = desk.run("batch", "in", "-r", "-o", "new/out", "--style", "painterly,flow", "--save", *FLAT)
    assert result.exit_code == 0, result.stderr
    assert "1 other file is passed over" in result.stderr and "painted 6 of 6 pictures in 0:" in result.stderr
    names = ("a", "b", "deep/c")
    assert shown(desk.folder / "new/out") == {
        f"{name}-{style}.{kind}" for name in names for style in ("painterly", "flow") for kind in ("png", "impasto")
    }
    assert desk.run("paint", "in/b.jpg", "--style", "flow", *QUICK, "-o", "b.png", "--save", "b.impasto").exit_code == 0
    assert Path("b.png").read_bytes() == Path("new/out/b-flow.png").read_bytes()
    assert Path("b.impasto").read_bytes() == Path("new/out/b-flow.impasto").read_bytes()


def test_it_goes_on_and_writes_nothing_twice(desk: Desk):
    pictures(desk, "a.png", "b.png")
    words = ("batch", "a.png", "b.png", "-o", "out", "--layers", "--distribution", *FLAT)
    assert desk.run(*words).exit_code == 0
    before = state(desk.folder / "out")
    assert {"a.png", "a-strokes.png"} <= set(before) and len([name for name in before if "b-layers/" in name]) > 1
    result = desk.run(*words)
    assert result.exit_code == 0 and "painted 0 of 0 pictures in 0:00, 2 were there already" in result.stderr
    assert state(desk.folder / "out") == before
    pictures(desk, "c.png")
    (desk.folder / "out/b.png").unlink()
    result = desk.run(*words[:3], "c.png", *words[3:])
    assert result.exit_code == 0 and "painted 2 of 2 pictures" in result.stderr and ", 1 were" in result.stderr
    after = state(desk.folder / "out")
    kept = {name for name in before if name.startswith("a") or "b-" in name}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["b.png"][1] == before["b.png"][1] and "c.png" in after


def test_other_settings_replace_nothing_unasked(desk: Desk):
    pictures(desk, "a.png", "b.png")
    assert desk.run("batch", "a.png", "-o", "out", *FLAT).exit_code == 0
    before = state(desk.folder / "out")
    words = ("batch", "a.png", "b.png", "-o", "out", "--seed", "3", *FLAT)
    refused = desk.run(*words)
    assert (
        refused.exit_code == 2 and "out/a.png already exists, painted otherwise or not by this; add" in refused.stderr
    )
    assert state(desk.folder / "out") == before
    assert desk.run(*words, "--skip-existing").exit_code == 0
    assert state(desk.folder / "out")["a.png"] == before["a.png"] and (desk.folder / "out/b.png").exists()
    assert desk.run(*words, "--force").exit_code == 0
    assert state(desk.folder / "out")["a.png"][1] != before["a.png"][1]
    back = desk.run("batch", "a.png", "-o", "out", "--force", *FLAT)  # the first settings are not taken for done
    assert back.exit_code == 0 and state(desk.folder / "out")["a.png"][1] == before["a.png"][1]


def test_bad_pictures_are_told_at_the_end_and_stop_nothing(desk: Desk, events):
    pictures(desk, "in/a.png", "in/z.png")
    (desk.folder / "in/broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    (desk.folder / "in/empty.png").touch()
    (desk.folder / "in/thin.png").write_bytes((desk.folder / "in/a.png").read_bytes()[:-60])
    Image.new("RGB", (8, 8)).save(desk.folder / "in/tiny.png")
    result = desk.run("batch", "in", "missing.png", "-o", "out", *FLAT)
    assert result.exit_code == 1 and shown(desk.folder / "out") == {"a.png", "z.png"}
    lines = [line for line in result.stderr.splitlines() if line.startswith("not painted: ")]
    assert len(lines) == 5 and all("in/" in line or "missing.png" in line for line in lines)
    assert "not painted: missing: there is no file missing.png; check its name and folder" in lines
    assert "painted 2 of 7 pictures" in result.stderr and "5 could not be painted" in result.stderr
    told = events(desk.run("batch", "in", "missing.png", "-o", "out", "--json", *FLAT).stdout)
    assert told[-1] == {"event": "finished", "painted": 0, "before": 2, "failed": 5, "stopped": False} | {
        "seconds": told[-1]["seconds"]
    }
    assert {e["picture"] for e in told if e["event"] == "failed"} == {"broken", "empty", "thin", "tiny", "missing"}


def test_settings_of_single_photos_from_a_table_and_from_toml(desk: Desk):
    pictures(desk, "in/a.png", "in/b.png", "in/c.png")
    Image.new("L", (64, 48), 200).save(desk.folder / "in/mask.tif")
    (desk.folder / "in/table.csv").write_text(
        "photo,strokes,seed,name,region,mask\na.png,30,,,,\n"
        '"[bc].png",,7,,,\nc.png,25,,last,front:detail=2|front:style=flow,front=mask.tif\n'
    )
    # QUICK says 40 strokes and seed 0
    photos = ("in/a.png", "in/b.png", "in/c.png")
    result = desk.run("batch", *photos, "-o", "out", "--as", "none", "--save", "--settings", "in/table.csv", *FLAT)
    assert result.exit_code == 0, result.stderr
    counts = {path.stem: desk.info(path)["strokes"] for path in (desk.folder / "out").glob("*.impasto")}
    assert counts == {"a": 30, "b": 40, "last": 25}
    for name, words in {"a": ("--strokes", "30"), "b": ("--seed", "7")}.items():
        assert desk.run("paint", f"in/{name}.png", *QUICK, *words, "--save", "x.impasto", "--force").exit_code == 0
        assert desk.strokes("x.impasto") == desk.strokes(f"out/{name}.impasto")
    assert [region["name"] for region in desk.info("out/last.impasto")["regions"]] == ["rest", "front"]
    (desk.folder / "in/s.toml").write_text(
        '["*.png"]\nstrokes = 20\n["x.png"]\nseed = 1\n'
        '["b.png"]\nseed = 7\nset = ["passes.1.radius=0.3"]\nstyle = "flow"\n'
    )
    result = desk.run("batch", "in/a.png", "in/b.png", "-o", "out2", "--save", "--settings", "in/s.toml", *FLAT)
    assert result.exit_code == 0, result.stderr
    assert "warning: in/s.toml, x.png: none of the photos is x.png" in result.stderr
    infos = [desk.info(f"out2/{name}.impasto") for name in "ab"]
    assert [(info["strokes"], info["seed"], info["style"]) for info in infos] == [(20, 0, "painterly"), (20, 7, "flow")]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.csv", "foto,seed\na.png,1", "t.csv has no column photo"),
        ("t.csv", "photo,sed\na.png,1", "t.csv, line 2: there is no setting sed; there are name, background"),
        ("t.csv", "photo,seed\na.png,many", "t.csv, line 2: Invalid value for '--seed': 'many' is not a valid integer"),
        ("t.csv", "photo,seed\na.png,1,2", "t.csv, line 2 has 3 cells for 2 columns"),
        ("t.csv", 'photo,seed\na.png,"1', "t.csv, line 2 cannot be read"),
        ("t.csv", "photo,guide\na.png,perhaps", "guide is 'perhaps'; write yes or no"),
        ("t.csv", "photo,name\na.png,../../x", "is no file's name"),
        ("t.toml", "a = 1", "t.toml: a is not a photo's table"),
        ("t.toml", "[", "t.toml is no TOML"),
        ("t.toml", "['a.png']\nseed = 1979-05-27", "seed cannot be a date"),
        ("t.toml", "['a.png']\nstyle = 'nosuch'", "there is no style nosuch"),
        ("t.csv", "\x00\xff", "photo"),
        ("t.txt", "a", "cannot be read as settings; give a .csv, .tsv or .toml file"),
    ],
)
def test_settings_that_are_none(desk: Desk, name: str, text: str, said: str):
    pictures(desk, "a.png")
    Path(name).write_text(text)
    result = desk.run("batch", "a.png", "-o", "out", "--settings", name)
    assert result.exit_code == 2 and said in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none", "-o", "out"), "there is no file none"),
        (("empty", "-o", "out"), "there are no photos to paint"),
        (("*.xyz", "-o", "out"), "no file fits *.xyz; check the pattern"),
        (("a.png", "-o", "a.png"), "a.png cannot be made (File exists)"),
        (("in", "-o", "in"), "in is read and written at once"),
        (("a.png", "-o", "out", "--as", "exe"), "--as exe cannot be written; name one of .png"),
        (("a.png", "-o", "out", "--as", "none"), "--as none leaves nothing to write"),
        (("a.png", "-o", "out", "--style", "flow,,pen"), "--style flow,,pen names one twice, or none"),
        (("a.png", "-o", "out", "--style", "flow,nosuch"), "there is no style nosuch"),
        (("a.png", "-o", "out", "--sheet", "sheet.exe"), "sheet.exe"),
        (("a.png", "-o", "out", "--page", "a4"), "--page is for a plotter's .svg"),
    ],
)
def test_what_is_refused_before_anything_is_painted(desk: Desk, words, said):
    pictures(desk, "a.png", "in/b.png")
    Path("empty").mkdir()
    result = desk.run("batch", *words)
    assert result.exit_code == (1 if words[0] == "none" else 2) and said in result.stderr


def test_names_that_are_alike_are_told_apart(desk: Desk, monkeypatch):
    import io
    import sys

    pictures(desk, "x/a.png", "x/a.jpg", "y/a.png", "y/b.png", "x/B.PNG")
    names = b"x/a.png\nx/a.jpg\ny/a.png\ny/b.png\nx/B.PNG\nx/a.png\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(names)))
    from impasto.commands.batch.photos import gather

    found = {str(photo.path): str(photo.inner) for photo in gather(["-"], Path("out"), False).photos}
    assert found == {
        "x/a.png": "x-a-png", "x/a.jpg": "a-jpg", "y/a.png": "y-a-png", "y/b.png": "y-b-png", "x/B.PNG": "x-B-png"
    }  # fmt: skip


def test_a_contact_sheet_also_of_what_was_painted_before(desk: Desk):
    pictures(desk, "a.png", "b.png")
    assert desk.run("batch", "a.png", "-o", "out", *FLAT).exit_code == 0
    words = ("batch", "a.png", "b.png", "none.png", "-o", "out", "--sheet", "sheet.png", "--force", *FLAT)
    assert desk.run(*words).exit_code == 1
    first = desk.image("sheet.png")
    assert first.size == (2 * 332 + 12, 240 + 40 + 2 * 32 + 12)
    assert first.getpixel((170, 100)) != first.getpixel((505, 100))  # two paintings, and a field for the third
    assert first.getpixel((100, 290)) == (228, 226, 220)
    before = Path("sheet.png").read_bytes()
    assert desk.run(*words).exit_code == 1 and Path("sheet.png").read_bytes() == before


def test_a_full_disk_is_said_and_what_fits_stays(desk: Desk, monkeypatch):
    from impasto.commands.batch import ledger

    pictures(desk, "a.png", "b.png", "c.png")
    whole, written = ledger.atomic_write, []

    def full(path, overwrite=False):
        written.append(path)
        return whole(path if len(written) < 2 else "/dev/full/no", overwrite)

    words = ("batch", "a.png", "b.png", "c.png", "-o", "out", *FLAT)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ledger, "atomic_write", full)
        result = desk.run(*words)
    assert result.exit_code == 2 and "1 of 3 are painted, and the same command goes on" in result.stderr
    assert len(shown(desk.folder / "out")) == 1
    result = desk.run(*words)
    assert result.exit_code == 0 and "painted 2 of 2 pictures" in result.stderr and "1 were there" in result.stderr
    assert shown(desk.folder / "out") == {"a.png", "b.png", "c.png"}


def test_lines_of_json_tell_all(desk: Desk, events):
    pictures(desk, "a.png", "b.png")
    result = desk.run("batch", "a.png", "b.png", "-o", "out", "--json", *FLAT)
    told = events(result.stdout)
    kinds = [event["event"] for event in told]
    assert kinds.count("begun") == kinds.count("painted") == 2 and kinds[-1] == "finished"
    last = [event for event in told if event["event"] == "painted"][-1]
    assert last["all"] == {"done": 2, "failed": 0, "of": 2} and last["files"][0].startswith("out/")
    assert last["strokes"] == 40 and json.dumps(last)
