"""What runs on a cluster's workers: a task's function, after its kernels are ready and its files have been laid out."""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from impasto.engine.many import doing
from impasto.engine.many.versions import VERSION_TROUBLE, fingerprint, versions

TOPIC = "impasto-progress"
_ONE = threading.Lock()  # a worker's threads paint one picture together, not one each


def hello() -> dict[str, str]:
    """The versions here."""
    return versions()


def warm() -> None:
    """Load what painting needs, compile it if it never was; cheap when it is done."""
    with _ONE:
        doing.get_ready(lambda _: None)


def same(data: bytes) -> bytes:
    """A file's bytes, as a task of their own: the scheduler knows who has them, and sends them again if need be."""
    return data


def do(name: str, asked: str, task: bytes, paths: Sequence[str], *files: bytes) -> tuple[Any, str | None]:
    """Do a task; returns what `doing.done` returns.

    name: the task's key, by which progress is told; asked: the fingerprint of who asks; task: its function and its
    payload, pickled; paths: of its files, whose bytes follow.
    """
    from distributed import get_worker

    if asked != fingerprint():
        return None, VERSION_TROUBLE
    worker = get_worker()

    def tell(share: float) -> None:
        with contextlib.suppress(Exception):  # the scheduler is busy, or gone: the task is not to blame
            worker.log_event(TOPIC, {"key": name, "share": share})

    with _ONE:
        tell(0.0)
        doing.get_ready(lambda _: None)
        work, payload = pickle.loads(task)
        laid = dict(zip(map(Path, paths), files, strict=True))
        within = Path(worker.local_directory)
        return doing.done(work, payload, threads=worker.state.nthreads, within=within, tell=tell, files=laid)
