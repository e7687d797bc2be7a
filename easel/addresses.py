"""Addresses and keys as somebody has typed them, and errors as sentences."""

from __future__ import annotations

import re
from pathlib import Path

from ..protocol import ProtocolError
from ..protocol.keys import is_key, read_public
from .engine_words import error_words
from .words import tr

_ADDRESS = re.compile(r"tcp://(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[\w.-]+):(\d{1,5})")  # with a zone, as in fe80::1%eth0


def checked_address(text: str) -> str:
    """An address as ZeroMQ wants it. Raises ProtocolError "address" with what is wrong."""
    text = text.strip()
    found = _ADDRESS.fullmatch(text if "//" in text else f"tcp://{text}")
    if not found or not 0 < int(found.group(2)) < 65536:
        raise ProtocolError("address", tr("this is no address"), tr("write tcp://HOST:PORT"))
    return found.group(0)


def checked_key(text: str) -> str:
    """A public key, given as its 40 letters or as a file of them. Raises ProtocolError "keys"."""
    text = text.strip()
    if is_key(text):
        return text
    if text and Path(text).is_file():
        return read_public(text)
    remedy = tr("give the 40 letters of the engine's server.key, or that file")
    raise ProtocolError("keys", tr("this is no public key"), remedy)


def sentence(error: Exception | str) -> str:
    """What an error says, as a sentence."""
    text = (error_words(error) if isinstance(error, ProtocolError) else str(error)).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
