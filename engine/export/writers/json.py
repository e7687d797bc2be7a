"""Strokes as JSON, for other programs; `engine.painting.document` says what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting
    from impasto.engine.painting.strokes import Strokes

_AT_ONCE = 10_000  # strokes turned into text


def _write(painting: Painting, path: Path, _height: int, _width: int, options: WriteOptions) -> None:
    from impasto.engine.painting.document import FORMAT
    from impasto.engine.painting.exchange import parts_of, to_text

    parts = parts_of(painting, options.background)
    head = {"format": FORMAT, "version": 1, **parts.recipe, "others": to_text(parts.others), "made_for": parts.made_for}
    with atomic_write(path, options.overwrite) as file:
        text = json.dumps(head, ensure_ascii=False, allow_nan=False, indent=1)
        file.write(text.removesuffix("\n}").encode())
        file.write(b',\n "strokes": [\n')
        for number, lines in enumerate(_lines(parts.strokes)):
            file.write((",\n" if number else "").encode() + lines.encode())
        file.write(b"\n ]\n}\n")


def _lines(strokes: Strokes) -> Iterator[str]:
    """A line for each stroke, some thousands at a time; numbers are the shortest that float32 reads back."""
    for start in range(0, len(strokes), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        words = strokes.table[some].astype(str).tolist()
        labels = zip(*(array[some].tolist() for array in (strokes.id, strokes.region, strokes.pass_index)), strict=True)
        yield ",\n".join(
            f'  {{"id": {own}, "region": {region}, "pass": {of}, '
            f'"points": [[{v[0]}, {v[1]}], [{v[2]}, {v[3]}], [{v[4]}, {v[5]}]], "radius": [{v[6]}, {v[7]}], '
            f'"opacity": [{v[8]}, {v[9]}], "colour": [{v[10]}, {v[11]}, {v[12]}]}}'
            for (own, region, of), v in zip(labels, words, strict=True)
        )


WRITER = Writer(_write, (".json",))
