"""Strokes as JSON, as the writer of .json gives them or another program makes them; see docs/strokes.schema.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from impasto.engine.imports.reader import Reader, Unreadable
from impasto.protocol.limits import MOST_STROKES

if TYPE_CHECKING:
    from impasto.engine.painting.exchange import Parts

_A_STROKE = {b"[": 7, b"{": 1, b",": 24}  # how many of these a stroke has at most, and some more
_BESIDE = 100_000  # of the rest of a painting


def _read(file: BinaryIO, _path: Path) -> Parts:
    from pydantic import ValidationError

    from impasto.engine.painting.document import PaintingDocument, strokes_in
    from impasto.engine.painting.exchange import Parts, from_text

    data = file.read()
    for mark, most in _A_STROKE.items():  # each becomes an object, of which 512 MB could make a thousand million
        if data.count(mark) > most * MOST_STROKES + _BESIDE:
            raise Unreadable(f"it holds more than {MOST_STROKES:,} strokes would need")
    try:
        document = PaintingDocument.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:80]
        message = first["msg"]
        raise Unreadable(f"{where + ': ' if where else ''}{message[:1].lower()}{message[1:160]}") from error
    beside = {"strokes", "format", "version", "others", "made_for"}
    recipe = document.model_dump(mode="json", exclude=beside)
    return Parts(strokes_in(document), recipe, from_text(document.others), document.made_for)


READER = Reader(_read, (".json",))
