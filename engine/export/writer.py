"""What a format is in which paintings are written. Each is a file in engine/export/writers/, or an entry point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

FilmedBy = Literal["strokes", "passes", "regions"]


@dataclass(frozen=True)
class Plot:
    """A sheet of paper and the pens that draw on it.

    page: width and height in millimetres, turned as the painting lies; margin: on each side, likewise; pen: how broad
    a line is, likewise; pens: how many colours there are.
    """

    page: tuple[float, float]
    margin: float = 15.0
    pen: float = 0.5
    pens: int = 1


@dataclass(frozen=True)
class Film:
    """How a painting comes about: by strokes, passes or regions, in so many seconds; hold: how long it then stays."""

    by: FilmedBy = "strokes"
    duration: float = 10.0
    hold: float = 2.0


@dataclass(frozen=True)
class WriteOptions:
    """What a writer may be told beside the painting and its size; it leaves alone what is not for it."""

    background: Background | None = None
    """Straight RGBA 0..1, instead of the painting's own."""
    overwrite: bool = False
    """Whether a file that exists is replaced."""
    quality: int = 95
    """1..100, of formats that lose something."""
    threads: int | None = None
    """How many cores to use; None for all."""
    plot: Plot | None = None
    """Lines for a plotter, if a format has such."""
    film: Film | None = None
    """How a film is made, by a format that is one; None for the usual."""
    told: Callable[[int, int], None] | None = None
    """Hears how many of how many parts are done, where that takes long."""


@dataclass(frozen=True)
class Writer:
    """One format, or several that are written alike: the constant `WRITER` of its file.

    write: a painting, the file, height and width in pixels, options; the file is there whole or not at all
    (`engine.files.atomic_write`), and ImpastoError says why it is not.
    suffixes: such as ".png", in small letters; those of an entry point are its name.
    check: the file, height and width in pixels; raises ImpastoError for a size that the format does not take.
    """

    write: Callable[[Painting, Path, int, int, WriteOptions], None]
    suffixes: tuple[str, ...] = ()
    check: Callable[[Path, int, int], None] = lambda _path, _height, _width: None
