"""What `import impasto` offers: painting, opening and segmenting, each in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.budget import RegionSettings, with_alpha_mask
from impasto.engine.painter.painter import WORKING_SIZE
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture, load_picture
from impasto.engine.raster.devices import chosen
from impasto.engine.segment import Regions
from impasto.engine.segment import segment as find_regions
from impasto.engine.styles import Style, load_style

AnyPicture = Picture | str | os.PathLike[str] | NDArray[np.uint8]


def paint(
    picture: AnyPicture,
    style: str | Style = "painterly",
    *,
    strokes: int | None = None,
    seed: int = 0,
    regions: str | Regions = "none",
    region_settings: Mapping[str, RegionSettings] | None = None,
    selection: NDArray[np.uint8] | None = None,
    working_size: int = WORKING_SIZE,
    effort: str = "normal",
    device: str = "auto",
    threads: int | None = None,
    tell: Callable[[events.Event], None] | None = None,
) -> Painting:
    """Paint a picture; the same arguments give the same painting.

    Args:
        picture: a file, or sRGB pixels (height, width, 3) or, with straight alpha, (height, width, 4), uint8.
        style: the name of a preset, the path of a .toml file, or a `Style`.
        strokes: how many, 1..1,000,000: exactly, but of lines, which pen, pencil and charcoal draw, at most; by default
            the style's number, and as many lines as the picture asks for.
        seed: 0..2^63 - 1; another number gives another painting.
        regions: "none" to paint the picture as a whole, else regions to paint one by one: a method of `segment`,
            or what it returned.
        region_settings: by a region's name, what is different there.
        selection: uint8 (height, width) of the picture; painted is only where it is not 0, softly if it is soft.
        working_size: longer side, at most, of the canvas the strokes are fitted on, 64..8192 pixels.
        effort: "draft" for a quick look, "normal", or "high" to come closer to the picture in up to four times as long.
        device: "auto", "cpu" or "cuda".
        threads: how many to use, all cores by default; the painting does not depend on it.
        tell: is called with every event on the way, such as progress.

    Raises:
        ImpastoError: the picture, the style or another argument cannot be used; the message says why.
    """
    seen = as_picture(picture)
    found = regions if isinstance(regions, Regions) else None
    if isinstance(regions, str) and regions != "none":
        size = min(working_size, max(seen.height, seen.width))
        found = find_regions(seen, regions, size=size, device="cpu" if device == "cpu" else "auto")
    if selection is not None:
        seen = with_alpha_mask(seen, _checked_selection(selection, seen))
    order = Order(
        seen, load_style(style) if isinstance(style, str) else style, strokes=strokes, seed=seed,
        regions=found, region_settings=region_settings or {}, working_size=working_size,
        effort=effort, device=chosen(device)[0], threads=threads,
    ).with_tip_read()  # fmt: skip
    for event in order.painter().paint():
        if tell is not None:
            tell(event)
        if isinstance(event, events.Finished):
            return event.painting
    raise AssertionError("a painter ends with Finished")


def open(path: str | os.PathLike[str]) -> Painting:
    """Open a painting that was saved as .impasto. Raises ImpastoError if the file cannot be read or is none."""
    return Painting.load(path)


def segment(picture: AnyPicture, method: str = "auto", **options: Any) -> Regions:
    """Divide a picture into regions with names, from back to front.

    picture: as `paint` takes it; method, options: as `engine.segment.segment` takes them.
    Raises ImpastoError for another method, and for all that the chosen one refuses.
    """
    return find_regions(as_picture(picture), method, **options)


def as_picture(given: AnyPicture) -> Picture:
    """A picture from a file or from pixels. Raises ImpastoError for pixels of another shape or type."""
    if isinstance(given, Picture):
        return given
    if isinstance(given, str | os.PathLike):
        return load_picture(given)
    pixels = np.asarray(given)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or 0 in pixels.shape:
        raise ImpastoError(
            f"pixels of shape {pixels.shape} and type {pixels.dtype} are no picture; give uint8 (height, width, 3 or 4)"
        )
    return Picture(pixels[..., :3].copy(), pixels[..., 3].copy() if pixels.shape[2] == 4 else None)


def _checked_selection(selection: NDArray[np.uint8], picture: Picture) -> NDArray[np.uint8]:
    if selection.dtype != np.uint8 or selection.shape != (picture.height, picture.width):
        raise ImpastoError(
            f"a selection of shape {selection.shape} and type {selection.dtype} does not fit; give uint8 "
            f"({picture.height}, {picture.width})"
        )
    return selection
