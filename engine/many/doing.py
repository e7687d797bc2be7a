"""Doing one task: a folder of its own, its function, and a sentence if that fails."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.many.task import Place, sentence_of

TELL_EVERY = 0.25  # seconds


def get_ready(told: Callable[[str], None]) -> None:
    """Load all that painting needs, and compile it if this machine never has; `told` hears what takes long."""
    from impasto.engine.painter.optimizer import try_step
    from impasto.engine.raster.cpu.raster import announcement, prepare_kernels

    told(announcement() or "")
    prepare_kernels(try_step)


def done(
    work: Callable[[Any, Place], Any],
    payload: Any,
    *,
    threads: int,
    within: Path | None,
    tell: Callable[[float], None],
    files: Mapping[Path, bytes] | None = None,
) -> tuple[Any, str | None]:
    """A task's result, or None and in one sentence why there is none.

    within: the folder in which its own is made, the system's for such things by default; files: what it reads, if that
    does not lie where the task says. They get their names back in the sentence.
    """
    scratch = None
    try:
        scratch = Path(tempfile.mkdtemp(prefix="impasto-", dir=within))
        here = {path: _laid(scratch, number, path, data) for number, (path, data) in enumerate((files or {}).items())}
        own = scratch / "own"
        own.mkdir()
        place = Place(threads, own, _seldom(tell), here)
    except OSError as error:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        return None, sentence_of(error)
    try:
        return work(payload, place), None
    except Exception as error:
        if not isinstance(error, ImpastoError | MemoryError | OSError):
            traceback.print_exc(file=sys.stderr)
        return None, place.said(sentence_of(error))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _laid(scratch: Path, number: int, path: Path, data: bytes) -> Path:
    """A copy of a file, by its own name in a folder of its own."""
    folder = scratch / f"file{number}"
    folder.mkdir()
    copy = folder / path.name
    copy.write_bytes(data)
    return copy


def _seldom(tell: Callable[[float], None]) -> Callable[[float], None]:
    """The same, heard at most four times a second."""
    last = -TELL_EVERY

    def told(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TELL_EVERY:
            last = now
            tell(min(max(share, 0.0), 1.0))

    return told
