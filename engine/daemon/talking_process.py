"""A process of the daemon's own, from the daemon's side: started, told things, and heard until it dies.

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
from typing import IO, Any

import zmq

from impasto.engine.daemon import pipe
from impasto.engine.daemon.log import quoted

log = logging.getLogger("impasto.daemon")

CRASH = "Fatal Python error"
STARTING, SILENCE = 60.0, 20.0  # seconds without a sign of life, before the first and after it, until it is ended
STUCK = 300.0  # seconds in which one that has something to do neither says anything nor spends a second of a processor
LONGEST_TURN = 0.5  # seconds between two looks that count: who was stopped itself, or asleep, has seen nothing
LAST_WORDS = 2.0  # seconds that what a process has printed may take to come after its end


class TalkingProcess:
    """One process at a time, of a kind. What it says arrives at `socket`, to be polled with the daemon's own.

    kind: what it is called in the log, such as "worker".
    """

    def __init__(self, context: zmq.Context, kind: str) -> None:
        self._context, self._kind, self._address = context, kind, f"inproc://{kind}"
        self.socket = context.socket(zmq.PULL)
        self.socket.setsockopt(zmq.RCVHWM, 64)  # one that talks too much waits
        self.socket.bind(self._address)
        self._process: subprocess.Popen[bytes] | None = None
        self._listeners: list[threading.Thread] = []
        self._closing = threading.Event()
        self._number = 0
        self._looked = time.monotonic()
        self.seen = 0.0  # seconds since the start of the one there is, as far as they were seen
        self._silent = self._idle = 0.0  # seconds that were seen without a sign of life, and without anything done
        self._spoke, self._spent = False, 0.0  # has it ever; and seconds of processors when it last did something
        self._hung = ""  # why it was ended
        self._stillborn = ""  # why no process came into being, until that has been heard

    @property
    def alive(self) -> bool:
        """Is there one that has not been heard to die?"""
        return self._process is not None

    def start(self, command: list[str]) -> None:
        """Start one; that it could not be started is heard as a death."""
        flags = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, creationflags=flags
            )
        except OSError as error:  # no memory, or a Python that is not there any more
            self._stillborn = quoted(f"no process can be started: {error.strerror}")
            return
        self._number += 1
        self.seen = 0.0
        self._silent, self._idle, self._spoke, self._spent, self._hung = 0.0, 0.0, False, 0.0, ""
        printed: list[str] = [""]
        reader = threading.Thread(target=_log_lines, args=(self._kind, process.stderr, printed), daemon=True)
        listen = threading.Thread(target=self._listen, args=(process, self._number, reader, printed), daemon=True)
        try:
            reader.start()
            listen.start()
        except RuntimeError as error:  # of what nobody listens to nobody would hear that it died
            process.kill()
            process.wait()
            self._stillborn = quoted(f"no thread can be started: {error}; see ulimit -v and ulimit -u")
            return
        self._process = process
        self._listeners = [*(thread for thread in self._listeners if thread.is_alive()), listen]

    def order(self, order: dict[str, Any]) -> None:
        """Tell it something."""
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            pipe.write(process.stdin, order)
        except OSError:
            log.warning("the %s does not listen", self._kind)  # it is dying: that will be heard

    def heard(self) -> tuple[dict[str, Any], bytes] | None:
        """What it said next, or None. Its death is the event `died`, with `why`."""
        if self._stillborn:
            why, self._stillborn = self._stillborn, ""
            return self._died(why), b""
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
            self._silent, self._spoke = 0.0, True
            if told["event"] == "alive" and told["spent"] - self._spent < 1:
                continue
            self._idle, self._spent = 0.0, told.get("spent", self._spent)
            if told["event"] == "alive":
                continue
            if told["event"] == "died":
                told["why"] = self._hung or told["why"]
                self._died(told["why"])
            return told, bytes(data.buffer)

    def mind(self, busy: bool) -> None:
        """To be called often: end it if it hangs. busy: has it something to do?"""
        now = time.monotonic()
        seen, self._looked = min(now - self._looked, LONGEST_TURN), now
        self.seen += seen
        self._silent, self._idle = self._silent + seen, self._idle + seen if busy else 0.0
        if self._silent > (SILENCE if self._spoke else STARTING):
            self.kill(f"it gave no sign of life for {self._silent:.0f} seconds")
        elif self._idle > STUCK:
            self.kill(f"it did nothing for {self._idle:.0f} seconds")

    def kill(self, why: str = "") -> None:
        """End it at once; its death will be heard. why: if it hangs, in what way."""
        if self._process is None:
            return
        if why and not self._hung:
            self._hung = why
            log.error("the %s hangs: %s", self._kind, why)
        self._process.kill()

    def dismiss(self) -> None:
        """End it at once; nothing more of it will be heard."""
        process, self._process = self._process, None
        self._number += 1
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End it, and all that listens to it."""
        self._closing.set()
        self.dismiss()
        for thread in self._listeners:  # whose sockets nobody else may close
            thread.join()
        self.socket.close(linger=0)

    def _died(self, why: str) -> dict[str, Any]:
        self._process = None
        log.error("the %s died", self._kind, extra={"why": why})
        return {"event": "died", "job": "", "why": why}

    def _listen(
        self, process: subprocess.Popen[bytes], number: int, reader: threading.Thread, printed: list[str]
    ) -> None:
        """Pass on what a process says, and that it died (in a thread of its own)."""
        socket = self._context.socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, 64)
        name = str(number).encode()
        try:
            with contextlib.suppress(zmq.ZMQError):  # the daemon is closing
                self._pass_all_on(socket, process, name, reader, printed)
        finally:
            socket.close(linger=1000)

    def _pass_all_on(
        self, socket: zmq.Socket, process: subprocess.Popen[bytes], name: bytes, reader: threading.Thread,
        printed: list[str],
    ) -> None:  # fmt: skip
        import msgpack

        socket.connect(self._address)
        assert process.stdout is not None
        told = self._read(process.stdout)
        while told is not None:
            self._pass_on(socket, [name, msgpack.packb(told[0]), told[1]])
            told = self._read(process.stdout)
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

    def _read(self, source: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
        """What it says next; None if it will say no more, or what it says makes no sense."""
        try:
            return pipe.read(source)
        except Exception:  # noise, or more of it than there is memory
            log.exception("the %s is not understood", self._kind)
            return None


def _log_lines(kind: str, source: IO[bytes], last: list[str]) -> None:
    """Put what a process prints into the log, and here on stderr; `last` holds the last line then."""
    trace: list[str] = []
    for line in source:
        text = line.decode("utf-8", "replace").rstrip()
        with contextlib.suppress(OSError, ValueError):  # nobody reads along
            print(text, file=sys.stderr)  # noqa: T201
        if text.startswith("Traceback") or (trace and text.startswith(" ")):
            trace.append(text)
        elif text:
            if not last[0].startswith(CRASH):  # after which come only the places where it happened
                last[0] = text
            log.info("the %s: %s", kind, text, extra={"trace": "\n".join(trace)} if trace else {})
            trace = []
    if trace:
        log.info("the %s: %s", kind, "\n".join(trace))


def _explained(code: int, line: str) -> str:
    """Why a process ended, by its exit code (negative: a signal) and the last line that it printed."""
    if code >= 0:
        return quoted(line) or f"it ended with code {code} and said nothing"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    said = "" if name == "SIGKILL" else quoted(line)  # of which it knew nothing
    return f"{said} ({name})" if said else f"it was ended by {name}"
