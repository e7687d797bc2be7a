"""What is refused: with a sentence, exit code 2, no traceback, and before anything is painted or written."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from desk import PROGRAM, Desk
from PIL import Image

import impasto.engine.pictures.io
from impasto.engine.painter.painter import Painter

UNFINISHED = "unfinished.impasto"


@pytest.fixture
def refused(desk, monkeypatch):
    """Runs `paint` with files of every kind around, and returns what it says when it refuses."""
    folder = desk.folder
    (folder / "text.png").write_text("no picture at all")
    (folder / "cut.png").write_bytes((folder / "photo.png").read_bytes()[:150])
    (folder / "empty.png").write_bytes(b"")
    Image.fromarray(np.zeros((40, 40, 4), np.uint8)).save(folder / "clear.png")
    (folder / "folder").mkdir()
    (folder / "there.png").write_text("precious")
    (folder / "there.impasto").write_text("precious")
    (folder / "bad.toml").write_text("strokes = = 3")
    (folder / "link.png").symlink_to("photo.png")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def painted(*_, **__):
        raise AssertionError("it began to paint")

    monkeypatch.setattr(Painter, "paint", painted)

    def run(*words):
        result = desk.run("paint", *words)
        assert result.exit_code == 2, (result.exit_code, result.output)
        assert result.stdout == ""
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
        return result.stderr

    return run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("text.png -o o.png", "error: text.png is not a picture Impasto can read"),
        ("cut.png -o o.png", "error: cut.png is damaged or cut short"),
        ("empty.png -o o.png", "error: empty.png is empty"),
        ("folder -o o.png", "error: folder is a folder"),
        ("missing.png -o o.png", "error: there is no file missing.png"),
        ("clear.png -o o.png", "error: the picture is transparent everywhere"),
        ("photo.png -o o.png --max-pixels 3071", "error: photo.png is 64×48 pixels, over the limit of 3071"),
        ("photo.png -o there.png", "error: there.png already exists; choose another name, or add --force"),
        ("photo.png --save there.impasto", "error: there.impasto already exists"),
        ("photo.png -o o.png --save there.impasto", "error: there.impasto already exists"),
        ("photo.png -o o.xcf", "error: o.xcf cannot be written; give it an extension of .png .jpg"),
        ("photo.png -o o", "error: o cannot be written; give it an extension"),
        ("photo.png -o no/o.png", "error: no/o.png cannot be written: there is no folder"),
        ("photo.png --save no/o.impasto", "error: no/o.impasto cannot be written: there is no folder"),
        ("photo.png -o o.png --save o.zip", "error: o.zip cannot be a painting; give it the extension .impasto"),
        ("photo.png -o photo.png --force", "error: photo.png is the photo and -o at once"),
        ("photo.png -o ./folder/../photo.png --force", "is the photo and -o at once"),
        ("photo.png -o link.png --force", "error: link.png is the photo and -o at once"),
        ("there.impasto -o o.png --save there.impasto --force", "is the photo and --save at once"),
        ("photo.png -o o.png --resume o.png", "error: o.png is -o and --resume at once"),
        ("photo.png -o x.impasto --save ./x.impasto", "error: x.impasto is -o and --save at once"),
        ("photo.png -o o.png --preview no/previews", "error: no/previews cannot hold previews"),
        ("photo.png -o o.png --preview text.png", "error: text.png cannot hold previews"),
        ("photo.png -o o.webp --size 16384", "error: o.webp cannot be 16384×12288: WEBP ends at 16383 pixels"),
        ("photo.png -o o.png --size 65535", "error: o.png would be 65535×49151, over 268435456 pixels"),
        ("photo.png -o o.png --style cubist", "error: there is no style cubist; there are "),
        ("photo.png -o o.png --style no.toml", "error: the style file no.toml cannot be read"),
        ("photo.png -o o.png --style bad.toml", "error: the style file bad.toml is not valid TOML"),
        ("photo.png -o o.png --set radius", "error: --set radius: write it as name=value"),
        ("photo.png -o o.png --set passes.9.radius=0.1", "passes.9.radius=0.1: passes has entries 1 to 4, and no 9."),
        ("photo.png -o o.png --set brush=1", "there is no setting brush; `impasto styles --explain`"),
        ("photo.png -o o.png --set passes.1.radius=7", "passes.1.radius (given: 7): input should be less"),
        ("photo.png -o o.png --set finish=nan", "finish"),
        ("photo.png -o o.png --strokes 3", "error: 3 strokes cannot be painted in the 4 passes"),
        ("photo.png", "Error: name the picture to write with -o, or the painting to keep with --save."),
        ("photo.png -o o.png --strokes 0", "Error: Invalid value for '--strokes': 0 is not in the range"),
        ("photo.png -o o.png --strokes 1000001", "Error: Invalid value for '--strokes'"),
        ("photo.png -o o.png --strokes many", "Error: Invalid value for '--strokes'"),
        ("photo.png -o o.png --seed -1", "Error: Invalid value for '--seed'"),
        ("photo.png -o o.png --size 0", "Error: Invalid value for '--size'"),
        ("photo.png -o o.png --working-size 63", "Error: Invalid value for '--working-size'"),
        ("photo.png -o o.png --working-size 8193", "Error: Invalid value for '--working-size'"),
        ("photo.png -o o.png --effort best", "Error: Invalid value for '--effort': 'best' is not one of 'draft',"),
        ("photo.png -o o.png --quality 101", "Error: Invalid value for '--quality'"),
        ("photo.png -o o.png --threads 0", "Error: Invalid value for '--threads'"),
        ("photo.png -o o.png --preview-every -1", "Error: Invalid value for '--preview-every'"),
        ("photo.png -o o.png --background pink", "Error: Invalid value for '--background': 'pink' is not one of"),
        ("photo.png -o o.png --background #12345", "Error: Invalid value for '--background'"),
        ("photo.png -o o.png --resume missing.impasto", "error: there is no file missing.impasto"),
        ("photo.png -o o.png --resume there.impasto", "error: there.impasto is not an Impasto painting"),
    ],
)  # fmt: skip
def test_refusals(refused, words, sentence):
    assert sentence in refused(*words.split())


def test_outputs_are_looked_at_before_the_photo(refused, monkeypatch):
    def load(*_, **__):
        raise AssertionError("the photo was read first")

    monkeypatch.setattr(impasto.engine.pictures.io, "load_picture", load)
    assert "there.png already exists" in refused("photo.png", "-o", "there.png")


@pytest.fixture
def unfinished(desk, monkeypatch):
    """An unfinished painting of the photo, and a finished one."""
    paint = Painter.paint

    def stopped(painter, cancelled):
        asked = iter(range(1000))
        return paint(painter, lambda: next(asked) > 10)

    monkeypatch.setattr(Painter, "paint", stopped)
    assert desk.run("paint", "photo.png", *desk.quick, "--save", UNFINISHED).exit_code == 130
    monkeypatch.undo()
    monkeypatch.chdir(desk.folder)
    desk.paint("--save", "finished.impasto")
    desk.photo("other.png", shift=3)
    return UNFINISHED


@pytest.mark.parametrize(
    "option",
    ["--style realistic", "--set finish=3", "--strokes 40", "--seed 0", "--brush 2", "--looseness 0.5",
     "--working-size 1024", "--effort draft", "--background white"],
)  # fmt: skip
def test_what_a_painting_has_fixed_cannot_be_asked_for_again(desk, unfinished, option):
    result = desk.run("paint", "photo.png", "--resume", unfinished, "-o", "o.png", *option.split())
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {unfinished} has been begun and keeps what it began with; leave {option.split()[0]} out.\n"
    )
    assert "o.png" not in desk.names()


def test_resuming_what_cannot_be_resumed(desk, unfinished):
    for photo, painting, sentence in [
        ("photo.png", "finished.impasto", "error: this painting is finished, there is nothing to resume"),
        ("other.png", unfinished, "error: this painting was begun from another picture"),
    ]:
        result = desk.run("paint", photo, "--resume", painting, "-o", "o.png")
        assert result.exit_code == 2
        assert result.stderr.startswith(sentence)
        assert "o.png" not in desk.names()


def test_resuming_into_another_file_that_exists(desk, unfinished):
    result = desk.run("paint", "photo.png", "--resume", unfinished, "--save", "finished.impasto")
    assert result.exit_code == 2
    assert "finished.impasto already exists" in result.stderr


AS_A_GUEST = """
import os, sys
from impasto.commands import main as cli

protected, *words = sys.argv[1:]
try:
    cli.impasto.main([*words, "-o", "first.png"])  # loads what a guest may not be allowed to load
except SystemExit as done:
    assert not done.code
os.chmod(protected, 0o555 if os.path.isdir(protected) else 0)
if os.getuid() == 0:  # root may do anything
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sys.argv[1:] = words
cli.main()
"""


@pytest.mark.parametrize(
    ("protected", "out", "sentence"),
    [
        ("photo.png", "open/new.png", "error: photo.png cannot be read (Permission denied); change its permissions."),
        ("closed", "closed/o.png", "/closed is protected; choose another folder."),
        ("open/o.png", "open/o.png", "error: open/o.png is write-protected or not a plain file; choose another name."),
    ],
)
def test_what_may_not_be_read_or_written(protected, out, sentence):
    with TemporaryDirectory() as name:  # pytest's own folders are closed to others
        desk = Desk(Path(name))
        desk.folder.chmod(0o755)
        for folder in ("open", "closed"):
            (desk.folder / folder).mkdir()
            (desk.folder / folder).chmod(0o777)
        (desk.folder / "open" / "o.png").write_text("old")
        words = [protected, "paint", "photo.png", *desk.quick, "-o", out, "--force"]
        done = subprocess.run(
            [sys.executable, "-c", AS_A_GUEST, *words],
            env=os.environ | {"PYTHONPATH": str(PROGRAM.parent)},
            cwd=desk.folder,
            capture_output=True,
            text=True,
        )
        *_, last = done.stderr.splitlines()
        assert done.returncode == 2
        assert last.startswith("error: ")
        assert last.endswith(sentence)
        assert "Traceback" not in done.stderr
        assert (desk.folder / "open" / "o.png").read_text() == "old"


def test_too_little_memory(desk, monkeypatch):
    def paint(*_):
        raise MemoryError

    monkeypatch.setattr(Painter, "paint", paint)
    result = desk.run("paint", "photo.png", "-o", "o.png")
    assert result.exit_code == 2
    *fitted, last = result.stderr.splitlines()
    assert fitted[0] == "painted at 768 instead of 1024 pixels, since memory is short"
    assert last.startswith("error: memory does not suffice, not even for a canvas of 128 pixels; close other programs")


def test_a_bug_shows_its_traceback(desk, monkeypatch):
    def paint(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Painter, "paint", paint)
    with pytest.raises(RuntimeError, match="a bug"):
        desk.run("paint", "photo.png", "-o", "o.png")
