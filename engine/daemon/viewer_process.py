"""The viewer, from the daemon's side: there while needed, told one thing at a time, started again when it dies."""

from __future__ import annotations

import time
from typing import Any

import zmq

from impasto.engine import child
from impasto.engine.daemon.starts import Starts
from impasto.engine.daemon.talking_process import TalkingProcess

IDLE = 20.0  # seconds without being needed after which it may go


class ViewerProcess:
    """One viewer, or none. What it says arrives at `socket`, to be polled together with the daemon's own."""

    def __init__(self, context: zmq.Context, threads: int | None) -> None:
        self._threads = threads
        self._process = TalkingProcess(context, "viewer")
        self._starts = Starts()
        self._number, self._busy = 0, False
        self._needed = time.monotonic()
        self._is_up = False

    @property
    def socket(self) -> zmq.Socket:
        """Where what it says arrives."""
        return self._process.socket

    @property
    def trouble(self) -> str:
        """Why no viewer starts; nothing as long as there is hope."""
        return self._starts.trouble

    @property
    def free(self) -> bool:
        """Can it be told what to do next?"""
        return self._is_up and not self._busy

    def begin(self, order: dict[str, Any]) -> None:
        """Have it do something, if it is free."""
        self._number += 1
        self._busy = True
        self._process.order({**order, "number": self._number})

    def forget(self, handle: str) -> None:
        """Have it let go of a painting."""
        if self._is_up:
            self._process.order({"do": "forget", "handle": handle, "number": 0})

    def heard(self) -> tuple[dict[str, Any], bytes] | None:
        """What came of what it was told last (`done`, `failed`), or that it `died`; or None."""
        while (heard := self._process.heard()) is not None:
            told, _ = heard
            if told["event"] == "ready":
                self._is_up = True
                continue
            if told["event"] == "died":
                self._starts.died(told["why"], idle=not self._busy)
                self._is_up = False
            elif told["number"] != self._number:
                continue
            else:
                self._starts.worked()
            self._busy = False
            return heard
        return None

    def mind(self, wanted: bool, needed: bool) -> None:
        """Start it if it is `wanted` now, and end it when it has not been `needed` for a while."""
        now = time.monotonic()
        self._process.mind(self._busy)
        if wanted or needed or self._busy:
            self._needed = now
        elif self._process.alive and now - self._needed > IDLE:
            self.dismiss()
        if wanted and not self._process.alive and self._starts.due(True):
            command = child.python("impasto.engine.daemon.viewer")
            self._starts.began()
            self._process.start(command if self._threads is None else [*command, "--threads", str(self._threads)])

    def dismiss(self) -> None:
        """End it at once, whatever it is doing; nothing more of it is heard."""
        self._process.dismiss()
        self._is_up = self._busy = False

    def close(self) -> None:
        """End it for good."""
        self._process.close()
