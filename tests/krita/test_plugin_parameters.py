"""The parameters that the docker shows, from the schema the engine sends; Krita is not needed."""

from itertools import pairwise

import pytest

from impasto.easel import parameters as rules
from impasto.engine.daemon.hello import greeting
from impasto.engine.errors import ImpastoError
from impasto.engine.styles import Style, validate_style

HELLO = greeting(1)
SCHEMA, STYLES = HELLO["parameters"], {style["name"]: style["values"] for style in HELLO["styles"]}


def plain(values, way=()):
    """The paths of all plain values."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from plain(value, (*way, str(key)))
        else:
            yield "/".join((*way, str(key)))


@pytest.mark.parametrize("name", STYLES)
def test_every_value_of_a_style_is_a_parameter(name):
    found = rules.parameters(SCHEMA, STYLES[name])
    assert sorted(each.path for each in found) == sorted(plain(STYLES[name]))
    for each in found:
        assert each.value is None or each.allows(each.value), each.path
        assert each.title and (each.description or each.path == "edges"), each.path
    groups = [each.group for each in found]
    assert groups[0] == "" and sum(a != b for a, b in pairwise(groups)) == len(set(groups)) - 1
    assert {"Passes 1", "Shape", "Learning"} <= set(groups)


def test_ranges_choices_and_kinds_are_the_schemas():
    found = {each.path: each for each in rules.parameters(SCHEMA, STYLES["painterly"], ("name", "description"))}
    assert "name" not in found and "strokes" in found
    aspect, share = found["shape/aspect"], found["passes/0/share"]
    usual = STYLES["painterly"]["shape"]["aspect"]
    assert (aspect.kind, aspect.low, aspect.high, aspect.value, aspect.title) == ("number", 1, 30, usual, "Aspect")
    assert share.low > 0 and not share.allows(0) and share.allows(share.low)
    assert found["attention/mode"].choices == ["uniform", "selective"] and found["attention/mode"].kind == "choice"
    assert found["shape/straight"].kind == "flag" and not found["shape/straight"].allows(1)
    assert found["finish"].kind == "whole" and not found["finish"].allows(1.5) and not found["finish"].allows(True)
    assert found["background"].allows("#aabbcc") and not found["background"].allows("mauve")
    assert (found["shape/opacity/1"].title, found["shape/opacity/1"].group) == ("Opacity 2", "Shape")
    assert found["shape/smallest"].decimals >= 4 and found["plateau"].decimals >= 3


@pytest.mark.parametrize("name", STYLES)
def test_what_a_parameter_allows_the_engine_allows(name):
    for each in rules.parameters(SCHEMA, STYLES[name]):
        ends = {"choice": each.choices, "flag": [True, False]}.get(each.kind, [each.low, each.high])
        for value in ends if each.kind != "text" else []:
            values = rules.with_changes(STYLES[name], {each.path: value})
            try:
                assert isinstance(validate_style(values, "changed"), Style)
            except ImpastoError as error:  # what only holds between two values cannot be said by a schema
                assert "larger" in str(error) or "covers nothing" in str(error), each.path


def test_only_what_was_changed_changes():
    values = STYLES["painterly"]
    before = values["shape"]["aspect"], values["passes"][1]["radius"], values["shape"]["opacity"][0]
    changes = {"shape/aspect": 9, "passes/1/radius": 0.07, "shape/opacity/0": 0.5, "finish": 3}
    found = rules.with_changes(values, changes)
    assert found["shape"]["aspect"] == 9 and found["passes"][1]["radius"] == 0.07
    assert found["shape"]["opacity"] == [0.5, values["shape"]["opacity"][1]] and found["finish"] == 3
    for path, value in [
        ("shape/aspect", before[0]),
        ("passes/1/radius", before[1]),
        ("shape/opacity/0", before[2]),
        ("finish", values["finish"]),
    ]:
        found = rules.with_changes(found, {path: value})
    assert found == values and values["shape"]["aspect"] == before[0] != 9


def test_what_was_kept_and_makes_no_sense_any_more_is_left_out():
    values = STYLES["painterly"]
    kept = {"shape/aspect": 9, "shape/gone": 1, "passes/9/radius": 0.1, "passes/x": 1, "finish/deeper": 1, "finish": -1,
            "shape/straight": 1, "background": "mauve", "shape/edge": values["shape"]["edge"]}  # fmt: skip
    assert rules.sound(SCHEMA, values, kept) == {"shape/aspect": 9}
    assert rules.sound(SCHEMA, values, [1]) == {}
    nowhere = {"shape/gone": 1, "passes/9/radius": 0.1, "passes/x": 1, "finish/deeper": 1}
    assert rules.with_changes(values, nowhere) == values


def test_a_new_parameter_needs_no_change_of_the_plugin():
    schema = {
        "$defs": {"Paint": {"properties": {"oil": {"type": "number", "minimum": 0, "maximum": 1, "description": "?"}}},
                  "Kind": {"enum": ["thick", "thin"], "type": "string"}},
        "properties": {"paint": {"$ref": "#/$defs/Paint"}, "kind": {"allOf": [{"$ref": "#/$defs/Kind"}]},
                       "tools": {"type": "array", "items": {"type": "integer", "exclusiveMaximum": 5}},
                       "odd": {"type": "null"}, "only": {"const": "one"}},
    }  # fmt: skip
    values = {"paint": {"oil": 0.5}, "kind": "thick", "tools": [1, 2], "odd": None, "only": "one", "unknown": 3}
    found = [(each.path, each.kind, each.group) for each in rules.parameters(schema, values)]
    assert found == [("kind", "choice", ""), ("tools/0", "whole", ""), ("tools/1", "whole", ""), ("only", "choice", ""),
                     ("paint/oil", "number", "Paint")]  # fmt: skip
    tools = rules.parameters(schema, values)[1]
    assert tools.allows(4) and not tools.allows(5)


def test_a_look_that_a_style_leaves_out_is_a_parameter_and_can_be_changed():
    values = {name: value for name, value in STYLES["realistic"].items() if name not in rules.LOOK}
    whole = rules.completed(SCHEMA, values)
    assert whole["medium"]["kind"] == "flat" and whole["light"]["relief"] is None
    assert {**whole, **values} == whole and rules.completed(SCHEMA, {**values, "light": {"gloss": 0.2}})["light"][
        "gloss"] == 0.2  # fmt: skip
    found = {each.path: each for each in rules.parameters(SCHEMA, whole)}
    relief = found["light/relief"]
    assert (relief.kind, relief.low, relief.high, relief.value) == ("number", 0, 1.5, None) and not relief.allows(None)
    assert found["light/ground"].choices == ["canvas", "paper", "tooth", "none"] and found["light/ground"].value is None
    pigments = found["medium/pigments"]  # a name here, though a list may be there as well
    assert (pigments.kind, pigments.value) == ("text", "classic") and pigments.allows("sepia")
    changes = {"medium/kind": "oil", "medium/dryness": 1.5, "light/relief": 0.25, "light/ground": "paper"}
    kept = rules.sound(SCHEMA, values, {**changes, "light/gloss": 7, "medium/body": 1.0, "light/angle": None})
    assert kept == changes
    changed = rules.with_changes(values, kept)
    assert changed["medium"] == {"kind": "oil", "dryness": 1.5} and changed["light"]["relief"] == 0.25
    assert validate_style(changed, "changed").light.ground == "paper" and "medium" not in values
