"""How fast and how close this checkout paints, against another commit.

    python benchmarks/against.py REV --photos FOLDER [--rows 1600 4000 ...] [--effort draft high] [--timed 2] [--runs 5]
                                 [--set PATH=VALUE ...] [--threads 2] [--json FILE] [--keep FOLDER]

REV is checked out into a temporary folder. Both paint all photos (reduced to the row's size by one and the same code)
through their own command line, each in a process of its own, in turns: before, after, before, after. The rows:

    1600, 4000, 10000                   strokes, realistic, 1024 pixels on the longer side
    512                                 4000 strokes, realistic, 512 pixels
    painterly, expressionist, abstract  the style's own number of strokes, 1024 pixels
    threads                             this checkout alone, on one thread (before) and two (after), otherwise as 4000

Of the first --timed photos each is painted --runs times. A ratio is after / before: the median over turns, then over
photos; the least and the most photo's stand next to it. `seconds` is what the painting itself says, `whole process`
begins with Python and ends with the written PNG, and `processor` is what that worked on all its threads together: the
one to look at if the machine does something else meanwhile. Kernels are compiled before. L1, PSNR and SSIM are of the
finished PNG against the picture it was painted from, means over all photos, and L1 is lower after on so many of them;
memory is the most that any painting of a row held.

With --effort, this checkout paints each row once for each effort; REV is never told of one, nor of --set, as
`attention.interest=0`, since no older version looks for faces and things. --keep writes for each row
and photo the picture, before and after, next to each other. --json has all figures, and is written after each row.
Needs `pip install -e '.[benchmarks]'`, and Linux or macOS.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from checkouts import ROOT, Commission, Easel, Side, checked_out, git
from fidelity import closeness, photos_in
from verdicts import Painted, Sitting, headings, verdict

STYLES = ("painterly", "expressionist", "abstract")
ROWS = [
    *(Commission(str(strokes), 1024, strokes, "realistic") for strokes in (1600, 4000, 10000)),
    Commission("512", 512, 4000, "realistic"),
    *(Commission(style, 1024, None, style) for style in STYLES),
    Commission("threads", 1024, 4000, "realistic"),
]


def main(words: Sequence[str] | None = None) -> None:
    """Paint everything and print the table; `words` of the command line, or sys.argv's."""
    options = parsed(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the other checkout is removed
    with checked_out(options.revision) as before, tempfile.TemporaryDirectory() as scratch:
        told = ("--threads", str(options.threads))
        more = [word for setting in options.set for word in ("--set", setting)]
        sides = [Side("before", before, told)]
        sides += [
            Side(f"after {effort}".strip(), ROOT, (*told, *more, *(("--effort", effort) if effort else ())))
            for effort in options.effort or [""]
        ]
        threads = [Side(f"{n} thread{'s' * (n > 1)}", ROOT, ("--threads", str(n))) for n in (1, 2)]
        report: dict[str, Any] = {
            "before": git("rev-parse", f"{options.revision}^{{commit}}"),
            "after": git("describe", "--always", "--dirty", "--abbrev=40"),
            "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": sys.version},
            "threads": options.threads,
            "runs": options.runs,
            "rows": [],
        }
        # What needs much memory happens in another process: on Linux, the most a process holds is never less than what
        # the one held that started it.
        with ProcessPoolExecutor(1, get_context("spawn")) as helper:
            match = Match(options, Path(scratch), helper)
            print(headings(), flush=True)
            for row in (row for row in ROWS if row.name in options.rows):
                report["rows"] += match.play(row, threads if row.name == "threads" else sides)
                if options.json:
                    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line; exits if it asks for what there is not."""
    parser = argparse.ArgumentParser(prog="against.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("revision", metavar="REV", help="the commit to compare with: before")
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="a folder, or pictures")
    names = [row.name for row in ROWS]
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names))
    parser.add_argument("--effort", nargs="+", help="efforts that this checkout's `paint` is told: draft normal high")
    parser.add_argument("--set", nargs="+", default=[], metavar="PATH=VALUE", help="settings that it paints with")
    parser.add_argument("--timed", type=positive, default=2, help="how many of the photos are painted again and again")
    parser.add_argument("--runs", type=positive, default=5, help="how often")
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what was painted, side by side")
    options = parser.parse_args(words)
    if len(options.photos) == 1 and not options.photos[0].is_file():
        options.photos = photos_in(options.photos[0])
    stems = [photo.stem for photo in options.photos]
    if twice := sorted({stem for stem in stems if stems.count(stem) > 1}):
        parser.error(f"two photos are called {twice[0]}; give one of them another name")
    if missing := [photo for photo in options.photos if not photo.is_file()]:
        parser.error(f"there is no photo {missing[0]}")
    return options


def positive(text: str) -> int:
    """A number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


class Match:
    """Both sides at the same pictures, row after row."""

    def __init__(self, options: argparse.Namespace, scratch: Path, helper: ProcessPoolExecutor) -> None:
        self._options, self._scratch, self._helper = options, scratch, helper
        self._easel = Easel(scratch)
        self._timed = [photo.stem for photo in options.photos[: options.timed]]

    def play(self, row: Commission, sides: Sequence[Side]) -> list[dict[str, Any]]:
        """Paint one row by all sides, print its lines and return what there is to keep of each later side.

        Threads change no pixel, so that only the photos that are timed are painted for them.
        """
        photos = [p for p in self._options.photos if row.name != "threads" or p.stem in self._timed]
        results: dict[str, dict[str, Painted]] = {side.name: {} for side in sides}
        for number, photo in enumerate(photos, 1):
            print(f"{row.name}: {photo.stem}, {number} of {len(photos)}", file=sys.stderr, flush=True)
            for name, painted in self._paint(row, sides, photo).items():
                results[name][photo.stem] = painted
        found = []
        first, *others = (side.name for side in sides)
        for name in others:
            judged = verdict(results[first], results[name], self._timed)
            label = " ".join([row.name, *name.split()[1:]]) if row.name != "threads" else row.name
            print(judged.line(label), flush=True)
            photos_of = {side: {p: asdict(painted) for p, painted in results[side].items()} for side in (first, name)}
            found.append({"row": asdict(row), "label": label, **asdict(judged), "paintings": photos_of})
        return found

    def _paint(self, row: Commission, sides: Sequence[Side], photo: Path) -> dict[str, Painted]:
        """One photo by all sides, in turns, and how close they come."""
        picture = self._scratch / f"{row.size}" / f"{photo.stem}.png"
        if not picture.exists():
            picture.parent.mkdir(exist_ok=True)
            self._helper.submit(reduce, photo, row.size, picture).result()
        for side in sides:
            self._easel.prepare(side, row, picture)
        outs = {side.name: self._scratch / f"{side.name}.png" for side in sides}
        runs: dict[str, list[Sitting]] = {side.name: [] for side in sides}
        for _ in range(self._options.runs if photo.stem in self._timed else 1):
            for side in sides:
                runs[side.name].append(self._easel.paint(side, row, picture, outs[side.name]))
        kept = None
        if self._options.keep:
            kept = self._options.keep / row.name / f"{photo.stem}.png"
            kept.parent.mkdir(parents=True, exist_ok=True)
        close = self._helper.submit(compare, picture, list(outs.values()), kept).result()
        return {name: Painted(runs[name], **figures) for name, figures in zip(outs, close, strict=True)}


def reduce(photo: Path, size: int, out: Path) -> None:
    """Write a photo as an upright PNG whose longer side is at most that large; small ones keep their size."""
    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    Image.fromarray(np.asarray(picture)).save(out)  # the pixels alone: a colour profile would change them once more


def compare(picture: Path, painted: Sequence[Path], kept: Path | None) -> list[dict[str, float]]:
    """How close each painting is to the picture; write them next to each other into `kept`."""
    from PIL import Image

    def pixels(path: Path) -> np.ndarray:
        return np.asarray(Image.open(path).convert("RGB"))

    theirs, ours = pixels(picture), [pixels(path) for path in painted]
    if kept:
        Image.fromarray(np.concatenate([theirs, *ours], 1)).save(kept)
    return [closeness(each, theirs) for each in ours]


if __name__ == "__main__":
    main()
