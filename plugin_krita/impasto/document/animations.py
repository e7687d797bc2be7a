"""The key frames of an animated layer, read where they lie: the time that shows stays.

Part of the room that touches Krita's documents. Nothing is written: to have Krita read frames into a document may end
it, so that painted frames are files.
"""

from __future__ import annotations

from collections.abc import Generator

from ..easel.words import tr
from ..planes import Plane, room
from .krita_document import STRIPE, Come, Source, to_rgba
from .open_documents import CanvasError, active_document, id_of, layer_of, node_of, space_of

MOST = 5000  # frames that are looked at


def chosen() -> tuple[Source, list[int]]:
    """The chosen layer, not read, and the times of its key frames. Raises CanvasError if it has none."""
    document = active_document()
    if document is None:
        raise CanvasError(tr("Open a picture first."))
    node = layer_of(document.activeNode())
    if node is None or node.type() != "paintlayer" or not node.animated():
        raise CanvasError(tr("This layer has no frames; choose an animated paint layer, or flatten one from a group."))
    last = max(document.fullClipRangeEndTime(), document.currentTime())
    times = [time for time in range(min(last, MOST) + 1) if node.hasKeyframeAtTime(time)]
    source = Source(document, node.name(), document.width(), document.height())
    source.node = id_of(node)
    if not times:
        raise CanvasError(tr("This layer has no frames; choose an animated paint layer, or flatten one from a group."))
    return source, times


def frame_at(clip: Source, time: int, come: Come) -> Generator[None, None, tuple[Plane, bool]]:
    """The pixels (RGBA) of a key frame, stripe by stripe, and whether there is anything.

    come: hears how much has been read, 0 to 1. Raises CanvasError if the layer is gone.
    """
    row = 4 * clip.width
    rows, pixels, is_there = max(1, STRIPE // clip.width), room(row * clip.height), False
    for top in range(0, clip.height, rows):
        node = node_of(clip.key, clip.node)
        if node is None:
            raise CanvasError(tr("The layer was deleted, or its document closed, while it was read; choose another."))
        height = min(rows, clip.height - top)
        raw = bytes(node.pixelDataAtTime(0, top, clip.width, height, time))
        part = to_rgba(raw, clip.width, height, space_of(node))
        pixels[row * top : row * (top + height)] = part
        is_there = is_there or any(part[3::4])
        come((top + height) / clip.height)
        yield
    return pixels, is_there
