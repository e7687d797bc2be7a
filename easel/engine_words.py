"""What an engine calls things, as the artist reads it: styles, parameters, regions, errors."""

from __future__ import annotations

import re
from typing import Any

from .parameters import Parameter
from .words import is_ours, of_engine, tr

_NUMBERED = re.compile(r"(.+?) (\d+)")
_RELATED = re.compile(r"(?:(.+) )?\b(above|below|left of|right of|around) (.+)")
_AREA = re.compile(r"(.+) area (.+)")
_PLACED = re.compile(r"(.+?) ((?:top|bottom)(?: (?:left|right))?|left|right|middle|all over)")
_SHADED = re.compile(r"(dark|light|bright) (.+)")


def named_as(kind: str, name: str, title: str = "") -> str:
    """What one of the engine's choices is called: a style, a medium, a way to find regions."""
    return of_engine(f"{kind}:{name}", title or name)


def about(kind: str, name: str, text: str) -> str:
    """What the engine says about one of its choices."""
    return of_engine(f"{kind}:{name}/about", text)


def parameter_title(parameter: Parameter) -> str:
    """What a parameter of a style is called."""
    own = of_engine(f"parameter:{parameter.code}", "")
    last = parameter.path.rpartition("/")[2]
    if not own or not last.isdigit():
        return own or parameter.title
    return of_engine(f"parameter:{parameter.code}/{last}", f"{own} {int(last) + 1}")


def parameter_about(parameter: Parameter) -> str:
    """What a parameter of a style does."""
    return of_engine(f"parameter:{parameter.code}/about", parameter.description)


def parameter_group(parameter: Parameter) -> str:
    """What the group that a parameter is in is called."""
    own = of_engine(f"group:{parameter.group_code}", parameter.group)
    numbers = [int(step) + 1 for step in parameter.path.split("/")[:-1] if step.isdigit()]
    return own.replace("{number}", str(numbers[0])) if numbers else own


def region_words(name: str) -> str:
    """A region's name: those that the engine finds are made of few words; the user's own stay as they are."""
    found = _region(name)
    if found is None:
        numbered = _NUMBERED.fullmatch(name)
        found = None if numbered is None else _region(numbered.group(1))
        found = None if found is None or numbered is None else f"{found} {numbered.group(2)}"
    return found or name


def error_words(error: Any) -> str:
    """What an engine says went wrong, and before it in the artist's language of what kind that is, if need be."""
    kind = of_engine("error:{}".format(getattr(error, "code", "")), "")
    if not kind or is_ours(getattr(error, "sentence", "")):
        return str(error)
    return tr("{name}: {tip}").format(name=kind, tip=error)


def _region(name: str) -> str | None:
    known = of_engine(f"region:{name}", "")
    if known:
        return known
    area, related = _AREA.fullmatch(name), _RELATED.fullmatch(name)
    if area is not None:
        colour, place = _colour(area.group(1)), of_engine(f"place:{area.group(2)}", "")
        form = of_engine("region:area", "")
        return form.format(colour=colour, place=place) if colour and place and form else None
    if related is not None:
        form, inner = of_engine(f"relation:{related.group(2)}", ""), _region(related.group(3))
        colour = "" if related.group(1) is None else _colour(related.group(1))
        return None if not form or inner is None or colour is None else f"{colour} {form.format(name=inner)}".strip()
    placed = _PLACED.fullmatch(name)
    if placed is None:
        return None
    inner, where = _region(placed.group(1)), of_engine(f"place:{placed.group(2)}", "")
    return f"{inner} {where}" if inner and where else None


def _colour(name: str) -> str | None:
    shaded = _SHADED.fullmatch(name)
    if shaded is None:
        return of_engine(f"colour:{name}", "") or None
    form, inner = of_engine(f"colour:{shaded.group(1)}", ""), of_engine(f"colour:{shaded.group(2)}", "")
    return form.format(name=inner) if form and inner else None
