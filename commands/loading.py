"""Loading the engine, which takes longer than anything else in a command that is short."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Keep Python's garbage collector from what is loaded here.

    All of it stays until the process ends. To go through it again and again takes a tenth of a second while it grows,
    and another one at the end.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
