"""A small client that waits: connect, paint, listen, fetch. For programs; Krita's plugin has its own event loop."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

from . import ProtocolError
from .keys import is_key, read_public
from .places import home, read_runtime, require_here, running
from .session import LAST, SHOWN, Fetch, JobEvent, Put, Session, Told, ViewEvent, said_error
from .wires import SocketWire

START = "start one with: impasto serve --detach"
SILENCE = 30.0  # seconds after which one asks whether the daemon is there


class Client:
    """One connection to a daemon.

    address: such as tcp://127.0.0.1:5000, or None for this user's own daemon; server_key: its public key as text, a
    file of it, or None for this user's own; folder: of the keys; timeout: seconds to wait for an answer; wire: what
    makes a wire (see wires.py) of a key, an address and that folder; name: how this client calls itself.

    Raises ProtocolError: "absent" if no daemon runs, "unreachable" if it does not answer, "version" if one side has
    to be updated.
    """

    def __init__(
        self, address: Any = None, server_key: Any = None, folder: Any = None, timeout: float = 10.0,
        wire: Any = SocketWire, name: str = "python",
    ) -> None:  # fmt: skip
        self.folder, self.timeout = Path(str(folder or home())), timeout
        self._wired, self._name = wire, name
        self._asked = (address, server_key)
        self._wire: Any = None
        self._session = Session(name)
        self._events = deque()
        self._views = deque()  # events of held paintings and samples
        self._serial = 0
        self._answers = {}
        self._told = {}  # job: which of its events were told
        self._heard = time.monotonic()
        self.connect()

    @property
    def hello(self) -> dict[str, Any]:
        """What the daemon said of itself."""
        return self._session.hello

    def can(self, feature: str) -> bool:
        """Does the daemon list this feature? Only then what it allows may be sent."""
        return self._session.can(feature)

    def connect(self) -> None:
        """Connect, also again after the daemon was started again, perhaps at another address."""
        self.close()
        address, key = _engine(*self._asked, self.folder)
        self._wire = self._wired(key, address, self.folder)
        self.address, self._session = address, Session(self._name)
        try:
            header, _ = self._answer(self._post(*self._session.greeting()))
            self._session.greeted(header)
        except ProtocolError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up; jobs go on."""
        if self._wire is not None:
            self._wire.close()
        self._wire = None
        self._events.clear()
        self._views.clear()
        self._answers.clear()

    def __enter__(self):
        """For `with`."""
        return self

    def __exit__(self, *_):
        """Hang up."""
        self.close()

    def ask(self, kind, frames=(), timeout=None, **fields):
        """Send a request and wait for its answer, a map. Raises ProtocolError for what the daemon refuses."""
        return self._answer(self._send(kind, frames, fields), timeout)[0]

    def put(self, data, packed=False):
        """Hand over bytes (any buffer) in chunks; returns the name by which a job can use them."""
        return self._carried_out(Put(data, packed))

    def start(self, kind, **fields):
        """Begin a job (paint, repaint, render, segment); returns its id once the daemon has it on disk."""
        return self.ask(kind, **fields)["job"]

    def attach(self, job, since=0):
        """Hear of a job again after a reconnect, from the event after number `since` on."""
        self._told[job] = Told(since)
        return self.ask("attach", job=job, since=since)

    def events(self, job: str) -> Any:
        """Yield (header, frames) of a job's events as they come, until it is done, failed or cancelled.

        Raises ProtocolError "lost" if the daemon is gone: connect and attach again.
        """
        while True:
            found = self.next_event(job, 1.0)
            if found is not None:
                yield found
                if found[0].get("event") in LAST:
                    return

    @property
    def is_local(self) -> bool:
        """Is the daemon on this machine? Then nothing is gained by packing."""
        return "//127." in self.address or "//localhost" in self.address or "//[::1]" in self.address

    def next_event(self, job: str, seconds: float) -> Any:
        """The next (header, frames) of a job that comes within `seconds`, or None.

        Raises ProtocolError "lost" if the daemon has been silent for long and does not answer.
        """
        found = next((k for k, (header, _) in enumerate(self._events) if header.get("job") == job), None)
        if found is None:
            if self._receive(seconds):
                self._heard = time.monotonic()
            elif time.monotonic() - self._heard > SILENCE:
                try:  # which also brings what was missed, if it had lost patience with this client
                    self.ask("attach", timeout=5.0, job=job, since=self._since(job))
                except ProtocolError as error:
                    raise ProtocolError(
                        "lost", "the engine does not answer any more", "its jobs are kept: connect and attach again"
                    ) from error
                self._heard = time.monotonic()
            return None
        header, frames = self._events[found]
        del self._events[found]
        told = self._told.setdefault(job, Told())
        if not told.is_new(header):
            return None
        if told.ended:
            del self._told[job]
        if header.get("event") == "preview":
            self._send("seen", (), {"job": job, "seq": header["seq"]}, heeded=False)
        return header, frames

    def fetch(self, job, file, size, offset=0):
        """`size` bytes of a file of a job's result, from `offset` on."""
        return self._carried_out(Fetch(job, file, size, offset=offset))

    def hold(self, painting=None, job=None):
        """Have the engine hold a painting, bytes or a finished job's, to show it; returns its handle."""
        if painting is not None:
            return self.ask("hold", painting=self.put(painting))["handle"]
        return self.ask("hold", job=job)["handle"]

    def ask_to_show(self, handle, width, height, medium=None, light=None, draft=False):
        """Have a held painting shown in another look, and wait for nothing; returns the serial of its event."""
        self._serial += 1
        look = {"medium": medium, "light": light, "draft": draft}
        self.ask("show", handle=handle, width=width, height=height, serial=self._serial, **look)
        return self._serial

    def show(self, handle, width, height, medium=None, light=None, draft=False, timeout=None):
        """A held painting's pixels in another look: RGBA, 8 bits, straight. Raises ProtocolError if it cannot be."""
        serial = self.ask_to_show(handle, width, height, medium, light, draft)
        header, frames = self.view_event(timeout, lambda told: told.get("serial") == serial and told["event"] in SHOWN)
        if header["event"] == "not_shown":
            raise said_error(header)
        return b"".join(frames)

    def sample(self, medium, timeout=None):
        """A small picture of a medium's strokes, a PNG."""
        self.ask("sample", medium=medium)
        return self.view_event(timeout, lambda told: told.get("medium") == medium)[1][0]

    def view_event(self, timeout=None, wanted=lambda header: True):
        """The next (header, frames) of a held painting or a sample that is wanted; others are kept.

        Raises ProtocolError "unreachable" if none comes within `timeout` seconds.
        """
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            for event in list(self._views):
                if wanted(event.header):
                    self._views.remove(event)
                    return event.header, event.frames
            left = end - time.monotonic()
            if left <= 0:
                raise self._unreachable()
            self._receive(left)

    def carry(self, plan):
        """Carry out a plan of session.py, chunk by chunk: a generator that goes on after each."""
        waiting = deque()
        while not plan.done:
            while True:
                message = plan.next()
                if message is None:
                    break
                fields, frames = message
                waiting.append(self._send(plan.kind, frames, fields))
            plan.answered(self._answer(waiting.popleft())[1])
            yield

    def _carried_out(self, plan):
        for _ in self.carry(plan):
            pass
        return plan.result

    def _since(self, job):
        return self._told[job].since if job in self._told else 0

    def _send(self, kind, frames, fields, heeded=True):
        return self._post(*self._session.request(kind, fields, frames, heeded))

    def _post(self, number, parts):
        if self._wire is None:
            raise ProtocolError("lost", "the connection is closed", "connect again")
        if not self._wire.send(parts):
            raise self._unreachable()
        return number

    def _answer(self, number, timeout=None):
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while number not in self._answers:
            left = end - time.monotonic()
            if left <= 0 or not (self._receive(left) or end > time.monotonic()):
                raise self._unreachable()
        answer = self._answers.pop(number)
        if answer.error is not None:
            raise answer.error
        return answer.header, answer.frames

    def _unreachable(self):
        ours = running(self.folder)
        remedy = "see that it runs (impasto serve status) and that this client's key is allowed there"
        if ours is not None and ours["address"] == self.address:  # which lets this key in, so that it hangs
            remedy = f"if it stays so, end its process ({ours['pid']}) and start it again; its jobs are kept"
        return ProtocolError("unreachable", f"the engine at {self.address} does not answer", remedy)

    def _receive(self, seconds):
        """Wait for one message; says whether one came."""
        parts = None if self._wire is None else self._wire.receive(seconds)
        if parts is None:
            return False
        found = self._session.heard(parts)
        if isinstance(found, JobEvent):
            self._events.append(found)
        elif isinstance(found, ViewEvent):
            self._views.append(found)
        elif found is not None:
            self._answers[found.number] = found
        return True


def _engine(address: Any, key: Any, folder: Path) -> Any:
    """Address and key of the engine that is meant, as text; this user's own where they are None. Raises as `Client`."""
    if address is None or key is None:
        said = read_runtime(folder)
        if said is not None:
            require_here(said, folder)
        runs = said is not None and running(folder) is not None
        if address is None:
            if said is None or not runs:
                raise ProtocolError("absent", "no engine is running", START)
            address = said["address"]
        if key is None:
            if said is None:
                raise ProtocolError("keys", "the engine's public key is not known", "give it")
            if address == said["address"] and not runs:  # nobody else has its key
                raise ProtocolError("unreachable", f"the engine that was at {address} has ended", START)
            key = said["key"]
    return str(address), str(key) if is_key(str(key)) else read_public(key)
