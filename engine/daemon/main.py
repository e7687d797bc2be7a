"""Starting a daemon: its lock, keys, socket, log, and the file by which clients find it."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Any

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils import z85

from impasto.engine.daemon.server import Server
from impasto.engine.daemon.spool import Spool
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError
from impasto.protocol.keys import allowed, own_keys
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_HEADER_BYTES
from impasto.protocol.places import LOCK, private_folder, read_runtime, write_private

RUNTIME, LOG = "daemon.json", "daemon.log"
LOG_BYTES, LOGS = 1 << 20, 3
HANDSHAKE = 5000  # milliseconds
HEARTBEAT = 10_000
SENDING = 8  # messages on their way to one client; more wait, or make way for newer ones
_DOMAIN = "impasto"
_FIELDS = ("job", "kind", "position", "seconds", "counts", "address")


class AlreadyRunning(Exception):
    """Another daemon of this user is there; `runtime` is what it says of itself."""

    def __init__(self, runtime: dict[str, Any] | None) -> None:
        super().__init__("a daemon is already running")
        self.runtime = runtime


def run(
    home: Path, bind: str = "tcp://127.0.0.1:*", *, threads: int | None = None, idle: float | None = None,
    checkpoint_every: float | None = None, device: str = "auto",
    told: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:  # fmt: skip
    """Serve until told to stop by a client, a signal or idleness.

    home: the folder of keys, jobs and log; bind: where to listen, such as tcp://0.0.0.0:5570; device: see
    `engine.raster.devices.chosen`; told: called with the runtime facts (address, key, pid) once clients may come.

    Raises AlreadyRunning, and ImpastoError if the address cannot be had.
    """
    try:
        private_folder(home)
        lock = _locked(home)
        public, secret = own_keys("server", home)
        owner, _ = own_keys("client", home)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    _start_log(home / LOG)
    log = logging.getLogger("impasto.daemon")
    context = zmq.Context()
    auth = ThreadAuthenticator(context, log=logging.getLogger("impasto.auth"))
    auth.start()
    server, runtime = None, home / RUNTIME
    try:
        auth.configure_curve_callback(_DOMAIN, _Doorman(home))
        socket = _socket(context, public, secret)
        try:
            if int(bind.rpartition(":")[2].replace("*", "0")) > 65535:  # which ZeroMQ would take modulo 65536
                raise ValueError
            socket.bind(bind)
        except ValueError as error:
            raise ImpastoError(f"{bind} has no port from 0 to 65535; choose another --bind") from error
        except zmq.ZMQError as error:
            raise ImpastoError(f"{bind} cannot be listened at ({error.strerror}); choose another --bind") from error
        address = socket.getsockopt_string(zmq.LAST_ENDPOINT)
        spool = home / "spool"
        private_folder(spool)
        server = Server(
            context, socket, Spool(spool), owner=owner, threads=threads, idle=idle, checkpoint_every=checkpoint_every,
            device=device,
        )  # fmt: skip
        facts = {"address": address, "key": public, "pid": os.getpid(), "started": time.time()}
        write_private(runtime, json.dumps(facts) + "\n")
        log.info("started", extra={"address": address})
        told(facts)
        stopped: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda n, _: stopped.append(n))
        server.serve(lambda: bool(stopped))
        log.info("stopped")
    finally:
        runtime.unlink(missing_ok=True)
        auth.stop()
        context.destroy(linger=200)
        lock.close()


class _Doorman:
    """Says which public keys may come in; asked at every handshake, so that one allowed later comes in at once."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def callback(self, domain: str, key: bytes) -> bool:
        """Is this key (32 raw bytes, or 40 letters) one of ours?"""
        name = key if len(key) == 40 else z85.encode(key)
        try:
            return name.decode("ascii", "replace") in allowed(self._home)
        except Exception:  # this thread has to go on answering
            logging.getLogger("impasto.daemon").exception("nobody could be let in")
            return False


def _socket(context: zmq.Context, public: str, secret: str) -> zmq.Socket:
    socket = context.socket(zmq.ROUTER)
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = public.encode(), secret.encode()
    socket.zap_domain = _DOMAIN.encode()
    for option, value in {
        zmq.LINGER: 200, zmq.ROUTER_MANDATORY: 1, zmq.SNDHWM: SENDING, zmq.RCVHWM: 16, zmq.HANDSHAKE_IVL: HANDSHAKE,
        zmq.MAXMSGSIZE: CHUNK_BYTES + LARGEST_HEADER_BYTES, zmq.HEARTBEAT_IVL: HEARTBEAT,
        zmq.HEARTBEAT_TIMEOUT: 3 * HEARTBEAT,
    }.items():  # fmt: skip
        socket.setsockopt(option, value)
    return socket


def _locked(home: Path) -> IO[bytes]:
    """The lock file, held; the system lets go of it when this process ends, however it ends."""
    file = (home / LOCK).open("a+b")
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise AlreadyRunning(read_runtime(home)) from error
    return file


class _Lines(logging.Formatter):
    """One JSON object per line: no pictures, no users' paths."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line: dict[str, Any] = {"time": self.formatTime(record), "level": record.levelname, "says": record.getMessage()}
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _start_log(path: Path) -> None:
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOGS, encoding="utf-8")
    handler.setFormatter(_Lines())
    logger = logging.getLogger("impasto")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
