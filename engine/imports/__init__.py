"""Strokes from other programs, and what was exported and changed there, read as paintings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath, open_input
from impasto.engine.imports.reader import Reader, Unreadable
from impasto.engine.registry import Registry

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

READERS: Registry[Reader] = Registry(
    "import", f"{__name__}.readers", "READER", "impasto.imports", lambda found: isinstance(found, Reader)
)


def suffixes() -> tuple[str, ...]:
    """What a file to be read may end with, such as ".json": ours, then those of other packages."""
    ours = (suffix for name in READERS.ours for suffix in READERS[name].suffixes)
    return tuple(dict.fromkeys((*ours, *(f".{name}" for name in READERS.others))))


def read_painting(path: AnyPath) -> Painting:
    """The painting in a file of strokes, finished, as its suffix says.

    Raises ImpastoError for a suffix that nothing reads, and for whatever is not as it should be: nothing in the file is
    trusted, and no other exception escapes.
    """
    from impasto.engine.painting.archive import one_sentence
    from impasto.engine.painting.exchange import painting_of

    path = Path(path)
    reader = _reader(path)
    with open_input(path) as file:
        if file.seek(0, os.SEEK_END) > reader.largest:
            raise ImpastoError(f"{path} is larger than {reader.largest >> 20} MB; leave strokes out")
        file.seek(0)
        try:
            with one_sentence(path, "cannot be read as strokes ({reason}); export it again", known=(Unreadable,)):
                parts = reader.read(file, path)
            return painting_of(parts, path)
        except ImpastoError as error:
            raise ImpastoError(_named(path, str(error))) from error


def _named(path: Path, sentence: str) -> str:
    return sentence if str(path) in sentence else f"{path}: {sentence}"


def _reader(path: Path) -> Reader:
    """What reads files of this suffix, in capitals or not. Raises ImpastoError if nothing does."""
    suffix = path.suffix.lower()
    for name in READERS.ours:
        if suffix in READERS[name].suffixes:
            return READERS[name]
    if suffix[1:] in READERS.others:
        return READERS[suffix[1:]]
    raise ImpastoError(f"{path} cannot be read as strokes; give a file of {' '.join(suffixes())}")
