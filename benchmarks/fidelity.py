"""How close paintings come to their photos.

    python benchmarks/fidelity.py [FOLDER] [--strokes 4000] [--style realistic] [--size 512] [--out DIR]

Paints every picture of a folder (default: examples/) at 512 × 512 (centre crop), each in a process of its own. All
figures but the time are taken from a fresh 8-bit rendering of the saved file. `shows` is the share of pixels in which
more than 5 % of the background still shows. Needs `pip install -e '.[benchmarks]'`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent.parent / "examples"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


def main() -> None:
    """Paint a folder and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--strokes", type=int, default=4000)
    parser.add_argument("--style", default="realistic")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, help="keep the pictures here")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options)))
        return
    photos = photos_in(options.folder)
    print(f"{'picture':<20} {'L1':>7} {'PSNR':>6} {'SSIM':>6} {'seconds':>8} {'its':>5} {'MB':>6} {'shows':>8}")
    rows = []
    for photo in photos:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", str(photo)]
        row = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        rows.append(row)
        print_row(photo.stem, row)
    print_row("mean", {key: float(np.mean([r[key] for r in rows])) for key in rows[0]})


def photos_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; exits if there are none."""
    if not folder.is_dir():
        sys.exit(f"{folder} is no folder; name one with pictures in it")
    photos = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    if not photos:
        sys.exit(f"there are no pictures in {folder}")
    return photos


def print_row(name: str, row: dict[str, float]) -> None:
    """One line of the table."""
    print(
        f"{name[:20]:<20} {row['l1']:7.5f} {row['psnr']:6.2f} {row['ssim']:6.4f} {row['seconds']:8.1f} "
        f"{row['iterations']:5.0f} {row['megabytes']:6.0f} {row['shows']:8.4%}",
        flush=True,
    )


def measure(photo: Path, options: argparse.Namespace) -> dict[str, float]:
    """Paint one picture, save it, load it, render it, and compare."""
    from impasto.engine.painter import events
    from impasto.engine.painter.painter import Painter
    from impasto.engine.painting.painting import Painting
    from impasto.engine.pictures.io import save_picture
    from impasto.engine.raster.cpu.raster import prepare_kernels
    from impasto.engine.styles import load_style

    picture = cropped(photo, options.size)
    prepare_kernels()
    painter = Painter(
        picture,
        load_style(options.style, options.set),
        strokes=options.strokes,
        seed=options.seed,
        working_size=options.size,
        threads=options.threads,
    )
    *_, last = painter.paint()
    assert isinstance(last, events.Finished)
    with tempfile.TemporaryDirectory() as folder:
        last.painting.save(Path(folder) / "painting.impasto")
        painting = Painting.load(Path(folder) / "painting.impasto")
    pixels = painting.render()
    bare = painting.render(background=(0.0, 0.0, 0.0, 0.0))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        save_picture(options.out / f"{photo.stem}.png", pixels, overwrite=True)
    return closeness(pixels[..., :3], picture.rgb) | {
        "seconds": last.seconds,
        "iterations": last.iterations,
        "megabytes": peak_megabytes(),
        "shows": float((bare[..., 3] < 0.95 * 255).mean()),
    }


def closeness(painted: np.ndarray, picture: np.ndarray) -> dict[str, float]:
    """Mean absolute difference in 0..1, PSNR in decibels, and SSIM, of two uint8 (H, W, 3)."""
    from skimage.metrics import structural_similarity

    ours, theirs = painted.astype(np.float64) / 255, picture.astype(np.float64) / 255
    ssim: Any = structural_similarity(ours, theirs, channel_axis=2, data_range=1)
    square = max(float(((ours - theirs) ** 2).mean()), 1e-10)  # of the same pictures: 100 dB
    return {"l1": float(np.abs(ours - theirs).mean()), "psnr": float(-10 * np.log10(square)), "ssim": float(ssim)}


def cropped(photo: Path, size: int):
    """The middle square of a photo at the benchmark's size."""
    from impasto.engine.pictures.io import Picture, load_picture

    whole = load_picture(photo)
    side = min(whole.height, whole.width)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    rgb, _ = whole.resampled(size, size, (left, top, left + side, top + side))
    return Picture(np.round(rgb * 255).astype(np.uint8))


def peak_megabytes() -> float:
    """Most memory this process ever held; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    return megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def megabytes(maxrss: int) -> float:
    """What the system calls `ru_maxrss`, which is bytes on macOS and kilobytes elsewhere."""
    return maxrss / 1e6 if sys.platform == "darwin" else maxrss / 1e3


if __name__ == "__main__":
    main()
