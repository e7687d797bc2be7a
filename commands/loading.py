"""Loading the engine, which takes longer than anything else in a command that is short."""

import gc
import sys
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
        keep_all()
        if collects:
            gc.enable()


def keep_all() -> None:
    """Have the garbage collector leave alone what there is.

    Not with Triton, which networks of transformers load: what is left of it at the end it would complain of on stderr.
    """
    if "triton" not in sys.modules:
        gc.freeze()
