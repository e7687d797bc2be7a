"""Regions to look at: over the photo with a legend, and as one mask file each."""

import colorsys
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write, check_writable
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.colours import seen
from impasto.engine.segment.regions import Regions

_TINT = 0.5
_MARGIN, _SWATCH, _TEXT = 8, 14, 14  # pixels
_COLUMN = 300  # pixels a column of the legend is wide, about
_NARROWEST = 320


def colours(count: int) -> np.ndarray:
    """`count` colours (count, 3) in 0..1 that are easy to tell apart."""
    hues = [(row * 0.381966) % 1 for row in range(count)]  # by the golden angle: neighbours in the order differ most
    return np.array([colorsys.hsv_to_rgb(hue, 0.75, 1 if row % 2 else 0.85) for row, hue in enumerate(hues)])


def overlay(picture: Picture, regions: Regions) -> np.ndarray:
    """The photo (H, W, 3) uint8 tinted by region, with numbered regions, and below it a legend.

    As large as the regions' masks, or as wide as the legend needs. The legend has number (the painting order,
    from the back), name, kind and share of the area.
    """
    photo = seen(picture, max(regions.height, regions.width))
    regions = regions.resampled(*photo.shape[:2])
    tint = np.zeros_like(photo)
    for mask, colour in zip(regions.masks, colours(len(regions)), strict=True):
        tint += mask[..., None] * colour.astype(np.float32)
    labels = regions.labels().astype(np.int32)
    tinted = (photo * (1 - _TINT) + tint * _TINT).clip(0, 1)
    tinted[_borders(labels)] = 1
    image = Image.fromarray((tinted * 255 + 0.5).astype(np.uint8))
    _number(image, labels)
    return np.asarray(_with_legend(image, regions))


def mask_names(regions: Regions) -> list[str]:
    """File names for the masks: the number in the painting order and the name, without what files cannot have."""
    digits = len(str(len(regions)))
    plain = [re.sub(r"[^\w -]", "_", name).strip(" .") for name in regions.names]
    return [f"{row:0{digits}}-{name}.png" for row, name in enumerate(plain, 1)]


def save_masks(regions: Regions, folder: Path, height: int, width: int, overwrite: bool = False) -> list[Path]:
    """Write each mask as an 8-bit grey PNG of height × width into a folder, which is made if need be.

    The levels of all masks sum to 255 at every pixel. Raises ImpastoError if a file exists, though `overwrite` is
    False, or cannot be written; none is written if that can be known before.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ImpastoError(f"{folder} cannot hold masks ({error.strerror}); name another folder") from error
    paths = [folder / name for name in mask_names(regions)]
    for path in paths:
        check_writable(path, overwrite)
    for path, levels in zip(paths, _levels(regions, height, width), strict=True):
        encoded = io.BytesIO()
        Image.fromarray(levels).save(encoded, "PNG")
        with atomic_write(path, overwrite) as stream:
            stream.write(encoded.getbuffer())
    return paths


def _levels(regions: Regions, height: int, width: int) -> Iterator[np.ndarray]:
    """Masks of 8 bits: sums up to each are rounded, not the masks, so that all of them make 255."""
    total = np.zeros((height, width), np.float32)
    before = np.zeros((height, width), np.uint8)
    for mask in regions.resized_masks(height, width):
        total += mask
        now = (total * 255 + 0.5).clip(0, 255).astype(np.uint8)
        yield now - before
        before = now


def _borders(labels: np.ndarray) -> np.ndarray:
    border = np.zeros(labels.shape, bool)
    border[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    border[:-1] |= labels[:-1] != labels[1:]
    return border


def _number(image: Image.Image, labels: np.ndarray) -> None:
    """Write each region's number where there is most room for it."""
    draw, font = ImageDraw.Draw(image), _font()
    for row, box in enumerate(ndimage.find_objects(labels + 1), 1):
        if box is None:
            continue
        inside = np.pad(labels[box] == row - 1, 1)
        room: Any = ndimage.distance_transform_edt(inside)
        y, x = np.unravel_index(room.argmax(), room.shape)
        if room[y, x] >= _TEXT / 2:
            place = (int(x) + box[1].start - 1, int(y) + box[0].start - 1)
            draw.text(place, str(row), "white", font, anchor="mm", stroke_width=2, stroke_fill="black")


def _with_legend(image: Image.Image, regions: Regions) -> Image.Image:
    width = max(image.width, _NARROWEST)
    columns = max(1, width // _COLUMN)
    rows = -(-len(regions) // columns)
    line = _SWATCH + _MARGIN
    page = Image.new("RGB", (width, image.height + 2 * _MARGIN + rows * line), "white")
    page.paste(image, ((width - image.width) // 2, 0))
    draw, font = ImageDraw.Draw(page), _font()
    room = width // columns - _SWATCH - 3 * _MARGIN
    for number, (region, share, colour) in enumerate(
        zip(regions.regions, regions.shares, colours(len(regions)), strict=True)
    ):
        left = number // rows * (width // columns) + _MARGIN
        top = image.height + _MARGIN + number % rows * line
        swatch = tuple(int(255 * (1 - _TINT / 2 * (1 - part))) for part in colour)
        draw.rectangle((left, top, left + _SWATCH, top + _SWATCH), swatch, "black")
        text = f"{number + 1}  {region.name}  ({region.kind}, {share:.1%})"
        draw.text((left + _SWATCH + _MARGIN, top), _shortened(text, font, room), "black", font)
    return page


def _shortened(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int) -> str:
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "...") > room:
        text = text[:-1]
    return text + "..."


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.load_default(_TEXT)
    except (ImportError, OSError):  # a Pillow without FreeType has one bitmap font, for plain letters
        return ImageFont.load_default()
