"""A client's side of the protocol without sockets, clocks or threads: its owner has those, and brings the messages.

`Session` numbers requests and reads what comes; `Put` and `Fetch` are plans that say which message is next; `Told`
keeps which events of a job were heard; `PreviewCanvas` puts a preview together.
"""

from __future__ import annotations

import uuid
import zlib
from typing import Any, NamedTuple

from . import NEWEST_VERSION, OLDEST_VERSION, ProtocolError, agreed
from .codec import pack, unpack
from .limits import CHUNK_BYTES

WINDOW = 8  # chunks on their way at a time
LAST = ("done", "failed", "cancelled")  # events that end a job
SHOWN = ("shown", "superseded", "not_shown")  # events of which each request `show` gets one
VIEWED = (*SHOWN, "held", "dropped", "sample")  # events that are of no job


def said_error(header: Any) -> ProtocolError:
    """The error that a header of kind `error`, or an event `failed`, tells of."""
    return ProtocolError(*(str(header.get(name) or "") for name in ("code", "sentence", "remedy")))


class Answer(NamedTuple):
    """The engine's answer to request `number`; `error` is None unless it refused."""

    number: int
    header: Any
    frames: Any
    error: Any


class JobEvent(NamedTuple):
    """Something the engine tells of a job by itself."""

    header: Any
    frames: Any


class ViewEvent(NamedTuple):
    """Something the engine tells of a held painting, or of a medium's sample, by itself."""

    header: Any
    frames: Any


class Session:
    """One connection's talk. A new connection begins a new session.

    client: how this client calls itself. `hello` is what the engine said of itself, `version` what is spoken with it.
    """

    def __init__(self, client: str) -> None:
        self.hello: dict[str, Any] = {}
        self.version = NEWEST_VERSION
        self._client = client
        self._number = 0
        self._open: set[int] = set()  # requests whose answer matters

    def request(self, kind: str, fields: Any = None, frames: Any = (), heeded: bool = True) -> tuple[int, list[Any]]:
        """The next request's number and message; heeded: whether its answer matters."""
        self._number += 1
        if heeded:
            self._open.add(self._number)
        return self._number, pack(kind, self._number, fields, frames, self.version)

    def greeting(self) -> tuple[int, list[Any]]:
        """The number and message of `hello`, with which a session begins."""
        return self.request("hello", {"versions": [OLDEST_VERSION, NEWEST_VERSION], "client": self._client})

    def greeted(self, header: Any) -> None:
        """Take the answer to `hello`. Raises ProtocolError "version" if one side has to be updated."""
        self.version = agreed(header.get("versions"))
        self.hello = header

    def can(self, feature: str) -> bool:
        """Does the engine list this feature? Engines before version 3 list none."""
        return feature in (self.hello.get("features") or ())

    def heard(self, parts: list[Any]) -> Any:
        """What a message brings: an Answer to a request, a JobEvent of a job, a ViewEvent, or None."""
        try:
            header, frames = unpack(parts)
        except ProtocolError:
            return None  # it is not our engine's word
        if header.get("kind") == "event":
            if header.get("event") in VIEWED:
                return ViewEvent(header, frames)
            whole = isinstance(header.get("job"), str) and _is_whole(header.get("seq"))
            return JobEvent(header, frames) if whole else None  # one without asks whether somebody is there
        number = header.get("id")
        if not _is_whole(number) or number not in self._open:
            return None
        self._open.discard(number)
        return Answer(number, header, frames, said_error(header) if header.get("kind") == "error" else None)


class Told:
    """Which events of a job were heard: all up to number `since`, from which `attach` goes on.

    Numbers grow but have gaps: other listeners get previews of their own, and of progress only the last is kept.
    """

    def __init__(self, since: int = 0) -> None:
        self.since, self.ended = since, False

    def is_new(self, header: Any) -> bool:
        """Take an event's header; is it one that was not heard before?"""
        if self.ended or header["seq"] <= self.since:
            return False
        self.since, self.ended = header["seq"], header.get("event") in LAST
        return True


class Put:
    """A plan to hand over a plane, chunk by chunk. `result` is the name by which a job can use it.

    data: any buffer; packed: compress what gets smaller by it; window: chunks on their way at a time; piece: bytes of
    a chunk, before it is packed.
    """

    kind = "put"

    def __init__(self, data: Any, packed: bool = False, window: int = WINDOW, piece: int = CHUNK_BYTES) -> None:
        self.result = "p" + uuid.uuid4().hex
        self._data, self._packed, self._window, self._piece = memoryview(data).cast("B"), packed, window, piece
        self._sent = self._flying = 0

    @property
    def done(self) -> bool:
        """Has all of it arrived?"""
        return self._sent == len(self._data) and not self._flying

    @property
    def part(self) -> float:
        """How much has arrived at least, 0 to 1."""
        return max(0, self._sent - self._flying * self._piece) / max(1, len(self._data))

    def next(self) -> Any:
        """Fields and frames of the next request, or None while the window is full, or when all has been sent."""
        if self._flying >= self._window or self._sent == len(self._data):
            return None
        chunk, how = self._data[self._sent : self._sent + self._piece], "no"
        fields = {"plane": self.result, "offset": self._sent, "total": len(self._data)}
        self._sent += len(chunk)
        self._flying += 1
        if self._packed:
            smaller = zlib.compress(chunk, 1)
            if len(smaller) < len(chunk):
                chunk, how = smaller, "zlib"
        return {**fields, "packed": how}, (chunk,)

    def answered(self, frames: Any = ()) -> None:
        """A chunk has arrived."""
        self._flying -= 1


class Fetch:
    """A plan to fetch `size` bytes of a file of a job's result from `offset` on; `result` is a bytearray of them."""

    kind = "fetch"

    def __init__(self, job: str, file: str, size: int, window: int = WINDOW, offset: int = 0) -> None:
        self.result = bytearray(size)
        self._job, self._file, self._window, self._begin = job, file, window, offset
        self._asked = self._got = 0
        self._wanted: list[int] = []  # sizes of the chunks that are on their way

    @property
    def done(self) -> bool:
        """Has all of it come?"""
        return self._got == len(self.result)

    @property
    def part(self) -> float:
        """How much has come, 0 to 1."""
        return self._got / max(1, len(self.result))

    def next(self) -> Any:
        """Fields and frames of the next request, or None while the window is full, or when all has been asked for."""
        if len(self._wanted) >= self._window or self._asked == len(self.result):
            return None
        size = min(CHUNK_BYTES, len(self.result) - self._asked)
        fields = {"job": self._job, "file": self._file, "offset": self._begin + self._asked, "size": size}
        self._asked += size
        self._wanted.append(size)
        return fields, ()

    def answered(self, frames: Any) -> None:
        """Take the next chunk; they come in the order of requests. Raises ProtocolError "damaged" for half of one."""
        size = self._wanted.pop(0)
        if len(frames) != 1 or len(frames[0]) != size:
            raise ProtocolError("damaged", f"{self._file} came incomplete", "fetch it again")
        self.result[self._got : self._got + size] = frames[0]
        self._got += size


class PreviewCanvas:
    """A job's preview, put together from the rectangles that changed.

    `pixels` are `height` rows of `width` pixels: RGBA, 8 bits, straight.
    """

    def __init__(self) -> None:
        self.width = self.height = 0
        self.pixels = bytearray()

    def laid(self, header: Any, frames: Any) -> bytearray:
        """The whole preview with a new part in it, a new buffer each time: what was given before stays as it is.

        Raises ProtocolError "malformed" for a part that is not of its canvas, or has other pixels than it says.
        """
        width, height = header["canvas_width"], header["canvas_height"]
        x, y, columns, rows = header["x"], header["y"], header["width"], header["height"]
        data = memoryview(frames[0] if len(frames) == 1 else b"".join(frames)).cast("B")
        inside = 0 <= x < x + columns <= width and 0 <= y < y + rows <= height
        if not inside or len(data) != 4 * columns * rows:
            raise ProtocolError("malformed", "a part of a preview does not fit its canvas", "update the engine")
        same = (width, height) == (self.width, self.height)
        pixels = bytearray(self.pixels) if same else bytearray(4 * width * height)
        step = 4 * columns
        for row in range(rows):
            at = 4 * ((y + row) * width + x)
            pixels[at : at + step] = data[row * step : (row + 1) * step]
        self.width, self.height, self.pixels = width, height, pixels
        return pixels


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
