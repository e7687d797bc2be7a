"""`impasto render`, `info` and `styles`."""

import json
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impasto.commands.wish import DEFAULT_STYLE
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.painting import Painting
from impasto.engine.styles import Style, load_style, preset_names
from impasto.engine.styles.gram import CHANNELS, packed


@pytest.fixture
def painting(desk):
    desk.paint("--save", "p.impasto", "-o", "p.png", "--background", "#204060")
    return "p.impasto"


def test_rendering_at_its_own_size_gives_the_painted_picture(desk, painting):
    result = desk.run("render", painting, "-o", "r.png")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == "rendered p.impasto at 64 x 48 -> r.png\n"
    assert (desk.folder / "r.png").read_bytes() == (desk.folder / "p.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("--scale 2", (128, 96)), ("--scale 0.5", (32, 24)), ("--scale 1e-9", (1, 1)),
        ("--size 100", (100, 75)), ("--size 7 --threads 1", (7, 5)),
    ],
)  # fmt: skip
def test_rendering_at_any_size(desk, painting, words, size):
    assert desk.run("render", painting, "-o", "r.webp", *words.split()).exit_code == 0
    assert desk.image("r.webp").size == size


def test_rendering_on_another_background(desk, painting):
    """Strokes that cover all hide it, so most of them are taken away first."""
    whole = Painting.load(painting)
    replace(whole, strokes=whole.strokes.take([0])).save("one.impasto")
    corners = {}
    for name in ("black", "white", "#010203", "transparent"):
        assert desk.run("render", "one.impasto", "-o", f"{name}.png", "--background", name).exit_code == 0
        corners[name] = {tuple(pixel) for pixel in np.asarray(desk.image(f"{name}.png")).reshape(48 * 64, -1)}
    assert (0, 0, 0) in corners["black"]
    assert (255, 255, 255) in corners["white"]
    assert (1, 2, 3) in corners["#010203"]
    assert (0, 0, 0, 0) in corners["transparent"]
    assert desk.run("render", "one.impasto", "-o", "own.png").exit_code == 0
    assert (0x20, 0x40, 0x60) in {color for _, color in desk.image("own.png").getcolors(64 * 48)}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("p.impasto -o p.png", "error: p.png already exists"),
        ("p.impasto -o r.xcf", "error: r.xcf cannot be written"),
        ("p.impasto -o p.impasto --force", "error: p.impasto is the painting itself"),
        ("photo.png -o r.png", "error: photo.png is not an Impasto painting"),
        ("none.impasto -o r.png", "error: there is no file none.impasto"),
        ("p.impasto -o r.png --size 2 --scale 2", "Error: give --size or --scale, not both."),
        ("p.impasto -o r.png --scale nan", "Error: --scale nan is not a number above 0."),
        ("p.impasto -o r.png --scale inf", "Error: --scale inf is not a number above 0."),
        ("p.impasto -o r.png --scale 0", "Error: --scale 0.0 is not a number above 0."),
        ("p.impasto -o r.png --scale 1e300", "error: cannot render"),
        ("p.impasto -o r.png --background average", "Error: Invalid value for '--background'"),
        ("p.impasto", "Error: name the picture to write with -o, or ask for --relief-map"),
    ],
)
def test_what_cannot_be_rendered(desk, painting, words, sentence):
    before = desk.names()
    result = desk.run("render", *words.split())
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert desk.names() == before


def test_rendering_over_an_old_picture(desk, painting):
    (desk.folder / "old.jpg").write_text("old")
    assert desk.run("render", painting, "-o", "old.jpg", "--force", "--quality", "50").exit_code == 0
    assert desk.image("old.jpg").size == (64, 48)


def test_info_of_a_finished_painting(desk, painting):
    result = desk.run("info", painting)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines()[:7] == [
        "p.impasto",
        "  size        64 x 48",
        f"  style       {DEFAULT_STYLE}",
        "  strokes     40 (13 + 27 by pass)",
        "  seed        0",
        "  background  #204060",
        "  state       finished",
    ]
    assert "format 1" in result.stdout
    assert desk.info(painting) == {
        "file": "p.impasto", "width": 64, "height": 48, "masked": False, "style": DEFAULT_STYLE,
        "loss": "l1", "strokes": 40, "strokes_by_pass": [13, 27], "regions": [], "seed": 0, "background": "#204060",
        "finished": True, "unfinished": None, "format": 1, "engine": desk.info(painting)["engine"],
    }  # fmt: skip


def test_a_loss_of_several_parts_is_told(desk):
    assert desk.run("paint", "photo.png", *desk.quick, "--set", "loss.ssim=.5", "--save", "s.impasto").exit_code == 0
    assert "  loss        l1 + 0.5 ssim\n" in desk.run("info", "s.impasto").stdout
    assert desk.info("s.impasto")["loss"] == {"kind": "l1", "ssim": 0.5}
    with (desk.folder / "own.toml").open("w") as file:
        file.write(desk.run("styles", "realistic").stdout.replace('loss = "smooth_l1"', "loss = {gradient = 0.5}", 1))
    assert '\n[loss]\nkind = "l1"\ngradient = 0.5\n' in desk.run("styles", "own.toml").stdout


@pytest.fixture
def stopped(desk, monkeypatch):
    """An unfinished painting, stopped in its second pass."""
    iterate = Painter._iterate

    def until_then(painter, phase, cancelled):
        iterate(painter, phase, lambda: (phase.index, painter._state.iteration) == (1, 4) or cancelled())

    monkeypatch.setattr(Painter, "_iterate", until_then)
    assert desk.run("paint", "photo.png", *desk.quick, "--save", "s.impasto").exit_code == 130
    return "s.impasto"


def test_info_of_an_unfinished_painting(desk, stopped):
    result = desk.run("info", stopped)
    assert "  state       unfinished: pass 2/3, step 4/6, 40 of 40 strokes, 0:00 painted\n" in result.stdout
    rest = desk.info(stopped)["unfinished"]
    assert rest.pop("seconds") >= 0
    assert [each["iterations"] for each in rest["plan"]] == [6, 6, 11]
    assert (
        "  plan        6 steps on 64 pixels; 6 steps on 64 pixels; 11 steps on 64 pixels, one in 2 x 2" in result.stdout
    )
    assert rest.pop("plan")[-1] == {"strokes": 0, "iterations": 11, "canvas": 64, "stride": 2}
    assert rest == {
        "pass": 2, "of": 3, "iteration": 4, "iterations": 6, "strokes_wanted": 40, "working_size": 1024,
        "effort": "normal",
    }  # fmt: skip
    assert desk.run("render", stopped, "-o", "r.png").exit_code == 0  # what there is can be looked at


def test_info_of_a_painting_whose_checkpoint_is_damaged(desk, stopped):
    with zipfile.ZipFile(stopped) as old, zipfile.ZipFile("damaged.impasto", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "checkpoint.json":
                data = json.dumps(json.loads(data) | {"iteration": 10**6}).encode()
            new.writestr(name, data)
    result = desk.run("info", "damaged.impasto")
    assert result.exit_code == 0
    assert "unfinished, and cannot be gone on with: the painting's checkpoint is damaged" in result.stdout
    assert "damaged" in desk.info("damaged.impasto")["unfinished"]["problem"]


def test_info_wants_a_painting(desk):
    result = desk.run("info", "photo.png")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: photo.png is not an Impasto painting")


def test_the_list_of_styles(desk, monkeypatch):
    home = desk.folder / "home"
    monkeypatch.setenv("IMPASTO_HOME", str(home))
    text = desk.run("styles").stdout
    for style in json.loads(desk.run("styles", "--json").stdout):
        full = load_style(style["name"])
        assert style == {
            "name": full.name, "description": full.description, "strokes": full.strokes, "passes": len(full.passes),
        }  # fmt: skip
        assert " ".join(f"{full.name} {full.description} {full.strokes} strokes in".split()) in " ".join(text.split())
    assert [style["name"] for style in json.loads(desk.run("styles", "--json").stdout)] == preset_names()
    assert not home.exists()


def test_a_style_of_ones_own_is_listed_and_painted_with(desk, monkeypatch):
    monkeypatch.setenv("IMPASTO_HOME", str(desk.folder / "home"))
    (desk.folder / "home" / "styles").mkdir(parents=True)
    mine = desk.folder / "home" / "styles" / "mine.toml"
    mine.write_text(desk.run("styles", "realistic").stdout.replace("strokes = ", "strokes = 1", 1))
    mine.with_name("broken.toml").write_text("strokes = 0")
    listed = desk.run("styles")
    assert listed.exit_code == 0 and "\nmine " in listed.stdout and "broken" not in listed.stdout
    assert listed.stderr.startswith("warning: style broken: ") and listed.stderr.count("\n") == 1
    desk.paint("--style", "mine", "-o", "mine.png", "--save", "mine.impasto")
    assert desk.info("mine.impasto")["style"] == "mine"
    refused = desk.run("paint", "photo.png", "-o", "b.png", "--style", "broken")
    assert refused.exit_code == 2 and refused.stderr.startswith("error: style broken: strokes (given: 0): ")


@pytest.mark.parametrize("name", preset_names())
def test_a_style_that_is_shown_can_be_saved_and_used(desk, name):
    result = desk.run("styles", name)
    assert result.exit_code == 0
    (desk.folder / "mine.toml").write_text(result.stdout)
    assert load_style("mine.toml") == load_style(name)
    assert desk.run("styles", "mine.toml").stdout == result.stdout
    assert Style.model_validate_json(desk.run("styles", name, "--json").stdout) == load_style(name)


def test_odd_letters_in_a_style_survive(desk):
    description = 'quo"te, back\\slash, é, 雪, 🖌, tab\t, line\nend, \x7f'
    written = "".join(f"\\U{ord(letter):08x}" for letter in description)
    (desk.folder / "odd.toml").write_text(
        f'name = "\\u00d6l"\ndescription = "{written}"\n[[passes]]\nradius = 1e-3\nshare = 1e6\n'
    )
    shown = desk.run("styles", "odd.toml").stdout
    assert shown.isascii()
    (desk.folder / "again.toml").write_text(shown)
    assert load_style("again.toml") == load_style("odd.toml")
    assert load_style("again.toml").description == description


def leaves(model, prefix=""):
    for name, field in model.model_fields.items():
        kind = field.annotation
        inner = next((part for part in getattr(kind, "__args__", ()) if hasattr(part, "model_fields")), None)
        if inner is not None:
            many = "N." if getattr(kind, "__origin__", None) is tuple else ""  # else one that may be left out
            yield from leaves(inner, f"{prefix}{name}.{many}")
        elif hasattr(kind, "model_fields"):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_every_setting_is_explained_and_can_be_set(desk):
    settings = json.loads(desk.run("styles", "--explain", "--json").stdout)
    assert [setting["name"] for setting in settings] == list(leaves(Style))
    text = desk.run("styles", "--explain").stdout
    for setting in settings:
        assert f"\n{setting['name']} " in f"\n{text}"
        name = setting["name"].replace(".N.", ".1.")
        for value in (setting["default"], *(setting["choices"] or ()), setting["minimum"], setting["maximum"]):
            if value is None or setting["type"] == "array":
                continue
            # With the others out of the way: a smallest radius may not be larger than the largest, nor paper covered.
            out_of_the_way = ["shape.smallest=0.0005", "shape.largest=0.5", "cover=false", "background=white"]
            # A texture is that of a picture, and a guide goes by words.
            out_of_the_way.append(f"loss.example={json.dumps(packed([np.eye(count) for count in CHANNELS]))}")
            out_of_the_way.append("loss.words=rain")
            lines = ".trace." in name
            style: Any = load_style("pen" if lines else "realistic", [*out_of_the_way, f"{name}={json.dumps(value)}"])
            for step in name.split("."):
                style = style[0] if step == "1" else getattr(style, step)
            assert style == value
    radius = next(setting for setting in settings if setting["name"] == "passes.N.radius")
    assert (radius["minimum"], radius["maximum"]) == (0.0002, 0.5)
    assert "largest brush radius [number from 0.0002 to 0.5]" in " ".join(text.split())


def test_what_cannot_be_shown(desk):
    assert desk.run("styles", "cubist").stderr.startswith("error: there is no style cubist; there are ")
    assert desk.run("styles", "cubist").exit_code == 2
    assert desk.run("styles", "realistic", "--explain").exit_code == 2
