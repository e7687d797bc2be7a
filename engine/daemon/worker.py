"""The worker: the one process that paints on a device, told by the daemon over its stdin what to do.

It lives on its own so that no crash, no lack of memory and no busy interpreter ever keeps the daemon from answering.
When its stdin ends the daemon is gone, and so is the worker: the job goes on from its checkpoint under the next one.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import math
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from impasto.engine.daemon import pipe, records
from impasto.engine.daemon.spool import is_result
from impasto.engine.daemon.sums import Damaged, check, kept
from impasto.engine.errors import ImpastoError
from impasto.engine.files import disk_trouble
from impasto.protocol.limits import CHUNK_BYTES
from impasto.protocol.messages import QUICK

CHECKPOINT_EVERY = 2.0  # seconds
PREVIEW_EVERY = 0.25
IDLE = 30.0  # seconds without an order
LARGEST_PREVIEW = 3 * CHUNK_BYTES  # bytes: as much as fits into one message; larger ones are sent at half or third size


class Worker:
    """Takes jobs from `orders` and tells about them by `teller`.

    checkpoint_every: seconds; cold: do not warm up what finds regions, the last worker may have ended by that.
    """

    def __init__(
        self, teller: pipe.Teller, threads: int | None, checkpoint_every: float, device: str, cold: bool = False
    ) -> None:
        self._teller, self._threads, self._device = teller, threads, device
        self._checkpoint_every = checkpoint_every
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self._cancelled: set[str] = set()  # jobs, perhaps before they begin
        self._paused: set[str] = set()  # likewise
        self._job = ""
        self._region_cache: Any = None  # once the engine is loaded
        self._warming = None if cold else threading.Thread(target=_warm_up, daemon=True)

    def hear(self, source: BinaryIO) -> None:
        """Read orders until the daemon is gone; a cancel is obeyed at once. Never returns."""
        try:
            while (message := pipe.read(source)) is not None:
                order, _ = message
                if order["do"] == "cancel":
                    self._cancelled.add(order["job"])
                elif order["do"] == "pause":
                    self._paused.add(order["job"])
                else:
                    self.orders.put(order)
        except Exception as error:  # a worker that hears nothing would paint on for nobody
            pipe.end(error)
        os._exit(0)

    def tell(self, event: str, data: bytes | memoryview = b"", **fields: Any) -> None:
        """Say something about the present job."""
        self._teller.tell({"event": event, "job": self._job, **fields}, data)

    def run(self, limber: bool = False) -> None:
        """Warm up, then do jobs for ever; limber: paint something before the first job, which then begins at once."""
        self._prepare()
        if limber:
            _paint_a_little(lambda: not self.orders.empty())
        while True:
            order = self._next()
            self._job = order["job"]
            try:
                self._do(Path(order["folder"]))
            except Damaged as error:
                self.tell("damaged", why=str(error), file=error.file)
            except records.NotUnderstood as error:
                self.tell("damaged", why=error.why, file=None)
            except ImpastoError as error:
                self._fail("refused", str(error))
            except MemoryError:
                self._fail("memory", "this needs more memory than there is", "ask for a smaller size")
            except OSError as error:
                why, remedy = disk_trouble(error)
                self._fail("disk", f"a file could not be written ({why})", remedy)
            except Exception as error:
                traceback.print_exc()
                self._fail("bug", f"the engine made a mistake ({type(error).__name__})", "its log tells more")
            self._cancelled.discard(self._job)
            self._paused.discard(self._job)
            self._job = ""

    def _next(self) -> dict[str, Any]:
        """Wait for the next order; after a while without any, other programs may have the memory."""
        try:
            return self.orders.get(timeout=IDLE)
        except queue.Empty:
            from impasto.engine.daemon.memory import give_back

            give_back()
            return self.orders.get()

    def _is_cancelled(self) -> bool:
        return self._job in self._cancelled

    def _prepare(self) -> None:
        import scipy.ndimage  # noqa: F401 - all that jobs import, before another thread imports anything

        from impasto.engine.daemon import tasks  # noqa: F401 - likewise
        from impasto.engine.daemon.region_cache import RegionCache
        from impasto.engine.painter.optimizer import try_step
        from impasto.engine.painting import refining
        from impasto.engine.raster.cpu.raster import announcement, prepare_kernels
        from impasto.engine.raster.devices import chosen
        from impasto.engine.segment.networks import convolving

        self._region_cache = RegionCache()
        self.tell("preparing", what=announcement() or "loading kernels")
        prepare_kernels(try_step, seldom=(refining.try_kernels, convolving.try_kernels))
        try:
            self._device, told = chosen(self._device)
        except ImpastoError as error:  # it worked when the daemon was started
            self._device, told = "cpu", str(error)
        if told is not None:
            print(told, file=sys.stderr)  # noqa: T201
        self.tell("ready", device=self._device)
        if self._warming is not None:
            self._warming.start()

    def _fail(self, code: str, sentence: str, remedy: str = "") -> None:
        if self._is_cancelled():
            self.tell("cancelled")
        else:
            self.tell("failed", code=code, sentence=sentence, remedy=remedy)

    def _do(self, folder: Path) -> None:
        from impasto.engine.daemon import tasks, wishes

        asked = records.read_record(folder)
        for file, sums in (asked.planes or {}).items():
            check(folder / file, sums)
        kind, fields = asked.kind, asked.fields
        finds = kind in QUICK or fields.get("find") is not None
        if finds and self._warming is not None:
            self._warming.join()  # it is loading what is needed; two that import at a time may find half a module
        if kind == "segment":
            facts = tasks.segment_picture(folder, fields, self._region_cache)
        elif kind in wishes.TASKS:
            facts = wishes.TASKS[kind](folder, fields)
        elif kind == "follow":
            from impasto.engine.daemon.following import follow

            facts = follow(folder, fields, self._threads, self.tell)
        elif kind == "render":
            facts = tasks.render_painting(folder, fields, self._threads, self.tell)
        else:
            facts = self._paint(folder, kind, fields)
            if facts is None:
                self.tell("paused")
                return
        sums = {file.name: kept(file) for file in folder.iterdir() if is_result(file.name)}
        self.tell("cancelled" if self._is_cancelled() else "done", **facts, sums=sums)

    def _paint(self, folder: Path, kind: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        """Paint; returns the facts of the result, or None if it was paused, and goes on from its checkpoint."""
        from impasto.engine.daemon import tasks
        from impasto.engine.painter import events

        where = {"device": self._device, "threads": self._threads}
        rhythm = {
            "preview_every": PREVIEW_EVERY if fields["preview"] else None,
            "checkpoint_every": self._checkpoint_every,
        }
        told: list[str] = []
        if kind == "paint":
            painter, told = tasks.begin_painting(folder, fields, where, rhythm, self.tell, self._region_cache)
        else:
            painter = tasks.begin_repainting(folder, fields, where, rhythm)
        for text in told:
            self.tell("fitted", what=text)
        done = None
        for event in painter.paint(lambda: self._job in self._cancelled or self._job in self._paused):
            if isinstance(event, events.Preview):
                step = math.ceil((event.pixels.nbytes / LARGEST_PREVIEW) ** 0.5)
                pixels = event.pixels[::step, ::step]
                self.tell("preview", pixels.tobytes(), width=pixels.shape[1], height=pixels.shape[0])
            elif isinstance(event, events.Checkpointed):
                event.painting.save(folder / tasks.CHECKPOINT, overwrite=True)
            elif isinstance(event, events.Finished):
                done = event
            else:
                told_of = tasks.planned(painter.blank, fields) if isinstance(event, events.Started) else {}
                self.tell(event.kind, **{k: v for k, v in event.as_json().items() if k != "event"}, **told_of)
        assert done is not None
        loss = done.loss if done.loss == done.loss else None
        facts = {"strokes": done.strokes, "loss": loss, "seconds": done.seconds, "steps": done.iterations}
        if done.cancelled and not self._is_cancelled():
            done.painting.save(folder / tasks.CHECKPOINT, overwrite=True)
            return None
        if done.cancelled:  # what was painted so far can be fetched and gone on with
            done.painting.save(folder / tasks.RESULT, overwrite=True)
            return {**facts, "painting": (folder / tasks.RESULT).stat().st_size}
        return {
            **facts,
            **tasks.keep_painting(folder, done.painting, fields, self._threads, self.tell),
            **facts,
        }


def _warm_up() -> None:
    """Find regions once, if what that needs is installed: torch alone takes seconds to load."""
    with contextlib.suppress(ImportError, ImpastoError):
        import numpy as np

        from impasto.engine.pictures.io import Picture
        from impasto.engine.segment import DEFAULT_METHOD, segment

        waves = (np.sin(np.arange(1024) / 40) * 127 + 128).astype(np.uint8)  # as large as pictures are
        segment(Picture(np.stack(np.broadcast_arrays(waves[:, None], waves, np.uint8(128)), -1)), DEFAULT_METHOD)
    gc.collect()
    gc.freeze()  # the libraries stay: to look through all their objects again would take a tenth of a second in a job


def _paint_a_little(stopped: Callable[[], bool]) -> None:
    """Paint a small square, which loads what is loaded only when something is painted: nearly a second's work."""
    import numpy as np

    from impasto.engine.order import Order
    from impasto.engine.pictures.io import Picture
    from impasto.engine.styles import load_style

    square = Picture(np.arange(48 * 48 * 3).astype(np.uint8).reshape(48, 48, 3))
    for _ in Order(square, load_style("painterly"), strokes=20, working_size=48, threads=1).painter().paint(stopped):
        pass


def main() -> None:
    """Work until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    parser.add_argument("--checkpoint-every", type=float, default=CHECKPOINT_EVERY)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--cold", action="store_true", help="warm up nothing that the first job may not need")
    parser.add_argument("--limber", action="store_true", help="paint something before the first job")
    parser.add_argument("--nice", type=int, default=10)
    options = parser.parse_args()
    source, teller = pipe.own_ends(options.nice)
    worker = Worker(teller, options.threads, options.checkpoint_every, options.device, options.cold)
    threading.Thread(target=worker.hear, args=(source,), daemon=True).start()
    try:
        worker.run(options.limber)
    except BaseException as error:
        pipe.end(error)


if __name__ == "__main__":
    main()
