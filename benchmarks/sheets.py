"""Contact sheets of every style for docs/styles.md, and what a blind test of media and styles needs.

    python benchmarks/sheets.py [STYLE ...] [--out docs/images]
    python benchmarks/sheets.py --blind FOLDER [--photos PICTURE ...]

A sheet shows the examples, painted by regions, at fit size and, under each, a part of it at 100 % of 2048 pixels.
The blind test's key lies beside FOLDER, in FOLDER.key.txt.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from fidelity import FOLDER
from PIL import Image

from impasto.engine.media import MEDIA, Absorbing
from impasto.engine.painter import events
from impasto.engine.painter.beginning import begin
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import load_picture, save_picture
from impasto.engine.segment import segment
from impasto.engine.styles import changed_style, load_style, preset_names

FULL, FIT, WORKING = 2048, 1024, 1024  # pixels of the longer side
HIGH, GAP = 300, 6  # of a sheet's cells
LOOK = {"astronaut": (0.36, 0.20), "chelsea": (0.44, 0.36), "coffee": (0.53, 0.42)}  # a crop's middle, x and y, 0..1
HEAVIEST, QUALITY = 330_000, 85  # bytes
CROP, OF_EACH, OF_STYLE = 256, 4, 2  # pixels; unlabelled ones of a medium, and of a style
OWN = "pastel", "pointillist"  # media that are shown in strokes of their own style, as those are that absorb
DULL = 0.035  # standard deviation of what is too even, or too dark, to tell a medium by


def main() -> None:
    """Write the sheets, or the blind test."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("styles", nargs="*", default=preset_names(), help="all by default")
    parser.add_argument("--out", type=Path, default=FOLDER.parent / "docs" / "images")
    parser.add_argument("--blind", type=Path, metavar="FOLDER")
    parser.add_argument("--photos", type=Path, nargs="+", default=sorted(FOLDER.glob("*.jpg")))
    parser.add_argument("--seed", type=int, default=0, help="another one shuffles otherwise")
    options = parser.parse_args()
    if options.blind:
        blind(options.blind, options.photos, np.random.default_rng(options.seed))
        return
    for style in options.styles:
        path = options.out / f"{style}.jpg"
        sheet = sheet_of([(photo.stem, painted(photo, style)) for photo in options.photos])
        quality = QUALITY
        save_picture(path, sheet, overwrite=True, quality=quality)
        while path.stat().st_size > HEAVIEST:
            quality -= 3
            save_picture(path, sheet, overwrite=True, quality=quality)
        print(f"{path.name}: {path.stat().st_size} bytes at quality {quality}")


@cache
def painted(photo: Path, style: str) -> Painting:
    """A photo as a style paints it by regions."""
    picture = load_picture(photo)
    regions = segment(picture, "unsupervised", size=min(WORKING, max(picture.height, picture.width)))
    *_, last = begin(picture, load_style(style), regions=regions, working_size=WORKING).paint()
    assert isinstance(last, events.Finished)
    return last.painting


def pixels_of(painting: Painting, size: int) -> np.ndarray:
    """A painting (h, w, 3), its longer side `size` pixels."""
    return painting.render(size=size)[..., :3]


def sheet_of(paintings: list[tuple[str, Painting]]) -> np.ndarray:
    """Fitted into one row of equal heights; under each as much as there is room for at 100 %."""
    columns = []
    for name, painting in paintings:
        full = pixels_of(painting, FULL)
        wide = round(HIGH * full.shape[1] / full.shape[0])
        small = np.asarray(Image.fromarray(full).resize((wide, HIGH), Image.Resampling.LANCZOS))
        x, y = LOOK.get(name, (0.5, 0.5))
        left = min(max(round(x * full.shape[1]) - wide // 2, 0), full.shape[1] - wide)
        top = min(max(round(y * full.shape[0]) - HIGH // 2, 0), full.shape[0] - HIGH)
        near = full[top : top + HIGH, left : left + wide]
        columns += [np.concatenate([small, np.full((GAP, wide, 3), 255, np.uint8), near])]
        columns += [np.full((2 * HIGH + GAP, GAP, 3), 255, np.uint8)]
    return np.concatenate(columns[:-1], 1)


def blind(folder: Path, photos: list[Path], rng: np.random.Generator) -> None:
    """One labelled picture of each style and crop of each medium, then unlabelled ones, numbered by chance."""
    folder.mkdir(parents=True, exist_ok=True)
    key = [f"media (of {len(photos)} photos, paint in painterly's strokes)"]
    crops = [each for medium in sorted(MEDIA.names) if medium != "flat" for each in crops_in(medium, photos, rng)]
    key += numbered(folder, "medium", crops, rng)
    key += ["", "styles"]
    pictures = []
    for style in preset_names():
        for photo in photos[: OF_STYLE + 1]:
            pictures.append((style, pixels_of(painted(photo, style), FIT)))
    key += numbered(folder, "style", pictures, rng)
    Path(f"{folder}.key.txt").write_text("\n".join(key) + "\n")


def crops_in(medium: str, photos: list[Path], rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """OF_EACH + 1 crops of a medium at 100 %, from all photos in turn, where there is something to see."""
    full, own = [], medium in OWN or issubclass(MEDIA[medium], Absorbing)
    for photo in photos:
        if own:
            full.append(pixels_of(painted(photo, medium), FULL))
            continue
        painting = painted(photo, "painterly")
        assert painting.regions is not None
        style = changed_style(load_style("painterly"), [f"medium.kind={medium}"]).model_dump(mode="json")
        infos = tuple(info.model_copy(update={"style": {}}) for info in painting.regions.infos)
        shown = replace(painting, style=style, regions=replace(painting.regions, infos=infos), refit=None)
        full.append(pixels_of(shown, FULL))
    for k in range(OF_EACH + 1):
        whole = full[k % len(full)]
        while True:
            top, left = (int(rng.integers(0, side - CROP + 1)) for side in whole.shape[:2])
            crop = whole[top : top + CROP, left : left + CROP]
            if crop.mean() > 0.2 * 255 and crop.std() > DULL * 255:
                break
        yield medium, crop


def numbered(
    folder: Path, kind: str, pictures: list[tuple[str, np.ndarray]], rng: np.random.Generator
) -> list[str]:  # fmt: skip
    """Write the first picture of each name under its name, all others in an order by chance; returns which is which."""
    known, unknown = {}, []
    for name, pixels in pictures:
        if known.setdefault(name, pixels) is not pixels:
            unknown.append((name, pixels))
    for name, pixels in known.items():
        save_picture(folder / f"{kind}-{name}.png", pixels, overwrite=True)
    order = rng.permutation(len(unknown)).tolist()
    for number, k in enumerate(order, 1):
        save_picture(folder / f"{kind}-{number:02d}.png", unknown[k][1], overwrite=True)
    return [f"{number:02d} {unknown[k][0]}" for number, k in enumerate(order, 1)]


if __name__ == "__main__":
    main()
