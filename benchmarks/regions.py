"""What painting by regions costs and keeps.

    python -m benchmarks.regions [FOLDER] [--strokes 4000] [--style realistic] [--size 512] [--method unsupervised]

For every picture of a folder (default: examples/, centre crop): the regions found and the seconds it took; painting
with regions over painting without, same strokes, medians of --times runs in turn; whether the totals are exact; the
share of all stroke paint that lies where its region is not, for each kind of edges (of strict strokes what is seen of
them); L1 without and with regions; and with the middle of the picture selected, L1 inside, and the largest change of a
pixel outside when the painting is laid over the photo. L1 and outside are of fresh 8-bit renderings.
"""

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from fidelity import FOLDER, SUFFIXES, cropped

EDGES = ("strict", "filter", "loose")


def main() -> None:
    """Measure a folder and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--strokes", type=int, default=4000)
    parser.add_argument("--style", default="realistic")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--method", default="unsupervised")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    photos = sorted(p for p in options.folder.iterdir() if p.suffix.lower() in SUFFIXES)
    if not photos:
        sys.exit(f"there are no pictures in {options.folder}")
    from impasto.engine.raster.cpu.raster import prepare_kernels
    from impasto.engine.segment import segment

    prepare_kernels()
    segment(cropped(photos[0], 64), options.method, size=64)  # loads what it needs
    print(
        f"{'picture':<16} {'regions':>7} {'find s':>7} {'paint s':>8} {'ratio':>6} {'exact':>6}"
        f" {'strict':>8} {'filter':>8} {'loose':>8} {'L1':>7} {'by reg.':>8} {'selected':>9} {'outside':>8}"
    )
    rows = []
    for photo in photos:
        row = measure(photo, options)
        rows.append(row)
        show(photo.stem, row)
    show("mean", {key: float(np.mean([row[key] for row in rows])) for key in rows[0]})


def show(name: str, row: dict[str, float]) -> None:
    """One line of the table."""
    print(
        f"{name[:16]:<16} {row['regions']:7.1f} {row['find']:7.2f} {row['seconds']:8.2f} {row['ratio']:6.2f}"
        f" {'yes' if row['exact'] == 1 else 'NO':>6} {row['strict']:8.4%} {row['filter']:8.4%} {row['loose']:8.4%}"
        f" {row['whole']:7.5f} {row['by_region']:8.5f} {row['inside']:9.5f} {row['outside']:8.0f}",
        flush=True,
    )


def measure(photo: Path, options: argparse.Namespace) -> dict[str, float]:
    """One line's figures."""
    import time

    from impasto.engine.painter.budget import with_alpha_mask
    from impasto.engine.segment import segment
    from impasto.engine.styles import load_style

    picture = cropped(photo, options.size)
    started = time.perf_counter()
    regions = segment(picture, options.method, size=options.size)
    row: dict[str, float] = {"find": time.perf_counter() - started, "regions": len(regions)}
    usual: dict[str, Any] = {"strokes": options.strokes, "working_size": options.size, "threads": options.threads}
    whole, divided = [], []
    for _ in range(options.times):
        whole.append(painted(picture, load_style(options.style), **usual))
        divided.append(painted(picture, load_style(options.style), regions=regions, **usual))
    seconds = [[last.seconds for last in runs] for runs in (whole, divided)]
    row["seconds"] = statistics.median(seconds[0])
    row["ratio"] = statistics.median(b / a for a, b in zip(*seconds, strict=True))
    row["whole"], row["by_region"] = (difference(runs[0].painting, picture) for runs in (whole, divided))
    lasts = {"strict": divided[0]}
    for edges in EDGES[1:]:
        style = load_style(options.style, [f"edges={edges}"])
        lasts[edges] = painted(picture, style, regions=regions, **usual)
    row["exact"] = float(all(len(last.painting.strokes) == options.strokes for last in lasts.values()))
    row |= {edges: strays(last.painting, options.size) for edges, last in lasts.items()}
    selection = np.zeros(picture.rgb.shape[:2], np.uint8)
    middle = slice(options.size // 4, options.size * 3 // 4)
    selection[middle, middle] = 255
    pixels = (
        painted(with_alpha_mask(picture, selection), load_style(options.style), **usual).painting.render().astype(float)
    )
    share = pixels[..., 3:] / 255
    laid = pixels[..., :3] * share + picture.rgb * (1 - share)
    change = np.abs(laid - picture.rgb)
    row["inside"] = float(change[selection == 255].mean() / 255)
    row["outside"] = float(change[selection == 0].max())
    return row


def painted(picture: Any, style: Any, **options: Any) -> Any:
    """The last event of a painting."""
    from impasto.engine.painter.painter import Painter

    *_, last = Painter(picture, style, **options).paint()
    return last


def difference(painting: Any, picture: Any) -> float:
    """Mean absolute difference from the photo, 0..1."""
    return float(np.abs(painting.render()[..., :3].astype(float) - picture.rgb).mean() / 255)


def strays(painting: Any, size: int) -> float:
    """The share of the strokes' paint that lies where their region's mask is 0; if they are cut, of what is left."""
    from impasto.engine.painting.composer import Composer
    from impasto.engine.raster.cpu.raster import CpuRaster
    from impasto.engine.raster.edges import StrokeEdge

    composer = Composer(painting, size, size)
    stray = paint = 0.0
    for k, (mask, share) in enumerate(zip(painting.regions.masks, composer.shares(0, size), strict=True)):
        area, outside = painting.regions.infos[k], (mask == 0).astype(np.float32)
        if share is None:
            raster = CpuRaster(size, size, edges=StrokeEdge(area.softness, area.edge))
            s, p = raster.strays(painting.strokes.table[painting.strokes.region == k], outside)
            stray, paint = stray + s.sum(), paint + p.sum()
            continue
        crop = composer.paint(k, None, 0, size)
        seen = np.zeros((size, size))
        seen[share.top : share.bottom, share.left : share.right] = crop.pixels[..., 3] * share.pixels
        stray, paint = stray + float((seen * outside).sum()), paint + float(seen.sum())
    return stray / paint


if __name__ == "__main__":
    main()
