"""What a format is from which paintings are read. Each is a file in engine/imports/readers/, or an entry point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from impasto.engine.painting.exchange import Parts


class Unreadable(ValueError):
    """Why bytes are no painting: a phrase; the caller names the file and the remedy."""


@dataclass(frozen=True)
class Reader:
    """One format: the constant `READER` of its file.

    read: the open file and its name, to the parts of a painting, which are checked afterwards. Sizes are checked before
    memory is taken, and nothing is fetched or run; raises `Unreadable`, Refused or ImpastoError. suffixes: such as
    ".json", in small letters; largest: of a file, in bytes.
    """

    read: Callable[[BinaryIO, Path], Parts]
    suffixes: tuple[str, ...] = ()
    largest: int = 512 << 20
