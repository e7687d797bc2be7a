"""Layers that say where strokes go and where they are fine, and the palette, as the artist chose them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..document import guides
from ..document.open_documents import CanvasError, active_key
from ..easel.words import tr

FLOW, DETAIL = "flow", "detail"
KINDS = (FLOW, DETAIL)


class Guides:
    """Of each document the unique ids of its guides; of all the name of the palette, or nothing."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._layers: dict[tuple[str, str], str] = {}
        self.palette = ""

    def layer(self, kind: str, key: str = "") -> str:
        """The guide of a document, of that in front by default; nothing if there is none."""
        return self._layers.get((key or active_key(), kind), "")

    def choose(self, kind: str, uid: str) -> None:
        """Go by this layer; nothing: by none."""
        self._layers[active_key(), kind] = uid
        self._state.changed.emit()

    def add(self, kind: str) -> None:
        """Make a layer to draw one on."""
        title = tr("flow") if kind == FLOW else tr("detail")
        self.choose(kind, guides.new_layer(active_key(), title))

    def choose_palette(self, name: str) -> None:
        """Paint in the colours of this one; nothing: in the picture's."""
        self.palette = name
        self._state.changed.emit()

    def check(self, source: Any, visible: bool) -> None:
        """Raises CanvasError if a guide would be painted as well."""
        for kind in KINDS:
            uid = self.layer(kind, source.key)
            if uid and uid == source.node and not visible:
                raise CanvasError(tr("The chosen layer is a guide; choose the layer that is to be painted."))
            if uid and visible and guides.is_seen(source.key, uid):
                raise CanvasError(tr("A guide is visible, and would be painted as well; hide it first."))

    def coloured(self, values: dict[str, Any]) -> dict[str, Any]:
        """A style's values with the palette, where it has one and the style takes one."""
        if not self.palette or self._state.style.absorbs(values):
            return values
        return {**values, "colour": {**values.get("colour", {}), "palette": guides.colours_of(self.palette)}}

    def asked(self, source: Any, connection: Any) -> Generator[Any, Any, dict[str, Any]]:
        """The fields of the request that a document's guides are, their planes handed over."""
        fields: dict[str, Any] = {}
        for kind in KINDS:
            uid = self.layer(kind, source.key)
            if not uid or connection.lacks(kind):
                continue
            image = yield from guides.read_layer(source.key, uid)
            width, height = image.width(), image.height()
            if kind == FLOW:
                plane = yield connection.put(guides.pixels_of(image))
                fields[kind] = {"plane": plane, "width": width, "height": height, "channels": 4, "depth": "u8",
                                "stride": 4 * width}  # fmt: skip
            else:
                plane = yield connection.put(guides.grey_of(image))
                fields[kind] = {"plane": plane, "width": width, "height": height, "count": 1}
        return fields
