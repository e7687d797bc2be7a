"""How close paintings of few colours come to their photos, and how much closer than by recolouring a finished one.

    python benchmarks/palettes.py [FOLDER | PHOTO …] [--colours 4 8 16] [--strokes 1400] [--style painterly] [--out DIR]

Each photo (default: examples/; the middle square at 512 × 512) is painted freely, and with the palettes that
`--palette NUMBER` takes from it. `end` is the L1 of the free painting whose strokes got the nearest colour when all was
done, `ours` that of strokes which found their places in the colours they have, both in flat paint; `free` has all.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from fidelity import FOLDER, closeness, cropped, photos_in


def main() -> None:
    """Paint the photos and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path, default=[FOLDER])
    parser.add_argument("--colours", nargs="+", type=int, default=[4, 8, 16])
    parser.add_argument("--strokes", type=int, default=1400)
    parser.add_argument("--style", default="painterly")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, help="keep the pictures here")
    options = parser.parse_args()
    photos = [photo for each in options.photos for photo in ([each] if each.is_file() else photos_in(each))]
    print(f"{'picture':<20} {'free':>6}" + "".join(f" {n:>4}: {'end':>6} {'ours':>6} {'':>7}" for n in options.colours))
    rows = []
    for photo in photos:
        rows.append(measured(photo, options))
        print_row(photo.stem, rows[-1])
    print_row("mean", np.mean(rows, 0))


def measured(photo: Path, options: argparse.Namespace) -> np.ndarray:
    """The free painting's L1 and for each number of colours that of both ways, as one row."""
    from impasto.engine.painter.events import Finished
    from impasto.engine.painter.painter import Painter
    from impasto.engine.painting.strokes import BLUE, RED
    from impasto.engine.pictures.io import save_picture
    from impasto.engine.styles import changed_style, load_style
    from impasto.engine.styles.palette import nearest, of_picture

    picture = cropped(photo, options.size)
    style = load_style(options.style, ["medium.kind=flat", *options.set])

    def painted(style):
        *_, last = Painter(
            picture, style, strokes=options.strokes, seed=options.seed, working_size=options.size,
            threads=options.threads,
        ).paint()  # fmt: skip
        assert isinstance(last, Finished)
        return last.painting

    def off(painting, name: str) -> float:
        pixels = painting.render()
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            save_picture(options.out / f"{photo.stem}-{name}.png", pixels, overwrite=True)
        return closeness(pixels[..., :3], picture.rgb)["l1"]

    free = painted(style)
    row = [off(free, "free")]
    for count in options.colours:
        palette = of_picture(picture, count)
        table = free.strokes.table.copy()
        table[:, RED : BLUE + 1] = nearest(table[:, RED : BLUE + 1], palette)
        row.append(off(replace(free, strokes=replace(free.strokes, table=table)), f"{count}-end"))
        ours = painted(changed_style(style, [f"colour.palette={list(palette)}"]))
        colours = ours.strokes.table[:, RED : BLUE + 1]
        if not np.array_equal(colours, nearest(colours, palette)):
            sys.exit(f"{photo}: not all strokes have colours of the palette")
        row.append(off(ours, f"{count}"))
    return np.array(row)


def print_row(name: str, row: np.ndarray) -> None:
    """One line of the table."""
    pairs = (f"       {end:.4f} {ours:.4f} {ours / end - 1:+7.1%}" for end, ours in row[1:].reshape(-1, 2))
    print(f"{name[:20]:<20} {row[0]:.4f}{''.join(pairs)}", flush=True)


if __name__ == "__main__":
    main()
