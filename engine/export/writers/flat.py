"""A picture without layers: PNG, JPEG, WebP, TIFF or BMP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.pictures.io import check_sides, picture_suffixes, save_picture

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting


def _write(painting: Painting, path: Path, height: int, width: int, options: WriteOptions) -> None:
    pixels = painting.render(height, width, threads=options.threads, background=options.background)
    save_picture(path, pixels, overwrite=options.overwrite, quality=options.quality)


WRITER = Writer(_write, picture_suffixes(), check_sides)
