"""Starting a daemon: its lock, keys, socket, log, and the file by which clients find it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils import z85

from impasto.engine.daemon.log import start_log
from impasto.engine.daemon.memory import large_blocks_apart
from impasto.engine.daemon.server import Server
from impasto.engine.daemon.spool import Spool
from impasto.engine.errors import ImpastoError
from impasto.protocol import ProtocolError
from impasto.protocol.client import Client
from impasto.protocol.keys import allowed, is_ipv6, own_keys, require_allowed
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_HEADER_BYTES
from impasto.protocol.lock import LOCK, take, take_folder
from impasto.protocol.places import (
    HOME,
    RUNTIME,
    is_alive,
    machine,
    private_folder,
    read_runtime,
    require_here,
    write_private,
)

log = logging.getLogger("impasto.daemon")

PATIENCE = 15.0  # seconds in which another daemon that starts, ends or is busy has to answer or be gone
HANDSHAKE = 5000  # milliseconds
HEARTBEAT = 10_000
TAKEN_AHEAD, TAKEN_AHEAD_BYTES = 2, 1 << 18  # messages, and bytes, of one connection before they are looked at
SENDING = 8  # messages on their way to one client; more wait, or make way for newer ones
_DOMAIN = "impasto"
NO_THREAD = "can't start new thread"  # how Python puts that


class AlreadyRunning(Exception):
    """Another daemon of this user is there, and answers; `runtime` is what it says of itself."""

    def __init__(self, runtime: dict[str, Any]) -> None:
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

    Raises AlreadyRunning, and ImpastoError if the home or the address cannot be had.
    """
    try:
        private_folder(home)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    logging.getLogger("impasto").addHandler(logging.NullHandler())  # what ends it before there is a log is raised
    options = {"threads": threads, "idle": idle, "checkpoint_every": checkpoint_every, "device": device}
    large_blocks_apart()
    with _locked(home):
        try:
            with _guarded(home / "spool"):
                start_log(home)
                (home / RUNTIME).unlink(missing_ok=True)  # of one that was killed
                _serve(home, bind, options, told)
        except Exception as error:
            log.error("ended: %s", error, exc_info=not isinstance(error, ImpastoError))
            if isinstance(error, MemoryError) or str(error) == NO_THREAD:
                raise ImpastoError(
                    "the engine may use too little memory or too few processes to start; allow it more "
                    "(see ulimit -v and ulimit -u)"
                ) from error
            if not isinstance(error, OSError):
                raise
            where = error.filename or home
            raise ImpastoError(
                f"{where} cannot be used ({error.strerror}); see to that, or set {HOME} to another folder"
            ) from error


@contextlib.contextmanager
def _guarded(spool: Path) -> Iterator[None]:
    """The folder of jobs, locked itself: the lock's file may have been deleted, and then two would have one home.

    Raises ImpastoError if another process has it, and OSError if it cannot be used.
    """
    try:
        private_folder(spool)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    descriptor = take_folder(spool)
    if descriptor is None:
        raise ImpastoError(f"another engine has the jobs in {spool}; end it, then start again")
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _serve(home: Path, bind: str, options: dict[str, Any], told: Callable[[dict[str, Any]], None]) -> None:
    """Serve as `run` does, with the home's lock held; options: of `Server`."""
    try:
        public, secret = own_keys("server", home)
        owner, _ = own_keys("client", home)
        require_allowed(home)
    except ProtocolError as error:
        raise ImpastoError(str(error)) from error
    context = zmq.Context()
    auth = ThreadAuthenticator(context, log=logging.getLogger("impasto.auth"))
    auth.start()
    try:
        doorman = _Doorman(home)
        auth.configure_curve_callback(_DOMAIN, doorman)
        socket = _socket(context, public, secret)
        socket.setsockopt(zmq.IPV6, is_ipv6(bind))
        _bind(socket, bind)
        address = socket.getsockopt_string(zmq.LAST_ENDPOINT)
        server = Server(context, socket, Spool(home / "spool"), owner=owner, **options)
        doorman.has_room = server.connections.has_room
        facts = {"address": address, "key": public, "pid": os.getpid(), "started": time.time(), "machine": machine()}
        write_private(home / RUNTIME, json.dumps(facts) + "\n")
        log.info("started", extra={"address": address})
        told(facts)
        stopped: list[int] = []
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):  # the last if its terminal is closed, unless that is to be ignored
            number = getattr(signal, name, None)
            if number is not None and (name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN):
                signal.signal(number, lambda n, _: stopped.append(n))
        server.serve(lambda: bool(stopped))
        log.info("stopped")
    finally:
        if (left := read_runtime(home)) is not None and left["pid"] == os.getpid():
            (home / RUNTIME).unlink(missing_ok=True)
        auth.stop()
        context.destroy(linger=200)


class _Doorman:
    """Says which public keys may come in; asked at every handshake, so that one allowed later comes in at once.

    has_room: may one more connection of this key come in?
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.has_room: Callable[[str], bool] = lambda _: True

    def callback(self, domain: str, key: bytes) -> bool:
        """Is this key (32 raw bytes, or 40 letters) one of ours?"""
        name = (key if len(key) == 40 else z85.encode(key)).decode("ascii", "replace")
        try:
            return name in allowed(self._home) and self.has_room(name)
        except Exception:  # this thread has to go on answering
            logging.getLogger("impasto.daemon").exception("nobody could be let in")
            return False


def _socket(context: zmq.Context, public: str, secret: str) -> zmq.Socket:
    socket = context.socket(zmq.ROUTER)
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = public.encode(), secret.encode()
    socket.zap_domain = _DOMAIN.encode()
    for option, value in {
        zmq.LINGER: 200, zmq.ROUTER_MANDATORY: 1, zmq.SNDHWM: SENDING, zmq.RCVHWM: TAKEN_AHEAD,
        zmq.RCVBUF: TAKEN_AHEAD_BYTES, zmq.HANDSHAKE_IVL: HANDSHAKE,
        zmq.MAXMSGSIZE: CHUNK_BYTES + LARGEST_HEADER_BYTES, zmq.HEARTBEAT_IVL: HEARTBEAT,
        zmq.HEARTBEAT_TIMEOUT: 3 * HEARTBEAT,
    }.items():  # fmt: skip
        socket.setsockopt(option, value)
    return socket


def _bind(socket: zmq.Socket, address: str) -> None:
    """Listen there. Raises ImpastoError if that cannot be."""
    try:
        if int(address.rpartition(":")[2].replace("*", "0")) > 65535:  # which ZeroMQ would take modulo 65536
            raise ValueError
        socket.bind(address)
    except ValueError as error:
        raise ImpastoError(f"{address} has no port from 0 to 65535; choose another --bind") from error
    except zmq.ZMQError as error:
        raise ImpastoError(f"{address} cannot be listened at ({error.strerror}); choose another --bind") from error


def _locked(home: Path) -> IO[bytes]:
    """The home's lock, held until the file is closed.

    Who has it may be starting, and not yet say where it is; or ending, or killed a moment ago, and then it comes free.
    Raises AlreadyRunning once the other one answers, and ImpastoError if it never does.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            file = take(home)
        except OSError as error:
            raise ImpastoError(
                f"{home / LOCK} cannot be locked ({error.strerror}); remove it, or set {HOME} to a folder of this "
                "machine's own disk"
            ) from error
        runtime = read_runtime(home)
        if file is None:
            try:
                require_here(runtime or {}, home)
            except ProtocolError as error:
                raise ImpastoError(str(error)) from error
        else:
            if runtime is None or not is_alive(runtime["pid"]) or not _answers(runtime, home):
                return file
            file.close()  # somebody has deleted the file of the one that runs
            with contextlib.suppress(OSError):
                (home / LOCK).unlink()
            raise AlreadyRunning(runtime)
        if runtime is not None and _answers(runtime, home):
            raise AlreadyRunning(runtime)
        if time.monotonic() > end:
            which = "" if runtime is None else f" (process {runtime['pid']})"
            raise ImpastoError(f"an engine that does not answer{which} has {home}; end it, then start again")
        time.sleep(0.05)


def _answers(runtime: dict[str, Any], home: Path) -> bool:
    try:
        Client(runtime["address"], runtime["key"], home, timeout=1.0).close()
    except ProtocolError as error:
        return error.code == "version"
    return True
