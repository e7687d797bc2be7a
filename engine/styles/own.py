"""Keeping a style as one of the user's own, which every program of Impasto's finds by its name."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.styles import LARGEST_FILE, OWN_FOLDER, Style, own_names, preset_names, validate_style
from impasto.protocol.places import home_path

MOST_OWN = 200  # styles; more would be no help to anybody
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that Windows keeps to itself


def own_file(name: str) -> Path:
    """The file of a style of the user's own, which may not be there yet.

    Raises ImpastoError for a name that cannot be a file's, or is a preset's.
    """
    if name in preset_names() or name.casefold() in map(str.casefold, preset_names()):
        raise ImpastoError(f"{name} is a style that comes with Impasto; choose another name")
    plain = re.fullmatch(r"[\w .-]{1,64}", name) and name == name.strip(" .") and len(name.encode()) < 200
    if not plain or _RESERVED.fullmatch(name) or name.startswith("-"):
        raise ImpastoError("this can be no style's name; use up to 64 letters, digits, spaces, dots and hyphens")
    return home_path() / OWN_FOLDER / f"{name}.toml"


def own_stamp() -> tuple[tuple[str, int], ...]:
    """Something that is another when the user's own styles are others."""
    found = []
    for name in own_names():
        with contextlib.suppress(OSError):
            found.append((name, (home_path() / OWN_FOLDER / f"{name}.toml").stat().st_mtime_ns))
    return tuple(found)


def keep_style(name: str, values: dict[str, Any], overwrite: bool = False) -> Style:
    """Write a style's values, under this name, into the user's folder of styles; returns it.

    Raises ImpastoError for values that are no style, a name that cannot be one, and a file that is already there
    (unless it is to be replaced) or cannot be written.
    """
    path = own_file(name)
    style = validate_style({**values, "name": name}, f"the style {name}")
    text = toml_text(style.model_dump(mode="json")).encode()
    if len(text) > LARGEST_FILE:
        raise ImpastoError(f"this style takes over {LARGEST_FILE // 1024} kB; that is no style")
    if len(own_names()) >= MOST_OWN and not path.exists():
        raise ImpastoError(f"there are {MOST_OWN} styles of your own already; delete some in {OWN_FOLDER}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImpastoError(f"the folder of styles cannot be made ({error.strerror}); see to its disk") from error
    with atomic_write(path, overwrite) as file:
        file.write(text)
    return style


def toml_text(values: dict[str, Any]) -> str:
    """A style's values as TOML, in ASCII, so that it does not matter in whatever encoding somebody saves it."""
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if not _is_table(value)]
    for key, value in values.items():
        if not _is_table(value):
            continue
        tables, head = (value, f"[[{key}]]") if isinstance(value, list) else ([value], f"[{key}]")
        for table in tables:
            lines += ["", head, *(f"{name} = {_toml(item)}" for name, item in table.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_toml(item)}' for name, item in value.items())} }}"
    return repr(value)


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if " " <= letter <= "~" else f"\\U{ord(letter):08x}"
