"""Strokes as NumPy's .npz: the arrays of `engine.painting.strokes.Strokes`, and the rest of the painting as bytes.

table: (N, 13) float32, columns x0 y0 x1 y1 x2 y2 r0 r2 t0 t2 red green blue; region, pass_index, id: (N,); recipe: JSON
in UTF-8, uint8; made_for and names with a dot: what else belongs to the painting, uint8.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting


def _write(painting: Painting, path: Path, _height: int, _width: int, options: WriteOptions) -> None:
    from impasto.engine.painting.archive import pack_arrays, pack_json
    from impasto.engine.painting.exchange import parts_of

    parts = parts_of(painting, options.background)
    texts = {"recipe": pack_json(parts.recipe), "made_for": parts.made_for.encode(), **parts.others}
    arrays = {**vars(parts.strokes), **{name: np.frombuffer(data, np.uint8) for name, data in texts.items()}}
    with atomic_write(path, options.overwrite) as file:
        file.write(pack_arrays(arrays))


WRITER = Writer(_write, (".npz",))
