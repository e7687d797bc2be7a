"""A process that does one task after the other, as it is told over its stdin; when that ends, so does it."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import queue
import shutil
import signal
import threading
from pathlib import Path
from typing import BinaryIO

from impasto.engine.many import doing, frames


def main() -> None:
    """Get ready, say so, and do what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--within", type=Path, help="where its tasks' folders are made")
    options = parser.parse_args()
    source, out = _own_ends()
    orders: queue.Queue[list[bytes]] = queue.Queue()
    threading.Thread(target=_hear, args=(source, orders, options.within), daemon=True).start()
    doing.get_ready(lambda what: frames.write(out, ("preparing", what)))
    frames.write(out, ("ready", None))
    while True:
        work, payload = frames.said(orders.get())
        answer = doing.done(
            work, payload, threads=options.threads, within=options.within,
            tell=lambda share: frames.write(out, ("going", share)),
        )  # fmt: skip
        frames.write(out, ("ended", answer))


def _own_ends() -> tuple[BinaryIO, BinaryIO]:
    """The pipes from and to who started this; whatever is printed goes elsewhere."""
    with contextlib.suppress(ValueError):  # Ctrl-C is for who started this
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
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
