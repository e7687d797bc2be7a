"""A process that does one task after the other, as it is told over its stdin; when that ends, so does it."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import faulthandler
import os
import queue
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from impasto.engine.many import doing, frames

BEAT = 1.0  # seconds between two signs of life
_TELL_OF_PARENT = 1  # PR_SET_PDEATHSIG


def main() -> None:
    """Get ready, say so, and do what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--within", type=Path, help="where its tasks' folders are made")
    options = parser.parse_args()
    source, out = _own_ends()
    orders: queue.Queue[list[bytes]] = queue.Queue()
    threading.Thread(target=_hear, args=(source, orders, options.within), daemon=True).start()
    tell = _Teller(out).tell
    doing.get_ready(lambda what: tell("preparing", what))
    tell("ready", None)
    while True:
        work, payload = frames.said(orders.get())
        answer = doing.done(
            work, payload, threads=options.threads, within=options.within,
            tell=lambda share: tell("going", share),
        )  # fmt: skip
        tell("ended", answer)


class _Teller:
    """Tells who started this what happens; and from a thread of its own that this process is alive."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()
        threading.Thread(target=self._beat, daemon=True).start()

    def tell(self, what: str, value: Any) -> None:
        with self._lock:
            frames.write(self._out, (what, value))

    def _beat(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is there any more, which `_hear` sees to
            while True:
                self.tell("alive", None)
                time.sleep(BEAT)


def _own_ends() -> tuple[BinaryIO, BinaryIO]:
    """The pipes from and to who started this; whatever is printed goes elsewhere."""
    with contextlib.suppress(ValueError):  # Ctrl-C is for who started this
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    if sys.platform == "linux":  # should this one be stopped when who started it ends, it goes on, to end
        with contextlib.suppress(OSError, AttributeError, TypeError):
            ctypes.CDLL(None).prctl(_TELL_OF_PARENT, signal.SIGCONT, 0, 0, 0)
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return source, out


def _hear(source: BinaryIO, orders: queue.Queue[list[bytes]], within: Path | None) -> None:
    """Hand on what is asked for. Once who asked is gone nobody wants what this still does, nor clears up after it."""
    with contextlib.suppress(Exception):
        while (order := frames.read(source)) is not None:
            orders.put(order)
    if within is not None:
        shutil.rmtree(within, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
