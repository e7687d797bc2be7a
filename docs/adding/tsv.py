"""Strokes as a table with tabs between its columns, for spreadsheets: a row for each, in painting order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

_COLUMNS = "x0 y0 x1 y1 x2 y2 r0 r2 t0 t2 red green blue"  # as docs/design.md has them


def _write(painting: Painting, path: Path, _height: int, _width: int, options: WriteOptions) -> None:
    with atomic_write(path, options.overwrite) as file:  # whole or not at all; an ImpastoError says why
        file.write("\t".join(_COLUMNS.split()).encode() + b"\n")
        for row in painting.strokes.table.tolist():
            file.write("\t".join(f"{value:.6g}" for value in row).encode() + b"\n")


WRITER = Writer(_write, (".tsv",))
