"""How much memory a job takes, what to do if there is less, and giving it back."""

from __future__ import annotations

import contextlib
import ctypes

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.needs import available, needed
from impasto.engine.painter.retry import Plan, plans, sentence

_MMAP_THRESHOLD = -3  # glibc's name for where large blocks begin


def give_back() -> None:
    """Hand back to the system what the C library keeps of memory that is not used; only glibc keeps much."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def large_blocks_apart() -> None:
    """Have the C library give each block of over a megabyte back as soon as it is freed, in this process."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 1 << 20)


def fitted(width: int, height: int, working_size: int, shrink: bool, free: int | None = None) -> tuple[int, list[str]]:
    """The working size that memory allows, and what to tell the user of it.

    Raises ImpastoError with the numbers if even the smallest does not fit, or `shrink` is not allowed.
    """
    free = available() if free is None else free
    if free is None or needed(width, height, working_size) <= free:
        return working_size, []
    size = working_size
    for plan in plans("cpu", working_size, shrink):
        size = plan.working_size
        if needed(width, height, size) <= free:
            return size, [sentence(Plan("cpu", working_size), plan, working_size)]
    raise ImpastoError(
        f"painting {width} × {height} pixels takes about {needed(width, height, size) >> 20} MB and {free >> 20} MB "
        f"are free; close other programs or choose a smaller size"
    )
