"""The worker's process, from the daemon's side: started, told, heard, started again when it dies.

What it prints goes into the log, so that nothing that goes wrong before it can speak is lost.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

import zmq

from impasto.engine import child
from impasto.engine.daemon import pipe
from impasto.engine.daemon.log import quoted
from impasto.engine.daemon.starts import Starts

log = logging.getLogger("impasto.daemon")

AT_ONCE, PATIENCE = 0.3, 2.0  # seconds to obey a cancel; a painter needs some to keep what is painted
PAINTING = ("paint", "repaint")
ENDS = ("done", "failed", "cancelled")
CRASH = "Fatal Python error"
LAST_WORDS = 2.0  # seconds that what a worker has printed may take to come after its end
_ADDRESS = "inproc://worker"


class WorkerProcess:
    """One worker. What it says arrives at `socket`, to be polled together with the daemon's own."""

    def __init__(
        self, context: zmq.Context, threads: int | None, checkpoint_every: float | None = None, device: str = "auto"
    ) -> None:
        self._context, self._threads, self._checkpoint_every = context, threads, checkpoint_every
        self._asked, self.device = device, "cpu"  # what it paints on is known when it is ready
        self.socket = context.socket(zmq.PULL)
        self.socket.setsockopt(zmq.RCVHWM, 64)  # a worker that talks too much waits
        self.socket.bind(_ADDRESS)
        self._process: subprocess.Popen[bytes] | None = None
        self._listeners: list[threading.Thread] = []
        self._closing = threading.Event()
        self._starts, self._number = Starts(), 0
        self._kill_at: float | None = None
        self._kind = ""  # of the job it has
        self._stillborn = ""  # why no process came into being, until that has been heard
        self.ready: bool = False
        self.preparing: str | None = "starting"
        self._start()

    @property
    def trouble(self) -> str:
        """Why no worker starts, in words that may be quoted to anybody; nothing as long as there is hope."""
        return self._starts.trouble

    def begin(self, job: str, folder: Path, request: dict[str, Any]) -> None:
        """Hand a job over."""
        self._kind = request["kind"]
        asked = {"kind": request["kind"], "fields": request["fields"]}
        self._order({"do": "job", "job": job, "folder": str(folder), "request": asked})

    def cancel(self, job: str) -> None:
        """Tell it to stop; if it does not, since a network or a picture of layers knows no half-way, it is ended."""
        self._kill_at = time.monotonic() + (PATIENCE if self._kind in PAINTING else AT_ONCE)
        self._order({"do": "cancel", "job": job})

    def heard(self) -> tuple[dict[str, Any], bytes] | None:
        """What the worker said next, or None. Knows itself whether it is ready."""
        if self._stillborn:
            why, self._stillborn = self._stillborn, ""
            self._note_death(why)
            return {"event": "died", "job": "", "why": why}, b""
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return None
            number, event, data = int(frames[0].bytes), frames[1].bytes, frames[2]
            if number != self._number:
                continue  # last words of one that died
            import msgpack

            told = msgpack.unpackb(event, raw=False)
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
                return told, bytes(data.buffer)

    def _note_death(self, why: str) -> None:
        self._process, self._kill_at = None, None
        self._starts.died(why, idle=not self._kind)
        self._kind = ""
        self.ready, self.preparing = False, f"not able to paint: {self.trouble}" if self.trouble else "starting"
        log.error("the worker died", extra={"why": why})

    def mind(self, wanted: bool) -> None:
        """Start the worker again if it died a while ago, and end one that does not hear that it was cancelled.

        wanted: do jobs wait for it?
        """
        if self._kill_at is not None and self._process is not None and time.monotonic() > self._kill_at:
            self._kill_at = None
            self._process.kill()
        if self._process is None and self._starts.due(wanted):
            self._start()

    def close(self) -> None:
        """End the worker; its job goes on from its checkpoint another time."""
        process, self._process = self._process, None
        self._number += 1
        self._closing.set()
        if process is not None:
            process.kill()
            process.wait()
        for thread in self._listeners:  # whose sockets nobody else may close
            thread.join()
        self.socket.close(linger=0)

    def _start(self) -> None:
        command = [*child.python("impasto.engine.daemon.worker"), "--device", self._asked]
        if self._threads is not None:
            command += ["--threads", str(self._threads)]
        if self._checkpoint_every is not None:
            command += ["--checkpoint-every", str(self._checkpoint_every)]
        if self._starts.shaken:
            command.append("--cold")
        flags = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
        self._starts.began()
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, creationflags=flags
            )
        except OSError as error:  # no memory, or a Python that is not there any more
            self._stillborn = quoted(f"no process can be started: {error.strerror}")
            return
        self._number += 1
        self._listeners = [thread for thread in self._listeners if thread.is_alive()]
        self._listeners.append(threading.Thread(target=self._listen, args=(self._process, self._number), daemon=True))
        self._listeners[-1].start()

    def _listen(self, process: subprocess.Popen[bytes], number: int) -> None:
        """Pass on what a worker says, and that it died (in a thread of its own)."""
        socket = self._context.socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, 64)
        name = str(number).encode()
        try:
            with contextlib.suppress(zmq.ZMQError):  # the daemon is closing
                self._pass_all_on(socket, process, name)
        finally:
            socket.close(linger=1000)

    def _pass_all_on(self, socket: zmq.Socket, process: subprocess.Popen[bytes], name: bytes) -> None:
        import msgpack

        socket.connect(_ADDRESS)
        assert process.stdout is not None
        printed: list[str] = [""]
        reader = threading.Thread(target=_log_lines, args=(process.stderr, printed), daemon=True)
        reader.start()
        told = _read(process.stdout)
        while told is not None:
            self._pass_on(socket, [name, msgpack.packb(told[0]), told[1]])
            told = _read(process.stdout)
        try:
            code = process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            process.kill()  # nobody can hear it any more
            code = process.wait()
        reader.join(LAST_WORDS)  # longer only if a process of its own goes on
        died = {"event": "died", "job": "", "why": _explained(code, printed[0])}
        self._pass_on(socket, [name, msgpack.packb(died), b""])

    def _pass_on(self, socket: zmq.Socket, parts: list[Any]) -> None:
        while not self._closing.is_set():
            if socket.poll(100, zmq.POLLOUT):
                socket.send_multipart(parts, zmq.NOBLOCK, copy=False)
                return

    def _order(self, order: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            pipe.write(process.stdin, order)
        except OSError:
            log.warning("the worker does not listen")  # it is dying: that will be heard


def _read(source: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """What a worker says next; None if it will say no more, or what it says makes no sense."""
    try:
        return pipe.read(source)
    except Exception:  # noise, or more of it than there is memory
        log.exception("the worker is not understood")
        return None


def _log_lines(source: IO[bytes], last: list[str]) -> None:
    """Put what a worker prints into the log, and here on stderr; `last` holds the last line then."""
    trace: list[str] = []
    for line in source:
        text = line.decode("utf-8", "replace").rstrip()
        with contextlib.suppress(OSError, ValueError):  # nobody reads along
            print(text, file=sys.stderr)
        if text.startswith("Traceback") or (trace and text.startswith(" ")):
            trace.append(text)
        elif text:
            if not last[0].startswith(CRASH):  # after which come only the places where it happened
                last[0] = text
            log.info("the worker: %s", text, extra={"trace": "\n".join(trace)} if trace else {})
            trace = []
    if trace:
        log.info("the worker: %s", "\n".join(trace))


def _explained(code: int, line: str) -> str:
    """Why a worker ended, by its exit code (negative: a signal) and the last line that it printed."""
    if code >= 0:
        return quoted(line) or f"it ended with code {code} and said nothing"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    said = "" if name == "SIGKILL" else quoted(line)  # of which it knew nothing
    return f"{said} ({name})" if said else f"it was ended by {name}"
