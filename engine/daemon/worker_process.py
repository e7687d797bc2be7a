"""The worker, from the daemon's side: handed jobs, cancelled, started again when it dies."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import zmq

from impasto.engine import child
from impasto.engine.daemon.starts import Starts
from impasto.engine.daemon.talking_process import TalkingProcess

log = logging.getLogger("impasto.daemon")

AT_ONCE, PATIENCE = 0.3, 2.0  # seconds to obey a cancel; a painter needs some to keep what is painted
PREPARING = 1800.0  # seconds until it can paint: all kernels are compiled in three minutes of one core
PAINTING = ("paint", "repaint")
ENDS = ("done", "failed", "cancelled", "damaged", "paused")


class WorkerProcess:
    """One worker. What it says arrives at `socket`, to be polled together with the daemon's own.

    name: of it in the log; rests: is it to be started only when it is minded? Such a one warms nothing up.
    """

    def __init__(
        self, context: zmq.Context, threads: int | None, checkpoint_every: float | None = None, device: str = "auto",
        *, name: str = "worker", rests: bool = False,
    ) -> None:  # fmt: skip
        self._threads, self._checkpoint_every = threads, checkpoint_every
        self._asked, self.device = device, "cpu"  # what it paints on is known when it is ready
        self._process = TalkingProcess(context, name)
        self._starts = Starts()
        self._kill_at: float | None = None
        self._kind = ""  # of the job it has
        self.ready: bool = False
        self.preparing: str | None = "starting"
        self.rests = self._cold = rests
        if not rests:
            self._start()

    @property
    def socket(self) -> zmq.Socket:
        """Where what it says arrives."""
        return self._process.socket

    @property
    def trouble(self) -> str:
        """Why no worker starts, in words that may be quoted to anybody; nothing as long as there is hope."""
        return self._starts.trouble

    def begin(self, job: str, folder: Path, kind: str) -> None:
        """Hand a job over: what is asked for is in its folder."""
        self._kind = kind
        self._process.order({"do": "job", "job": job, "folder": str(folder)})

    def cancel(self, job: str) -> None:
        """Tell it to stop; if it does not, since a network or a picture of layers knows no half-way, it is ended."""
        self._kill_at = time.monotonic() + (PATIENCE if self._kind in PAINTING else AT_ONCE)
        self._process.order({"do": "cancel", "job": job})

    def pause(self, job: str) -> None:
        """Tell it to stop painting for now and keep what it takes to go on; what knows no half-way is finished."""
        self._process.order({"do": "pause", "job": job})

    def heard(self) -> tuple[dict[str, Any], bytes] | None:
        """What the worker said next, or None. Knows itself whether it is ready."""
        while (heard := self._process.heard()) is not None:
            told, data = heard
            if told["event"] == "ready":
                self.ready, self.preparing, self.device = True, None, told["device"]
                log.info("worker ready", extra={"device": self.device})
            elif told["event"] == "preparing":
                self.preparing = told["what"]
            else:
                if told["event"] in ENDS:
                    self._kill_at, self._kind = None, ""
                    self._starts.worked()
                if told["event"] == "died":
                    self._note_death(told["why"])
                return told, data
        return None

    def mind(self, wanted: bool) -> None:
        """Start the worker again if it died a while ago, and end one that hangs or does not hear that it was cancelled.

        wanted: do jobs wait for it?
        """
        self._process.mind(busy=bool(self._kind) or not self.ready)
        if self._process.alive and not self.ready and self._process.seen > PREPARING:
            self._process.kill(f"it was not ready after {PREPARING / 60:.0f} minutes")
        if self._kill_at is not None and self._process.alive and time.monotonic() > self._kill_at:
            self._kill_at = None
            self._process.kill()
        if not self._process.alive and self._starts.due(wanted):
            self._start()

    def rest(self) -> None:
        """End the worker, which has nothing to do; it is started again when it is minded and rests no more."""
        self._process.dismiss()
        self.ready, self.preparing, self.rests = False, "starting", True

    def close(self) -> None:
        """End the worker; its job goes on from its checkpoint another time."""
        self._process.close()

    def _note_death(self, why: str) -> None:
        self._kill_at = None
        self._starts.died(why, idle=not self._kind)
        self._kind = ""
        self.ready, self.preparing = False, f"not able to paint: {self.trouble}" if self.trouble else "starting"

    def _start(self) -> None:
        command = [*child.python("impasto.engine.daemon.worker"), "--device", self._asked]
        if self._threads is not None:
            command += ["--threads", str(self._threads)]
        if self._checkpoint_every is not None:
            command += ["--checkpoint-every", str(self._checkpoint_every)]
        if self._starts.shaken or self._cold:
            command.append("--cold")
        if self._cold:
            command.append("--limber")
        self._starts.began()
        self._process.start(command)
