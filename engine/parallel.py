"""How many cores there are to paint with, and work that is handed out to all of them."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def default_threads() -> int:
    """As many threads as this process may use cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def on_all(work: Callable[[Thing], Result], things: Sequence[Thing], threads: int | None = None) -> list[Result]:
    """What `work` makes of each thing, by that many threads; None: as many as there are cores.

    It pays where `work` lets go of Python's lock, as compiled kernels, Pillow and much of NumPy do. What it raises is
    raised.
    """
    workers = min(threads or default_threads(), len(things))
    if workers < 2:
        return list(map(work, things))
    with ThreadPoolExecutor(workers, thread_name_prefix="impasto") as pool:
        return list(pool.map(work, things))


def in_parts(count: int, at_a_time: int, work: Callable[[slice], None], threads: int | None = None) -> None:
    """Have all parts of 0..count worked on, `at_a_time` each, as by `on_all`."""
    on_all(work, [slice(first, first + at_a_time) for first in range(0, count, at_a_time)], threads)
