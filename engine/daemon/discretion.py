"""What those hear who are not the owner of this machine: no path of it, and of its networks those that have a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from impasto.engine.styles import OWN_FOLDER
from impasto.protocol import ProtocolError
from impasto.protocol.places import home_path

_SAID = ("sentence", "remedy", "what", "why")  # fields that are words of the engine's
_PATH = re.compile(r"(?<![\w/\\.])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\:;,'\"()]+[/\\])*([^\s/\\:;,'\"()]*)")


class Discretion:
    """Who is the owner, and what others are told.

    owner: its key.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def told(self, key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What the client of a key hears of an event or an error: of a path, anybody but the owner its last part."""
        if key == self._owner:
            return dict(fields)
        return {name: without_paths(v) if name in _SAID and isinstance(v, str) else v for name, v in fields.items()}

    def style(self, key: str, told: dict[str, Any]) -> dict[str, Any]:
        """A style as the client of a key is told it: to anybody but the owner its tip is a file of our styles, by which
        name it may be used, or nothing but a name."""
        medium = told["values"].get("medium", {})
        tip, here = Path(medium.get("tip", "")), home_path() / OWN_FOLDER
        if key == self._owner or not tip.is_absolute():
            return told
        name = f"{OWN_FOLDER}/{tip.relative_to(here).as_posix()}" if tip.is_relative_to(here) else tip.name
        return {**told, "values": {**told["values"], "medium": {**medium, "tip": name}}}

    def check_model(self, key: str, model: str | None) -> None:
        """May a client use this network? The owner any, by its folder, too; others those with a name that are here.

        Raises ProtocolError "refused", with the same words whatever else there is of that name.
        """
        if model is None or key == self._owner:
            return
        from impasto.engine.segment.networks.models import folder_of, manifest

        there = [its.name for its in manifest().values() if not its.package and folder_of(its) is not None]
        if model not in there or Path(model).exists():  # a folder that happens to be called so would come first
            names = ", ".join(there) or "none"
            raise ProtocolError("refused", f"there is no such network here; there are {names}", "choose one of these")


def without_paths(text: str) -> str:
    """The same words, where of each path only its last part is left."""
    return _PATH.sub(lambda found: found[1] or "…", text)
