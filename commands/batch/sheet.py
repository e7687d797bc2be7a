"""A contact sheet: all paintings of a batch, small, each with its name."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.commands.batch.picture import THUMB
from impasto.commands.batch.plan import Planned
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from PIL.Image import Image

GAP, LINE = 12, 20  # pixels
MOST_COLUMNS, MOST_ROWS = 12, 12  # of one sheet; more pictures go on further ones
_PAPER, _INK, _FAINT = (250, 249, 246), (40, 40, 40), (228, 226, 220)


def write_sheet(path: Path, pictures: Sequence[Planned], thumbs: Path) -> list[Path]:
    """Write all of them on one sheet, or as many as it takes: sheet.png, sheet-2.png, … Returns their names.

    thumbs: where small pictures lie that were made while these were painted; others are made smaller now. Of what has
    not been painted, or is no picture, only the name is there.

    Raises ImpastoError if it cannot be written.
    """
    from impasto.engine.pictures.io import save_picture

    columns = _columns(pictures)
    each = columns * MOST_ROWS
    written = []
    for first in range(0, len(pictures), each):
        number = first // each + 1
        page = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        save_picture(page, _sheet(pictures[first : first + each], columns, thumbs), overwrite=True)
        written.append(page)
    return written


def _columns(pictures: Sequence[Planned]) -> int:
    """Near a sheet of 4 : 3; the pictures of one photo stay beside each other."""
    photos = len({picture.photo for picture in pictures})
    together = max(1, round(len(pictures) / max(1, photos)))
    columns = min(MOST_COLUMNS, max(1, round((len(pictures) * 4 / 3) ** 0.5)), len(pictures))
    return max(columns // together * together, min(together, MOST_COLUMNS))


def _sheet(pictures: Sequence[Planned], columns: int, thumbs: Path):
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    small = [_small(picture, thumbs) for picture in pictures]
    heights = [
        max([image.height for image in small[k : k + columns] if image is not None], default=LINE * 2)
        for k in range(0, len(small), columns)
    ]
    width = columns * (THUMB + GAP) + GAP
    sheet = Image.new("RGB", (width, sum(heights) + len(heights) * (LINE + GAP) + GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    top = GAP
    for row, height in enumerate(heights):
        for column in range(columns):
            k = row * columns + column
            if k >= len(pictures):
                break
            left, image = GAP + column * (THUMB + GAP), small[k]
            if image is None:
                draw.rectangle((left, top, left + THUMB - 1, top + height - 1), fill=_FAINT)
            else:
                sheet.paste(image, (left + (THUMB - image.width) // 2, top + height - image.height), image)
            words = _fitting(pictures[k].label, draw, font)
            draw.text((left + THUMB // 2, top + height + 3), words, _INK, font, anchor="ma")
        top += height + LINE + GAP
    return np.asarray(sheet)


def _small(picture: Planned, thumbs: Path) -> "Image | None":
    """A small picture of a painting, RGBA, or None if there is none."""
    from PIL import Image

    own = thumbs / f"{picture.key()}.png"
    try:
        with Image.open(BytesIO(own.read_bytes())) as image:
            return image.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        pass
    out = picture.styled.wish.out
    if out is None:
        return None
    try:
        with Image.open(picture.outputs.folder / out) as image:
            image.draft("RGB", (THUMB, THUMB))
            image.thumbnail((THUMB, THUMB))
            found = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # no picture, or not painted
        return None
    thumbs.mkdir(exist_ok=True)
    with atomic_write(own, overwrite=True) as stream:
        found.save(stream, "PNG")
    return found


def _fitting(words: str, draw, font) -> str:
    """As much of a name as there is room for, its end rather than its beginning."""
    if draw.textlength(words, font) <= THUMB:
        return words
    while words and draw.textlength(f"…{words}", font) > THUMB:
        words = words[1:]
    return f"…{words}"
