"""What a painting is given away as: a picture, a document of layers, folders of layers and steps, a plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.files import AnyPath

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

ORA = ".ora"  # OpenRaster, the document of layers


def check_result(path: AnyPath, overwrite: bool = False, size: tuple[int, int] | None = None) -> None:
    """`engine.pictures.io.check_output` for what `write_result` can write: any picture, or .ora."""
    from impasto.engine.pictures.io import check_output

    check_output(path, overwrite, size, also=(ORA,))


def write_result(
    painting: Painting,
    path: AnyPath,
    height: int,
    width: int,
    *,
    background: Background | None = None,
    overwrite: bool = False,
    quality: int = 95,
    threads: int | None = None,
) -> None:
    """Write a painting at a size in pixels, as its file's extension says: with its layers as .ora, else a picture.

    background: straight RGBA 0..1, instead of the painting's own; quality: 1..100, of JPEG and WebP.

    Raises ImpastoError for what `check_result` refuses, a size or background out of range, and if writing fails.
    """
    if Path(path).suffix.lower() == ORA:
        from impasto.engine.export.layers import Stack
        from impasto.engine.export.ora import write_ora

        write_ora(path, Stack(painting, height, width, background=background, threads=threads), overwrite=overwrite)
        return
    from impasto.engine.pictures.io import save_picture

    pixels = painting.render(height, width, threads=threads, background=background)
    save_picture(path, pixels, overwrite=overwrite, quality=quality)
