"""A style's parameters as its engine describes them: what may be changed, within what, and what was. No Qt here.

The engine sends a JSON schema of styles, and each style's values. A parameter is a plain value somewhere in there; its
path names it: "shape/aspect", "passes/0/radius". What a later engine adds is found here without a change.
"""

from __future__ import annotations

import copy
import re
from typing import Any

WHOLE, NUMBER, FLAG, CHOICE, TEXT = "whole", "number", "flag", "choice", "text"
_KINDS = {"integer": WHOLE, "number": NUMBER, "boolean": FLAG, "string": TEXT}
LOOK = ("medium", "light")  # the sections of a style that can be changed when it is painted
MOST = 1e9  # where the schema has no limit


class Parameter:
    """One plain value of a style: what it is called, what it may be, and what the style says."""

    def __init__(self, path: str, group: str, title: str, rule: dict[str, Any], value: Any) -> None:
        self.path, self.group, self.title, self.value = path, group, title, value
        steps = [step for step in path.split("/") if not step.isdigit()]
        self.code = "/".join(steps)  # the same for each pass
        self.group_code = "/".join(steps[:-1])
        self.description = str(rule.get("description", ""))
        self.choices = list(rule.get("enum", ()))
        self.kind = CHOICE if self.choices else _KINDS.get(str(rule.get("type")), "")
        self.pattern = str(rule.get("pattern", ""))
        self.low, over = _limit(rule, "minimum", "exclusiveMinimum", -MOST)
        self.high, under = _limit(rule, "maximum", "exclusiveMaximum", MOST)
        self.decimals = 0
        if self.kind == NUMBER:
            ends = (end for end in (self.low, value) if end is not None and abs(end) < MOST)
            self.decimals = max(3 if self.high <= 1 else 2, *(min(_decimals(end), 6) for end in ends))
        step = 10.0**-self.decimals if self.kind == NUMBER else 1
        self.low, self.high = self.low + step * over, self.high - step * under

    def allows(self, value: Any) -> bool:
        """May it be this?"""
        if self.kind == CHOICE:
            return value in self.choices
        if self.kind == FLAG:
            return isinstance(value, bool)
        if self.kind == TEXT:
            return isinstance(value, str) and re.search(self.pattern, value) is not None
        plain = isinstance(value, int) or (self.kind == NUMBER and isinstance(value, float))
        return plain and not isinstance(value, bool) and self.low <= value <= self.high


def completed(schema: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A style's values with what it leaves out of its look, as that is usual for its engine."""
    found = dict(values)
    for name in LOOK:
        inner, there = _resolved(schema, schema.get("properties", {}).get(name, {})), found.get(name, {})
        if isinstance(there, dict) and inner.get("properties"):
            usual = {key: each["default"] for key, each in inner["properties"].items() if "default" in each}
            found[name] = {**usual, **there}
    return found


def parameters(schema: dict[str, Any], values: dict[str, Any], without: Any = ()) -> list[Parameter]:
    """All parameters of a style, in the schema's order, those on top first, and groups whole.

    without: names on top to leave out.
    """
    found: list[Parameter] = []
    _collect(schema, schema, {k: v for k, v in values.items() if k not in without}, (), found)
    order = list(dict.fromkeys(["", *(each.group for each in found)]))
    return sorted(found, key=lambda each: order.index(each.group))  # a stable sort


def with_changes(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The values with changes by path; those for which there is no place any more are left out.

    A style may say nothing of its look, which is as usual then: for that there is always a place.
    """
    found = copy.deepcopy(values)
    for section in {path.partition("/")[0] for path in changes} & set(LOOK):
        found.setdefault(section, {})
    for path, value in changes.items():
        place: Any = found
        *way, last = (int(step) if step.isdigit() else step for step in path.split("/"))
        try:
            for step in way:
                place = place[step]
            if way[:1] not in [[name] for name in LOOK]:
                place[last]  # is it there?
            place[last] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue
    return found


def sound(schema: dict[str, Any], values: dict[str, Any], changes: Any) -> dict[str, Any]:
    """Those of the changes kept from earlier that this engine allows, and that change something."""
    if not isinstance(changes, dict):
        return {}
    known = {each.path: each for each in parameters(schema, completed(schema, values))}
    return {
        path: value
        for path, value in changes.items()
        if path in known and known[path].allows(value) and value != known[path].value
    }


def _collect(schema: Any, rule: Any, value: Any, way: tuple[str, ...], found: list[Parameter]) -> None:
    rule = _resolved(schema, rule)
    if isinstance(value, dict):
        for name, inner in rule.get("properties", {}).items():
            if name in value:
                _collect(schema, inner, value[name], (*way, name), found)
    elif isinstance(value, list):
        each, rest = rule.get("prefixItems", []), rule.get("items", {})
        for k, item in enumerate(value):
            inner = dict(_resolved(schema, each[k] if k < len(each) else rest))
            if not isinstance(item, (dict, list)):  # a pair of numbers is described as a whole
                inner.setdefault("description", rule.get("description", ""))
            _collect(schema, inner, item, (*way, str(k)), found)
    else:
        if isinstance(value, str):  # a name, where a list may be as well
            named = [each for each in rule.get("anyOf", ()) if each.get("type") == "string"]
            rule = {**rule, **named[0]} if named and "type" not in rule else rule
        parameter = Parameter("/".join(way), _words(way[:-1]) if len(way) > 1 else "", _words(way[-1:]), rule, value)
        if len(way) > 1 and way[-1].isdigit():  # an item of a plain list: named after the list
            parameter.group, parameter.title = _words(way[:-2]) if len(way) > 2 else "", _words(way[-2:])
        if parameter.kind:
            found.append(parameter)


def _resolved(schema: dict[str, Any], rule: Any) -> dict[str, Any]:
    """The rule that is meant: references followed, what is said beside them kept, and no null beside another."""
    for _ in range(16):
        given = [each for each in rule.get("anyOf", ()) if each.get("type") != "null"]
        if "$ref" in rule:
            target = schema.get("$defs", {}).get(str(rule["$ref"]).rpartition("/")[2], {})
            rule = {**target, **{name: value for name, value in rule.items() if name != "$ref"}}
        elif len(rule.get("allOf", ())) == 1:
            rule = {**rule["allOf"][0], **{name: value for name, value in rule.items() if name != "allOf"}}
        elif len(given) == 1:
            rule = {**given[0], **{name: value for name, value in rule.items() if name != "anyOf"}}
        elif "const" in rule and "enum" not in rule:
            rule = {**rule, "enum": [rule["const"]]}
        else:
            break
    return rule


def _limit(rule: dict[str, Any], plain: str, exclusive: str, none: float) -> tuple[float, bool]:
    if exclusive in rule:
        return rule[exclusive], True
    return rule.get(plain, none), False


def _decimals(value: float) -> int:
    """Digits after the point."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _words(steps: Any) -> str:
    """Names of the schema as a person would say them; lists are counted from 1."""
    return " ".join(str(int(step) + 1) if step.isdigit() else step.replace("_", " ") for step in steps).capitalize()
