"""How a painting came about, as pictures for a client's timeline: PNG files in the job's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from impasto.engine.export.film import frames
from impasto.engine.export.writer import Film, WriteOptions
from impasto.engine.painting.painting import Painting

FRAME = "frame-{:03d}.png"
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
