"""GIF: a film of how a painting came about, in 256 colours, that any browser shows."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from impasto.engine.painting.painting import Painting

RATE = 12.5  # frames a second; a frame's time is a whole number of hundredths
MOST_SIDE = 4096  # pixels
_TELLING = 1 << 17  # pixels that colours are chosen by; 8 times as many: in 10 times the time, 1 % less error
_LONGEST = 65_535  # hundredths of a second that one frame may stay


def _check(path: Path, height: int, width: int) -> None:
    from impasto.engine.export.film import check_film

    check_film(path, height, width, MOST_SIDE)


def _write(painting: Painting, path: Path, height: int, width: int, options: WriteOptions) -> None:
    from PIL import Image

    from impasto.engine.export.film import frames

    _check(path, height, width)
    palette = _palette(painting, height, width, options)
    colours = np.zeros(768, np.uint8)
    known = palette.getpalette("RGB") or []
    colours[: len(known)] = known
    with atomic_write(path, options.overwrite) as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + colours.tobytes())
        file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")  # again and again
        pictures = (
            (Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE), round(times * 100 / RATE))
            for pixels, times in frames(painting, height, width, options, RATE)
        )
        for image, corner, hundredths in _changes(pictures):
            for part in _coded(image, corner, hundredths):
                file.write(part)
        file.write(b";")


def _palette(painting: Painting, height: int, width: int, options: WriteOptions) -> Image.Image:
    """A picture whose palette are 256 colours, chosen for the film's first and last pictures."""
    from PIL import Image

    from impasto.engine.export.film import ends

    step = max(1, math.ceil(math.sqrt(2 * height * width / _TELLING)))
    few = np.concatenate([pixels[::step, ::step] for pixels in ends(painting, height, width, options)])
    return Image.fromarray(few).quantize(256, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)


def _changes(
    pictures: Iterator[tuple[Image.Image, int]],
) -> Iterator[tuple[Image.Image, tuple[int, int], int]]:
    """The rectangles in which each picture differs from the one before, where they lie, and for how long each stays."""
    before: NDArray[np.uint8] | None = None
    waiting: tuple[Image.Image, tuple[int, int], int] | None = None
    for image, hundredths in pictures:
        levels = np.asarray(image)
        changed = np.ones_like(levels, bool) if before is None else levels != before
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if waiting is not None and not len(rows):
            waiting = (*waiting[:2], waiting[2] + hundredths)
            continue
        if waiting is not None:
            yield waiting
        box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        waiting, before = (image.crop(box), box[:2], hundredths), levels
    if waiting is not None:
        yield waiting


def _coded(image: Image.Image, corner: tuple[int, int], hundredths: int) -> Iterator[bytes]:
    """The bytes of one frame, which stays as long as it may and is repeated for what is left."""
    from PIL import GifImagePlugin

    while True:
        stays = min(hundredths, _LONGEST)
        yield from GifImagePlugin.getdata(image, corner, duration=stays * 10, disposal=1, include_color_table=False)
        hundredths -= stays
        if hundredths <= 0:
            return
        image = image.crop((0, 0, 1, 1))


WRITER = Writer(_write, (".gif",), _check)
