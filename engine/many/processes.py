"""The runner of this machine: processes of our own, as many at once as its cores and its memory allow."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from impasto.engine import child
from impasto.engine.errors import ImpastoError
from impasto.engine.many import frames
from impasto.engine.many.task import Begun, Ended, Going, Happening, PaintTask, Readied, sentence_of
from impasto.engine.painter.needs import available
from impasto.engine.parallel import default_threads

TRIES = 3  # times that a task is begun whose process ends before it does
LOOK_EVERY = 0.1  # seconds
OURS = 0.8  # of the free memory
STARTING, SILENCE = 60.0, 20.0  # seconds without a sign of life, before the first and after it, until one is ended
LONGEST_TURN = 0.5  # seconds between two looks that count: who was stopped itself, or asleep, has seen nothing
_Heard = tuple["_Process", str, Any]


class OwnProcesses:
    """Runs tasks in processes of this machine; see `Runner`.

    at_once: how many, at most; all cores by default. threads: of each, the cores divided among them by default.
    memory: bytes that all may take together, most of what is free by default; one task is always done.
    """

    def __init__(self, at_once: int | None = None, threads: int | None = None, memory: int | None = None) -> None:
        cores = default_threads()
        self.at_once: int = at_once or max(1, cores // (threads or 1))
        self._threads = threads or max(1, cores // self.at_once)
        free = available()
        self._memory = memory if memory is not None else None if free is None else int(free * OURS)
        self._heard: queue.Queue[_Heard] = queue.Queue()
        self._idle: list[_Process] = []
        self._busy: dict[_Process, _Doing] = {}
        self._starting: _Process | None = None  # the first one: what it compiles the others load
        self._scratch: Path | None = None
        self._looked = time.monotonic()

    def __enter__(self) -> OwnProcesses:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, and whatever they are doing."""
        for process in self._all():
            process.end()
        self._idle, self._busy, self._starting = [], {}, None
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def run(
        self, tasks: Iterable[PaintTask], stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Happening]:  # fmt: skip
        """See `Runner.run`."""
        left = _Left(tasks)
        while not stopped():
            yield from self._hand_out(left)
            if not self._busy and self._starting is None and left.peek() is None:
                return
            with contextlib.suppress(queue.Empty):
                yield from self._note(*self._heard.get(timeout=LOOK_EVERY), left)
                while True:
                    yield from self._note(*self._heard.get_nowait(), left)
            self._mind()

    def _hand_out(self, left: _Left) -> Iterator[Happening]:
        while (doing := left.peek()) is not None:
            if self._starting is not None or not self._fits(doing):
                return
            if not self._idle:
                if len(self._busy) < self.at_once:
                    self._start()
                return
            left.take()
            process = self._idle.pop()
            self._busy[process] = doing
            process.ask(doing.task)
            yield Begun(doing.task)

    def _all(self) -> list[_Process]:
        return [*self._idle, *self._busy, *([] if self._starting is None else [self._starting])]

    def _mind(self) -> None:
        """End those that hang; that they are gone is heard then."""
        now = time.monotonic()
        seen, self._looked = min(now - self._looked, LONGEST_TURN), now
        for process in self._all():
            process.silent += seen
            if process.silent > (STARTING if process is self._starting else SILENCE):
                process.give_up(f"it gave no sign of life for {process.silent:.0f} seconds")

    def _fits(self, doing: _Doing) -> bool:
        taken = sum(other.needs for other in self._busy.values())
        if not self._busy or self._memory is None:
            return True
        return not doing.alone and taken + doing.needs <= self._memory

    def _start(self) -> None:
        if self._scratch is None:
            try:
                self._scratch = Path(tempfile.mkdtemp(prefix="impasto-many-"))
            except OSError as error:
                raise ImpastoError(f"there is no room for temporary files ({error.strerror}); free space") from error
        self._starting = _Process(self._heard, self._threads, self._scratch)

    def _note(self, process: _Process, what: str, value: Any, left: _Left) -> Iterator[Happening]:
        doing, process.silent = self._busy.get(process), 0.0
        if what == "preparing":
            yield Readied(None, value)
        elif what == "ready":
            self._starting = None
            self._idle.append(process)
            yield Readied(None, "")
        elif what == "going" and doing is not None:
            yield Going(doing.task, value)
        elif what == "ended" and doing is not None:
            del self._busy[process]
            self._idle.append(process)
            result, trouble = value
            yield Ended(doing.task, result, trouble)
        elif what == "gone":
            yield from self._bury(process, doing, value, left)

    def _bury(self, process: _Process, doing: _Doing | None, why: str, left: _Left) -> Iterator[Happening]:
        """One has ended that should not have: what it did is done by another, in the end by one that is alone."""
        process.end()
        if process is self._starting:
            self._starting = None
            raise ImpastoError(f"no process for painting starts here: {why}")
        if process in self._idle:
            self._idle.remove(process)
        if doing is not None:
            del self._busy[process]
            doing.tries += 1
            if doing.tries < TRIES:
                doing.alone = doing.tries == TRIES - 1
                left.again(doing)
            else:
                yield Ended(doing.task, None, f"the process that painted it ended {TRIES} times ({why}); free memory")


class _Doing:
    """A task, with how often it was tried, and what it takes."""

    def __init__(self, task: PaintTask, needs: int) -> None:
        self.task, self.needs = task, needs
        self.tries, self.alone = 0, False


class _Left:
    """The tasks that nobody has taken yet, read one by one."""

    def __init__(self, tasks: Iterable[PaintTask]) -> None:
        self._tasks = iter(tasks)
        self._next: deque[_Doing] = deque()

    def peek(self) -> _Doing | None:
        """The next one, or None if there is none."""
        if not self._next and (task := next(self._tasks, None)) is not None:
            self._next.append(_Doing(task, task.needs()))
        return self._next[0] if self._next else None

    def take(self) -> None:
        """Take the next one."""
        self._next.popleft()

    def again(self, doing: _Doing) -> None:
        """Put one back."""
        self._next.append(doing) if doing.alone else self._next.appendleft(doing)


class _Process:
    """One process; what it says is put into `heard`, "gone" with a reason at its end."""

    def __init__(self, heard: queue.Queue[_Heard], threads: int, within: Path) -> None:
        self._heard = heard
        self.silent = 0.0  # seconds that were seen without a sign of life
        self._hung = ""  # why it was given up
        self._printed = tempfile.TemporaryFile(dir=within)  # noqa: SIM115 (it lives as long as the process)
        words = [*child.python("impasto.engine.many.worker"), "--threads", str(threads), "--within", str(within)]
        apart: dict[str, Any] = (  # a terminal's Ctrl-C is not for it
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
        )
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._printed, **apart
            )
        except OSError as error:
            raise ImpastoError(f"no process can be started ({error.strerror}); close other programs") from error
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def ask(self, task: PaintTask) -> None:
        """Have it do a task; that it has ended meanwhile is heard later."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            frames.write(self._process.stdin, (task.work, task.payload))

    def give_up(self, why: str) -> None:
        """End one that hangs."""
        self._hung = self._hung or why
        self._process.kill()

    def end(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()
        self._printed.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            while (parts := frames.read(self._process.stdout)) is not None:
                what, value = frames.said(parts)
                self._heard.put((self, what, value))
        except Exception as error:  # no message of ours: as good as dead
            self._heard.put((self, "gone", sentence_of(error)))
            return
        self._heard.put((self, "gone", self._last_words()))

    def _last_words(self) -> str:
        until = time.monotonic() + 2
        while self._process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        code = self._process.returncode
        if self._hung:
            return self._hung
        if code is not None and code < 0:
            return "killed; memory may be short" if code == -9 else f"by signal {-code}"
        with contextlib.suppress(OSError, ValueError):
            self._printed.seek(0)
            lines = self._printed.read()[-4000:].decode(errors="replace").split("\n")
            words = [line.strip() for line in lines if line.strip()]
            if words:
                return words[-1][:200]
        return f"exit code {code}"
