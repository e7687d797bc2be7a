"""The daemon's loop: one thread that owns the sockets, checks every message, and never paints itself."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from impasto.engine.daemon.hello import check_name, greeting
from impasto.engine.daemon.jobs import MOST_WAITING, Canvas, Job, Queue
from impasto.engine.daemon.peers import Peer, Peers
from impasto.engine.daemon.pixels_in import plane_bytes
from impasto.engine.daemon.spool import Spool
from impasto.engine.daemon.uploads import Uploads
from impasto.engine.daemon.worker_process import WorkerProcess
from impasto.engine.errors import ImpastoError
from impasto.protocol import NEWEST_VERSION, OLDEST_VERSION, ProtocolError, agreed
from impasto.protocol.codec import pack, request
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_HEADER_BYTES, MOST_FRAMES
from impasto.protocol.messages import JOBS

log = logging.getLogger("impasto.daemon")

TICK, PRESSED = 50, 2  # milliseconds between two turns, at most; and while something waits to be sent
PREVIEWS_APART = 0.25  # seconds
CLEAN_EVERY = 60.0
MOST_KEPT = 500  # jobs of one client; of those that ended, the oldest make way
_FILES = {"picture": "picture.raw", "masks": "masks.raw", "selection": "selection.raw", "mask": "mask.raw"}


class Server:
    """Serves clients until it is told to stop.

    socket: a bound ROUTER that lets only known keys in; spool: where jobs are kept; idle: seconds without jobs and
    clients after which it stops by itself (None: never); owner: the key that may shut it down; checkpoint_every:
    seconds of painting that may be lost with the power; device: see `engine.raster.devices.chosen`.
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
        self._socket, self._spool, self._owner, self._idle = socket, spool, owner, idle
        self._uploads: dict[str, Uploads] = {}
        self._jobs: dict[str, Job] = {}
        self._queue, self._running = Queue(), None
        self._worker = WorkerProcess(context, threads, checkpoint_every, device)
        self._stop = False
        self.counts: Counter[str] = Counter()
        self._peers, self._pressed = Peers(socket, self.counts), False
        self._greeting = greeting(threads)
        self._busy = time.monotonic()
        self._cleaned = -CLEAN_EVERY
        self._handlers: dict[str, Callable[[bytes, Peer, dict[str, Any], list[bytes]], dict[str, Any] | None]] = {
            "hello": self._hello, "ping": lambda *_: {}, "put": self._put, "seen": self._seen, "cancel": self._cancel,
            "attach": self._attach, "list": self._list, "fetch": self._fetch, "forget": self._forget,
            "shutdown": self._shutdown, **dict.fromkeys(JOBS, self._begin),
        }  # fmt: skip
        for job, asked, outcome in spool.jobs():
            # its events are newer than all that were told before
            self._jobs[job] = Job(job, asked["client"], asked["kind"], asked, outcome, int(time.time() * 1000))
            if outcome is None:
                self._queue.add(self._jobs[job])
                log.info("job goes on", extra={"job": job})

    def serve(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Answer until told to stop; a job that runs then goes on when the daemon is started again."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._worker.socket, zmq.POLLIN)
        try:
            while not self._stop and not stop():
                ready = dict(poller.poll(PRESSED if self._pressed else TICK))
                try:
                    for _ in range(100):  # then others get a turn
                        if self._socket not in ready or not self._hear():
                            break
                    while (told := self._worker.heard()) is not None:
                        self._worked(*told)
                    self._turn()
                except Exception:  # whatever it was, the others' jobs go on
                    log.exception("a turn went wrong")
                    time.sleep(TICK / 1000)
        finally:
            self._worker.close()

    # --- from clients

    def _hear(self) -> bool:
        """Take one message; says whether there was one."""
        try:
            frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        identity = frames[0].bytes
        try:
            key = str(frames[-1].get("User-Id"))
        except (zmq.ZMQError, ValueError):
            self.counts["stranger"] += 1
            return True
        parts = [frame.buffer if k else frame.bytes for k, frame in enumerate(frames[1:])]
        number = 0
        try:
            if identity[:1] != b"\0":  # chosen by itself: events for one who is gone would go to whoever takes the name
                raise ProtocolError("malformed", "a connection may not choose its own name", "set no routing id")
            if len(parts) > MOST_FRAMES or not parts or len(parts[0]) > LARGEST_HEADER_BYTES:
                raise ProtocolError("malformed", f"a message has 1 to {MOST_FRAMES} frames")
            _, kind, number, fields, data = request(parts)
            self._busy = time.monotonic()
            peer = self._peers.known(identity, key)
            self.counts[kind] += 1
            answer = self._handlers[kind](identity, peer, {"kind": kind, **fields}, data)
        except ProtocolError as error:
            self._refuse(identity, error.number or number, error)
            return True
        except ImpastoError as error:
            self._refuse(identity, number, ProtocolError("refused", str(error)))
            return True
        except Exception as error:  # whatever a client sends, the daemon lives
            log.exception("a message was not understood")
            self._refuse(identity, number, ProtocolError("bug", f"the engine made a mistake ({type(error).__name__})"))
            return True
        if answer is not None:
            frame = answer.pop("frame", None)
            self._peers.send(identity, pack("ok", number, answer, [] if frame is None else [frame]))
        return True

    def _refuse(self, identity: bytes, number: int, error: ProtocolError) -> None:
        self.counts[f"refused: {error.code}"] += 1
        fields = {"code": error.code, "sentence": error.sentence, "remedy": error.remedy}
        self._peers.send(identity, pack("error", number, fields))

    def _hello(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        spoken = agreed(fields["versions"], "the client")
        return {
            **self._greeting,
            "devices": [{**self._greeting["devices"][0], "name": self._worker.device}],
            "versions": [OLDEST_VERSION, NEWEST_VERSION],
            "version": spoken,
            "preparing": self._worker.preparing,
            "waiting": self._queue.count(),
        }

    def _put(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        uploads = self._uploads.setdefault(peer.key, Uploads(self._spool.uploads, peer.key))
        got = uploads.put(fields["plane"], fields["offset"], fields["total"], fields["packed"], data[0])
        return {"received": got}

    def _begin(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        """Accept a job: all of it is on disk before the client hears so."""
        if self._queue.count(peer.key) >= MOST_WAITING:
            raise ProtocolError("limit", f"{MOST_WAITING} jobs wait already", "wait until some are done")
        kind = fields.pop("kind")
        check_name("segmenters", fields.get("method" if kind == "segment" else "find"))
        uploads = self._uploads.setdefault(peer.key, Uploads(self._spool.uploads, peer.key))
        planes, names = {}, []
        for name, file in _FILES.items():
            if fields.get(name) is not None:
                path = uploads.take(fields[name]["plane"])
                _check_size(name, fields[name], path)
                planes[file] = path
                names.append(fields[name]["plane"])
        for name in ("painting", "resume"):
            if fields.get(name) is not None:
                planes[f"{name}.raw"] = uploads.take(fields[name])
                names.append(fields[name])
        if len(set(names)) < len(names):
            raise ProtocolError("plane", "one plane is used twice", "put it twice")
        asked = {"client": peer.key, "kind": kind, "fields": fields}
        try:
            id = self._spool.accept(asked, planes)
        except ImpastoError as error:
            raise ProtocolError("disk", str(error), "then send it again") from error
        finally:
            for name in names:
                uploads.drop(name)
        self._make_way(peer.key)
        job = self._jobs[id] = Job(id, peer.key, kind, asked)
        job.listeners.add(identity)
        self._queue.add(job)
        position = self._queue.position(job) + (self._running is not None)
        log.info("job accepted", extra={"job": id, "kind": kind, "position": position})
        return {"job": id, "position": position}

    def _make_way(self, client: str) -> None:
        """Let go of a client's oldest results if it has too many."""
        jobs = [job for job in self._jobs.values() if job.client == client]
        for job in [job for job in jobs if job.outcome is not None][: max(0, len(jobs) + 1 - MOST_KEPT)]:
            self._spool.forget(job.id)
            del self._jobs[job.id]

    def _seen(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> None:
        canvas = peer.canvases.get(fields["job"])
        if canvas is not None and canvas.pending == fields["seq"]:
            canvas.pending = None

    def _own(self, peer: Peer, job: str) -> Job:
        found = self._jobs.get(job)
        if found is None or found.client != peer.key:  # of others' jobs nobody learns, not even that they are there
            raise ProtocolError("job", "there is no such job", "it may have been forgotten")
        return found

    def _cancel(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        job = self._own(peer, fields["job"])
        if self._queue.remove(job):
            self._end(job, {"event": "cancelled"})
        elif self._running is job:
            job.cancelled = True
            self._worker.cancel(job.id)
        return {}

    def _attach(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        job = self._own(peer, fields["job"])
        if job.outcome is None:
            job.listeners.add(identity)
        peer.canvases.pop(job.id, None)
        for event in list(job.events):
            if event["seq"] > fields["since"]:
                self._peers.send(identity, pack("event", 0, event))
        if job.outcome is not None and not job.events:  # it ended before this daemon was started
            self._peers.send(identity, pack("event", 0, {**job.outcome, "job": job.id, "seq": job.seq}))
        return self._described(job)

    def _described(self, job: Job) -> dict[str, Any]:
        state = "running" if self._running is job else "waiting" if job.outcome is None else job.outcome["event"]
        label = job.request["fields"].get("label", "")
        return {"job": job.id, "kind": job.kind, "state": state, "label": label, "seq": job.seq}

    def _list(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        return {"jobs": [self._described(job) for job in self._jobs.values() if job.client == peer.key]}

    def _fetch(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        job = self._own(peer, fields["job"])
        if job.outcome is None:
            raise ProtocolError("job", "this job has no result", "wait until it is done")
        return {"frame": self._spool.read(job.id, fields["file"], fields["offset"], fields["size"])}

    def _forget(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        job = self._own(peer, fields["job"])
        if job.outcome is None:
            raise ProtocolError("job", "this job is not done yet", "cancel it first")
        self._spool.forget(job.id)
        del self._jobs[job.id]
        self._peers.forget(job.id)
        return {}

    def _shutdown(self, identity: bytes, peer: Peer, fields: dict[str, Any], data: list[bytes]) -> dict[str, Any]:
        if peer.key != self._owner:
            raise ProtocolError("forbidden", "only the engine's own user may stop it")
        self._stop = True
        return {}

    # --- from the worker

    def _worked(self, event: dict[str, Any], data: bytes) -> None:
        job = self._jobs.get(event.pop("job", ""))
        kind = event["event"]
        if kind == "died":
            if self._running is not None:
                died, self._running = self._running, None
                died.deaths += 1
                if died.cancelled:
                    self._end(died, {"event": "cancelled"})
                elif died.deaths >= 3:
                    sentence = "painting this ended the engine's worker three times"
                    self._end(died, {"event": "failed", "code": "crash", "sentence": sentence, "remedy": "see its log"})
                else:
                    self._queue.add(died, front=True)
            return
        if job is None or job is not self._running:
            return
        if kind == "preview":
            pixels = np.frombuffer(data, np.uint8).reshape(event["height"], event["width"], 4)
            self._show(job, pixels)
        elif kind in ("done", "failed", "cancelled"):
            self._running = None
            self._end(job, event)
        else:
            self._tell(job, event)

    def _end(self, job: Job, event: dict[str, Any]) -> None:
        job.outcome = event
        try:
            self._spool.end(job.id, event)
        except (ImpastoError, OSError) as error:
            log.error("an outcome could not be kept: %s", error, extra={"job": job.id})
        log.info("job %s", event["event"], extra={"job": job.id, "seconds": event.get("seconds")})
        self._tell(job, event)
        job.listeners.clear()
        self._peers.forget(job.id)

    def _tell(self, job: Job, event: dict[str, Any]) -> None:
        event = job.told(event)
        for identity in list(job.listeners):
            if self._peers.get(identity, job.client) is None:
                job.listeners.discard(identity)
            else:
                self._peers.send(identity, pack("event", 0, event))

    def _show(self, job: Job, pixels: np.ndarray) -> None:
        """Send what changed of the preview to those who have seen the last one; to others, soon, the next."""
        now = time.monotonic()
        for identity in list(job.listeners):
            peer = self._peers.get(identity, job.client)
            if peer is None or now - peer.last_preview < PREVIEWS_APART * 0.9 or peer.waiting:
                continue
            canvas = peer.canvases.setdefault(job.id, Canvas())
            if canvas.pending is not None:
                continue
            changed = canvas.changed(pixels)
            if changed is None:
                continue
            top, left, part = changed
            place = {"x": left, "y": top, "width": part.shape[1], "height": part.shape[0]}
            size = {"canvas_width": pixels.shape[1], "canvas_height": pixels.shape[0]}
            event = job.told({"event": "preview", **place, **size})
            canvas.pending, peer.last_preview = event["seq"], now
            # in chunks of whole rows, so that no frame is larger than any other message's
            self._peers.send(identity, pack("event", 0, event, _frames(part)))

    # --- time

    def _turn(self) -> None:
        now = time.monotonic()
        self._pressed = self._peers.flush(
            lambda identity: any(identity in job.listeners for job in self._jobs.values())
        )
        if self._running is None and self._worker.ready and (job := self._queue.next()) is not None:
            self._start(job)
        self._worker.mind()
        if now - self._cleaned > CLEAN_EVERY:
            self._cleaned = now
            for job in self._spool.clean():
                self._jobs.pop(job, None)
            for uploads in self._uploads.values():
                uploads.clean()
            log.info("counts", extra={"counts": dict(self.counts)})
        if self._running is not None or self._queue.count():
            self._busy = now
        if self._idle is not None and now - self._busy > self._idle:
            log.info("idle, stopping")
            self._stop = True

    def _start(self, job: Job) -> None:
        try:
            folder = self._spool.path(job.id)
        except ImpastoError as error:  # somebody tidied up
            self._end(job, {"event": "failed", "code": "disk", "sentence": str(error), "remedy": "send it again"})
            return
        self._running = job
        self._worker.begin(job.id, folder, job.request)
        self._tell(job, {"event": "begun"})


def _check_size(name: str, fields: dict[str, Any], path: Path) -> None:
    wanted = plane_bytes(fields) if name == "picture" else fields["count"] * fields["height"] * fields["width"]
    if path.stat().st_size != wanted:
        raise ProtocolError("plane", f"{name} has {path.stat().st_size} bytes instead of {wanted}", "send it whole")


def _frames(part: np.ndarray) -> list[Any]:
    """A preview's pixels as at most three frames."""
    data = memoryview(part.reshape(-1))  # pyright: ignore[reportArgumentType] (arrays are buffers)
    step = max(CHUNK_BYTES, -(-len(data) // (MOST_FRAMES - 1)))
    return [data[at : at + step] for at in range(0, len(data), step)]
