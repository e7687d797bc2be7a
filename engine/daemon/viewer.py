"""The viewer: a process that shows held paintings in another look, while the worker paints what it paints.

Paintings stay loaded, the last ones as far as they fit, so that nothing is read when a slider moves. When its stdin
ends the daemon is gone, and so is the viewer.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
import traceback
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from impasto.engine.daemon import pipe
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

LOADED_BYTES = 512 << 20  # of paintings that are kept loaded; the one that is shown is, whatever its size
NICE = 6  # the worker stands further back: somebody waits for this


class Viewer:
    """Takes `orders`, one after the other, and tells by `teller` what came of each, by its number."""

    def __init__(self, teller: pipe.Teller, threads: int | None) -> None:
        self._teller, self._threads = teller, threads
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self._drafts: Any = None  # what makes them, once the engine is loaded
        self._loaded: OrderedDict[str, Painting] = OrderedDict()  # by handle; the one shown last is the last

    def hear(self, source: BinaryIO) -> None:
        """Read orders until the daemon is gone. Never returns."""
        try:
            while (message := pipe.read(source)) is not None:
                self.orders.put(message[0])
        except Exception as error:
            pipe.end(error)
        os._exit(0)

    def run(self) -> None:
        """Load what painting needs, then do as told for ever."""
        from impasto.engine.painting.drafts import Drafts
        from impasto.engine.raster.cpu.raster import prepare_kernels

        self._drafts = Drafts()
        prepare_kernels()
        self._tell("ready")
        while True:
            order = self.orders.get()
            number = order["number"]
            try:
                self._do(order)
            except ImpastoError as error:
                self._fail(number, "refused", str(error))
            except MemoryError:
                self._loaded.clear()
                self._fail(number, "memory", "this needs more memory than there is", "ask for a smaller size")
            except Exception as error:
                traceback.print_exc()
                sys.stderr.flush()
                self._fail(number, "bug", f"the engine made a mistake ({type(error).__name__})", "its log tells more")

    def _do(self, order: dict[str, Any]) -> None:
        if order["do"] == "forget":
            self._loaded.pop(order["handle"], None)
            return
        if order["do"] == "sample":
            from impasto.engine.daemon.samples import SAMPLE, sample_of

            data = sample_of(order["medium"], self._threads)
            self._tell("done", data, number=order["number"], width=SAMPLE[0], height=SAMPLE[1])
            return
        painting = self._painting(order["handle"], Path(order["file"]))
        if order["do"] == "hold":
            self._tell("done", number=order["number"], **_facts(painting))
            return
        from impasto.engine.painting.look import with_look

        shown = with_look(painting, order["medium"], order["light"])
        size = order["height"], order["width"]
        if order["draft"]:
            pixels = self._drafts.draft(shown, *size, threads=self._threads)
        else:
            pixels = shown.render(*size, threads=self._threads)
        self._tell("done", memoryview(pixels.reshape(-1)), number=order["number"])  # pyright: ignore[reportArgumentType]

    def _painting(self, handle: str, file: Path) -> Painting:
        """The painting of a handle, loaded now if it is not; the longest unused ones make room."""
        from impasto.engine.painting.painting import Painting

        if handle not in self._loaded:
            try:
                self._loaded[handle] = Painting.load(file)
            except ImpastoError as error:
                raise ImpastoError(str(error).replace(str(file), "the painting that was sent")) from error
        self._loaded.move_to_end(handle)
        while len(self._loaded) > 1 and sum(map(_bytes_of, self._loaded.values())) > LOADED_BYTES:
            self._loaded.popitem(last=False)
        return self._loaded[handle]

    def _tell(self, event: str, data: bytes | memoryview = b"", **fields: Any) -> None:
        self._teller.tell({"event": event, **fields}, data)

    def _fail(self, number: int, code: str, sentence: str, remedy: str = "") -> None:
        self._tell("failed", number=number, code=code, sentence=sentence, remedy=remedy)


def _facts(painting: Painting) -> dict[str, Any]:
    """What a client is told of a painting that it holds."""
    from impasto.engine.export.stacks import planned_layers

    strokes, regions = painting.strokes, painting.regions
    names = [None] if regions is None else list(regions.names)
    own = [
        strokes.pass_index if regions is None else strokes.pass_index[strokes.region == k] for k in range(len(names))
    ]
    return {
        "width": painting.width, "height": painting.height, "strokes": len(strokes),
        "regions": [name for name in names if name is not None], "passes": [int(p.max(initial=-1)) + 1 for p in own],
        "layers": {"regions": planned_layers(painting, "regions"), "passes": planned_layers(painting, "passes")}
        if painting.absorbs else {},
    }  # fmt: skip


def _bytes_of(painting: Painting) -> int:
    arrays = [painting.mask, painting.underpainting, *vars(painting.strokes).values()]
    arrays += [] if painting.regions is None else [painting.regions.masks]
    arrays += [] if painting.checkpoint is None else list(painting.checkpoint.arrays.values())
    return sum(array.nbytes for array in arrays if array is not None)


def main() -> None:
    """Show until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    source, teller = pipe.own_ends(NICE)
    viewer = Viewer(teller, options.threads)
    threading.Thread(target=viewer.hear, args=(source,), daemon=True).start()
    try:
        viewer.run()
    except BaseException as error:
        pipe.end(error)


if __name__ == "__main__":
    main()
