"""Looks on the command line: medium, light and palette, when painting, rendering and repainting."""

import json
from importlib.metadata import EntryPoint
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from impasto.engine.media import MEDIA, Medium
from impasto.engine.painting.painting import Painting
from impasto.engine.styles import load_style

PALETTE = "GIMP Palette\n242 232 213 white\n201 162 39 ochre\n28 27 26 black\n"
COLOURS = {(242, 232, 213), (201, 162, 39), (28, 27, 26)}
LIT = ("--relief", "1.2", "--gloss", "0", "--light", "-45,60", "--ground", "none", "--light-layers", "own")
LIGHT = {"relief": 1.2, "gloss": 0.0, "angle": -45.0, "height": 60.0, "ground": "none", "layers": "own"}


class Reversed(Medium):
    """Strokes in the colours' complements."""

    def render(self, table, height, width, **options):
        """Flat strokes, their colours the other way round."""
        table = table.copy()
        table[:, 10:] = 1 - table[:, 10:]
        return super().render(table, height, width, **options)


@pytest.fixture
def media(desk, monkeypatch):
    """A desk with a palette, a mask, and a medium of another package."""
    monkeypatch.setattr(MEDIA, "_others", {"other": EntryPoint("other", f"{__name__}:Reversed", "impasto.media")})
    (desk.folder / "three.gpl").write_text(PALETTE)
    Image.fromarray(np.array([[0, 255]], np.uint8).repeat(48, 0).repeat(32, 1)).save(desk.folder / "right.png")
    yield desk
    MEDIA._loaded.pop("other", None)


def recipe(desk, name="p.impasto"):
    with ZipFile(desk.folder / name) as file:
        return json.loads(file.read("recipe.json"))


def used(desk, name="p.impasto", since=0):
    strokes = Painting.load(desk.folder / name).strokes
    return {tuple(row) for row in np.round(strokes.table[strokes.id >= since, 10:] * 255).astype(int)}


def pixels(desk, name):
    return np.asarray(desk.image(name)).astype(int)


def test_a_look_is_painted_with_and_kept(media):
    media.paint("--medium", "other", *LIT, "--palette", "three.gpl", "--save", "p.impasto", "--style", "realistic")
    style = recipe(media)["style"]
    assert style["medium"] == {"kind": "other"} and style["light"] == LIGHT
    assert style["colour"]["palette"] == ["#f2e8d5", "#c9a227", "#1c1b1a"] and used(media) <= COLOURS


def test_a_number_is_so_many_of_the_photos_own_colours_everywhere(media):
    media.paint(
        "--palette", "5", "--save", "p.impasto", "--strokes", "60", "--set", "colour.saturation=2",
        "--region", "right:style=realistic", "--mask", "right=right.png",
    )  # fmt: skip
    colours = {tuple(bytes.fromhex(colour[1:])) for colour in recipe(media)["style"]["colour"]["palette"]}
    assert len(colours) == 5 and used(media) <= colours
    result = media.run(
        "repaint", "p.impasto", "photo.png", "--region", "rest", "--save", "q.impasto", "--palette", "3",
        "--style", "realistic",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert 1 < len(used(media, "q.impasto", since=60)) <= 3
    media.paint("--palette", "5", "--save", "r.impasto", "--style", "realistic")
    grey = lambda name: np.ptp(list(used(media, name)), axis=1).mean()  # noqa: E731
    assert grey("p.impasto") > 1.2 * grey("r.impasto")  # saturated as the style sees the photo


def test_words_choose_a_style_and_it_is_said_which(media, monkeypatch):
    monkeypatch.setenv("IMPASTO_MODELS", str(media.folder / "no networks"))
    monkeypatch.setenv("HF_HOME", str(media.folder))
    result = media.run(
        "paint", "photo.png", "--strokes", "30", "--save", "p.impasto",
        "--style-words", "night, gouache, broad strokes",
        "--set", "colour.contrast=1.5", "--brush", "1.2", "--mask", "right=right.png:style=flow",
    )  # fmt: skip
    assert result.exit_code == 0 and result.stderr.splitlines()[0] == (
        'style gouache ("gouache"); colours of night ("night"); bent by "broad strokes"'
    )
    made = recipe(media)
    style, right = made["style"], made["regions"][1]["style"]
    assert (style["name"], style["colour"]["contrast"], right["name"]) == ("gouache", 1.5, "flow")
    assert style["colour"]["like"] == right["colour"]["like"]
    assert style["shape"]["largest"] == pytest.approx(load_style("gouache").shape.largest * 1.5 * 1.2)
    result = media.run(
        "repaint", "p.impasto", "photo.png", "--region", "right", "--save", "q.impasto", "--style-words", "knife",
        "--quiet",
    )  # fmt: skip
    assert result.exit_code == 0 and result.stderr == ""
    assert recipe(media, "q.impasto")["regions"][-1]["style"]["name"] == "knife"


def test_a_look_is_for_regions_of_other_styles_too_unless_they_have_their_own(media):
    media.paint(
        "--medium", "other", "--relief", "1", "--palette", "three.gpl", "--save", "p.impasto", "--strokes", "60",
        "--mask", "right=right.png:style=realistic", "--region", "rest:medium=flat",
    )  # fmt: skip
    made = recipe(media)
    rest, right = (region["style"] for region in made["regions"])
    assert "medium" not in rest and rest["light"] == right["light"] == made["style"]["light"] == {"relief": 1.0}
    assert right["medium"] == made["style"]["medium"] == {"kind": "other"} and right["name"] == "realistic"
    assert used(media) <= COLOURS


def test_rendering_in_another_look_leaves_the_painting_alone(media):
    media.paint("--save", "p.impasto", "-o", "p.png")
    before = (media.folder / "p.impasto").read_bytes()
    for name, words in {"q": ("--medium", "other"), "r": ("--medium", "flat", *LIT)}.items():
        result = media.run("render", "p.impasto", "-o", f"{name}.png", *words)
        assert result.exit_code == 0, result.stderr
    assert (media.folder / "p.impasto").read_bytes() == before
    assert np.abs(pixels(media, "q.png") - pixels(media, "p.png")).mean() > 20


def test_a_part_is_repainted_in_another_medium_and_with_a_palette(media):
    media.paint("--save", "p.impasto")
    result = media.run(
        "repaint", "p.impasto", "photo.png", "--mask", "right.png", "--save", "q.impasto", "--strokes", "30",
        "--medium", "other", "--palette", "three.gpl",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    made = recipe(media, "q.impasto")
    assert "medium" not in made["style"] and made["regions"][1]["style"]["medium"] == {"kind": "other"}
    assert used(media, "q.impasto", since=40) <= COLOURS and not used(media, "q.impasto") <= COLOURS


def test_a_tip_is_painted_with_and_rendered_with(media):
    y = np.mgrid[:30, :20][0]
    Image.fromarray(np.where(y % 6 < 3, 0, 255).astype(np.uint8)).save(media.folder / "comb.png")
    media.paint("--medium", "oil", "--tip", "comb.png", "--save", "p.impasto")
    assert recipe(media)["style"]["medium"] == {"kind": "oil", "tip": "comb.png"}
    tip = Painting.load(media.folder / "p.impasto").tip
    assert tip is not None and tip.std() > 50
    result = media.run("render", "p.impasto", "-o", "r.png", "--tip", "no.gbr")
    assert result.exit_code == 2 and result.stderr.startswith("error: there is no file no.gbr")


def test_the_relief_and_the_colours_alone_are_written(media):
    media.paint("--medium", "oil", "--save", "p.impasto", "-o", "p.png")
    result = media.run("render", "p.impasto", "--size", "120", "--no-light", "-o", "r.png", "--relief-map", "h.png")
    assert result.exit_code == 0, result.stderr
    high = np.asarray(media.image("h.png"))
    assert high.dtype == np.uint16 and high.shape == (90, 120) and high.std() > 100
    painting = Painting.load(media.folder / "p.impasto")
    assert np.array_equal(high, painting.relief_map(90, 120))
    assert np.array_equal(pixels(media, "r.png"), painting.render(90, 120, light=False)[..., :3])
    assert not np.array_equal(pixels(media, "r.png"), painting.render(90, 120)[..., :3])
    flat = media.run("render", "p.impasto", "--medium", "flat", "--relief-map", "f.png")
    assert flat.exit_code == 2 and "flat paint has no relief; choose another medium" in flat.stderr
    for words in (["--relief-map", "h.jpg"], ["-o", "x.png", "--relief-map", "x.png"], ["--relief-map", "h.png"]):
        refused = media.run("render", "p.impasto", *words)
        assert refused.exit_code == 2 and refused.stderr.startswith("error: "), refused.stderr
    assert media.names() & {"f.png", "h.jpg", "x.png"} == set()


def test_a_watercolour_dries_otherwise_when_it_is_rendered_again(media):
    """And cannot become oil by that, nor oil a watercolour."""
    media.run("paint", "photo.png", "-o", "o.png", "--save", "w.impasto", "--style", "watercolour", "--strokes", "40")
    before, look = pixels(media, "o.png"), ("--wetness", "2", "--rims", "0", "--border", "0.1", "--spatter", "9")
    result = media.run("render", "w.impasto", "-o", "r.png", *look, "--granulation", "0", "--pigments", "earths")
    assert result.exit_code == 0, result.stderr
    after, paper = pixels(media, "r.png"), np.array([251, 249, 241])
    assert np.abs(after[:3] - paper).mean() < 12 < np.abs(before[:3] - paper).mean()  # a bare margin
    for kept, medium in (("w.impasto", "oil"), ("p.impasto", "watercolour")):
        if kept == "p.impasto":
            media.paint("--medium", "oil", "--save", kept, "-o", "p.png")
        refused = media.run("render", kept, "-o", "x.png", "--medium", medium)
        assert refused.exit_code == 2 and "paint it so instead, from the photo" in refused.stderr


@pytest.mark.parametrize(
    "words, says",
    [
        (["--medium", "oill"], "'oill' is not one of charcoal, dry, filbert, flat"),
        (["--relief", "1.6"], "1.6 is not in the range 0<=x<=1.5."),
        (["--gloss", "-0.1"], "-0.1 is not in the range 0<=x<=0.5."),
        (["--light", "130"], "'130' is not ANGLE,HEIGHT, such as 130,48"),
        (["--light", "nan,48"], "'nan,48' is not ANGLE,HEIGHT"),
        (["--light", "130,80"], "-360 to 360 and 25 to 75 degrees"),
        (["--wetness", "2.5"], "2.5 is not in the range 0<=x<=2."),
        (["--style", "watercolour", "--pigments", "mud"], "there is no set of pigments 'mud'"),
        (["--style", "painterly", "--medium", "watercolour"], "choose a style made for it"),
        (["--ground", "glass"], "'glass' is not one of 'canvas', 'paper', 'tooth', 'none'."),
        (["--light-layers", "x"], "'x' is not one of 'baked', 'own', 'none'."),
        (["--medium", "oil", "--tip", "three.gpl"], "three.gpl cannot be used as a tip"),
        (["--style", "realistic", "--tip", "photo.png"], "flat strokes show no tip; choose another medium"),
        (["--palette", "no.gpl"], "error: there is no palette no.gpl"),
        (["--palette", "photo.png"], "error: photo.png is no palette"),
        (["--palette", "1"], "a palette has 2 to 256 colours, and not 1; for a file of that name, write ./1."),
        (["--palette", "257"], "2 to 256 colours"),
        (["--palette", "-3"], "2 to 256 colours"),
        (["--style", "oil", "--style-words", "oil"], "--style-words chooses one; leave one of them out"),
        (["--guide"], "error: --guide goes by --style-words; give some, or leave it out."),
        (["--style-words", "oil", "--guide"], "run `impasto models fetch clip`, or do without a guide."),
        (["--style-words", " !"], "error: there are no words to choose a style by; describe one"),
        (["--resume", "p.impasto", "--style-words", "oil"], "leave --style-words out"),
        (["--style", "watercolour", "--palette", "4"], "watercolour has no palette; choose its pigments"),
        (
            ["--mask", "right=right.png", "--region", "rest:medium=oill"],
            "medium: there is no medium oill; there are charcoal, dry",
        ),
        (["--resume", "p.impasto", "--palette", "three.gpl"], "leave --palette out"),
        (["--resume", "p.impasto", "--relief", "1"], "leave --relief out"),
    ],
)
def test_a_look_that_cannot_be_is_refused_in_a_sentence(media, words, says, monkeypatch):
    monkeypatch.setenv("IMPASTO_MODELS", str(media.folder / "no networks"))
    monkeypatch.setenv("HF_HOME", str(media.folder))
    result = media.run("paint", "photo.png", "-o", "o.png", *words)
    assert result.exit_code == 2 and says in result.stderr, result.stderr
    assert not (media.folder / "o.png").exists()
