"""Which layers a repaint adds to the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..document.open_documents import CanvasError
from ..easel.layer_plan import LayerPlan, Numbered
from ..easel.words import tr


class RepaintPlan(LayerPlan):
    """The layers that a repaint adds: those of its one new region."""

    def __init__(self, kind: str, region: str) -> None:
        super().__init__(kind)
        self._region = region

    def numbered(self, done: Mapping[str, Any]) -> Numbered:
        """See `LayerPlan`. Raises CanvasError if nothing was painted."""
        new = [layer for layer in done["layers"] if layer["group"] and layer["group"].startswith(self._region)]
        names = [name for _, name in self.layers]
        found = [(names.index(layer["name"]), layer) for layer in new if layer["name"] in names]
        if not found:
            raise CanvasError(tr("The selection lies beyond the painting; nothing was painted there."))
        return found

    def titles(self) -> list[tuple[str | None, str]]:
        """See `LayerPlan`."""
        return [(None, tr("painting"))] if len(self.layers) == 1 else super().titles()

    def _planned(self, header: Mapping[str, Any], passes: int) -> list[tuple[str | None, str]]:
        return [(None, f"pass {k + 1}") for k in range(passes if self.kind == "passes" else 1)]
