"""How a painting came about, frame by frame: strokes, passes or regions come one after the other, in its own medium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.export.layers import layers_of_strokes
from impasto.engine.export.writer import Film, WriteOptions
from impasto.engine.painting.painting import Painting, on_ground
from impasto.engine.painting.refit import Refit
from impasto.engine.painting.render import composer_of, pixels_of

MOST_FRAMES = 100_000
_BAND_PIXELS = 1 << 18  # rendered at a time: at 1920 × 1080 twice as many take 60 MB more, half as many a third longer


def frames(
    painting: Painting, height: int, width: int, options: WriteOptions, rate: float
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Pictures (height, width, 3) uint8, on white, and for how many frames each is seen; the last is the painting.

    rate: frames a second. Only one picture is kept. Raises ImpastoError as `Painting.render` does, and for what cannot
    be shown one by one.
    """
    film = options.film or Film()
    painting = on_ground(painting, options.background).fitted(options.threads)
    shown = _parts(painting, film, max(2, round(film.duration * rate)))
    still = max(0, round(film.hold * rate))
    if sum(times for _, times in shown) + still > MOST_FRAMES:
        raise ImpastoError(f"a film of more than {MOST_FRAMES} frames cannot be; make its --duration shorter")
    for number, (which, times) in enumerate(shown):
        last = number == len(shown) - 1
        yield _on_white(_picture(_part(painting, which), height, width, options)), times + still * last
        if options.told is not None:
            options.told(number + 1, len(shown))


def ends(painting: Painting, height: int, width: int, options: WriteOptions) -> Iterator[NDArray[np.uint8]]:
    """The first and the last picture of a film, as `frames` gives them."""
    painting = on_ground(painting, options.background).fitted(options.threads)
    for which in (np.zeros(len(painting.strokes), bool), np.ones(len(painting.strokes), bool)):
        yield _on_white(_picture(_part(painting, which), height, width, options))


def check_film(path: Path, height: int, width: int, most: int) -> None:
    """Raise ImpastoError if a side in pixels is longer than a format takes."""
    if max(height, width) > most:
        raise ImpastoError(f"{path} cannot be {width}×{height}: films end at {most} pixels; choose a smaller --size")


def _parts(painting: Painting, film: Film, count: int) -> list[tuple[NDArray[np.bool_], int]]:
    """What is there (N,) in each picture, and for how many of `count` frames; from nothing to all."""
    strokes = painting.strokes
    if film.by == "regions":
        if painting.regions is None:
            raise ImpastoError("this painting has no regions to be filmed one by one; film it by strokes or by passes")
        step = strokes.region.astype(np.int64)
    elif film.by == "passes":
        step = layers_of_strokes(painting).astype(np.int64)
    else:  # all regions side by side, each pass after the other
        step = np.argsort(np.lexsort((np.arange(len(strokes)), strokes.pass_index)))
    steps = np.unique(step)
    reached = np.floor(np.linspace(0, len(steps), count)).astype(int) if film.by == "strokes" else None
    if reached is None:
        reached = np.minimum(np.arange(count) * (len(steps) + 1) // count, len(steps))
        reached[-1] = len(steps)
    parts: list[tuple[NDArray[np.bool_], int]] = []
    for number, times in zip(*np.unique(reached, return_counts=True), strict=True):
        parts.append((step < (steps[number] if number < len(steps) else np.inf), int(times)))
    return parts


def _part(painting: Painting, which: NDArray[np.bool_]) -> Painting:
    """The painting with some of its strokes, in the colours that these have in the whole."""
    if which.all():
        return painting
    refit = painting.refit
    if refit is not None:
        refit = Refit(refit.colours[which], refit.carried[which], refit.look)
    return replace(painting, strokes=painting.strokes.take(which), refit=refit)


def _picture(part: Painting, height: int, width: int, options: WriteOptions) -> NDArray[np.uint8]:
    """What `Painting.render` gives, in less memory."""
    composer = composer_of(part, height, width, options.threads)
    return pixels_of(composer, part.background, most=_BAND_PIXELS)


def _on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels[..., 3].min(initial=255) == 255:
        return np.ascontiguousarray(pixels[..., :3])
    alpha = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
