"""The daemon's loop: one thread that owns the sockets, checks every message, and never paints itself.

Messages go one way: from a client through the door to a request's handler and into the book of jobs, from there to a
worker; what workers say goes into the book and on to those who listen.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

import zmq

from impasto.engine.daemon.connections import Connections
from impasto.engine.daemon.crew import Crew
from impasto.engine.daemon.discretion import Discretion
from impasto.engine.daemon.disk_work import DiskWork
from impasto.engine.daemon.door import Door
from impasto.engine.daemon.job_book import JobBook
from impasto.engine.daemon.listeners import Listeners
from impasto.engine.daemon.peers import Peers
from impasto.engine.daemon.requests import Requests
from impasto.engine.daemon.spool import Spool
from impasto.engine.daemon.viewing import Viewing

log = logging.getLogger("impasto.daemon")

TICK, PRESSED = 50, 2  # milliseconds between two turns, at most; and while something waits to be sent
CLEAN_EVERY = 60.0  # seconds


class Server:
    """Serves clients until it is told to stop.

    socket: a bound ROUTER that lets only known keys in; spool: where jobs are kept; idle: seconds without jobs and
    clients after which it stops by itself (None: never); owner: the key that may shut it down; checkpoint_every:
    seconds of painting that may be lost with the power; device: see `engine.raster.devices.chosen`.
    `connections`: those that there are.
    """

    def __init__(
        self,
        context: zmq.Context,
        socket: zmq.Socket,
        spool: Spool,
        *,
        owner: str,
        threads: int | None = None,
        idle: float | None = None,
        checkpoint_every: float | None = None,
        device: str = "auto",
    ) -> None:
        self._socket, self._idle, self._owner = socket, idle, owner
        self._counts: Counter[str] = Counter()
        self._crew = Crew(context, threads, checkpoint_every, device)
        self.connections = Connections(socket, self._counts)
        self._peers = Peers(socket, self.connections, self._counts)
        listeners = Listeners(self._peers)
        self._disk, discretion = DiskWork(context), Discretion(owner)
        self._book = JobBook(spool, self._crew, listeners, self._disk, discretion)
        self._viewing = Viewing(context, self._peers, spool.uploads / "held", threads)
        self._requests = Requests(
            self._book, listeners, self._crew, self._viewing, folder=spool.uploads, owner=owner,
            discretion=discretion, threads=threads,
        )  # fmt: skip
        self._door = Door(socket, self.connections, self._peers, self._requests, discretion, self._counts)
        self._stop, self._pressed = False, False
        self._painted = time.monotonic()  # when there was something to paint, last
        self._cleaned = -CLEAN_EVERY

    def serve(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Answer until told to stop; a job that runs then goes on when the daemon is started again."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        for talking in (*self._crew.sockets, self._viewing.socket, self._disk.socket):
            poller.register(talking, zmq.POLLIN)
        self.connections.start()
        try:
            while not (self._stop or self._requests.shutdown or stop()):
                ready = dict(poller.poll(PRESSED if self._pressed else TICK))
                try:
                    for _ in range(100):  # then others get a turn
                        if self._socket not in ready or not self._door.hear():
                            break
                    for told in self._crew.heard():
                        self._book.worked(*told)
                    self._turn()
                except Exception:  # whatever it was, the others' jobs go on
                    log.exception("a turn went wrong")
                    time.sleep(TICK / 1000)
        finally:
            self._viewing.close()
            self._crew.close()
            self._disk.close()
            self.connections.close()

    def _turn(self) -> None:
        """What is due by itself."""
        now = time.monotonic()
        for identity in self.connections.ended():
            self._peers.leave(identity)
            self._requests.leave(identity)
        self._pressed = self._peers.flush(lambda peer: self._book.is_heard(peer) or self._viewing.holds(peer))
        self._viewing.turn(self._book.busy)
        self._disk.turn()
        self._book.start_next()
        others = (self._peers.keys() | self._book.clients) != {self._owner}  # for whom one is ready when they ask
        there = len(self._book.clients) + others if self._book.busy else 1
        self._crew.mind(max(there, self._book.workers), self._book.waits)
        if now - self._cleaned > CLEAN_EVERY:
            self._cleaned = now
            self._book.results.clean()
            self._requests.clean()
            log.info("counts", extra={"counts": dict(self._counts)})
        if self._book.works:
            self._painted = now
        if self._idle is not None and now - max(self._painted, self._door.heard) > self._idle:
            log.info("idle, stopping")
            self._stop = True
