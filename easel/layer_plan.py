"""Which layers a painting will have in the document, and which of the engine's layer goes into which of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .engine_words import region_words
from .words import tr

Numbered = list  # of (number in the plan, layer as `done` describes it)


class LayerPlan:
    """The layers of a painting, as (group or None, name) from the bottom up. kind: none, regions or passes."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.layers: list[tuple[str | None, str]] = []
        self.own_passes: dict[str | None, int] = {}  # of the regions in a style of their own
        self._multiplied: set[tuple[str | None, str]] = set()

    def make(self, header: Mapping[str, Any], passes: int) -> None:
        """Decide on the layers by the event `started` or `done`, once. passes: how many the style has."""
        self.layers = self.layers or self._planned(header, passes)
        told = [layer for layer in header.get("layers") or () if isinstance(layer, dict)]
        self._multiplied |= {(each["group"], each["name"]) for each in told if each.get("blending") == "multiply"}

    @property
    def multiplied(self) -> list[int]:
        """The numbers of those that are multiplied by what lies below them."""
        return [number for number, key in enumerate(self.layers) if key in self._multiplied]

    def titles(self) -> list[tuple[str | None, str]]:
        """The layers as the document has and calls them: the plan has the engine's names, which are compared and kept.

        A group of one layer is that layer, called as the group.
        """
        groups = [group for group, _ in self.layers]
        found: list[tuple[str | None, str]] = []
        for group, name in self.layers:
            words = None if group is None else region_words(group)
            found.append((None, words) if words and groups.count(group) == 1 else (words, _title(name)))
        return found

    def numbered(self, done: Mapping[str, Any]) -> Numbered:
        """The layers of the result that have a place in the plan, each with its number there."""
        places = {key: number for number, key in enumerate(self.layers)}
        whole = {"name": "painting", "group": None, "x": 0, "y": 0, "width": done["width"], "height": done["height"]}
        layers = done["layers"] or [{**whole, "file": "pixels.rgba"}]
        found = [(places.get((layer["group"], layer["name"])), layer) for layer in layers]
        return [(number, layer) for number, layer in found if number is not None]

    def _planned(self, header: Mapping[str, Any], passes: int) -> list[tuple[str | None, str]]:
        if header["event"] == "done":
            return [(layer["group"], layer["name"]) for layer in header["layers"]] or [(None, "painting")]
        if self.kind == "none":
            return [(None, "painting")]
        if header.get("layers"):  # an engine that multiplies tells which there may be
            return [(layer["group"], layer["name"]) for layer in header["layers"]]
        groups = list(header.get("regions") or []) or [None]
        count = {group: self.own_passes.get(group, passes) if self.kind == "passes" else 1 for group in groups}
        return [(None, "background"), *((group, f"pass {k + 1}") for group in groups for k in range(count[group]))]


def _title(name: str) -> str:
    """What the artist reads for a layer that the engine calls so."""
    before, _, number = name.rpartition(" ")
    if before == "pass" and number.isdigit():
        return tr("pass {number}").format(number=number)
    words = {
        "painting": tr("painting"), "background": tr("underpainting"), "paper": tr("paper"), "spatter": tr("spatter"),
        "pen": tr("pen"), "pencil": tr("pencil"), "charcoal": tr("charcoal"),
    }  # fmt: skip
    return words.get(name, name)
