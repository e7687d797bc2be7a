"""A picture as a style's example: --style-image, a picture in a style's place, and `styles --from`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.oklab import to_oklab
from impasto.engine.styles import load_style

SIDE = 96
QUICKLY = ("--set", "finish=4", "--set", "medium.kind=flat", "--strokes", "60", "--quiet")
QUICKLY += tuple(word for k in range(1, 5) for word in ("--set", f"passes.{k}.iterations=4"))


@pytest.fixture(autouse=True)
def example(desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A green and violet painting of short strokes."""
    monkeypatch.setenv("IMPASTO_HOME", str(desk.folder / "home"))
    rng = np.random.default_rng(0)
    patches = rng.normal(0, 30, (SIDE // 4, SIDE // 8, 3)).repeat(4, 0).repeat(8, 1)
    half = np.arange(SIDE)[:, None, None] < 50
    pixels = np.where(half, [60, 130, 40], [110, 60, 150]) + patches
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(desk.folder / "Moor.png")
    return desk.folder / "Moor.png"


def greens(image: Image.Image) -> float:
    """How much of a picture is rather green or violet than anything else."""
    lab = to_oklab(np.asarray(image.convert("RGB")) / 255)
    angle = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    return float(np.mean(((angle > 100) & (angle < 160)) | ((angle > -90) & (angle < -20))))


def run(desk, *words: str | Path) -> str:
    result = desk.run(*words)
    assert result.exit_code == 0, result.stderr
    return result.stderr


def test_a_photo_painted_like_a_picture(desk):
    """The same by --style-image and in a style's place; a base gives its medium, a strength less of all."""
    run(desk, "paint", "photo.png", "--style-image", "Moor.png", *QUICKLY, "-o", "like.png", "--save", "like.impasto")
    run(desk, "paint", "photo.png", "--style", "Moor.png", *QUICKLY, "-o", "same.png")
    run(desk, "paint", "photo.png", *QUICKLY, "-o", "plain.png")
    assert (desk.folder / "like.png").read_bytes() == (desk.folder / "same.png").read_bytes()
    assert greens(desk.image("like.png")) > 0.7 > 0.5 > greens(desk.image("plain.png"))
    kept = Painting.load(desk.folder / "like.impasto").style
    assert kept["name"] == "Moor" and len(kept["colour"]["like"]["colours"]) == 256
    words = ("--style", "knife", "--style-image", "Moor.png", "--style-strength", "0.5", "--set", "finish=0")
    words += ("--set", "passes=[{radius=0.1, share=1, iterations=1}]")
    run(desk, "paint", "photo.png", *words, "--strokes", "30", "--quiet", "--save", "half.impasto")
    half = Painting.load(desk.folder / "half.impasto").style
    assert half["medium"]["kind"] == "knife" and half["colour"]["like"]["strength"] == 0.5


def test_a_region_and_a_repaint_like_a_picture(desk):
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :30] = 255
    Image.fromarray(mask).save(desk.folder / "left.png")
    setting = "left=left.png:style=Moor.png,finish=2"
    run(desk, "paint", "photo.png", "--mask", setting, *QUICKLY, "-o", "p.png", "--save", "p.impasto")
    plain = desk.image("photo.png")
    assert greens(desk.image("p.png").crop((0, 0, 26, 48))) > greens(plain.crop((0, 0, 26, 48))) + 0.2
    assert abs(greens(desk.image("p.png").crop((34, 0, 64, 48))) - greens(plain.crop((34, 0, 64, 48)))) < 0.25
    words = ("--region", "left", "--style-image", "Moor.png", "--style-strength", "1", "--strokes", "20", "--quiet")
    run(desk, "repaint", "p.impasto", "photo.png", *words, "--set", "medium.kind=flat", "-o", "again.png")
    assert greens(desk.image("again.png").crop((0, 0, 26, 48))) > greens(plain.crop((0, 0, 26, 48))) + 0.2


def test_a_style_of_a_picture_is_kept(desk):
    told = run(desk, "styles", "--from", "Moor.png", "-o", "moor.toml")
    assert told == "moor.toml: paint with it by --style moor.toml\n"
    assert load_style(str(desk.folder / "moor.toml")).colour == load_style(str(desk.folder / "Moor.png")).colour
    refused = desk.run("styles", "--from", "Moor.png", "-o", "moor.toml")
    assert refused.exit_code == 2 and "already exists" in refused.stderr
    run(desk, "styles", "knife", "--from", "Moor.png", "--strength", "0.5", "--keep", "On the moor", "--force")
    kept = load_style("On the moor")
    assert kept.medium.kind == "knife" and kept.colour.like.strength == 0.5
    refused = desk.run("styles", "--from", "Moor.png", "--keep", "On the moor")
    assert refused.exit_code == 2 and "already exists" in refused.stderr
    shown = desk.run("styles", "--from", "Moor.png", "--json").stdout
    assert json.loads(shown)["name"] == "Moor"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("paint photo.png -o x.png --style-image no.png", "no.png"),
        ("paint photo.png -o x.png --style-image text.png", "text.png is not a picture"),
        ("paint photo.png -o x.png --style-image plain.png", "plain has hardly more than one colour"),
        ("paint photo.png -o x.png --style-image dot.png", "dot.png is 1×1 pixels"),
        ("paint photo.png -o x.png --style-image clear.png", "see-through everywhere"),
        ("paint photo.png -o x.png --style plain.png", "plain has hardly more than one colour"),
        ("paint photo.png -o x.png --style pencil --style-image Moor.png", "pencil draws lines"),
        ("paint photo.png -o x.png --style-strength 0.5", "is that of the picture of --style-image"),
        ("paint photo.png -o Moor.png --style-image Moor.png --force", "Moor.png is one of the files to read"),
        ("paint photo.png -o Moor.png --style Moor.png --force", "Moor.png is one of the files to read"),
        ("styles --strength 0.5 oil", "is that of the picture of --from"),
        ("styles --keep mine", "say what to save"),
        ("styles --from Moor.png -o mine.txt", "extension .toml"),
        ("styles --from Moor.png --keep knife", "comes with Impasto"),
        ("styles --from Moor.png --keep a/b", "can be no style's name"),
    ],
)
def test_what_is_refused(desk, words, problem):
    (desk.folder / "text.png").write_text("a moor, please")
    Image.new("RGB", (64, 64), "navy").save("plain.png")
    Image.new("RGB", (1, 1), "navy").save("dot.png")
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save("clear.png")
    before = desk.names()
    result = desk.run(*words.split())
    assert result.exit_code == 2 and problem in result.stderr
    assert desk.names() == before
