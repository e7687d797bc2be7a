"""CURVE keys: made on first use, kept in files that only their user may read."""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import Any

from . import ProtocolError
from .places import home, private_folder, require_own, write_private

LARGEST_MESSAGE_BYTES = 64 << 20  # that a client takes

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"  # Z85
_KEY = re.compile(f"[{re.escape(_DIGITS)}]{{40}}")


def own_keys(name: str, folder: Any = None) -> tuple[Any, ...]:
    """The (public, secret) pair of "server" or "client" as text, made if it is not there.

    Raises ProtocolError "keys" if its file is damaged.
    """
    import zmq  # here: an editor may have no pyzmq, and another process for what needs it

    place = Path(folder or home()) / "keys"
    private_folder(place)
    path = place / (name + ".secret")
    try:
        if not path.exists():
            public, secret = (key.decode("ascii") for key in zmq.curve_keypair())
            write_private(path, f"{public}\n{secret}\n", new=True, lasting=True)
        require_own(path, secret=True)
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(1000).split()
    except OSError as error:
        raise ProtocolError("keys", f"the key file {path} cannot be had ({error.strerror})") from error
    if len(lines) != 2 or not all(map(is_key, lines)):
        raise ProtocolError("keys", f"the key file {path} is damaged", "delete it, and allow its new key again")
    if zmq.curve_public(lines[1].encode("ascii")).decode("ascii") != lines[0]:
        raise ProtocolError("keys", f"the keys in {path} are no pair", "delete it, and allow its new key again")
    beside = place / (name + ".key")
    try:
        if not beside.exists():
            write_private(beside, lines[0] + "\n", lasting=True)
    except OSError as error:
        raise ProtocolError("keys", f"the key file {beside} cannot be written ({error.strerror})") from error
    return lines[0], lines[1]


def client_socket(server_key: str, address: str, folder: Any = None) -> Any:
    """A socket with this client's keys (see `own_keys`) that talks to the owner of a server's key and nobody else.

    address: what it is going to be connected to.
    """
    import zmq

    public, secret = own_keys("client", folder)
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.IPV6, is_ipv6(address))
    socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE_BYTES)
    socket.curve_serverkey = server_key.encode("ascii")
    socket.curve_publickey, socket.curve_secretkey = public.encode("ascii"), secret.encode("ascii")
    return socket


def is_ipv6(address: str) -> bool:
    """Is it one such as tcp://[::1]:5570? For others ZeroMQ is not to look for such: a name may have both."""
    return "[" in address


def is_key(text: str) -> bool:
    """Could this be a key, public or secret?"""
    return _KEY.fullmatch(text) is not None and all(_number(text[k : k + 5]) < 1 << 32 for k in range(0, 40, 5))


def _number(letters: str) -> int:
    """Five letters of Z85, which stand for four bytes; some stand for more, and are none."""
    value = 0
    for letter in letters:
        value = 85 * value + _DIGITS.index(letter)
    return value


def read_public(path: Any) -> str:
    """The public key in a file. Raises ProtocolError "keys" if there is none."""
    try:
        with Path(str(path)).open(encoding="utf-8", errors="replace") as file:
            words = file.read(1000).split()
    except OSError as error:
        raise ProtocolError("keys", f"the key file {path} cannot be read ({error.strerror})") from error
    if len(words) != 1 or not is_key(words[0]):
        raise ProtocolError("keys", f"{path} holds no public key", "give the client's .key file")
    return words[0]


def allow(path: Any, folder: Any = None) -> str:
    """Let the owner of the public key in a file in; returns the key."""
    key = read_public(path)
    place = Path(folder or home()) / "keys" / "clients"
    private_folder(place)
    if key not in allowed(folder):
        digest = hashlib.sha256(key.encode("ascii")).hexdigest()[:16]
        write_private(place / (digest + ".key"), key + "\n", lasting=True)
    return key


def allowed(folder: Any = None) -> set[str]:
    """All public keys that may come in: this user's own, and those that were allowed."""
    keys = set()
    with contextlib.suppress(ProtocolError):  # damaged: the others still come in
        keys.add(own_keys("client", folder)[0])
    with contextlib.suppress(ProtocolError):  # others may put keys there: they let nobody in
        for path in _files_allowed(folder):
            with contextlib.suppress(ProtocolError):  # a file that is no key, or may be anybody's, lets nobody in
                require_own(path)
                keys.add(read_public(path))
    return keys


def require_allowed(folder: Any = None) -> None:
    """Raise ProtocolError "home", with the remedy, if others may say who is allowed to come in."""
    for path in _files_allowed(folder):
        require_own(path)


def _files_allowed(folder: Any) -> list[Path]:
    place = Path(folder or home()) / "keys" / "clients"
    require_own(place)
    return sorted(place.iterdir()) if place.is_dir() else []
