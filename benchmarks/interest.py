"""What it is worth that strokes go to what viewers look at: inside faces, on things, and for the whole.

    python benchmarks/interest.py PHOTO… [--strokes 300 900] [--style realistic] [--size 512] [--out DIR]

Paints each photo without and with interest, at most 512 pixels long, and compares the flat strokes with it. SSIM is
that of the grey picture, its mean inside of faces (as ellipses), and where a thing's map exceeds .4 if there is no
face; L1 is of the whole, in percent of what it was without. Needs `pip install -e '.[benchmarks,regions]'`.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

THING = 0.4  # of a map, above which a thing is


def main() -> None:
    """Paint the photos and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    parser.add_argument("--strokes", type=int, nargs="+", default=[300, 900])
    parser.add_argument("--style", default="realistic")
    parser.add_argument("--interest", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, help="keep the pictures here")
    options = parser.parse_args()
    head = f"{'picture':<20} {'what':<6} {'share':>6} {'strokes':>7} {'SSIM':>6} {'with':>6} {'gain':>6} {'L1 %':>7}"
    print(head)
    rows: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    for photo in options.photos:
        picture = reduced(photo, options.size)
        what, inside = looked_at(picture)
        for strokes in options.strokes:
            before, after = (painted(picture, photo.stem, strokes, i, options) for i in (0.0, options.interest))
            seen = [seen_as(picture.rgb, each, inside) for each in (before, after)]
            row = seen[0], seen[1], ratio(picture.rgb, before, after)
            rows.setdefault((what, strokes), []).append(row)
            print_row(photo.stem, what, float(inside.mean()), strokes, row)
    for (what, strokes), each in sorted(rows.items()):
        mean = np.mean(each, 0)
        print_row(f"mean of {len(each)}", what, float("nan"), strokes, (mean[0], mean[1], mean[2]))


def print_row(name: str, what: str, share: float, strokes: int, row: tuple[float, float, float]) -> None:
    """One line of the table."""
    before, after, l1 = row
    print(
        f"{name[:20]:<20} {what:<6} {share:6.3f} {strokes:7} {before:6.3f} {after:6.3f} {after - before:+6.3f} "
        f"{l1:+7.2f}",
        flush=True,
    )


def reduced(photo: Path, size: int):
    """The photo, its longer side `size` pixels at most."""
    from impasto.engine.pictures.io import Picture, load_picture

    whole = load_picture(photo)
    scale = min(1.0, size / max(whole.height, whole.width))
    rgb, _ = whole.resampled(round(whole.height * scale), round(whole.width * scale))
    return Picture(np.round(rgb * 255).astype(np.uint8))


def looked_at(picture: Any) -> tuple[str, np.ndarray]:
    """What is measured of a picture, and where (H, W) bool: faces, else a thing, else all of it."""
    from impasto.engine.painter.interest import interest
    from impasto.engine.segment.onlookers import find_onlookers

    faces = find_onlookers(picture)
    if faces:
        inside = np.max([face.mask(picture.height, picture.width) for face in faces], 0) > 0.5
        return "face", inside
    from impasto.engine.painter.interest import Interest

    thing = Interest(interest(picture)[None]).on(picture.height, picture.width) > THING
    return ("thing", thing) if thing.any() else ("all", ~thing)


def painted(picture: Any, name: str, strokes: int, interest: float, options: argparse.Namespace) -> np.ndarray:
    """The flat strokes of a painting (H, W, 3) uint8."""
    from impasto.engine.order import Order
    from impasto.engine.painter import events
    from impasto.engine.painting.look import with_look
    from impasto.engine.pictures.io import save_picture
    from impasto.engine.styles import load_style

    style = load_style(options.style, [f"attention.interest={interest}"])
    order = Order(picture, style, strokes=strokes, working_size=options.size, threads=options.threads)
    *_, last = order.painter().paint()
    assert isinstance(last, events.Finished)
    flat = last.painting if style.absorbs else with_look(last.painting, {"kind": "flat"}, {})
    pixels = flat.render()[..., :3]
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        save_picture(options.out / f"{name}-{strokes}-{interest:g}.png", pixels, overwrite=True)
    return pixels


def seen_as(picture: np.ndarray, pixels: np.ndarray, inside: np.ndarray) -> float:
    """Mean SSIM of the grey pictures where `inside` says."""
    from skimage.metrics import structural_similarity

    grey = [each.mean(2) / 255 for each in (picture, pixels)]
    found: Any = structural_similarity(*grey, data_range=1.0, full=True)
    return float(found[1][inside].mean())


def ratio(picture: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    """By how many percent L1 is higher."""
    wrong = [np.abs(each.astype(float) - picture).mean() for each in (before, after)]
    return 100 * float(wrong[1] / wrong[0] - 1)


if __name__ == "__main__":
    main()
