"""How many cores there are to paint with, and work that is handed out to all of them."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
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
    return each(lambda k: work(things[k]), len(things), threads)


def each(work: Callable[[int], Result], count: int, threads: int | None = None) -> list[Result]:
    """work(0), work(1), … as by `on_all`: this thread and others take one after the other, as each has time.

    To hand each of them to a pool would take longer than many of them do.
    """
    workers = min(threads or default_threads(), count)
    if workers < 2:
        return [work(k) for k in range(count)]
    done: dict[int, Result] = {}
    left = iter(range(count))  # shared: next() is one step to Python's threads

    def take() -> None:
        try:
            for k in left:
                done[k] = work(k)
        except BaseException:
            deque(left, 0)  # nobody begins another one
            raise

    helpers = [_pool(workers).submit(take) for _ in range(workers - 1)]
    try:
        take()
    finally:
        # One that has not begun is not waited for: whoever could begin it may be waiting like this.
        wait([helper for helper in helpers if not helper.cancel()])
    for helper in helpers:
        if not helper.cancelled():
            helper.result()
    return [done[k] for k in range(count)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="impasto")


def in_parts(count: int, at_a_time: int, work: Callable[[slice], None], threads: int | None = None) -> None:
    """Have all parts of 0..count worked on, `at_a_time` each, as by `on_all`."""
    on_all(work, [slice(first, first + at_a_time) for first in range(0, count, at_a_time)], threads)
