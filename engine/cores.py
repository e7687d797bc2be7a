"""How many cores there are to paint with, and work that is handed out to all of them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def default_threads() -> int:
    """As many threads as this process may use cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_parts(count: int, at_a_time: int, work: Callable[[slice], None], threads: int | None = None) -> None:
    """Have all parts of 0..count worked on, `at_a_time` each, by so many threads; None: as many as there are cores.

    `work` lets go of Python's lock, as compiled kernels do; what it raises is raised.
    """
    parts = [slice(first, first + at_a_time) for first in range(0, count, at_a_time)]
    workers = min(threads or default_threads(), len(parts))
    if workers < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="impasto") as pool:
        list(pool.map(work, parts))
