"""Planes on their way in: chunk after chunk into files, so that nothing large is ever held in memory."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from impasto.engine.files import disk_trouble
from impasto.protocol import ProtocolError
from impasto.protocol.limits import CHUNK_BYTES

MOST_PLANES = 64  # of a client, waiting to be used
MOST_UPLOADED_BYTES = 8 << 30  # of a client: planes, whole or promised, and what its waiting jobs came with
UPLOAD_SECONDS = 3600.0  # seconds that a plane waits to be gone on with or used
SPARE = 256 << 20  # bytes of the disk that stay free


@dataclass
class Plane:
    """One plane: its file, its size once it is whole, whose connection it comes over, and how much has come."""

    path: Path
    total: int
    identity: bytes
    received: int = 0
    touched: float = field(default_factory=time.monotonic)


@dataclass
class Uploads:
    """The planes of one client.

    waiting: how many bytes its waiting jobs came with; promised: how many bytes of all clients' planes are to come.
    """

    folder: Path
    client: str
    waiting: Callable[[], int] = int
    promised: Callable[[], int] = int
    planes: dict[str, Plane] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Bytes of planes that were promised and have not come yet."""
        return sum(plane.total - plane.received for plane in self.planes.values())

    def put(self, name: str, offset: int, total: int, packed: str, frame: bytes, identity: bytes = b"") -> int:
        """Take the next chunk of a plane, over the connection `identity`; returns how much of it has come.

        Raises ProtocolError: "malformed" for a chunk that is none or not the next one, "limit" for too much,
        "disk" if there is no room.
        """
        data = _unpacked(frame) if packed == "zlib" else frame
        if offset == 0:
            self.drop(name)
            place = self.folder / hashlib.sha256(self.client.encode()).hexdigest()[:16]
            self._check_room(total, place)
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            self.planes[name] = Plane(place / f"{digest}.part", total, identity)
        plane = self.planes.get(name)
        if plane is None or offset != plane.received or total != plane.total:
            raise ProtocolError("malformed", f"byte {offset} is not the next of this plane", "send it from its start")
        if not data or offset + len(data) > total:
            raise ProtocolError("malformed", "a chunk is empty or goes beyond its plane")
        try:
            with plane.path.open("r+b" if offset else "wb") as file:
                file.seek(offset)
                file.write(data)
        except OSError as error:
            self.drop(name)
            why, remedy = disk_trouble(error)
            raise ProtocolError("disk", f"the plane cannot be kept ({why})", remedy) from error
        plane.received += len(data)
        plane.touched = time.monotonic()
        return plane.received

    def take(self, name: str) -> Path:
        """The file of a whole plane. Raises ProtocolError "plane" if it has not come, or not wholly."""
        plane = self.planes.get(name)
        if plane is None or plane.received < plane.total or not plane.path.is_file():
            raise ProtocolError("plane", f"the plane {name[:20]} has not come wholly", "put it first")
        return plane.path

    def drop(self, name: str) -> None:
        """Throw a plane away."""
        plane = self.planes.pop(name, None)
        if plane is not None:
            with contextlib.suppress(OSError):  # gone, or it cannot be: then the next start throws it away
                plane.path.unlink()

    def leave(self, identity: bytes) -> None:
        """Throw away what came over a connection that has ended."""
        for name, plane in list(self.planes.items()):
            if plane.identity == identity:
                self.drop(name)

    def clean(self) -> None:
        """Throw away what nobody has come back for."""
        for name, plane in list(self.planes.items()):
            if time.monotonic() - plane.touched > UPLOAD_SECONDS:
                self.drop(name)

    def _check_room(self, total: int, place: Path) -> None:
        if len(self.planes) >= MOST_PLANES:
            raise ProtocolError("limit", "too many planes wait to be used", "begin their jobs first")
        if sum(p.total for p in self.planes.values()) + self.waiting() + total > MOST_UPLOADED_BYTES:
            sentence = f"over {MOST_UPLOADED_BYTES >> 30} GB wait to be painted"
            raise ProtocolError("limit", sentence, "wait until some jobs are done")
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            why, remedy = disk_trouble(error)
            raise ProtocolError("disk", f"the plane cannot be kept ({why})", remedy) from error
        check_disk(place, total, self.promised())


def check_disk(folder: Path, wanted: int, promised: int) -> None:
    """Raise ProtocolError "disk" if a folder's disk lacks room for so many bytes, besides those that are promised."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        why, remedy = disk_trouble(error)
        raise ProtocolError("disk", f"nothing can be kept there ({why})", remedy) from error
    if free - promised < wanted + SPARE:
        raise ProtocolError("disk", "the engine's disk is full", "free space there")


def _unpacked(frame: bytes) -> bytes:
    """A chunk that was compressed; never more than a chunk."""
    try:
        packer = zlib.decompressobj()
        data = packer.decompress(frame, CHUNK_BYTES + 1)
    except zlib.error as error:
        raise ProtocolError("malformed", "a chunk is not packed by zlib") from error
    if len(data) > CHUNK_BYTES:
        raise ProtocolError("too_large", f"a chunk unpacks to over {CHUNK_BYTES} bytes")
    if not packer.eof:
        raise ProtocolError("malformed", "a packed chunk is cut off")
    return data
