"""Pictures of Krita's window for docs/: with IMPASTO_SCREENSHOTS=1 tests put them there."""

import os
from pathlib import Path

from PIL import Image

IMAGES = Path(__file__).parents[2] / "docs" / "images"
HEAVIEST = 150 * 1000  # bytes
WIDEST = 1100  # pixels
SHOTS = os.environ.get("IMPASTO_SCREENSHOTS", "")


def keep(picture: Image.Image, name: str) -> None:
    """As a PNG with as many colours as are not too heavy."""
    path = IMAGES / f"krita-{name}.png"
    for colours, widest in ((256, WIDEST), (128, WIDEST), (128, 900), (128, 800), (64, 800), (32, 800)):
        small = picture
        if picture.width > widest:
            size = widest, round(picture.height * widest / picture.width)
            small = picture.resize(size, Image.Resampling.LANCZOS)
        small.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < HEAVIEST:
            return
    raise AssertionError(f"{path} is too heavy")


def keep_file(file: Path, name: str) -> None:
    """The same, of a file, if pictures are asked for."""
    if SHOTS:
        with Image.open(file) as opened:
            keep(opened.convert("RGB"), name)
