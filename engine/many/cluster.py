"""The runner of many machines: Dask distributed, whose scheduler and workers somebody has started.

Whoever reaches a Dask scheduler can have anything run on its workers, so that it is used over TLS, where both sides
show certificates, or on this machine alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from impasto.engine.errors import ImpastoError
from impasto.engine.files import open_input
from impasto.engine.many import remote
from impasto.engine.many.connecting import PATIENCE, Certificates, address_of, brief, check_safe, connected, quiet
from impasto.engine.many.task import Begun, Ended, Going, Happening, PaintTask, Readied, sentence_of
from impasto.engine.many.versions import compared, fingerprint

if TYPE_CHECKING:
    from distributed import Future

LOOK_EVERY, COUNT_EVERY = 0.1, 5.0  # seconds
TRIES = 3
AHEAD = 2  # tasks for each worker's thread: one that is done, and one that waits there with its files
SPARE = 8  # files that are kept there although no task that was handed over reads them: the next one may
_LARGEST_INPUT = 4 << 30


@dataclass
class Moved:
    """Bytes that went to the scheduler and came from workers, pickled, and how many files were among them."""

    sent: int = 0
    received: int = 0
    files: int = 0


@dataclass(eq=False)
class _Asked:
    """A task that was handed over."""

    task: PaintTask
    name: str
    future: Future
    files: list[str]
    tries: int = 0
    begun: bool = False


@dataclass
class _File:
    """A file's bytes on the cluster, and how many tasks that were handed over read it."""

    future: Future
    readers: int = 0


@dataclass
class DaskCluster:
    """Runs tasks on the workers of a Dask scheduler; see `Runner`.

    where: a scheduler's file, or its address, tls://HOST:PORT, or tcp://HOST:PORT on this machine.

    Raises ImpastoError, when it is entered, for an address that is none or is not safe, a scheduler or workers that are
    not there, and for versions that do not fit. warn: hears of what is worth knowing.
    """

    where: str
    certificates: Certificates = field(default_factory=Certificates)
    warn: Callable[[str], None] = lambda _: None
    moved: Moved = field(default_factory=Moved)
    at_once: int = 1

    def __enter__(self) -> DaskCluster:
        """Connect, and look at whom that leads to."""
        self._client = connected(address_of(self.where), self.certificates)
        self._files: dict[str, _File] = {}
        self._asked: dict[str, _Asked] = {}
        self._heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._counted = 0.0
        try:
            self._meet()
        except BaseException:
            self.__exit__()
            raise
        self._client.subscribe_topic(remote.TOPIC, self._hear_progress)
        return self

    def __exit__(self, *_: object) -> None:
        """Want nothing any more of what still waits or runs, and go."""
        with contextlib.suppress(Exception):
            self._forget(*self._asked.values())
        with contextlib.suppress(Exception):
            self._client.close(timeout=2)

    def run(
        self, tasks: Iterable[PaintTask], stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Happening]:  # fmt: skip
        """See `Runner.run`. What was done, or was being done, for one that went without leaving is not done again."""
        yield Readied(None, "preparing the workers")
        self._warm()
        yield Readied(None, "")
        left, over = iter(tasks), False
        while not stopped():
            self._count()
            while not over and len(self._asked) < AHEAD * self.at_once:
                task = next(left, None)
                if task is None:
                    over = True
                elif (trouble := self._hand_over(task)) is not None:
                    yield Ended(task, None, trouble)
            if over and not self._asked:
                return
            with contextlib.suppress(queue.Empty):
                yield from self._note(*self._heard.get(timeout=LOOK_EVERY))
                while True:
                    yield from self._note(*self._heard.get_nowait())

    def _meet(self) -> None:
        """Wait for workers, and compare versions with all of them."""
        until = time.monotonic() + PATIENCE
        while not self._workers():
            if time.monotonic() > until:
                raise ImpastoError(
                    f"the scheduler at {self.where} has no workers; start some with: dask worker {self.where}"
                )
            time.sleep(0.2)
        for address in self._workers():
            check_safe(address, "its worker at")
        try:
            met = cast(dict[str, Any], self._client.run(remote.hello))
        except Exception as error:  # it cannot even find the function
            raise ImpastoError(
                f"the workers of {self.where} have no Impasto, or another one ({brief(error)}); install the same there"
            ) from error
        for said in compared(met.items()):
            self.warn(said)

    def _workers(self) -> dict[str, Any]:
        return self._client.scheduler_info(n_workers=-1)["workers"]

    def _count(self) -> None:
        """How many pictures are painted at once: workers come and go."""
        now = time.monotonic()
        if now - self._counted > COUNT_EVERY:
            self._counted = now
            self._check_there()
            workers = self._workers()
            for address in workers:
                check_safe(address, "its worker at")
            self.at_once = max(1, len(workers))

    def _warm(self) -> None:
        """Have all workers ready: one of each machine first, whose compiled kernels the others of it load."""
        first, others = dict[str, str](), []
        for address in self._workers():
            host = urlsplit(address).hostname or ""
            others.append(address) if host in first else first.update({host: address})
        for some in (list(first.values()), others):
            asked = [
                self._client.submit(
                    remote.warm,
                    workers=[address],
                    pure=False,
                    allow_other_workers=True,
                    key=f"warm-{time.time_ns()}-{k}",
                )
                for k, address in enumerate(some)
            ]
            try:
                self._client.gather(asked)
            except Exception as error:
                raise ImpastoError(f"a worker of {self.where} cannot paint ({brief(error)}); see its log") from error

    def _hand_over(self, task: PaintTask, tries: int = 0) -> str | None:
        """Send a task and its files; returns why not, if it cannot be."""
        try:
            files = [self._file(path) for path in task.files]
        except ImpastoError as error:
            return str(error)
        data = pickle.dumps((task.work, task.payload), protocol=pickle.HIGHEST_PROTOCOL)
        self.moved.sent += len(data)
        name = f"impasto-{fingerprint()}-{task.key}"
        paths = [str(path) for path in task.files]
        with quiet():
            future = self._client.submit(
                remote.do, name, fingerprint(), data, paths, *(self._files[file].future for file in files),
                key=name, pure=False,
            )  # fmt: skip
            # So that it is kept, and goes on, should this process end: who asks for the same again gets it.
            self._client.publish_dataset(future, name=name, override=True)
        self._asked[name] = _Asked(task, name, future, files, tries)
        future.add_done_callback(lambda done: self._heard.put((name, done)))
        return None

    def _file(self, path: Path) -> str:
        """The checksum of a file whose bytes the cluster has from now on, sent once however many tasks read it."""
        with open_input(path) as stream:
            data = stream.read(_LARGEST_INPUT + 1)
        if len(data) > _LARGEST_INPUT:
            raise ImpastoError(f"{path} has over {_LARGEST_INPUT >> 30} GB; make it smaller first")
        checksum = hashlib.sha256(data).hexdigest()
        if checksum not in self._files:
            with quiet():
                future = self._client.submit(remote.same, data, key=f"impasto-file-{checksum}", pure=False)
            self._files[checksum] = _File(future)
            self.moved.sent += len(data)
            self.moved.files += 1
        self._files[checksum].readers += 1
        return checksum

    def _hear_progress(self, event: Any) -> None:
        """Called by Dask, from a thread of its own."""
        with contextlib.suppress(Exception):
            said = event[1]
            self._heard.put((str(said["key"]), float(said["share"])))

    def _note(self, name: str, what: Any) -> Iterator[Happening]:
        asked = self._asked.get(name)
        if asked is None:  # of another client's, or of what is over
            return
        if isinstance(what, float):
            if not asked.begun:
                asked.begun = True
                yield Begun(asked.task)
            yield Going(asked.task, what)
            return
        if what is not asked.future:  # of an earlier try
            return
        if what.status == "finished":
            try:
                result, trouble = cast(tuple[Any, Any], self._client.gather(what, direct=True))
                self.moved.received += len(pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL))
            except Exception:  # it was on a worker that has gone since
                yield from self._again(asked)
                return
            self._forget(asked)
            if not asked.begun:
                yield Begun(asked.task)
            yield Ended(asked.task, result, trouble)
        elif what.status == "error":
            error = what.exception()
            self._forget(asked)
            yield Ended(asked.task, None, _why(error))
        else:
            self._check_there()
            yield from self._again(asked)

    def _again(self, asked: _Asked) -> Iterator[Happening]:
        """What was painted is lost: have it painted again."""
        self._forget(asked)
        if asked.tries + 1 >= TRIES:
            yield Ended(asked.task, None, f"what was painted was lost {TRIES} times; see the scheduler's log")
        elif (trouble := self._hand_over(asked.task, asked.tries + 1)) is not None:
            yield Ended(asked.task, None, trouble)

    def _forget(self, *over: _Asked) -> None:
        """Want a task's result no more, nor files that no other task reads."""
        for asked in over:
            self._asked.pop(asked.name, None)
            with contextlib.suppress(KeyError):
                self._client.unpublish_dataset(asked.name)
            asked.future.cancel() if asked.future.status == "pending" else asked.future.release()
            for checksum in asked.files:
                file = self._files[checksum]
                file.readers -= 1
            unread = [checksum for checksum, file in self._files.items() if file.readers == 0]
            for checksum in unread[:-SPARE]:
                self._files.pop(checksum).future.release()

    def _check_there(self) -> None:
        """Raises ImpastoError if the scheduler has gone."""
        try:
            self._client.scheduler_info(n_workers=0)
            there = self._client.status == "running"
        except (OSError, RuntimeError, TimeoutError, ValueError):  # no answer, or from what is closing
            there = False
        if not there:
            raise ImpastoError(f"the scheduler at {self.where} has gone; start it again")


def _why(error: BaseException | None) -> str:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return "the workers that painted it ended again and again; free memory on them, or see their logs"
    return "nobody knows why" if error is None else sentence_of(error)
