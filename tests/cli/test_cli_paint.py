"""`impasto paint`, from the photo to the files."""

import shutil

import numpy as np
import pytest
from PIL import Image

import impasto.commands.paint
from impasto.commands.outputs import Keeper
from impasto.commands.wish import DEFAULT_STYLE
from impasto.engine.painting.painting import Painting
from impasto.engine.styles import load_style, varied

KINDS = {"preparing", "started", "pass", "strokes", "progress", "preview", "checkpoint", "finished"}


def names_in(desk, folder):
    return sorted(path.name for path in (desk.folder / folder).iterdir())


@pytest.mark.parametrize("strokes", [2, 3, 41, 200])
def test_exactly_as_many_strokes_as_asked_for(desk, strokes):
    desk.paint("--save", "out.impasto", "--strokes", str(strokes))
    info = desk.info("out.impasto")
    assert info["strokes"] == sum(info["strokes_by_pass"]) == strokes
    assert len(info["strokes_by_pass"]) == 2


def test_the_same_seed_gives_the_same_file_whatever_the_threads(desk):
    for name, words in {
        "a": ["--seed", "7", "--threads", "1"],
        "b": ["--seed", "7", "--threads", "3"],
        "c": ["--seed", "8", "--threads", "1"],
    }.items():
        desk.paint("--save", f"{name}.impasto", "-o", f"{name}.png", "--strokes", "400", *words)
    a, b = ((desk.folder / f"{name}.impasto").read_bytes() for name in "ab")
    assert a == b
    assert desk.strokes("a.impasto") != desk.strokes("c.impasto")
    assert (desk.folder / "a.png").read_bytes() == (desk.folder / "b.png").read_bytes()


def test_brush_and_looseness_are_those_of_the_style_varied(desk):
    style = load_style(DEFAULT_STYLE, [word for word in desk.quick if "=" in word])
    for name, words in {"plain": [], "varied": ["--brush", "1.5", "--looseness", "0.5"]}.items():
        desk.paint("--save", f"{name}.impasto", *words)
    kept = {name: Painting.load(desk.folder / f"{name}.impasto").style for name in ("plain", "varied")}
    assert kept["plain"] == style.model_dump(mode="json")
    assert kept["varied"] == varied(style, 1.5, 0.5).model_dump(mode="json")
    assert desk.strokes("plain.impasto") != desk.strokes("varied.impasto")


@pytest.mark.parametrize("words", ["--brush 0.4", "--brush nan", "--looseness 1.2", "--looseness nan"])
def test_brush_and_looseness_have_their_ranges(desk, words):
    result = desk.run("paint", "photo.png", "-o", "o.png", *words.split())
    assert result.exit_code == 2 and words.split()[0].lstrip("-") in result.stderr and "o.png" not in desk.names()


def test_one_line_at_the_end_and_no_bar_without_a_terminal(desk):
    result = desk.paint("-o", "out.png", "--save", "out.impasto")
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"painted photo.png in style {DEFAULT_STYLE}: 40 strokes in ")
    assert line.endswith(" -> out.png, out.impasto")
    assert "loss 0." in line


def test_quiet(desk):
    result = desk.paint("-o", "out.png", "--quiet")
    assert result.output == ""
    assert desk.image("out.png").size == (64, 48)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("o.png", "PNG"), ("o.JPG", "JPEG"), ("o.jpeg", "JPEG"), ("o.webp", "WEBP"), ("o.tif", "TIFF"), ("o.bmp", "BMP")],
)
def test_formats(desk, name, kind):
    desk.paint("-o", name)
    assert desk.image(name).format == kind
    assert desk.image(name).size == (64, 48)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_quality(desk, suffix):
    desk.paint("-o", f"good{suffix}", "--size", "256")
    desk.paint("-o", f"poor{suffix}", "--size", "256", "--quality", "5")
    sizes = [(desk.folder / f"{name}{suffix}").stat().st_size for name in ("poor", "good")]
    assert 2 * sizes[0] < sizes[1]


@pytest.mark.parametrize(("size", "shape"), [("1", (1, 1)), ("31", (31, 23)), ("200", (200, 150))])
def test_size_is_the_longer_side(desk, size, shape):
    desk.paint("-o", "out.png", "--size", size)
    assert desk.image("out.png").size == shape


def test_a_tall_photo(desk):
    desk.image("photo.png").transpose(Image.Transpose.ROTATE_90).save(desk.folder / "photo.png")
    desk.paint("-o", "out.png", "--size", "100")
    assert desk.image("out.png").size == (75, 100)


def test_the_working_size_is_that_of_the_optimiser(desk, events):
    desk.image("photo.png").resize((160, 120)).save(desk.folder / "photo.png")
    started = events(desk.paint("-o", "out.png", "--json", "--working-size", "80").stdout)[0]
    assert (started["working_width"], started["working_height"]) == (80, 60)
    assert desk.image("out.png").size == (160, 120)


def test_the_effort_is_the_painters(desk, efforts):
    for words in ([], ["--effort", "draft"]):
        desk.paint("--save", "a.impasto", "--force", *words)
    Image.new("L", (64, 48), 255).save(desk.folder / "all.png")
    words = ["a.impasto", "photo.png", "--mask", "all.png", "-o", "o.png", "--strokes", "10", "--effort", "high"]
    assert desk.run("repaint", *words).exit_code == 0
    assert efforts == ["normal", "draft", "high"]


def test_transparent_stays_transparent(desk):
    y, x = np.mgrid[:48, :64]
    disc = ((x - 32) ** 2 + (y - 24) ** 2 < 400).astype(np.uint8) * 255
    image = desk.image("photo.png")
    image.putalpha(Image.fromarray(disc))
    image.save(desk.folder / "photo.png")
    desk.paint("-o", "out.png", "-o", "out.png", "--save", "out.impasto")
    painted = desk.image("out.png")
    assert painted.mode == "RGBA"
    assert np.array_equal(np.asarray(painted)[..., 3], disc)
    assert desk.info("out.impasto")["masked"]
    desk.paint("-o", "out.jpg")
    assert desk.image("out.jpg").getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("name", "told"), [("#102030", "#102030"), ("white", "#ffffff"), ("transparent", "transparent"), ("blurred", None)]
)
def test_background(desk, name, told):
    desk.paint("--save", "a.impasto", "--background", name)
    desk.paint("--save", "b.impasto", "--set", f"background={name}")
    assert desk.info("a.impasto")["background"] == told
    assert (desk.folder / "a.impasto").read_bytes() == (desk.folder / "b.impasto").read_bytes()


def test_a_style_file_and_settings(desk):
    (desk.folder / "my.toml").write_text(
        'strokes = 33\nfinish = 2\nbackground = "black"\n[[passes]]\nradius = 0.2\nshare = 1\niterations = 3\n'
    )
    result = desk.run("paint", "photo.png", "--style", "my.toml", "--save", "a.impasto")
    assert result.exit_code == 0
    assert "in style my: 33 strokes" in result.stderr
    words = ["--set", "passes.1.radius=0.1", "--set", "strokes=34"]
    assert desk.run("paint", "photo.png", "--style", "my.toml", *words, "--save", "b.impasto").exit_code == 0
    assert [desk.info(f"{name}.impasto")["strokes"] for name in "ab"] == [33, 34]
    assert desk.info("a.impasto")["background"] == "#000000"


def test_json_tells_everything_and_nothing_else(desk, events):
    result = desk.paint("-o", "out.png", "--save", "o.impasto", "--json", "--preview", "p", "--preview-every", "0")
    told = events(result.stdout)
    assert result.stderr == ""
    kinds = [event["event"] for event in told if event["event"] != "preparing"]
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"
    assert kinds.count("pass") == 3
    assert {"started", "pass", "strokes", "progress", "preview", "finished"} <= set(kinds) <= KINDS
    assert sum(event["added"] for event in told if event["event"] == "strokes") == 40
    assert told[-1]["files"] == ["out.png", "o.impasto"]
    assert told[-1]["cancelled"] is False
    assert {event["file"] for event in told if event["event"] == "preview"} == {
        f"p/{name}" for name in names_in(desk, "p")
    }


def test_json_knows_no_nan(desk, events):
    still = "passes=[{radius=0.2,share=1,iterations=0}]"
    result = desk.paint("-o", "out.png", "--json", "--set", still, "--set", "finish=0")
    assert events(result.stdout)[-1]["loss"] is None  # nothing was optimised, so it was never measured


def test_previews_are_numbered_on(desk):
    words = ["--preview", "previews", "--preview-every", "0"]
    desk.paint("-o", "a.png", *words)
    names = names_in(desk, "previews")
    assert names == [f"preview-{number:05}.png" for number in range(1, 24)]
    assert desk.image(f"previews/{names[0]}").size == (64, 48)
    before = (desk.folder / "previews" / names[-1]).read_bytes()
    desk.paint("-o", "b.png", *words)
    assert len(names_in(desk, "previews")) == 46
    assert (desk.folder / "previews" / names[-1]).read_bytes() == before


def test_previews_keep_their_distance(desk):
    desk.paint("-o", "a.png", "--preview", "previews", "--preview-every", "1000")
    assert names_in(desk, "previews") == ["preview-00001.png"]  # the first one comes at once


def test_the_painting_is_kept_as_it_goes(desk, monkeypatch, events):
    """A checkpoint that was on the disk half-way leads to the same painting, be it in another file or in place."""
    keep, copies = Keeper.keep_checkpoint, []

    def keep_and_copy(keeper, event):
        keep(keeper, event)
        copies.append(shutil.copy("out.impasto", f"{len(copies)}.impasto"))

    monkeypatch.setattr(impasto.commands.paint, "CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr(Keeper, "keep_checkpoint", keep_and_copy)
    told = events(desk.paint("--save", "out.impasto", "--json").stdout)
    assert [event["file"] for event in told if event["event"] == "checkpoint"] == ["out.impasto"] * 23
    assert desk.info("out.impasto")["finished"]
    halfway = desk.info("9.impasto")
    assert halfway["unfinished"]["pass"] == 2
    assert halfway["unfinished"]["iteration"] == 4
    monkeypatch.undo()
    monkeypatch.chdir(desk.folder)
    for begun, kept in (("9.impasto", "other.impasto"), ("8.impasto", "./8.impasto")):
        result = desk.run("paint", "photo.png", "--resume", begun, "--save", kept)
        assert result.exit_code == 0, result.stderr
    expected = (desk.folder / "out.impasto").read_bytes()
    assert (desk.folder / "other.impasto").read_bytes() == expected
    assert (desk.folder / "8.impasto").read_bytes() == expected


def test_force_replaces(desk):
    for name in ("out.png", "out.impasto"):
        (desk.folder / name).write_text("old")
    desk.paint("-o", "out.png", "--save", "out.impasto", "--force")
    assert desk.image("out.png").size == (64, 48)
    assert desk.info("out.impasto")["finished"]


def test_odd_names(desk):
    for name in ("two words.png", "'quoted' \"twice\".png", "雪 é.png", "-dash.png"):
        desk.photo(name)
        result = desk.run("paint", *desk.quick, "-o", f"painted {name}", "--", name)
        assert result.exit_code == 0, result.stderr
        assert desk.image(f"painted {name}").size == (64, 48)
    result = desk.run("paint", "photo.png", *desk.quick, "-o", "-out.png")
    assert result.exit_code == 0, result.stderr
    assert desk.image("-out.png").size == (64, 48)
