"""What each loss does to a painting, and what it costs: the table of docs/losses.md.

    python benchmarks/losses.py PHOTO ... [--strokes 300 900 4000] [--size 512] [--keep FILE.json] [--out DIR]

Each photo (its middle square) is painted with each loss by one thread. A row is a mean over the photos; seconds are the
processor's. `--keep` remembers what was measured, so that a table can be filled bit by bit. `lite0` is a distance as
LPIPS measures it: the squared difference of the normalised features of all stages of EfficientNet-Lite0, unweighted.
Needs `pip install -e '.[benchmarks,regions]'`.
"""

import argparse
import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fidelity import closeness, cropped

from impasto.engine.pictures.io import Picture

SETTINGS = {
    "smooth_l1": ["loss.kind=smooth_l1"],
    "l1": ["loss.kind=l1"],
    "l2": ["loss.kind=l2"],
    "+ .25 ssim": ["loss.ssim=0.25"],
    "+ .5 ssim": ["loss.ssim=0.5"],
    "+ .5 gradient": ["loss.gradient=0.5"],
    "+ 1 perceptual (lite0)": ["loss.perceptual=1"],
}
COLUMNS = ("l1", "psnr", "ssim", "ms_ssim", "lite0", "seconds")
_warm: set[str] = set()  # settings that something was painted with
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # powers of MS-SSIM's five scales (Wang, Simoncelli, Bovik 2003)


def main() -> None:
    """Measure what is not known yet, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--strokes", nargs="+", type=int, default=[300, 900, 4000])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--style", default="realistic")
    parser.add_argument("--keep", type=Path, help="a file with what was measured before, and is from now on")
    parser.add_argument("--out", type=Path, help="keep the pictures here")
    options = parser.parse_args()
    known: dict[str, dict[str, float]] = {}
    if options.keep and options.keep.exists():
        known = json.loads(options.keep.read_text())
    for strokes in options.strokes:
        for photo in options.photos:
            for name in SETTINGS:
                key = f"{options.style} {options.size} {strokes} {photo.stem} {name}"
                if key not in known:
                    known[key] = measured(photo, name, strokes, options)
                if options.keep:
                    options.keep.write_text(json.dumps(known, indent=1) + "\n")
    print("| strokes | loss | L1 | PSNR | SSIM | MS-SSIM | Lite0 | seconds |\n" + "| --- " * 8 + "|")
    for strokes in options.strokes:
        for name in SETTINGS:
            rows = [known[f"{options.style} {options.size} {strokes} {photo.stem} {name}"] for photo in options.photos]
            means = [float(np.mean([row[column] for row in rows])) for column in COLUMNS]
            figures = (f"{mean:.{digits}f}" for mean, digits in zip(means, (4, 2, 4, 4, 3, 1), strict=True))
            print(f"| {strokes} | {name} | {' | '.join(figures)} |")


def measured(photo: Path, name: str, strokes: int, options: argparse.Namespace) -> dict[str, float]:
    """Paint a photo with a loss, and compare."""
    from impasto.engine.painter import events
    from impasto.engine.painter.painter import Painter
    from impasto.engine.pictures.io import save_picture
    from impasto.engine.styles import load_style

    picture, style = seen(photo, options.size), load_style(options.style, SETTINGS[name])
    if name not in _warm:  # networks and kernels are loaded before the clock runs
        _warm.add(name)
        list(Painter(seen(photo, 48), style, strokes=8, threads=1).paint())
    before = time.process_time()
    *_, last = Painter(picture, style, strokes=strokes, working_size=options.size, threads=1).paint()
    seconds = time.process_time() - before
    assert isinstance(last, events.Finished)
    pixels = last.painting.render()[..., :3]
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        save_picture(options.out / f"{photo.stem}-{strokes}-{name.strip('+ ')}.png", pixels, overwrite=True)
    many, lite0 = by_scales(pixels, picture.rgb), seen_apart(pixels, picture.rgb)
    return closeness(pixels, picture.rgb) | {"ms_ssim": many, "lite0": lite0, "seconds": seconds}


@cache
def seen(photo: Path, size: int) -> Picture:
    """The middle square of a photo."""
    return cropped(photo, size)


def by_scales(painted: np.ndarray, picture: np.ndarray) -> float:
    """The product of SSIM at five scales, each with its power, of two uint8 (H, W, 3)."""
    from skimage.metrics import structural_similarity

    ours, theirs, product = painted / 255.0, picture / 255.0, 1.0
    for power in _SCALES:
        ssim: Any = structural_similarity(ours, theirs, channel_axis=2, data_range=1)
        product *= max(float(ssim), 1e-3) ** power
        ours, theirs = (
            each[: each.shape[0] // 2 * 2, : each.shape[1] // 2 * 2]
            .reshape(each.shape[0] // 2, 2, each.shape[1] // 2, 2, 3)
            .mean((1, 3))
            for each in (ours, theirs)
        )
    return product


def seen_apart(painted: np.ndarray, picture: np.ndarray) -> float:
    """How far apart two pictures, uint8 (H, W, 3), are to Lite0."""
    import torch
    from torch.nn import functional

    from impasto.engine.segment.networks.lite0 import load_lite0

    pictures = torch.from_numpy(np.stack([painted, picture])).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        maps = [functional.normalize(each, dim=1) for each in load_lite0().features(pictures)]
    return float(sum(((each[0] - each[1]) ** 2).sum(0).mean() for each in maps))


if __name__ == "__main__":
    main()
