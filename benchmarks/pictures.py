"""Paint the small picture of every preset that the docker shows, and what its two sliders do for docs/styles.md.

python benchmarks/pictures.py [STYLE ...] [--size 384]

Given styles, their pictures alone.
"""

import argparse

import numpy as np
from fidelity import FOLDER, cropped
from PIL import Image

from impasto.engine.painter import events
from impasto.engine.painter.beginning import begin
from impasto.engine.pictures.io import Picture, save_picture
from impasto.engine.styles import Style, load_style, preset_names, varied

ROOT = FOLDER.parent
SMALL = ROOT / "easel" / "pictures"
SIDE, COLOURS, HEAVIEST = 112, 64, 12 * 1024  # twice the size it is shown in; bytes
EYE = (58, 88, 268, 298)  # of the cat, left, top, right, bottom of 512: so near that strokes can be seen
NEARER, FEWEST = 8, 55  # as near as that, this many times fewer strokes, but no fewer
DABS = ("pointillist",)  # whose strokes do not grow by themselves if they are few
SLIDERS = {"looseness": [(1, -1), (1, 0), (1, 1)], "brush": [(0.5, 0), (1, 0), (2, 0)]}


def main() -> None:
    """Write them all, or those asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("styles", nargs="*", metavar="STYLE", help="all by default, and the sliders")
    parser.add_argument("--size", type=int, default=384, help="working size")
    options = parser.parse_args()
    size = options.size
    left, top, right, bottom = EYE
    eye = Picture(np.ascontiguousarray(cropped(FOLDER / "chelsea.jpg", 512).rgb[top:bottom, left:right]))
    SMALL.mkdir(exist_ok=True)
    for name in options.styles or preset_names():
        style = varied(load_style(name), 2, 0) if name in DABS else load_style(name)
        strokes = None if style.is_traced else max(style.strokes // NEARER, FEWEST)
        pixels = painted(eye, style, strokes, size, SIDE)
        path = SMALL / f"{name}.png"
        Image.fromarray(pixels).quantize(COLOURS, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size} bytes")
        assert path.stat().st_size <= HEAVIEST
    if options.styles:
        return
    coffee = cropped(FOLDER / "coffee.jpg", 512)
    style = load_style("alla-prima")
    for slider, wanted in SLIDERS.items():
        cells = [painted(coffee, varied(style, *each), style.strokes, size, 360) for each in wanted]
        path = ROOT / "docs" / "images" / f"{slider}.jpg"
        save_picture(path, np.concatenate(cells, 1), overwrite=True, quality=86)
        print(f"{path.name}: {path.stat().st_size} bytes")


def painted(picture: Picture, style: Style, strokes: int | None, size: int, side: int) -> np.ndarray:
    """A painting's pixels (side, side, 3)."""
    *_, last = begin(picture, style, strokes=strokes, working_size=size).paint()
    assert isinstance(last, events.Finished)
    large = Image.fromarray(last.painting.render(4 * side, 4 * side)[..., :3])
    return np.asarray(large.resize((side, side), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
