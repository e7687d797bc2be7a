"""The style that the user chose, and what was changed of it."""

from __future__ import annotations

from typing import Any

from .changes import Change
from .easel.parameters import LOOK, completed, parameters, sound, with_changes
from .told import Changes, OfferedStyle

# of the look: what has a control of its own, and what is chosen otherwise
CONTROLLED = (
    "attention/interest", "medium/kind", "medium/tip",
    "medium/bristles", "medium/dryness", "medium/wetness", "medium/rims",
    "medium/granulation", "medium/line", "medium/border", "medium/spatter", "medium/pigments", "light/relief",
    "light/gloss", "light/angle", "light/ground",
)  # fmt: skip


def look_of(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a style's values say of its medium and its light."""
    return {name: dict(values.get(name) or {}) for name in LOOK}


def kinds_of(values: dict[str, Any]) -> list[str]:
    """The kinds of media in a style: its own, and those that passes have of their own."""
    own = (values.get("medium") or {}).get("kind") or "flat"
    passes = [each.get("medium") for each in values.get("passes") or () if isinstance(each, dict)]
    return [own, *(kind for kind in passes if isinstance(kind, str) and kind != own)]


class ChosenStyle:
    """One of the engine's styles, by the settings. All but `known` need an engine that was connected once."""

    def __init__(self, state: Any) -> None:
        self._state = state

    @property
    def known(self) -> list[OfferedStyle]:
        """The styles the engine knows: name, description and values of each."""
        return self._state.connection.hello.get("styles", [])

    def plain(self) -> OfferedStyle:
        """The chosen style as the engine has it; the first one if the engine does not know the chosen one."""
        chosen = [style for style in self.known if style["name"] == self._state.settings["style"]]
        return (chosen or self.known)[0]

    def changed(self) -> OfferedStyle:
        """The chosen style with the user's changes."""
        style = self.plain()
        return {**style, "values": with_changes(style["values"], self.changes())}

    def parameters(self) -> list[Any]:
        """What may be changed of it, except its name and description, and what has controls of its own."""
        return [each for each in self.parameters_of(self.plain()) if each.path not in CONTROLLED]

    def parameters_of(self, style: OfferedStyle) -> list[Any]:
        """What may be changed of a style that an engine described."""
        values = completed(self._schema, {**{name: {} for name in LOOK if self._has(name)}, **style["values"]})
        found = parameters(self._schema, values, (*style, "strokes"))
        return [each for each in found if each.value is not None]

    def look_parameters(self) -> dict[str, Any]:
        """What may be changed of its look, by path; nothing if the engine is too old for that.

        The value of one that the medium decides on is None.
        """
        if not self._has(LOOK[0]):
            return {}
        values = completed(self._schema, {name: self.plain()["values"].get(name, {}) for name in LOOK})
        return {each.path: each for each in parameters(self._schema, {name: values.get(name, {}) for name in LOOK})}

    def _has(self, section: str) -> bool:
        """Does the engine know this section of styles?"""
        return section in self._schema.get("properties", {})

    def look(self) -> dict[str, dict[str, Any]]:
        """What it says of its medium and its light, with the user's changes."""
        return look_of(self.changed()["values"])

    def absorbs(self, values: dict[str, Any]) -> bool:
        """Do strokes in a style of these values let through what is beneath? An engine that does not say knows none."""
        offers = self._state.connection.hello.get("offers")
        media = offers.get("media") if isinstance(offers, dict) else None
        through = {each["name"] for each in media or () if each.get("absorbs")}
        return any(kind in through for kind in kinds_of(values))

    def changes(self) -> Changes:
        """What was changed of it, by parameter."""
        style = self.plain()
        return sound(self._schema, style["values"], self._state.settings["changes"].get(style["name"]))

    def change(self, path: str, value: Any) -> None:
        """Change a parameter; the style's own value, or None, undoes the change."""
        style = self.plain()
        changes = sound(self._schema, style["values"], {**self.changes(), path: value})
        self._keep({**self._state.settings["changes"], style["name"]: changes})

    def adopt(self, style: OfferedStyle) -> None:
        """Choose a style that the engine has just kept, as it is; what was changed of one of this name is undone."""
        connection, settings = self._state.connection, self._state.settings
        connection.hello["styles"] = [*(each for each in self.known if each["name"] != style["name"]), style]
        changes = {name: its for name, its in settings["changes"].items() if name != style["name"]}
        usual = {"changes": changes, "brush": 1.0, "looseness": 0.0, "interest": -1.0, "strokes": 0}
        for name, value in {**usual, "style": style["name"]}.items():
            settings[name] = value
        self._state.tell(Change.STYLE)

    def reset(self) -> None:
        """Undo all changes of it."""
        name = self.plain()["name"]
        self._keep({style: changes for style, changes in self._state.settings["changes"].items() if style != name})

    @property
    def _schema(self) -> dict[str, Any]:
        return self._state.connection.hello["parameters"]

    def _keep(self, changes: Changes) -> None:
        self._state.settings["changes"] = changes
        self._state.tell(Change.PARAMETER)
