"""What has to be on disk before it is said: done one after the other in a thread of its own, so that no slow disk keeps
the daemon from answering, and said in the daemon's loop when it holds."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

import zmq

log = logging.getLogger("impasto.daemon")

Then = Callable[[Any, Exception | None], None]  # told in the loop what a work returned, or raised

_ADDRESS = "inproc://disk"


class Later:
    """An answer that is given once it is known."""

    def __init__(self) -> None:
        self._answers: list[Any] = []
        self._hear: Callable[[Any], None] | None = None

    def is_(self, answer: Any) -> None:
        """Give it; a ProtocolError is answered as one."""
        if self._hear is None:
            self._answers.append(answer)
        else:
            self._hear(answer)

    def then(self, hear: Callable[[Any], None]) -> None:
        """Have it heard, now if it was given."""
        self._hear = hear
        for answer in self._answers:
            hear(answer)


class DiskWork:
    """Does works in the order they come; `socket` can be polled for what is done."""

    def __init__(self, context: zmq.Context) -> None:
        self._context = context
        self.socket = context.socket(zmq.PULL)
        self.socket.bind(_ADDRESS)
        self._works: queue.SimpleQueue[tuple[Callable[[], Any], Then] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Then, Any, Exception | None]] = queue.SimpleQueue()
        self._pending = 0
        self._thread = threading.Thread(target=self._work, name="disk", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Is there anything that has not been told?"""
        return self._pending > 0

    def do(self, work: Callable[[], Any], then: Then = lambda _, __: None) -> None:
        """Have something done after all that was asked for before."""
        self._pending += 1
        self._works.put((work, then))

    def turn(self) -> None:
        """Tell what was done since the last turn."""
        while self.socket.poll(0):
            self.socket.recv()
        while True:
            try:
                then, value, error = self._done.get_nowait()
            except queue.Empty:
                return
            self._pending -= 1
            then(value, error)

    def close(self) -> None:
        """Do what was asked for, and no more."""
        self._works.put(None)
        self._thread.join()
        self.turn()
        self.socket.close(linger=0)

    def _work(self) -> None:
        socket = self._context.socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(_ADDRESS)
        try:
            while (asked := self._works.get()) is not None:
                work, then = asked
                value, problem = None, None
                try:
                    value = work()
                except Exception as error:  # whoever asked is told
                    problem = error
                self._done.put((then, value, problem))
                with contextlib.suppress(zmq.ZMQError):
                    socket.send(b"", zmq.NOBLOCK)  # it wakes the loop, which looks at all that is done
        finally:
            socket.close(linger=0)
