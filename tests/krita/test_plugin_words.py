"""The catalogues of the plugin: every string of the docker's, and all that the engine calls things."""

import ast
import json
import re
import string
from pathlib import Path

import pytest

from impasto import easel
from impasto.easel import engine_words, parameters, words
from impasto.engine.daemon.hello import greeting
from impasto.engine.segment.classes import NAMES
from impasto.engine.segment.naming import BACKGROUND, CLOTHES, FOREGROUND, HAIR, SUBJECT
from impasto.engine.segment.scenery import BRIGHT_SKY, FLOWER, GRASS, GREENERY, GROUND, SKY, TREES, WATER
from impasto.plugin_krita.installer import HERE
from impasto.protocol import ProtocolError

EASEL = Path(easel.__file__).parent
ROOMS = [HERE / "impasto", HERE.parent / "plugin_gimp" / "impasto", EASEL]
LANGUAGES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((EASEL / "languages").glob("*.json"))}
OTHERS = [name for name in LANGUAGES if name != "en"]
LAG = 0.8  # of the strings a catalogue has at least: who adds one need not know every language
HELLO = greeting(1)


def ours() -> set[str]:
    """All texts that go through `tr`; that all do which are shown, tests/test_house.py sees to."""
    found = set()
    for path in (path for room in ROOMS for path in room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return found


def holes(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.fixture
def speaking():
    """`engine_words` in a language."""

    def speak(name: str):
        words.speak(lambda: [name], "Krita")
        return engine_words

    yield speak
    speak("C")


@pytest.mark.parametrize("name", OTHERS)
def test_the_dockers_strings_are_translated(name):
    strings, wanted = LANGUAGES[name]["strings"], ours()
    assert len(wanted & strings.keys()) >= LAG * len(wanted), sorted(wanted - strings.keys())
    assert len(strings.keys() - wanted) <= (1 - LAG) * len(wanted), sorted(strings.keys() - wanted)
    for text, said in strings.items():
        assert said.strip() and holes(said) == holes(text), text


@pytest.mark.parametrize("name", OTHERS)
def test_what_the_engine_calls_things_is_translated(name):
    wanted = {f"style:{style['name']}" for style in HELLO["styles"]}
    for kind, code in (("media", "medium"), ("pigments", "pigments"), ("segmenters", "segmenter")):
        wanted |= {f"{code}:{offer['name']}" for offer in HELLO["offers"][kind]}
    for style in HELLO["styles"]:
        for each in parameters.parameters(HELLO["parameters"], style["values"], ("name", "description", "strokes")):
            wanted |= {f"choice:{choice}" for choice in each.choices if each.path.split("/")[0] != "light"}
            if each.path.split("/")[0] not in ("medium", "light"):  # most of these have sliders of ours
                wanted |= {f"parameter:{each.code}", f"parameter:{each.code}/about"}
                wanted |= {f"group:{each.group_code}"} if each.group_code else set()
    scenes = (
        SUBJECT,
        BACKGROUND,
        FOREGROUND,
        HAIR,
        CLOTHES,
        SKY,
        BRIGHT_SKY,
        WATER,
        GRASS,
        TREES,
        GROUND,
        GREENERY,
        FLOWER,
    )
    wanted |= {f"region:{each}" for each in (*NAMES, *scenes, "face")}
    assert sorted(wanted - LANGUAGES[name]["engine"].keys()) == []


def test_regions_are_said_in_french(speaking):
    words = speaking("fr_FR").region_words
    for name, said in (
        ("sky", "ciel"), ("bright sky 2", "ciel clair 2"), ("background top left", "fond en haut à gauche"),
        ("left of cat", "à gauche (chat)"), ("dark red below coffee pot 3", "rouge sombre sous (cafetière) 3"),
        ("light grey area all over", "gris clair partout"), ("Mein Hund", "Mein Hund"), ("left of Rex", "left of Rex"),
        ("2", "2"), ("top", "top"),
    ):  # fmt: skip
        assert words(name) == said
    assert speaking("en_GB").region_words("left of cat") == "left of cat"


def test_parameters_are_said_in_plain_words(speaking):
    said = speaking("en_US")
    found = {each.path: each for each in parameters.parameters(
        HELLO["parameters"], next(s["values"] for s in HELLO["styles"] if s["name"] == "painterly"))}  # fmt: skip
    titles = [said.parameter_title(each) for each in found.values()]
    assert not {"Plateau", "Respawn", "Loss", "Patches"} & set(titles)
    assert said.parameter_title(found["shape/opacity/1"]) == "Most opacity"
    assert said.parameter_group(found["passes/1/radius"]) == "Pass 2"
    assert not [each for each in found.values() if re.search(r"\bloss\b|optimis|chord", said.parameter_about(each))]


def test_errors_of_the_engine_come_as_they_are(speaking):
    error = ProtocolError("limit", "too much")
    assert speaking("en").error_words(error) == "too much"
    assert speaking("fr_CA").error_words(error) == "C'est plus que le moteur n'accepte\u00a0: too much"
    error.code = "of a newer engine"
    assert speaking("fr").error_words(error) == "too much"


@pytest.mark.parametrize(("locale", "language"), [("fr_FR", "fr"), ("fr", "fr"), ("xx_YY", "en"), ("C", "en")])
def test_the_language_is_kritas(locale, language, speaking):
    speaking(locale)
    assert words.language() == language
