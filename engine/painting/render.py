"""From a painting to pixels, in bands of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.painting.composer import BAND_PIXELS, Composer
from impasto.engine.pictures.resize import straight

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Background, Painting

HIGHEST = 0.01  # canvas units, of a relief that is written
_BAND_STEP = 32  # rows; whole tiles of the rasteriser, so that no tile is walked twice


def rendered(
    painting: Painting, height: int, width: int, ground: Background, *, under: bool = True, threads: int | None = None,
    device: str = "cpu", draft: bool = False,
) -> NDArray[np.uint8]:  # fmt: skip
    """The painting's pixels (height, width, 4) uint8, straight; see `Painting.render`, which checks what is asked.

    under: with the painting's own underpainting, if it has one, in place of the ground.
    """
    return pixels_of(composer_of(painting, height, width, threads, device, draft=draft), ground, under)


def pixels_of(
    composer: Composer, ground: Background, under: bool = True, most: int = BAND_PIXELS
) -> NDArray[np.uint8]:  # fmt: skip
    """All that a composer composes, as `rendered` says; most: pixels that are worked on at a time."""
    pixels = np.empty((composer.height, composer.width, 4), np.uint8)
    for top, bottom in bands(composer.height, composer.width, most):
        pixels[top:bottom] = straight(composer.band(top, bottom, ground, under))
    return pixels


def deep(
    painting: Painting, height: int, width: int, background: Background | None, threads: int | None
) -> NDArray[np.uint16]:  # fmt: skip
    """A painting's pixels with 16 bits, (height, width, 4) straight; background: as `Painting.render` takes it."""
    painting = painting.fitted(threads)
    rows, columns = painting.size_of(height, width)
    composer = composer_of(painting, rows, columns, threads)
    pixels = np.empty((rows, columns, 4), np.uint16)
    for top, bottom in bands(rows, columns):
        band = composer.band(top, bottom, background or painting.background, background is None)
        alpha = band[..., 3:]
        np.divide(band[..., :3], alpha, out=band[..., :3], where=alpha > 0)
        pixels[top:bottom] = np.rint(band.clip(0, 1) * 65535)
    return pixels


def heights(painting: Painting, height: int, width: int, threads: int | None) -> NDArray[np.uint16]:
    """See `Painting.relief_map`."""
    from impasto.engine.painting.textured import TexturedComposer

    composer = TexturedComposer(painting, height, width, threads)
    found = np.empty((height, width), np.uint16)
    for top, bottom in bands(height, width):
        found[top:bottom] = np.rint(composer.heights(top, bottom).clip(0, HIGHEST) * (65535 / HIGHEST))
    return found


def composer_of(
    painting: Painting, height: int, width: int, threads: int | None = None, device: str = "cpu", *,
    draft: bool = False,
) -> Composer:  # fmt: skip
    """What composes this painting: all its regions flat, or some with textures; draft: these as fast as possible."""
    if painting.absorbs:
        from impasto.engine.painting.absorbing import AbsorbingComposer

        return AbsorbingComposer(painting, height, width, threads, device, shown=not draft)
    if not painting.is_textured:
        return Composer(painting, height, width, threads, device)
    from impasto.engine.painting.textured import TexturedComposer

    return TexturedComposer(painting, height, width, threads, device, shown=not draft)


def bands(height: int, width: int, most: int = BAND_PIXELS) -> Iterator[tuple[int, int]]:
    """Rows that are worked on at a time."""
    step = max(_BAND_STEP, most // width // _BAND_STEP * _BAND_STEP)
    for top in range(0, height, step):
        yield top, min(top + step, height)


def try_kernels(blank: Painting) -> None:
    """Compile the kernels of textured strokes and of washes; blank: a painting without any, small."""
    from impasto.engine.painting.strokes import Strokes
    from impasto.engine.painting.textured import TexturedComposer

    table = np.array([[0.1, 0.1, 0.5, 0.6, 0.9, 0.9, 0.1, 0.2, 0.5, 0.6, 1, 0, 0]], np.float32)
    wash = replace(blank, strokes=Strokes.of(table), style={"medium": {"kind": "watercolour"}})
    composer_of(wash, 8, 8, 1).band(0, 8, (1.0, 1.0, 1.0, 1.0), False)
    painting = replace(blank, strokes=Strokes.of(table), style={"medium": {"kind": "oil"}})
    for shown in (True, False):
        composer = TexturedComposer(painting, 8, 8, 1, shown=shown)
        composer.band(0, 8, (1.0, 1.0, 1.0, 1.0), False)
        composer.paint(0, None, 0, 8)
    composer.seen(np.zeros((8, 8, 3), np.float32))
