"""How many cores there are to paint with, and work that is handed out to all of them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def default_threads() -> int:
    """As many threads as this process may use cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_parts(count: int, at_a_time: int, work: Callable[[slice], None]) -> None:
    """Have all parts of 0..count worked on, `at_a_time` each, by as many threads as there are cores.

    `work` lets go of Python's lock, as compiled kernels do; what it raises is raised.
    """
    parts = [slice(first, first + at_a_time) for first in range(0, count, at_a_time)]
    if len(parts) < 2:
        list(map(work, parts))
        return
    with ThreadPoolExecutor(min(default_threads(), len(parts)), thread_name_prefix="impasto") as threads:
        list(threads.map(work, parts))
