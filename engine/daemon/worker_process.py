"""The worker's process, from the daemon's side: started, told, heard, started again when it dies."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Any

import zmq

from impasto.engine import child
from impasto.engine.daemon import pipe

log = logging.getLogger("impasto.daemon")

AGAIN = 1.0  # seconds before a worker that died is started again
AT_ONCE, PATIENCE = 0.3, 2.0  # seconds to obey a cancel; a painter needs some to keep what is painted
PAINTING = ("paint", "repaint")
ENDS = ("done", "failed", "cancelled", "died")
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
        self._died, self._number = -AGAIN, 0
        self._kill_at: float | None = None
        self._kind = ""
        self.ready, self.preparing = False, "starting"
        self._start()

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
                    self._kill_at = None
                if told["event"] == "died":
                    self.ready, self.preparing, self._process = False, "starting", None
                    self._died = time.monotonic()
                    log.error("the worker died")
                return told, bytes(data.buffer)

    def mind(self) -> None:
        """Start the worker again if it died a while ago, and end one that does not hear that it was cancelled."""
        if self._kill_at is not None and self._process is not None and time.monotonic() > self._kill_at:
            self._kill_at = None
            self._process.kill()
        if self._process is None and time.monotonic() - self._died >= AGAIN:
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
        flags = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=flags)
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
        told = _read(process.stdout)
        while told is not None:
            self._pass_on(socket, [name, msgpack.packb(told[0]), told[1]])
            told = _read(process.stdout)
        process.wait()
        self._pass_on(socket, [name, msgpack.packb({"event": "died", "job": ""}), b""])

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
    except (OSError, ValueError):
        return None
