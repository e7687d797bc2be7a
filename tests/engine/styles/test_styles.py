"""Styles: the presets are sound, users' files and overrides are read, and whatever is wrong is told in one sentence."""

import json
import os
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from impasto.engine import styles
from impasto.engine.errors import ImpastoError
from impasto.engine.styles import Style, load_style, preset_names, validate_style
from impasto.engine.styles.gram import CHANNELS, packed

PASSES = "passes = [{ radius = 0.1, share = 1 }, { radius = 0.05, share = 2 }]\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Writes a style file and gives its path."""
    folder = tmp_path_factory.mktemp("styles")

    def write(text, name="mine.toml"):
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def refusal(name, overrides=()):
    """The sentence that refuses; any other exception fails the test."""
    with pytest.raises(ImpastoError) as caught:
        load_style(name, overrides)
    sentence = str(caught.value)
    assert sentence.endswith(".") and sentence.isprintable() and len(sentence) < 700
    return sentence


def test_there_are_the_presets():
    assert preset_names() == [
        "abstract", "alla-prima", "charcoal", "expressionist", "flow", "gouache", "ink", "knife", "painterly", "pastel",
        "pen", "pencil", "pointillist", "portrait", "realistic", "watercolour", "watercolour-pen",
    ]  # fmt: skip


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_sound(name):
    style = load_style(name)
    assert style.name == name
    assert style.description.endswith(".") and style.strokes >= len(style.passes)
    radii = [p.radius for p in style.passes if p.trace is None] or [style.shape.largest]
    assert radii == sorted(radii, reverse=True) and len(set(radii)) == len(radii)  # coarse to fine
    assert all(p.canvas is None for p in style.passes) and style.lattice is None  # as the strokes need it
    assert style.shape.smallest <= radii[-1] <= radii[0] <= style.shape.largest


@pytest.mark.parametrize("name", preset_names())
def test_a_style_that_went_through_a_painting_is_the_same(name):
    style = load_style(name)
    assert validate_style(style.model_dump(mode="json"), "the style in the painting") == style


def test_presets_differ():
    plain = {name: load_style(name).model_dump(exclude={"name", "description"}) for name in preset_names()}
    assert all(plain[one] != plain[other] for one, other in combinations(plain, 2))


def test_a_file_of_ones_own(written):
    text = PASSES + 'strokes = 77\nloss = "l2"\n[shape]\nopacity = [0.5, 1]\nstraight = true\n'
    style = load_style(written(text, "my style.toml"))
    assert (style.name, style.strokes, style.loss.kind, style.finish) == ("my style", 77, "l2", 120)
    assert style.shape.opacity == (0.5, 1) and style.shape.straight and [p.share for p in style.passes] == [1, 2]
    assert load_style(written('name = "own"\n' + PASSES, "x.toml")).name == "own"


def test_the_presets_are_written_as_they_are_read(written):
    text = (styles.Path(styles.__file__).parent / "painterly.toml").read_text()
    copy = load_style(written(text, "painterly.toml"))
    assert copy == load_style("painterly")


@pytest.mark.parametrize(
    ("override", "path", "expected"),
    [
        ("strokes=123", "strokes", 123),
        (" strokes = 123 ", "strokes", 123),
        ("strokes=1_000", "strokes", 1000),
        ("plateau=0.5", "plateau", 0.5),
        ("plateau=1", "plateau", 1.0),
        ("cover=false", "cover", False),
        ("cover=true", "cover", True),
        ("loss=l2", "loss.kind", "l2"),
        ("loss='l2'", "loss.kind", "l2"),
        ('loss="smooth_l1"', "loss.kind", "smooth_l1"),
        ("loss.ssim=.5", "loss.ssim", 0.5),
        ("background=white", "background", "white"),
        ("background=#a0B1c2", "background", "#a0B1c2"),
        ("background='#a0B1c2'", "background", "#a0B1c2"),
        ("description=two words = one", "description", "two words = one"),
        ("passes.2.radius=0.02", "passes.1.radius", 0.02),
        ("passes.1.iterations=0", "passes.0.iterations", 0),
        ("shape.opacity=[0.25, 0.75]", "shape.opacity", (0.25, 0.75)),
        ("shape.taper=0", "shape.taper", 0.0),
        ("attention.mode=selective", "attention.mode", "selective"),
        ("attention={mode='selective', patches=3}", "attention.patches", 3),
        ("colour.levels=4", "colour.levels", 4),
        ("learning.colour=0", "learning.colour", 0.0),
    ],
)
def test_overrides(override, path, expected):
    value = load_style("realistic", [override])
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, tuple) else getattr(value, step)
    assert value == expected and type(value) is type(expected)


def test_a_loss_is_a_name_or_a_table(written):
    """It is written as older versions know it as long as pixels are all that counts."""
    style = load_style(written(PASSES + '[loss]\nkind = "l2"\ngradient = 0.25\n'))
    assert (style.loss.kind, style.loss.extras) == ("l2", {"gradient": 0.25})
    assert style.model_dump(mode="json")["loss"] == {"kind": "l2", "gradient": 0.25}
    plain = load_style("realistic", ["loss.ssim=1", "loss.ssim=0"])
    assert plain == load_style("realistic") and plain.model_dump(mode="json")["loss"] == "smooth_l1"
    assert load_style(written('loss = "l2"\n' + PASSES), ["loss.perceptual=1"]).loss.kind == "l2"


def test_an_override_changes_nothing_else():
    changed, plain = load_style("realistic", ["passes.2.radius=0.02"]), load_style("realistic")
    pairs = [s.model_dump() for s in (changed, plain)]
    for values in pairs:
        del values["passes"][1]["radius"]
    assert pairs[0] == pairs[1] and load_style("realistic") == plain


def test_overrides_come_one_after_the_other():
    passes = "passes=[{radius=0.2,share=1},{radius=0.1,share=2},{radius=0.05,share=3}]"
    style = load_style("realistic", [passes, "passes.3.share=9", "strokes=5", "strokes=6"])
    assert [p.share for p in style.passes] == [1, 2, 9] and style.strokes == 6


def test_overrides_go_into_a_file_of_ones_own(written):
    style = load_style(written(PASSES), ["shape.opacity=[0, 0.5]", "passes.1.share=4"])
    assert style.shape.opacity == (0, 0.5) and style.passes[0].share == 4


@pytest.mark.parametrize(
    ("override", "names"),
    [
        ("strokes=0", "strokes (given: 0)"),
        ("strokes=1000001", "strokes (given: 1000001)"),
        ("strokes=many", "strokes (given: many)"),
        ("strokes=", "strokes (given: )"),
        ("strokes=2.5", "strokes (given: 2.5)"),
        ("strokes=nan", "strokes (given: nan)"),
        ("strokes=inf", "strokes (given: inf)"),
        ("strokes=1e999", "strokes (given: inf)"),
        ("strokes=[1]", "strokes: "),
        ("strokes=1979-05-27", "strokes: "),
        ("strokes=" + "9" * 5000, "strokes (given: 999"),
        ("strokes=0x" + "f" * 5000, "strokes (given: a number of over "),
        ("plateau=nan", "plateau (given: nan)"),
        ("plateau=0x" + "f" * 5000, "plateau (given: a number of over "),
        ("plateau=" + "[" * 20_000, "plateau (given: [[["),
        ("plateau=" + "{a=" * 5000, "plateau (given: {a="),
        ("shape.bend=-0.1", "shape.bend (given: -0.1)"),
        ("shape.bend=-inf", "shape.bend (given: -inf)"),
        ("shape.opacity=0.5", "shape.opacity (given: 0.5)"),
        ("shape.opacity=[0.5]", "shape.opacity.2: "),
        ("shape.opacity=[0.5, 0.6, 0.7]", "shape.opacity: "),
        ("shape.opacity=[0.5, 4.5]", "shape.opacity.2 (given: 4.5)"),
        ("shape.opacity=[0.9, 0.1]", "shape: the smallest opacity is larger than the largest"),
        ("shape.smallest=0.4", "shape: `smallest` is larger than `largest`"),
        ("shape=3", "shape (given: 3)"),
        ("passes=[]", "passes: "),
        ("passes=3", "passes (given: 3)"),
        ("passes.2=3", "passes.2 (given: 3)"),
        ("passes.2.radius=9", "passes.2.radius (given: 9)"),
        ("passes.0.radius=0.1", "--set passes.0.radius=0.1: passes has entries 1 to 4, and no 0"),
        ("passes.5.radius=0.1", "--set passes.5.radius=0.1: passes has entries 1 to 4, and no 5"),
        ("passes.-1.radius=0.1", "passes has entries 1 to 4, and no -1"),
        ("passes.01.radius=0.1", "passes has entries 1 to 4, and no 01"),
        ("passes.².radius=0.1", "passes has entries 1 to 4, and no ²"),
        ("passes.first.radius=0.1", "passes has entries 1 to 4, and no first"),
        ("passes." + "9" * 5000 + ".radius=0.1", "passes has entries 1 to 4, and no "),
        ("passes.2.size=0.1", "there is no setting passes.2.size"),
        ("brush=round", "there is no setting brush"),
        ("shape.brush=round", "there is no setting shape.brush"),
        ("brush.tip.size=3", "there is no setting brush"),
        ("strokes.many=3", "--set strokes.many=3: strokes is a single value, it has no many"),
        ("loss=l3", "loss.kind (given: l3)"),
        ("loss=1", "loss (given: 1): write a name, such as l1, or a table"),
        ("loss.ssim=-0.1", "loss.ssim (given: -0.1): input should be greater than or equal to 0"),
        ("loss.beauty=1", "there is no setting loss.beauty"),
        ("loss.kind=l3", "there is no loss l3; there are l1"),
        ("loss.network=vgg", "loss.network (given: vgg): input should be 'lite0' or 'vgg16'"),
        ("background=blue", "background (given: blue)"),
        ("background=#fff", "background (given: #fff)"),
        ("background=#ffffff\n", None),
        ("name=a/b", "name (given: a/b)"),
        (f"name={'a' * 65}", "at most 64"),
        (f"loss={'a' * 65}", "at most 64"),
        (f"medium.kind={'a' * 65}", "at most 64"),
        ("description=" + "x" * 501, "description (given: xxx"),
        ("cover=perhaps", "cover (given: perhaps)"),
        ("strokes", "--set strokes: write it as name=value"),
        ("=3", "--set =3: write it as name=value"),
        ("shape..bend=0.1", "--set shape..bend=0.1: write it as name=value"),
        ("", "--set : write it as name=value"),
        ("a\nb=1", "there is no setting a b"),
    ],
)
def test_an_override_that_is_wrong_is_named(override, names):
    if names is None:  # the end of the line is no part of the word
        assert load_style("realistic", [override]).background == "#ffffff"
    else:
        assert names in refusal("realistic", [override])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "passes: field required"),
        (PASSES + "plateau = 1e999", "plateau (given: inf)"),
        (PASSES + "plateau = nan", "plateau (given: nan)"),
        (PASSES + "speed = 3", "there is no setting speed"),
        (PASSES + '"line\\nbreak" = 3', "there is no setting line break"),
        (PASSES + "[shape]\nsize = 3", "there is no setting shape.size"),
        ("passes = [{ radius = 0.1 }]", "passes.1.share: field required"),
        ("passes = [" + "{ radius = 0.1, share = 1 }," * 33 + "]", "passes: "),
        (PASSES + "name = 3", "name (given: 3)"),
        (PASSES + "strokes = ", "is not valid TOML (Invalid value (at end of document))"),
        (PASSES + PASSES, "is not valid TOML"),
        (PASSES + "x = " + "[" * 50_000, "is not valid TOML"),
        (PASSES + "x = " + "{ a = " * 5000, "is not valid TOML"),
        (PASSES + "strokes = " + "9" * 5000, "is not valid TOML"),
        (PASSES + "x." * 1000 + "y = 1", "there is no setting x"),
        (b"\xff\xfe" + PASSES.encode("utf-16-le"), "is not valid TOML"),
        (b"\0\1\2\3", "is not valid TOML"),
        (b"\xef\xbb\xbf" + PASSES.encode(), "is not valid TOML"),
        ("#" * 65_537, "is over 64 kB"),
    ],
)
def test_a_file_that_is_wrong_is_named(written, text, names):
    path = written(text)
    sentence = refusal(path)
    assert names in sentence and path in sentence


def test_a_file_of_64_kb_is_still_read(written):
    assert load_style(written(PASSES + "#" * (65_536 - len(PASSES)))).passes


def test_a_file_whose_name_is_no_style_name(written):
    assert "name (given: what?)" in refusal(written(PASSES, "what?.toml"))


def test_files_that_are_not_there(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    for missing in ("missing.toml", "folder.toml", "no folder/x.toml", "x" * 300 + ".toml"):
        path = str(tmp_path / missing)
        assert f"the style file {path} cannot be read (" in refusal(path)
    assert "cannot be read (" in refusal(f"{__file__}/x.toml")
    assert r"no style file 'a\x00b.toml'" in refusal("a\0b.toml")


@pytest.mark.parametrize("name", ["nice", "", "realistic.json", "Realistic", "styles/realistic", ".toml", "style"])
def test_an_unknown_name_is_refused_with_those_there_are(name):
    sentence = refusal(name)
    assert sentence.startswith(f"there is no style {name}") and all(preset in sentence for preset in preset_names())


def test_a_preset_is_not_confused_with_a_file_beside(tmp_path, monkeypatch):
    (tmp_path / "realistic.toml").write_text(PASSES + "strokes = 7")
    (tmp_path / "realistic").write_text("strokes = 8")
    monkeypatch.chdir(tmp_path)
    assert load_style("realistic").strokes > 8
    assert load_style("realistic.toml").strokes == 7
    assert load_style(f".{os.sep}realistic.toml").strokes == 7


def survives(name, overrides=()):
    """It is a style or is refused in one sentence."""
    try:
        assert isinstance(load_style(name, overrides), Style)
    except ImpastoError as error:
        assert str(error).endswith(".") and len(str(error).splitlines()) == 1


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_another_exception(written, data):
    survives(written(data, "bytes.toml"))


PRESET = (styles.Path(styles.__file__).parent / "painterly.toml").read_text()
SPLINTERS = st.sampled_from(
    [*'[]{}=."\n\r#,-\0', "", "[[", "]]", "'''", "nan", "inf", "1e999", "true", "0x" + "f" * 5000, "9" * 5000]
) | st.sampled_from(["1979-05-27T07:32:00Z", "07:32:00", "passes", "[[passes]]\n", "\\u0000"])


@given(st.lists(st.tuples(st.integers(0, len(PRESET)), st.integers(0, 12), SPLINTERS), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_damage_to_a_preset_makes_another_exception(written, damages):
    text = PRESET
    for place, length, splinter in damages:
        text = text[:place] + splinter + text[place + length :]
    survives(written(text, "damaged.toml"))


KEYS = st.sampled_from(
    ["strokes", "passes", "passes.1", "passes.2.radius", "shape", "shape.opacity", "shape.opacity.1"]
)
VALUES = st.recursive(
    st.sampled_from(["nan", "inf", "-1", "0", "1e999", "true", '"x"', "1979-05-27", "0x" + "f" * 5000, "9" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | inner.map(lambda item: f"{{a = {item}}}")
    ),
    max_leaves=5,
)


@given(st.lists(st.tuples(KEYS | st.text(max_size=9), VALUES | st.text(max_size=20)), min_size=1, max_size=3))
@example([("strokes", "\udcff")])
@example([("\udcff", "1")])
@settings(max_examples=200, deadline=None)
def test_no_overrides_make_another_exception(pairs):
    survives("painterly", [f"{key}={value}" for key, value in pairs])


def ranged():
    """Every number that has a range, by its path in a style with two passes, and its bounds."""
    for table, schema in [("", Style.model_json_schema())]:
        parts = schema["$defs"]
        for name, field in schema["properties"].items():
            kind = re.search(r"/(\w+)'", str(field))
            inner = parts[kind[1]]["properties"] if kind else {}
            prefix = f"{table}{name}." if name != "passes" else "passes.2."
            for path, each in [(name, field), *((prefix + key, value) for key, value in inner.items())]:
                bounds = {key: each[key] for key in ("minimum", "maximum", "exclusiveMinimum") if key in each}
                if each.get("type") in ("number", "integer") and bounds:
                    yield path, each["type"], bounds


RANGED = list(ranged())


def test_every_number_has_both_bounds():
    assert len(RANGED) > 25
    for path, _, bounds in RANGED:
        assert "maximum" in bounds and len(bounds) == 2, path


@pytest.mark.parametrize(("path", "kind", "bounds"), RANGED, ids=[path for path, _, _ in RANGED])
def test_numbers_keep_to_their_ranges(path, kind, bounds):
    step = 1 if kind == "integer" else 1e-6
    low, high = bounds.get("minimum", bounds.get("exclusiveMinimum")), bounds["maximum"]
    sides = ["shape.smallest=0.0005", "shape.largest=0.5"]  # else the two would be in each other's way
    sides += ["loss.words=rain", f"loss.example={json.dumps(packed([np.eye(count) for count in CHANNELS]))}"]
    for value in (high, low) if "minimum" in bounds else (high, low + step):
        assert load_style("painterly", [*sides, f"{path}={value!r}"])
    for value in (high + step, low - step, "nan", "inf", "-inf"):
        assert f"{path} (given: " in refusal("painterly", [*sides, f"{path}={value}"])


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The folder of the user's own styles."""
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "styles"
    folder.mkdir(parents=True)
    return folder


def test_nothing_is_made_where_no_styles_of_ones_own_are(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "home"))
    assert styles.own_names() == []
    refusal("mine")
    assert list(tmp_path.iterdir()) == []


def test_styles_of_ones_own_are_found_by_their_files_names(own):
    (own / "mine.toml").write_text(PASSES + "strokes = 7\nname = 'painterly'")
    for hidden in (".gone.toml", "notes.txt"):
        (own / hidden).write_text(PASSES)
    (own / "folder.toml").mkdir()
    assert styles.own_names() == ["mine"]
    assert (load_style("mine").name, load_style("mine", ["strokes=8"]).strokes) == ("mine", 8)
    assert refusal("nice").endswith(f", {preset_names()[-1]}, mine, or give the path of a .toml file or of a picture.")


def test_a_preset_keeps_its_name(own):
    (own / "realistic.toml").write_text(PASSES + "strokes = 7")
    assert styles.own_names() == [] and load_style("realistic").strokes > 7
    assert load_style(str(own / "realistic.toml")).strokes == 7


@pytest.mark.parametrize("text", ["strokes = 0", "[[[", PASSES + "#" * 65_536, PASSES + "bristles = 1"])
def test_a_broken_style_of_ones_own_hides_no_other(own, text):
    (own / "broken.toml").write_text(text)
    (own / "mine.toml").write_text(PASSES)
    found, troubles = styles.loaded_styles()
    assert [style.name for style in found] == [*preset_names(), "mine"]
    assert troubles == [refusal("broken")]


def test_nobody_has_no_styles_of_their_own(monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(styles, "home_path", unknown)
    assert styles.own_names() == [] and load_style("realistic").strokes


def test_a_tip_lies_beside_the_style_that_names_it_or_where_we_are(tmp_path, monkeypatch):
    (tmp_path / "styles").mkdir()
    file = tmp_path / "styles" / "mine.toml"
    file.write_text('passes = [{ radius = 0.1, share = 1 }]\n[medium]\nkind = "oil"\ntip = "../comb.gbr"\n')
    monkeypatch.chdir(tmp_path)
    assert Path(load_style("styles/mine.toml").medium.tip) == tmp_path / "styles" / ".." / "comb.gbr"
    assert load_style(str(file), ["medium.tip=other.png"]).medium.tip == str(tmp_path / "other.png")
    assert load_style("painterly", ["medium.kind=oil", "medium.tip=a.png"]).medium.tip == str(tmp_path / "a.png")
    assert load_style("painterly", ["medium.kind=oil", f"medium.tip={file}"]).medium.tip == str(file)
    with pytest.raises(ImpastoError, match="medium: flat strokes show no tip"):
        load_style("realistic", ["medium.tip=a.png"])
