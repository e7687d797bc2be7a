"""MP4 (H.264) and WebM (VP8): films of how a painting came about. They take PyAV, an extra."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.export.encoding import CODECS, MOST_SIDE, PictureStream, tools
from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

RATE = 25  # frames a second


def _check(path: Path, height: int, width: int) -> None:
    from impasto.engine.export.film import check_film

    tools(path)
    check_film(path, height, width, MOST_SIDE)


def _write(painting: Painting, path: Path, height: int, width: int, options: WriteOptions) -> None:
    from impasto.engine.export.film import frames

    _check(path, height, width)
    av, suffix = tools(path), path.suffix.lower()
    with (
        atomic_write(path, options.overwrite) as file,
        av.open(file, "w", format=CODECS[suffix][0]) as container,
    ):
        stream = PictureStream(av, container, suffix, (height, width), RATE, options.quality, options.threads)
        for pixels, times in frames(painting, height, width, options, RATE):
            stream.add(pixels, times)
        stream.end()


WRITER = Writer(_write, tuple(CODECS), _check)
