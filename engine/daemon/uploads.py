"""Planes on their way in: chunk after chunk into files, so that nothing large is ever held in memory."""

from __future__ import annotations

import hashlib
import shutil
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from impasto.protocol import ProtocolError
from impasto.protocol.limits import CHUNK_BYTES

MOST_PLANES = 64  # of a client, waiting to be used
MOST_UPLOADED_BYTES = 8 << 30
UPLOAD_SECONDS = 3600.0  # seconds that a plane waits to be gone on with or used
SPARE = 256 << 20  # bytes of the disk that stay free


@dataclass
class Plane:
    """One plane: its file, its size once it is whole, and how much has come."""

    path: Path
    total: int
    received: int = 0
    touched: float = field(default_factory=time.monotonic)


@dataclass
class Uploads:
    """The planes of one client."""

    folder: Path
    client: str
    planes: dict[str, Plane] = field(default_factory=dict)

    def put(self, name: str, offset: int, total: int, packed: str, frame: bytes) -> int:
        """Take the next chunk of a plane; returns how much of it has come.

        Raises ProtocolError: "malformed" for a chunk that is none or not the next one, "limit" for too much,
        "disk" if there is no room.
        """
        data = _unpacked(frame) if packed == "zlib" else frame
        if offset == 0:
            self.drop(name)
            place = self.folder / hashlib.sha256(self.client.encode()).hexdigest()[:16]
            self._check_room(total, place)
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            self.planes[name] = Plane(place / f"{digest}.part", total)
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
            raise ProtocolError("disk", f"the plane cannot be kept ({error.strerror})", "free space there") from error
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
            plane.path.unlink(missing_ok=True)

    def clean(self) -> None:
        """Throw away what nobody has come back for."""
        for name, plane in list(self.planes.items()):
            if time.monotonic() - plane.touched > UPLOAD_SECONDS:
                self.drop(name)

    def _check_room(self, total: int, place: Path) -> None:
        if len(self.planes) >= MOST_PLANES or sum(p.total for p in self.planes.values()) + total > MOST_UPLOADED_BYTES:
            raise ProtocolError("limit", "too many planes wait to be used", "begin their jobs first")
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            free = shutil.disk_usage(place).free
        except OSError as error:
            raise ProtocolError("disk", f"the plane cannot be kept ({error.strerror})", "free space there") from error
        if free < total + SPARE:
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
