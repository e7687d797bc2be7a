"""What tasks of the tests do; their processes find it by PYTHONPATH."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.many.task import Place


def double(payload: int, place: Place) -> int:
    place.tell(0.5)
    print("something that a library prints")
    return payload * 2


def read(payload: Path, place: Place) -> tuple[str, str]:
    return place.path(payload).read_text(), str(place.path(payload))


def where(payload: float, place: Place) -> tuple[int, str, list[str], int]:
    time.sleep(payload)
    (place.scratch / "left").write_text("behind")
    return os.getpid(), str(place.scratch), [path.name for path in place.scratch.iterdir()], place.threads


FAILURES = {
    "ImpastoError": ImpastoError("a.png is empty; get a fresh copy of it"),
    "MemoryError": MemoryError(),
    "OSError": OSError(28, "No space left"),
    "ZeroDivisionError": ZeroDivisionError("oh"),
}


def fail(payload: str, place: Place) -> None:
    raise FAILURES[payload]


def refuse(payload: Path, place: Place) -> None:
    raise ImpastoError(f"{place.path(payload)} shows nothing; choose another one")


def die(payload: tuple[Path, int], place: Place) -> str:
    """Die as often as that, then live."""
    folder, times = payload
    died = len(list(folder.iterdir()))
    if died < times:
        (folder / str(died)).touch()
        print("the last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def leave(payload: Any, place: Place) -> None:
    print("the last words", file=sys.stderr, flush=True)
    os._exit(3)


def wait_for(payload: Path, place: Place) -> int:
    """Say that it is there, and wait for a file."""
    payload.with_name(f"{os.getpid()}.pid").touch()
    while not payload.exists():
        time.sleep(0.01)
    return os.getpid()


def note(payload: tuple[Path, int], place: Place) -> int:
    """Note that it was begun, each time by another name; wait for a file."""
    folder, number = payload
    (folder / f"begun-{number}-{time.time_ns()}").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    return number


def stop(payload: Path, place: Place) -> str:
    """Be stopped the first time, as by SIGSTOP from anywhere, then live."""
    if not payload.exists():
        payload.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)
    return "alive"
