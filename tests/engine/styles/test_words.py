"""A style by words, from a list of words: what is named, suggested, denied, and what bends it."""

import shutil

import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.styles import load_style, preset_names
from impasto.engine.styles import vocabulary as words
from impasto.engine.styles.style import Style
from impasto.engine.styles.vocabulary import vocabulary
from impasto.engine.styles.words import chosen


def style_of(words) -> Style:
    choice = chosen(words)
    return load_style(choice.name, choice.overrides)


@pytest.mark.parametrize(
    ("words", "name", "why"),
    [
        (
            "a stormy sea at night, palette knife",
            "knife",
            'style knife ("palette knife"); colours of storm, sea and night',
        ),
        ("Aquarelle of a Misty morning", "watercolour", 'colours of mist ("misty"); bent by "misty"'),
        ("a portrait by candlelight", "portrait", '("portrait" suggests it); colours of candlelight ("candlelight")'),
        ("a portrait in charcoal", "charcoal", 'style charcoal ("charcoal")'),
        ("pen and wash", "watercolour-pen", 'style watercolour-pen ("pen and wash")'),
        ("golden autumn, Van Gogh", "flow", "colours of gold and autumn"),
        ("no palette knife: pastels!", "pastel", 'style pastel ("pastels")'),
        ("thick paint, but not a knife", "painterly", 'style painterly, the usual one; bent by "thick paint"'),
        ("impressionist, in gray", "alla-prima", 'bent by "grey"'),
    ],
)
def test_words_choose(words, name, why):
    choice = chosen(words)
    assert choice.name == name and why in choice.why and not choice.by_network
    load_style(choice.name, choice.overrides)


def test_words_bend_the_style():
    usual, bent = load_style("painterly"), style_of("oil, vivid, thick paint, raking light, few strokes, at sunset")
    assert bent.colour.saturation == pytest.approx(1.35 * usual.colour.saturation)
    assert (bent.light.relief, bent.light.height, bent.strokes) == (1.2, 28, usual.strokes // 2)
    assert bent.colour.like is not None and bent.colour.like.colours == vocabulary().moods["sunset"].colours
    assert style_of("black and white oil at sunset").colour.saturation == 0
    choice = chosen("loose oil in broad strokes")
    assert (choice.brush, choice.looseness) == (1.5, 0.6)
    assert choice.bent(1.6, 0.7) == (2, 1) and choice.bent(0.5, -0.6) == (0.75, 0)


def test_what_lets_the_paper_through_is_bent_otherwise():
    style = style_of("wet watercolour with splashes, thick paint")
    assert (style.medium.wetness, style.medium.spatter, style.light.relief) == (1.7, 14, None)
    assert style_of("sepia ink").medium.pigments == "sepia"
    assert chosen("a pencil drawing of the sea").overrides == ()  # it has no colours


def test_moods_go_for_all_regions():
    assert [each.split("=")[0] for each in chosen("autumn, vivid, knife").everywhere] == ["colour.like"]


def test_words_that_nobody_knows_choose_the_usual_style_and_say_so():
    choice = chosen("qwertz uiop")
    assert (choice.name, choice.overrides, choice.brush, choice.looseness) == ("painterly", (), 1, 0)
    assert choice.why.startswith("none of these words is known") and all(name in choice.why for name in preset_names())


@pytest.mark.parametrize("words, says", [("", "there are no words"), ("12 !", "no words"), ("sea " * 101, "over 400")])
def test_what_are_no_words(words, says):
    with pytest.raises(ImpastoError, match=says):
        chosen(words)


@pytest.mark.parametrize("name", ["styles", "moods", "bends"])
def test_a_damaged_list_of_words_is_one_sentence(tmp_path, monkeypatch, name):
    copy = shutil.copytree(words.SPOKEN, tmp_path / "spoken")
    monkeypatch.setattr(words, "SPOKEN", copy)
    path, damages = copy / f"{name}.toml", (lambda data: data[:-20], lambda data: bytes(len(data)), lambda _: b"a = 1")
    data = path.read_bytes()
    for damage in damages:
        path.write_bytes(damage(data))
        with pytest.raises(ImpastoError, match="missing or damaged; install Impasto again"):
            words.vocabulary.__wrapped__()


def test_every_phrase_chooses_what_it_stands_for_and_fits_its_style():
    known = vocabulary()
    assert list(known.styles) and set(known.styles) == set(preset_names())
    for name, meaning in known.styles.items():
        assert len(meaning.texts) >= 3
        for phrase in meaning.named:
            assert chosen(phrase).name == name, phrase
    for name, mood in known.moods.items():
        assert len(mood.colours) >= 8 and mood.texts
        style = style_of(f"gouache {mood.named[0]}")
        assert style.colour.like is not None and style.colour.like.colours == mood.colours, name
    for bend in known.bends:
        for medium in ("oil", "watercolour", "pencil"):
            style_of(f"{bend.named[0]} {medium}")
