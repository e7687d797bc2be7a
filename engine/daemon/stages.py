"""What clients make of a painting besides pixels: pictures of how it came about, and strokes as shapes; files in the
job's folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from impasto.engine.export.film import frames
from impasto.engine.export.writer import Film, WriteOptions
from impasto.engine.imports.redrawing import shapes_of
from impasto.engine.painting.painting import Painting

FRAME = "frame-{:03d}.png"
SHAPES = "shapes.json"
DRAWN = "drawn.raw"  # drawings that a client sends
RATE = 25.0  # frames a second of a film that long, of which each is kept once


def keep_stages(
    folder: Path, painting: Painting, height: int, width: int, count: int, threads: int | None,
    told: Callable[[int, int], None],
) -> list[dict[str, int | str]]:  # fmt: skip
    """Write `count` pictures (height, width), the last of which is the painting; their files and sizes in bytes.

    told: hears how many of how many are done. Raises ImpastoError for what cannot be shown stroke by stroke.
    """
    from PIL import Image

    film = Film("strokes", count / RATE, 0)
    options = WriteOptions(threads=threads, film=film, told=told)
    kept: list[dict[str, int | str]] = []
    for pixels, _ in frames(painting, height, width, options, RATE):
        file = FRAME.format(len(kept))
        Image.fromarray(pixels).save(folder / file, compress_level=1)
        kept.append({"file": file, "size": (folder / file).stat().st_size})
    return kept


def keep_shapes(folder: Path, painting: Painting, height: int, width: int) -> int:
    """Write its strokes as shapes on a canvas of so many pixels, see `shapes_of`; returns the file's size in bytes."""
    (folder / SHAPES).write_text(json.dumps(shapes_of(painting, height, width)), "ascii")
    return (folder / SHAPES).stat().st_size
