"""What clients hear of jobs: events, those they have missed, and of previews what has changed."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from impasto.engine.daemon.jobs import Canvas, Job
from impasto.engine.daemon.peers import Peer, Peers
from impasto.protocol.codec import pack
from impasto.protocol.limits import CHUNK_BYTES, MOST_FRAMES

PREVIEWS_APART = 0.25  # seconds


class Listeners:
    """Tells the connections that listen to a job."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    def tell(self, job: Job, event: dict[str, Any]) -> None:
        """Send an event to all who listen to the job; those who are gone listen no more."""
        event = job.told(event)
        for identity in list(job.listeners):
            if self._peers.get(identity, job.client) is None:
                job.listeners.discard(identity)
            else:
                self._peers.send(identity, pack("event", 0, event))

    def show(self, job: Job, pixels: np.ndarray) -> None:
        """Send what changed of the preview to those who have seen the last one; to others, soon, the next.

        pixels: the whole preview, uint8 (height, width, 4).
        """
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

    def seen(self, peer: Peer, job: str, seq: int) -> None:
        """A connection has shown preview number `seq` of a job: the next may come."""
        canvas = peer.canvases.get(job)
        if canvas is not None and canvas.pending == seq:
            canvas.pending = None

    def attach(self, job: Job, identity: bytes, peer: Peer, since: int, outcome: dict[str, Any] | None) -> None:
        """Have a connection listen to a job, and tell it what happened after event number `since`.

        outcome: the event that ended it, where nothing else of it is remembered.
        """
        if job.outcome is None:
            job.listeners.add(identity)
        peer.canvases.pop(job.id, None)
        for event in list(job.events):
            if event["seq"] > since:
                self._peers.send(identity, pack("event", 0, event))
        if outcome is not None:
            self._peers.send(identity, pack("event", 0, {**outcome, "job": job.id, "seq": job.seq}))

    def dismiss(self, job: Job) -> None:
        """There is no more to hear of a job."""
        job.listeners.clear()
        self._peers.forget(job.id)


def _frames(part: np.ndarray) -> list[Any]:
    """A preview's pixels as at most three frames."""
    data = memoryview(part.reshape(-1))  # pyright: ignore[reportArgumentType] (arrays are buffers)
    step = max(CHUNK_BYTES, -(-len(data) // (MOST_FRAMES - 1)))
    return [data[at : at + step] for at in range(0, len(data), step)]
