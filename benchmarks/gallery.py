"""Paint some presets on every example, by regions: the first picture of the README. Those of docs/styles.md: sheets.py.

python benchmarks/gallery.py [STYLE ...] [--out docs/images] [--size 512]
"""

import argparse
from pathlib import Path

import numpy as np
from fidelity import FOLDER, cropped

from impasto.engine.painter import events
from impasto.engine.painter.beginning import begin
from impasto.engine.pictures.io import save_picture
from impasto.engine.segment import segment
from impasto.engine.styles import load_style

STYLES = ("painterly", "flow", "knife", "watercolour", "watercolour-pen", "charcoal")
THUMBNAIL = 260  # pixels
LARGER = 4  # times, is what the thumbnails are made of
GAP = 6


def main() -> None:
    """Write the gallery: a row per photo, the photo first."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("styles", nargs="*", default=STYLES, metavar="STYLE", help="a column each")
    parser.add_argument("--out", type=Path, default=FOLDER.parent / "docs" / "images")
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for photo in sorted(FOLDER.glob("*.jpg")):
        picture = cropped(photo, options.size)
        regions = segment(picture, "unsupervised", size=options.size)
        cells = [picture.rgb]
        for style in options.styles:
            chosen = load_style(style)
            own = None if chosen.absorbs else regions  # washes and lines make their own edges
            painter = begin(picture, chosen, regions=own, working_size=options.size)
            *_, last = painter.paint()
            assert isinstance(last, events.Finished)
            pixels = last.painting.render(LARGER * THUMBNAIL, LARGER * THUMBNAIL)[..., :3]
            print(f"{photo.stem:<10} {style:<14} {last.strokes:5d} strokes {last.seconds:6.1f} s  L1 {last.loss:.4f}")
            cells.append(pixels)
        rows.append(row(cells))
    white = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    stacked = [part for strip in rows for part in (strip, white)][:-1]
    save_picture(options.out / "gallery.jpg", np.concatenate(stacked), overwrite=True, quality=84)


def row(cells: list[np.ndarray]) -> np.ndarray:
    """Pictures side by side at thumbnail size."""
    from PIL import Image

    white = np.full((THUMBNAIL, GAP, 3), 255, np.uint8)
    small = [np.asarray(Image.fromarray(c).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)) for c in cells]
    return np.concatenate([part for cell in small for part in (cell, white)][:-1], axis=1)


if __name__ == "__main__":
    main()
