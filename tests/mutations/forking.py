"""Runs pytest again and again in children of a process that has loaded what takes long and is never made wrong.

A line of JSON on stdin: pytest's words, and the file that gets what it says. A line on stdout: its exit status, or that
of a signal below 0; nothing if it took longer than `LONGEST`.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

LONGEST = 1200  # seconds; a mutation that makes its tests hang is noticed, too
# no plugin of pytest's, which would say that it cannot be rewritten
LOADED = ("beartype", "click", "numba", "numpy.testing", "PIL.Image", "pydantic", "pytest", "scipy.ndimage")


def _child(words: list[str], said: str) -> None:
    os.setsid()
    place = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(place, 1)
    os.dup2(place, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    import pytest

    sys.argv = ["pytest", *words]
    status = int(pytest.main(words))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # libraries' own endings are of a process that they think they have started


def _ended(pid: int) -> int | None:
    """The exit status of a child, once it has ended; None if it was ended for taking too long."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _end(pid: int) -> None:
    """End the child, and ourselves."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    sys.exit(1)


def main() -> None:
    """Serve until stdin ends."""
    sys.path[0] = str(Path.cwd())  # as `python -m pytest` has it
    for name in LOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        words, said = json.loads(line)
        pid = os.fork()
        signal.signal(signal.SIGTERM, lambda *_, pid=pid: _end(pid))
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                _child(words, said)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(3)
        found = _ended(pid)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # what it may have left behind
        print("" if found is None else found, flush=True)


if __name__ == "__main__":
    main()
