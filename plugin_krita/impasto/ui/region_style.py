"""The parameters of the style that chosen regions are painted in: for them alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..easel.parameters import sound
from ..told import Changes, OfferedStyle
from .parameters import ParametersBox

# what regions have in common: how the whole is finished and lit, and what lies under it
_SHARED = ("light", "background", "finish", "plateau", "loss")


class RegionStyle:
    """What `ParametersBox` changes: the style of the regions whose keys `chosen` tells; that of the first is shown."""

    def __init__(self, state: Any, chosen: Callable[[], list[int]]) -> None:
        self._state, self._chosen = state, chosen

    def _first(self) -> Any:
        keys = self._chosen()
        return next((entry for entry in self._state.regions.entries if entry.key in keys), None)

    def plain(self) -> OfferedStyle:
        """Their style, or that for everything, as it is painted without their own changes."""
        row, style = self._first(), self._state.style
        own = [each for each in style.known if row is not None and each["name"] == row.style]
        return own[0] if own else style.changed()

    def parameters(self) -> list[Any]:
        """What may be changed of it for a region alone."""
        found = self._state.style.parameters_of(self.plain())
        shared = [each for each in found if each.path.partition("/")[0] in _SHARED]
        return [each for each in found if each not in shared and each.path not in ("medium/kind", "medium/tip")]

    def changes(self) -> Changes:
        """What was changed of it, by path."""
        row = self._first()
        schema = self._state.connection.hello["parameters"]
        return {} if row is None else sound(schema, self.plain()["values"], row.changes)

    def change(self, path: str, value: Any) -> None:
        """Change a parameter; the style's own value undoes the change."""
        values = {each.path: each.value for each in self.parameters()}
        self._state.regions.alter(self._chosen(), path, None if value == values.get(path) else value)

    def reset(self) -> None:
        """Undo all changes of it."""
        self._state.regions.reset(self._chosen())


class RegionParameters(ParametersBox):
    """Their rows."""

    def __init__(self, state: Any, chosen: Callable[[], list[int]]) -> None:
        super().__init__(state, RegionStyle(state, chosen))
