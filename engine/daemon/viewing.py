"""Paintings that clients hold, to see them in another look at once: no job, no queue, and no job makes way.

A connection holds a few paintings; they are let go with it. Of what a connection wants to see the newest wins: what
waits is superseded, what is being rendered comes. All is rendered by one process of its own, the viewer, that is there
as long as anything is held. It is told by `turn`, and heard at `socket`, so that the daemon's loop waits for nothing.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
import uuid
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq

from impasto.engine.daemon.peers import Peers
from impasto.engine.daemon.viewer_process import ViewerProcess
from impasto.engine.files import disk_trouble
from impasto.engine.painting.archive import MAX_FILE
from impasto.protocol import ProtocolError
from impasto.protocol.codec import pack
from impasto.protocol.limits import CHUNK_BYTES, MOST_HELD, MOST_SHOWN_BYTES

log = logging.getLogger("impasto.daemon")

MOST_HELD_ALL = 32  # of all clients
HELD_SECONDS = 1800.0  # seconds that a painting is held without being shown
SLOWEST = 120.0  # seconds that one picture may take; much longer than any, but somebody else waits
REST = 0.5  # while somebody paints, the viewer rests between two pictures, for so much of what the last one took
LOOKED = 2.0  # seconds between two looks for connections that are gone
HELD_FACTS = ("width", "height", "strokes", "regions", "passes", "layers")  # what is told of a painting that is held
MOST_DEATHS = 2  # of viewers, by one painting


@dataclass
class Held:
    """A painting that a connection holds; file: where it lies, with the viewer's knowledge."""

    handle: str
    identity: bytes
    key: str
    file: Path
    touched: float = field(default_factory=time.monotonic)
    deaths: int = 0


@dataclass
class Errand:
    """Something the viewer is to do, as it is told it, and who hears of it; handle: nothing for a sample."""

    identity: bytes
    key: str
    order: dict[str, Any]
    handle: str = ""
    serial: int = 0
    begun: float = 0.0


class Viewing:
    """What is held, what waits to be seen, and the viewer.

    folder: for files of paintings; threads: that the viewer has.
    """

    def __init__(self, context: zmq.Context, peers: Peers, folder: Path, threads: int | None) -> None:
        self._peers, self._folder = peers, folder
        self._viewer = ViewerProcess(context, threads)
        self._held: OrderedDict[str, Held] = OrderedDict()  # the one used last is the last
        self._shows: OrderedDict[bytes, Errand] = OrderedDict()  # the one that waits of each connection
        self._others: deque[Errand] = deque()  # paintings to be loaded, samples
        self._served: dict[str, float] = {}  # when each key was, last
        self._now: Errand | None = None  # what the viewer is doing
        self._samples: dict[str, tuple[dict[str, Any], bytes]] = {}
        self._looked = self._rested = time.monotonic()

    @property
    def socket(self) -> zmq.Socket:
        """Where what the viewer says arrives."""
        return self._viewer.socket

    # --- for clients

    def hold(self, identity: bytes, key: str, file: Path, keep: bool) -> str:
        """Hold a painting's file for a connection; returns the handle.

        keep: the file stays where it is, too. Raises ProtocolError "disk" or "refused" for a file that cannot be held.
        """
        handle = uuid.uuid4().hex
        place = self._folder / f"{handle}.impasto"
        try:
            if file.stat().st_size > MAX_FILE:
                raise ProtocolError("refused", f"this is larger than any painting ({MAX_FILE >> 20} MB)")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _place(file, place, keep)
        except OSError as error:
            why, remedy = disk_trouble(error)
            raise ProtocolError("disk", f"the painting cannot be held ({why})", remedy) from error
        self._make_way(key)
        self._held[handle] = Held(handle, identity, key, place)
        self._others.append(Errand(identity, key, {"do": "hold"}, handle))
        return handle

    def _make_way(self, key: str) -> None:
        """Let go of the painting that a client has held longest, if it holds too many; of all, if there are too many,
        one of whoever holds most."""
        keys = Counter(held.key for held in self._held.values())
        if keys[key] < MOST_HELD:
            if len(self._held) < MOST_HELD_ALL:
                return
            key = keys.most_common(1)[0][0]
        oldest = next(held for held in self._held.values() if held.key == key)
        self._drop(oldest, "others are held in its place")

    def show(self, identity: bytes, key: str, fields: dict[str, Any]) -> None:
        """Have a held painting shown. Raises ProtocolError "handle" if the connection holds none by this name."""
        held = self._own(identity, fields["handle"])
        if 4 * fields["width"] * fields["height"] > MOST_SHOWN_BYTES:
            sentence = f"{fields['width']} × {fields['height']} pixels are more than are shown at once"
            raise ProtocolError("too_large", sentence, f"ask for at most {MOST_SHOWN_BYTES >> 2}")
        look = {name: fields[name] or {} for name in ("medium", "light")}
        order = {"do": "show", **{name: fields[name] for name in ("width", "height", "draft")}, **look}
        older = self._shows.get(identity)
        if older is not None:
            self._tell(older, "superseded")
        self._held.move_to_end(held.handle)
        self._shows[identity] = Errand(identity, key, order, held.handle, fields["serial"])

    def let_go(self, identity: bytes, handle: str) -> None:
        """Hold a painting no longer. Raises ProtocolError "handle" as `show` does."""
        self._forget(self._own(identity, handle))

    def sample(self, identity: bytes, key: str, medium: str) -> None:
        """Send a connection the picture of a medium, now or when it has been made."""
        errand = Errand(identity, key, {"do": "sample", "medium": medium})
        if medium in self._samples:
            self._send_sample(errand)
        elif not any(other.identity == identity and other.order == errand.order for other in self._others):
            self._others.append(errand)

    def holds(self, identity: bytes) -> bool:
        """Does this connection hold anything?"""
        return any(held.identity == identity for held in self._held.values())

    # --- for the daemon's loop

    def turn(self, painting: bool) -> None:
        """Hear the viewer, let go of what nobody wants any more, and have it do what is next.

        painting: does the worker paint? Then the viewer leaves it some time.
        """
        while (heard := self._viewer.heard()) is not None:
            self._heard(*heard)
        now = time.monotonic()
        if now - self._looked > LOOKED:
            self._looked = now
            self._look(now)
        if self._now is not None and now - self._now.begun > SLOWEST:
            log.warning("the viewer takes too long")
            self._viewer.dismiss()
            self._end(code="refused", sentence="showing this takes too long", remedy="ask for fewer pixels")
        self._viewer.mind(wanted=bool(self._others or self._shows), needed=bool(self._held))
        if not painting or now >= self._rested:
            self._begin(now)

    def close(self) -> None:
        """End the viewer; nothing is held any more."""
        self._viewer.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self, now: float) -> None:
        """Have the viewer do what is next, if it is free."""
        while self._viewer.free and (errand := self._next()) is not None:
            if errand.order["do"] == "sample":
                if errand.order["medium"] in self._samples:  # somebody else had asked
                    self._send_sample(errand)
                    continue
                more = {}
            elif errand.handle not in self._held:
                self._refuse(errand, "handle", "this painting is held no longer", "hold it again")
                continue
            else:
                held = self._held[errand.handle]
                held.touched, more = now, {"handle": held.handle, "file": str(held.file)}
            errand.begun, self._now = now, errand
            self._viewer.begin({**errand.order, **more})

    def _next(self) -> Errand | None:
        """What to do next: keys take turns, and their connections; of each what is to be loaded comes first, since
        all wait for that. One that is slow to take its last picture wants a newer one by then."""
        waiting = [*self._others, *(errand for errand in self._shows.values() if self._takes(errand))]
        errand = min(waiting, key=lambda each: self._served.get(each.key, 0.0), default=None)
        if errand is None:
            return None
        self._served[errand.key] = time.monotonic()
        if errand is self._shows.get(errand.identity):
            del self._shows[errand.identity]
        else:
            self._others.remove(errand)
        return errand

    def _takes(self, errand: Errand) -> bool:
        peer = self._peers.get(errand.identity, errand.key)
        return peer is None or not peer.waiting

    def _heard(self, told: dict[str, Any], data: bytes) -> None:
        """Note what the viewer says."""
        if told["event"] == "died":
            self._died(told["why"])
        elif told["event"] == "failed":
            self._end(**{name: told[name] for name in ("code", "sentence", "remedy")})
        else:
            self._done(told, data)

    def _done(self, told: dict[str, Any], data: bytes) -> None:
        errand, self._now = self._now, None
        assert errand is not None
        if errand.handle in self._held:
            self._held[errand.handle].deaths = 0
        kind = errand.order["do"]
        if kind == "sample":
            self._samples[errand.order["medium"]] = {name: told[name] for name in ("width", "height")}, data
            self._send_sample(errand)
        elif kind == "hold":
            self._tell(errand, "held", **{name: told[name] for name in HELD_FACTS})
        else:
            size, now = {name: errand.order[name] for name in ("width", "height")}, time.monotonic()
            self._rested = now + REST * (now - errand.begun)
            self._tell(errand, "shown", _frames(data), **size, seconds=now - errand.begun)

    def _end(self, code: str, sentence: str, remedy: str = "") -> None:
        """What the viewer was doing cannot be done."""
        errand, self._now = self._now, None
        if errand is not None:
            self._refuse(errand, code, sentence, remedy)

    def _refuse(self, errand: Errand, code: str, sentence: str, remedy: str = "") -> None:
        held = self._held.get(errand.handle)
        if errand.order["do"] == "hold" and held is not None:  # it is no painting
            self._drop(held, sentence, code, remedy)
        elif errand.order["do"] == "show":
            self._tell(errand, "not_shown", code=code, sentence=sentence, remedy=remedy)

    def _died(self, why: str) -> None:
        """The viewer did: the next one does what it was doing, unless that is to blame."""
        errand, self._now = self._now, None
        held = None if errand is None else self._held.get(errand.handle)
        if errand is not None and held is not None:
            held.deaths += 1
            if held.deaths >= MOST_DEATHS:
                sentence, remedy = f"showing it ended the engine's viewer twice ({why})", "see the engine's log"
                self._refuse(errand, "crash", sentence, remedy)
                self._drop(held, sentence, "crash", remedy)
            elif errand.order["do"] == "hold":
                self._others.appendleft(errand)
            elif errand.identity in self._shows:
                self._tell(errand, "superseded")
            else:
                self._shows[errand.identity] = errand
                self._shows.move_to_end(errand.identity, last=False)
        while self._viewer.trouble and (errand := self._next()) is not None:
            self._refuse(errand, "crash", f"the engine cannot show anything ({self._viewer.trouble})", "see its log")

    def _look(self, now: float) -> None:
        """Let go of paintings whose connection is gone, and of those that nobody looks at."""
        for held in list(self._held.values()):
            if not self._peers.is_there(held.identity, held.key):
                self._forget(held)
            elif now - held.touched > HELD_SECONDS:
                self._drop(held, "nobody has looked at it for long")

    def _own(self, identity: bytes, handle: str) -> Held:
        held = self._held.get(handle)
        if held is None or held.identity != identity:
            raise ProtocolError("handle", "this connection holds no such painting", "hold it again")
        return held

    def _drop(self, held: Held, sentence: str, code: str = "handle", remedy: str = "hold it again") -> None:
        """Hold it no longer, and say so."""
        self._forget(held)
        self._tell(
            Errand(held.identity, held.key, {}, held.handle), "dropped", code=code, sentence=sentence, remedy=remedy
        )

    def _forget(self, held: Held) -> None:
        self._held.pop(held.handle, None)
        self._viewer.forget(held.handle)
        held.file.unlink(missing_ok=True)
        self._others = deque(errand for errand in self._others if errand.handle != held.handle)
        waits = self._shows.get(held.identity)
        if waits is not None and waits.handle == held.handle:
            del self._shows[held.identity]
            self._refuse(waits, "handle", "this painting is held no longer", "hold it again")

    def _send_sample(self, errand: Errand) -> None:
        facts, data = self._samples[errand.order["medium"]]
        self._send(errand, {"event": "sample", "medium": errand.order["medium"], **facts}, [data])

    def _tell(self, errand: Errand, event: str, frames: list[Any] | None = None, **fields: Any) -> None:
        about = {"handle": errand.handle} | ({"serial": errand.serial} if errand.order.get("do") == "show" else {})
        self._send(errand, {"event": event, **about, **fields}, frames or [])

    def _send(self, errand: Errand, event: dict[str, Any], frames: list[Any]) -> None:
        if self._peers.get(errand.identity, errand.key) is not None:
            self._peers.send(errand.identity, pack("event", 0, event, frames))


def _place(file: Path, place: Path, keep: bool) -> None:
    if not keep:
        file.replace(place)
        return
    try:
        os.link(file, place)
    except OSError:  # on a disk that knows no links
        shutil.copyfile(file, place)


def _frames(data: bytes) -> list[Any]:
    return [memoryview(data)[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
