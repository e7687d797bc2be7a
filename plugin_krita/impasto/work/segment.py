"""A list of regions: found by the engine, or drawn by the user; and a layer cut into layers by them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..document import drawn_masks, krita_document, pen, scratch
from ..document.mask_math import Cutter, grey
from ..document.open_documents import CanvasError
from ..easel.words import tr
from ..settings import DEFAULTS
from ..told import SegmentedTold
from .asking import Asking
from .region_book import SIDE, canvas_of, plane_size
from .stages import CUTTING, SEGMENTING, SENDING
from .steps import Steps

STRIPE = 1 << 18  # pixels cut before the windows get a turn


def segmenters(state: Any) -> list[str]:
    """The names of the ways to find regions that the engine lists; the usual one, as long as it lists none."""
    return state.connection.hello.get("segmenters") or [DEFAULTS["segmenter"]]


def title(state: Any, name: str) -> str:
    """What the engine calls one of them in a list; engines before protocol 3 do not say."""
    offers = state.connection.hello.get("offers")
    there = offers.get("segmenters") if isinstance(offers, dict) else None
    titles = {one.get("name"): one.get("title") for one in there or [] if isinstance(one, dict)}
    return str(titles.get(name) or name.replace("_", " ").capitalize())


def segmenter(state: Any, settings: Any = None) -> str:
    """The one that the user chose, or, if the engine does not have it, the usual one, or the engine's first.

    settings: those of some time ago, if they matter; else those of now.
    """
    known = segmenters(state)
    chosen = state.settings if settings is None else settings
    wanted = chosen["segmenter"], DEFAULTS["segmenter"], known[0]
    return next(name for name in wanted if name in known)


class Segmenting(Asking):
    """Find the regions of a layer; they replace those that were found before."""

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("regions")

    def _asked(self) -> Steps:
        yield from self._find((yield from krita_document.read_source(self._state.settings["visible"], self.come)))

    def _find(self, source: Any) -> Steps:
        self.become(SENDING)
        plane = yield self._state.connection.put(source.pixels, self.come)
        asked = {"picture": source.described(plane), "method": segmenter(self._state), "size": SIDE}
        done: SegmentedTold = yield from self._answer(SEGMENTING, "segment", **asked)
        width, height = done["width"], done["height"]
        size = width * height
        data = yield from self.job.fetched("regions.raw8", size * len(done["found"]))
        found = []
        for k, region in enumerate(done["found"]):
            found.append((region["name"], grey(data[k * size : (k + 1) * size], width, height)))
            yield
        self._state.regions.found(source.key, found)
        if warnings := done.get("warnings"):
            self.say(" ".join(warnings))


class Layering(Segmenting):
    """Cut a layer into one layer for each region, in a new group above it; find the regions first if there are none."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.result: Any = None

    def _asked(self) -> Steps:
        source = yield from krita_document.read_source(self._state.settings["visible"], self.come)
        if not self._state.regions.names(source.key):
            yield from self._find(source)
        self.become(CUTTING)
        words = tr("This is animated; what is cut is the frame that shows, as a still over all frames.")
        self.tell_if_animated(source, self._state.settings["visible"], words)
        yield from self._cut(source)

    def close(self, how: str) -> None:
        """See `Piece`."""
        super().close(how)
        if self.result is not None:
            if how == "done":
                self.result.finish()
            elif how != "closing":
                self.result.remove()

    def _cut(self, source: Any) -> Steps:
        names = self._state.regions.names(source.key)
        cutter = Cutter(source.width, source.height)
        yield from cutter.begin((yield from self._state.regions.shares(source.key)))
        yield from pen.up()
        self.result = krita_document.Result(source)
        self.result.build(tr("{name} \u2013 regions").format(name=source.name), [(None, name) for name in names])
        yield
        scratch.close()
        rows = max(1, STRIPE // source.width)
        for number in range(len(names)):
            self.come(number / len(names))
            for top in range(0, source.height, rows):
                tall = min(rows, source.height - top)
                first, last = top * source.width, (top + tall) * source.width
                part = bytearray(source.pixels[4 * first : 4 * last])
                selected = None if source.mask is None else source.mask[first:last]
                cut = cutter.alphas(number, top, tall, bytes(part[3::4]), selected)
                yield
                if cut.strip(b"\0"):
                    part[3::4] = cut
                    yield from self.result.write(number, bytes(part), 0, top, source.width, tall)
                self.result.keep_active()
        if not self.result.there:
            raise CanvasError(tr("The group of the layers was deleted, or its document closed."))
        yield from pen.up()
        self.result.refresh()


class FromLayers(Segmenting):
    """Regions that the user has drawn: of selection masks, of a group, of chosen layers."""

    def _asked(self) -> Steps:
        if not self.key:
            raise CanvasError(tr("Open a picture first."))
        found = yield from self._read(*plane_size(*canvas_of(self.key)))
        self._state.regions.add(self.key, found)

    def _read(self, width: int, height: int) -> Generator[None, None, list]:
        return drawn_masks.own_regions(width, height)


class FromSelection(FromLayers):
    """The selection, as one more region."""

    def _read(self, width: int, height: int) -> Generator[None, None, list]:
        return drawn_masks.selected_region(width, height)
