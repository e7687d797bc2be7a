"""Find, read, override and check styles.

The presets are the TOML files in this folder. The user's own, `IMPASTO_HOME/styles/NAME.toml`, are found by name as
well; a preset keeps its name, so a file of the user's that is called as one is only read by its path.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.io import load_picture, picture_suffixes
from impasto.engine.styles.style import Look, Style
from impasto.engine.styles.variation import varied
from impasto.protocol.places import home_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

__all__ = [
    "OWN_FOLDER", "Style", "changed_style", "load_style", "loaded_styles", "own_names", "preset_names", "validate_look",
    "validate_style", "varied",
]  # fmt: skip

OWN_FOLDER = "styles"  # in Impasto's own
LARGEST_FILE = 64 * 1024
LONGEST_QUOTE = 120  # letters of what was given, in an error


def preset_names() -> list[str]:
    """Names of the styles that come with Impasto."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.toml"))


def own_names() -> list[str]:
    """Names of the user's own styles, without those that presets have. Makes no folder."""
    try:
        folder = home_path() / OWN_FOLDER
    except RuntimeError:  # the system knows of no folder of this user's
        return []
    names = {path.stem for path in folder.glob("*.toml") if path.is_file() and not path.name.startswith(".")}
    return sorted(names - set(preset_names()))


def loaded_styles() -> tuple[list[Style], list[str]]:
    """All styles that have a name, presets first, and a sentence about each that is broken."""
    styles, troubles = [load_style(name) for name in preset_names()], []
    for name in own_names():
        try:
            styles.append(load_style(name))
        except ImpastoError as error:
            troubles.append(str(error))
    return styles, troubles


def load_style(name: str, overrides: Iterable[str] = ()) -> Style:
    """Read a preset or one of the user's own styles by name, or any style by path, and apply overrides.

    The path of a picture is that of the style that paints like it, see `engine.styles.example`.

    An override is such as "passes.2.radius=0.02"; passes are counted from 1. A kind of medium is for all of them.
    A tip that the file names lies beside it, one that an override names where we are; the style has its whole path.

    Raises ImpastoError for a missing file, bad TOML or a value out of range, naming the value and what is allowed.
    """
    data = _read(name)
    overrides = list(overrides)
    for override in overrides:
        _override(data, override)
    where = f"style {name}" + (f" with {', '.join(map(_brief, overrides))}" if overrides else "")
    return _with_tip_here(validate_style(data, where))


def changed_style(style: Style, overrides: Iterable[str]) -> Style:
    """A style with overrides as in `load_style`. Raises ImpastoError for a value out of range."""
    overrides = list(overrides)
    if not overrides:
        return style
    data = style.model_dump(mode="json")
    for override in overrides:
        _override(data, override)
    changed = validate_style(data, f"style {style.name} with {', '.join(map(_brief, overrides))}")
    return changed if changed.medium.tip == style.medium.tip else _with_tip_here(changed)


def _with_tip_here(style: Style) -> Style:
    """The style with the whole path of its tip, which lies where we are if nothing else is said."""
    if not style.medium.tip or Path(style.medium.tip).is_absolute():
        return style
    here = str(Path(style.medium.tip).absolute())
    return style.model_copy(update={"medium": style.medium.model_copy(update={"tip": here})})


def validate_style(data: dict[str, Any], where: str) -> Style:
    """Check a style's values; `where` names it in the error."""
    try:
        return Style.model_validate(data)
    except ValidationError as error:
        raise ImpastoError(f"{where}: {_first_problem(error)}.") from None


def validate_look(medium: dict[str, Any], light: dict[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """The sections `medium` and `light` of a style, checked, with only what is not as usual; `where` is for the error.

    Raises ImpastoError for an unknown medium or setting, and for a value out of range.
    """
    try:
        return Look.model_validate({"medium": medium, "light": light}).model_dump(mode="json")
    except ValidationError as error:
        raise ImpastoError(f"{where}: {_first_problem(error)}.") from None


def _read(name: str) -> dict[str, Any]:
    preset = name in preset_names()
    own = not preset and name in own_names()
    if preset:
        path = Path(__file__).parent / f"{name}.toml"
    elif own:
        path = home_path() / OWN_FOLDER / f"{name}.toml"
    else:
        path = Path(name)
        if path.suffix.lower() in picture_suffixes():
            from impasto.engine.styles.example import style_from

            return style_from(load_picture(path), path.stem).model_dump(mode="json")
        if path.suffix != ".toml":
            there = ", ".join([*preset_names(), *own_names()])
            raise ImpastoError(
                f"there is no style {name}; there are {there}, or give the path of a .toml file or of a picture."
            )
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ImpastoError(f"the style file {path} cannot be read ({error.strerror}); check the path.") from None
    except ValueError:  # a name with a zero byte in it
        raise ImpastoError(f"there can be no style file {str(path)!r}; check the path.") from None
    if len(text) > LARGEST_FILE:
        raise ImpastoError(f"the style file {path} is over {LARGEST_FILE // 1024} kB; that is no style.")
    try:
        data = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a plain ValueError
        remedy = "install Impasto again" if preset else "mend that line"
        raise ImpastoError(f"the style file {path} is not valid TOML ({_brief(error)}); {remedy}.") from None
    if own:  # found by that name, whatever style it was copied from
        data["name"] = name
    data.setdefault("name", path.stem)
    medium = data.get("medium")
    if isinstance(medium, dict) and isinstance(tip := medium.get("tip"), str) and tip:
        medium["tip"] = str(path.parent.absolute() / tip)
    return data


def _override(data: dict[str, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    steps = key.strip().split(".")
    if not equals or not all(steps):
        raise ImpastoError(f"--set {_brief(text)}: write it as name=value, for instance passes.2.radius=0.02.")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        parsed = value.strip()  # a word without quotes: --set background=white
    if steps == ["medium", "kind"] and isinstance(passes := data.get("passes"), list):
        for each in passes:
            if isinstance(each, dict):
                each.pop("medium", None)
    if steps[0] == "loss" and len(steps) > 1 and isinstance(plain := data.get("loss"), str):
        data["loss"] = {"kind": plain}
    wish = f"--set {_brief(text)}"
    place: Any = data
    for k, step in enumerate(steps):
        last = k == len(steps) - 1
        if isinstance(place, list):
            if step not in map(str, range(1, len(place) + 1)):
                raise ImpastoError(
                    f"{wish}: {'.'.join(steps[:k])} has entries 1 to {len(place)}, and no {_brief(step)}."
                )
            index: Any = int(step) - 1
        elif isinstance(place, dict):
            index = step
        else:
            raise ImpastoError(f"{wish}: {'.'.join(steps[:k])} is a single value, it has no {_brief(step)}.")
        if last:
            place[index] = parsed
        elif isinstance(place, dict):
            place = place.setdefault(index, {})
        else:
            place = place[index]


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = _brief(".".join(str(p + 1) if isinstance(p, int) else p for p in problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"there is no setting {place}; `impasto styles --explain` lists them all"
    given = problem.get("input")
    value = f" (given: {_brief(given)})" if isinstance(given, str | int | float | bool) else ""
    rule = problem["msg"].removeprefix("Value error, ")
    return f"{place or 'the style'}{value}: {rule[0].lower()}{rule[1:]}"


def _brief(given: object) -> str:
    """What was given, short enough for one line of an error."""
    if isinstance(given, int) and abs(given) > 10**LONGEST_QUOTE:
        return f"a number of over {LONGEST_QUOTE} digits"
    text = " ".join("".join(c if c.isprintable() else " " for c in str(given)).split())
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"
