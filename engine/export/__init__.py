"""What a painting is given away as: a picture, a document of layers, folders of layers and steps, a plot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.errors import ImpastoError
from impasto.engine.export.writer import Film, Plot, WriteOptions, Writer
from impasto.engine.files import AnyPath, check_writable
from impasto.engine.registry import Registry

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

WRITERS: Registry[Writer] = Registry(
    "export", f"{__name__}.writers", "WRITER", "impasto.exports", lambda found: isinstance(found, Writer)
)


def suffixes() -> tuple[str, ...]:
    """What a result's file may end with, such as ".png": ours, then those of other packages."""
    ours = (suffix for name in WRITERS.ours for suffix in WRITERS[name].suffixes)
    return tuple(dict.fromkeys((*ours, *(f".{name}" for name in WRITERS.others))))


def check_result(path: AnyPath, overwrite: bool = False, size: tuple[int, int] | None = None) -> None:
    """Make every check of an output `path`, and of its width and height if known, before painting starts.

    Raises ImpastoError for a suffix that nothing writes, for a size that the format does not take, and for all that
    `engine.files.check_writable` refuses.
    """
    path = Path(path)
    writer = _writer(path)
    if size is not None:
        writer.check(path, size[1], size[0])
    check_writable(path, overwrite)


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
    plot: Plot | None = None,
    film: Film | None = None,
    told: Callable[[int, int], None] | None = None,
) -> None:
    """Write a painting at a size in pixels, as its file's suffix says: with its layers as .ora, else a picture.

    background: straight RGBA 0..1, instead of the painting's own; quality: 1..100, of JPEG and WebP; plot: the sheet
    and the pens of a plotter, of .svg; film: how one is made; told: hears how many of how many parts are done.

    Raises ImpastoError for what `check_result` refuses, a size or background out of range, and if writing fails.
    """
    path = Path(path)
    options = WriteOptions(background, overwrite, quality, threads, plot, film, told)
    _writer(path).write(painting, path, height, width, options)


def _writer(path: Path) -> Writer:
    """What writes files of this suffix, in capitals or not. Raises ImpastoError if nothing does."""
    suffix = path.suffix.lower()
    for name in WRITERS.ours:
        if suffix in WRITERS[name].suffixes:
            return WRITERS[name]
    if suffix[1:] in WRITERS.others:
        return WRITERS[suffix[1:]]
    raise ImpastoError(f"{path} cannot be written; give it an extension of {' '.join(suffixes())}")
