"""What the worker has in memory: what it gives back once it has nothing to do, what it loads, and when."""

import ctypes
import platform
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from impasto.engine.daemon import memory, worker
from impasto.engine.daemon.memory import give_back
from impasto.engine.daemon.pipe import Teller
from impasto.engine.daemon.worker import Worker
from impasto.engine.errors import ImpastoError
from impasto.engine.painter.needs import needed

ROOT = Path(__file__).parents[2]
COUNT, SIZE = 50_000, 4000  # 200 MB


def resident() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps much")
def test_what_was_freed_goes_back_to_the_system():
    """The last block is kept, so that the C library cannot just cut off the end."""
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [library.malloc(ctypes.c_size_t(SIZE)) for _ in range(COUNT)]
    for block in blocks:
        ctypes.memset(block, 1, SIZE)
    full = resident()
    for block in blocks[:-1]:
        library.free(block)
    kept = resident()
    give_back()
    left = resident()
    library.free(blocks[-1])
    assert full - kept < 0.1 * COUNT * SIZE  # else this would show nothing
    assert kept - left > 0.8 * COUNT * SIZE


@pytest.mark.parametrize("nothing", [OSError, AttributeError, TypeError])
def test_elsewhere_nothing_happens(monkeypatch, nothing):
    def missing(_):
        raise nothing

    monkeypatch.setattr(ctypes, "CDLL", missing)
    give_back()


def test_a_worker_without_orders_gives_memory_back_once_and_hears_the_next_order(monkeypatch):
    given = []
    idle = Worker(Teller(BytesIO()), None, 1.0, "cpu")

    def give() -> None:
        given.append(1)
        idle.orders.put({"job": "next"})

    monkeypatch.setattr(worker, "IDLE", 0.01)
    monkeypatch.setattr(memory, "give_back", give)
    assert idle._next() == {"job": "next"}
    assert given == [1]
    idle.orders.put({"job": "at once"})
    monkeypatch.setattr(worker, "IDLE", sys.maxsize / 1e12)
    assert idle._next() == {"job": "at once"} and given == [1]


def test_what_was_loaded_is_not_looked_through_for_garbage_again():
    """In a process of its own: what is frozen stays so."""
    script = """
import gc
from impasto.engine.daemon.worker import _warm_up
_warm_up()
import skimage.feature, impasto.engine.segment.methods.unsupervised
print(gc.get_freeze_count(), len(gc.get_objects()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    frozen, left = map(int, done.stdout.split())
    assert frozen > 50_000 and left < 0.05 * frozen


def test_what_jobs_need_is_loaded_before_anything_is_loaded_beside_them():
    """Two threads that import at a time may find half a module, as a job did once."""
    script = """
import io, sys
from impasto.engine.daemon import worker
worker._warm_up = lambda: print("impasto.engine.daemon.tasks" in sys.modules, "torch" in sys.modules)
it = worker.Worker(worker.pipe.Teller(io.BytesIO()), 1, 1.0, "cpu")
it._prepare()
it._warming.join()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["True", "False"]


def test_the_largest_canvas_that_memory_allows():
    """Three quarters again and again until it fits, and not a byte less than that is taken for enough."""
    size = 4000, 3000
    assert memory.fitted(*size, 1024, True, free=needed(*size, 1024)) == (1024, [])
    at, told = memory.fitted(*size, 1024, True, free=needed(*size, 432))
    assert (at, told) == (432, ["painted at 432 instead of 1024 pixels, since memory is short"])
    assert memory.fitted(*size, 1024, True, free=needed(*size, 432) - 1)[0] == 324
    with pytest.raises(ImpastoError, match=f"takes about {needed(*size, 128) >> 20} MB and 9 MB are free"):
        memory.fitted(*size, 1024, True, free=9 << 20)
    with pytest.raises(ImpastoError, match=f"takes about {needed(*size, 1024) >> 20} MB"):
        memory.fitted(*size, 1024, False, free=needed(*size, 1024) - 1)


def test_what_a_painting_needs_goes_by_its_pixels_and_its_canvas():
    assert needed(1024, 1024, 1024) == (200 << 20) + 194 * 1024 * 1024
    assert needed(1024, 1024, 4096) == needed(1024, 1024, 1024)
    assert needed(4096, 2048, 1024) == (200 << 20) + 14 * 4096 * 2048 + 180 * 1024 * 512
