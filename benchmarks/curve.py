"""A client of ZeroMQ's CURVE over a plain TCP socket: for what no ZeroMQ sends, as a message without an end."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import socket
import struct
from pathlib import Path

import zmq
from zmq.utils import z85


def sodium() -> ctypes.CDLL | None:
    """The library that pyzmq brings with it, or the system's; None if there is none."""
    near = [Path(zmq.__file__).parent.parent / "pyzmq.libs", Path(zmq.__file__).parent / ".dylibs"]
    names = [str(path) for folder in near if folder.is_dir() for path in folder.glob("libsodium*")]
    for name in [*names, ctypes.util.find_library("sodium")]:
        if name:
            return ctypes.CDLL(name)
    return None


class Curve:
    """A connection that has shaken hands, on which `message` sends one frame after the other.

    address: such as tcp://127.0.0.1:5000; server_key, public, secret: as text. Raises OSError if it is not let in.
    """

    def __init__(self, address: str, server_key: str, public: str, secret: str) -> None:
        library = sodium()
        assert library is not None, "libsodium is not here"
        self._sodium, self._nonce = library, 1
        host, port = address.partition("//")[2].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 10)
        theirs, mine = z85.decode(server_key), z85.decode(secret)
        short_public, short = (z85.decode(key) for key in zmq.curve_keypair())
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31)
        self.socket.sendall(greeting)
        self._exactly(64)
        nonce = self._next()
        box = self._boxed(bytes(64), b"CurveZMQHELLO---" + nonce, theirs, short)
        self._command(b"\x05HELLO\x01\x00" + bytes(72) + short_public + nonce + box)
        welcome = self.frame()
        if not welcome.startswith(b"\x07WELCOME"):
            raise ConnectionRefusedError
        plain = self._opened(welcome[24:], b"WELCOME-" + welcome[8:24], theirs, short)
        server_short, cookie = plain[:32], plain[32:]
        vouched = os.urandom(16)
        vouch = self._boxed(short_public + theirs, b"VOUCH---" + vouched, server_short, mine)
        about = b"\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
        self._shared = ctypes.create_string_buffer(32)
        library.crypto_box_beforenm(self._shared, server_short, short)
        nonce = self._next()
        inner = z85.decode(public) + vouched + vouch + about
        box = self._boxed(inner, b"CurveZMQINITIATE" + nonce, server_short, short)
        self._command(b"\x08INITIATE" + cookie + nonce + box)
        if not self.frame().startswith(b"\x05READY"):
            raise ConnectionRefusedError

    def message(self, data: bytes, more: bool = False) -> None:
        """Send a frame; more: of a message that goes on. Raises OSError once it is cut off."""
        self.socket.sendall(self.packed(data, more))

    def packed(self, data: bytes, more: bool = False) -> bytes:
        """A frame as it travels; frames have to be sent in the order in which they were packed."""
        nonce, plain = self._next(), bytes([more]) + data
        box = ctypes.create_string_buffer(len(plain) + 16)
        size = ctypes.c_ulonglong(len(plain))
        self._sodium.crypto_box_easy_afternm(box, plain, size, b"CurveZMQMESSAGEC" + nonce, self._shared)
        body = b"\x07MESSAGE" + nonce + box.raw
        start = b"\x00" + bytes([len(body)]) if len(body) < 256 else b"\x02" + struct.pack(">Q", len(body))
        return start + body

    def frame(self) -> bytes:
        """What the other side says next, as it travels. Raises EOFError at the end."""
        long = self._exactly(1)[0] & 2
        return self._exactly(struct.unpack(">Q", self._exactly(8))[0] if long else self._exactly(1)[0])

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _next(self) -> bytes:
        self._nonce += 1
        return struct.pack(">Q", self._nonce)

    def _boxed(self, plain: bytes, nonce: bytes, theirs: bytes, mine: bytes) -> bytes:
        box = ctypes.create_string_buffer(len(plain) + 16)
        self._sodium.crypto_box_easy(box, plain, ctypes.c_ulonglong(len(plain)), nonce, theirs, mine)
        return box.raw

    def _opened(self, box: bytes, nonce: bytes, theirs: bytes, mine: bytes) -> bytes:
        plain = ctypes.create_string_buffer(len(box) - 16)
        if self._sodium.crypto_box_open_easy(plain, box, ctypes.c_ulonglong(len(box)), nonce, theirs, mine):
            raise ConnectionRefusedError
        return plain.raw

    def _command(self, body: bytes) -> None:
        long = len(body) > 255
        self.socket.sendall((b"\x06" + struct.pack(">Q", len(body)) if long else b"\x04" + bytes([len(body)])) + body)

    def _exactly(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return parts
