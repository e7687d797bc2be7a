"""Layers, steps and plots on the command line."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionInfo, RegionMasks


@pytest.fixture
def painting(desk):
    """A painting of two regions, left and right, that meet softly."""
    desk.paint("--save", "whole.impasto")
    whole = Painting.load("whole.impasto")
    right = np.tile(np.linspace(-600, 855, 64).clip(0, 255).astype(np.uint8), (48, 1))
    regions = tuple(
        RegionInfo(name=name, softness=whole.softness, edge=whole.edge) for name in ("left & <low>", "right")
    )
    region = (whole.strokes.table[:, 2] > 0.5).astype(np.int16)
    strokes = replace(whole.strokes, region=region)
    replace(whole, strokes=strokes, regions=RegionMasks(np.stack([255 - right, right]), regions)).save("p.impasto")
    return "p.impasto"


def stacked(desk, folder: str) -> np.ndarray:
    canvas = Image.new("RGBA", (64, 48))
    for path in sorted((desk.folder / folder).iterdir()):
        canvas = Image.alpha_composite(canvas, Image.open(path))
    return np.asarray(canvas)[..., :3].astype(int)


def test_a_document_of_layers(desk, painting):
    assert desk.run("render", painting, "-o", "p.png").exit_code == 0
    result = desk.run("render", painting, "-o", "p.ora")
    assert (result.exit_code, result.stderr) == (0, "rendered p.impasto at 64 x 48 -> p.ora\n")
    with zipfile.ZipFile(desk.folder / "p.ora") as archive:
        assert archive.namelist()[:2] == ["mimetype", "stack.xml"]
        assert b'name="left &amp; &lt;low&gt;"' in archive.read("stack.xml")
        with archive.open("mergedimage.png") as merged, Image.open(merged) as image:
            assert np.array_equal(np.asarray(image)[..., :3], np.asarray(desk.image("p.png")))


def test_all_at_once(desk, painting):
    words = ("--layers", "layers", "--process", "process", "--distribution", "plot.png", "--size", "64")
    result = desk.run("render", painting, "-o", "p.png", *words)
    assert result.exit_code == 0
    assert result.stderr == "rendered p.impasto at 64 x 48 -> p.png, layers, process, plot.png\n"
    picture = np.asarray(desk.image("p.png")).astype(int)
    assert np.abs(stacked(desk, "layers") - picture).max() <= 2
    names = sorted(path.name for path in (desk.folder / "process").iterdir())
    assert names[:2] == ["region-01-left-_-_low_.png", "region-02-right.png"]
    last = np.asarray(desk.image(f"process/{names[-1]}"))[..., :3].astype(int)
    assert np.abs(last - picture).max() <= 1
    assert desk.image("plot.png").size[0] == 1440


def test_layers_on_nothing_but_a_wished_ground(desk, painting):
    for name, first in (("transparent", "00-left-_-_low_-pass-1.png"), ("#ff0000", "00-background.png")):
        assert desk.run("render", painting, "--layers", name, "--background", name).exit_code == 0
        assert min(path.name for path in (desk.folder / name).iterdir()) == first
    ground = desk.image("#ff0000/00-background.png").getpixel((0, 0))
    assert ground == pytest.approx((255, 0, 0, 255), abs=1)  # layers are settled, so that they add up exactly


def test_painting_gives_the_same(desk, events):
    words = ("-o", "p.ora", "--save", "p.impasto", "--layers", "layers", "--distribution", "plot.png", "--json")
    heard = events(desk.paint(*words).stdout)
    assert heard[-1]["files"] == ["p.ora", "p.impasto", "layers", "plot.png"]
    assert desk.run("render", "p.impasto", "-o", "again.ora", "--layers", "more").exit_code == 0
    assert (desk.folder / "p.ora").read_bytes() == (desk.folder / "again.ora").read_bytes()
    for path in (desk.folder / "layers").iterdir():
        assert path.read_bytes() == (desk.folder / "more" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--layers p.impasto", "error: p.impasto is no folder"),
        ("--process none/process", "error: none/process cannot be written: there is no folder"),
        ("--layers same --process ./same", "error: same is --layers and --process at once"),
        (
            "--layers full",
            "error: full holds pictures already (00-background.png); name another folder, or add --force",
        ),
        ("--distribution p.ora", "error: p.ora cannot be written; give it an extension of .png"),
        ("--distribution photo.png", "error: photo.png already exists"),
        ("--distribution p.impasto", "error: p.impasto is the painting and --distribution at once"),
        ("-o a.png --distribution ./a.png", "error: a.png is -o and --distribution at once"),
        ("-o p.ora --size 65535", "error: cannot render 65535 x"),
        (
            "",
            "Error: name the picture to write with -o, or ask for --relief-map, --layers, --process or --distribution.",
        ),
    ],
)
def test_what_cannot_be_written(desk, painting, words, sentence):
    (desk.folder / "full").mkdir()
    (desk.folder / "full" / "00-background.png").write_text("mine")
    before = desk.names()
    result = desk.run("render", painting, *words.split())
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert desk.names() == before


def test_force(desk, painting):
    for name in ("p.ora", "plot.png"):
        (desk.folder / name).write_text("old")
    words = ("-o", "p.ora", "--layers", "layers", "--distribution", "plot.png", "--force")
    for _ in range(2):
        assert desk.run("render", painting, *words).exit_code == 0
    assert zipfile.is_zipfile(desk.folder / "p.ora")
    assert (desk.folder / "layers" / "00-background.png").exists()
