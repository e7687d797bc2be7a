"""What each format takes to write and to read again: bytes, and seconds of one core, as a table.

    python benchmarks/exports.py [--strokes 1400 10000] [--size 1024] [--effort draft]

The painting is a `painterly` cat. Seconds are the processor's, with one thread, of a second run.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fidelity import FOLDER

import impasto
from impasto.engine.export import write_result
from impasto.engine.export.writer import Plot
from impasto.engine.imports import read_painting
from impasto.engine.painting.painting import Painting

A4 = (210.0, 297.0)
FORMATS: dict[str, tuple[str, Plot | None]] = {
    ".npz": (".npz", None),
    ".json": (".json", None),
    ".svg": (".svg", None),
    ".svg for a plotter, 6 pens on a4": (".svg", Plot(A4, pens=6)),
    ".ora": (".ora", None),
    ".psd": (".psd", None),
    ".png": (".png", None),
}
READ = (".npz", ".json", ".svg")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--strokes", type=int, nargs="+", default=[1400, 10_000])
    parser.add_argument("--size", type=int, default=1024, help="pixels of the longer side")
    parser.add_argument("--effort", default="draft")
    parser.add_argument("--from", dest="given", type=Path, nargs="*", help="paintings to take instead")
    options = parser.parse_args()
    given = options.given or options.strokes
    rows: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="impasto-exports-") as name:
        for each in given:
            painting = Painting.load(each) if isinstance(each, Path) else painted(each, options.effort)
            for what, cells in measured(painting, Path(name), options.size).items():
                rows.setdefault(what, []).extend(cells)
    heads = [f"{each}: bytes | written in | read in" for each in given]
    print(f"| | {' | '.join(heads)} |\n|{' --- |' * (1 + 3 * len(heads))}")
    for what, cells in rows.items():
        print(f"| {what} | {' | '.join(cells)} |")


def painted(strokes: int, effort: str) -> Painting:
    """The cat in so many strokes."""
    return impasto.paint(FOLDER / "chelsea.jpg", style="painterly", strokes=strokes, effort=effort, threads=1)


def measured(painting: Painting, folder: Path, size: int) -> dict[str, list[str]]:
    """Of each format the bytes and seconds, in words."""
    height, width = painting.size_of(None, size)
    own = folder / "own.impasto"
    wrote = seconds(lambda: painting.save(own, overwrite=True))
    rows = {".impasto": [words_of(own), f"{wrote:.2f} s", f"{seconds(lambda: Painting.load(own)):.2f} s"]}
    for what, (suffix, plot) in FORMATS.items():
        path = folder / f"a{suffix}"

        def write(path: Path = path, plot: Plot | None = plot) -> None:
            write_result(painting, path, height, width, plot=plot, threads=1, overwrite=True)

        rows[what] = [words_of_after(write, path), f"{seconds(write):.2f} s", ""]
        if suffix in READ and plot is None:
            rows[what][2] = f"{seconds(lambda path=path: read_painting(path)):.2f} s"
        if what == ".svg":
            changed = folder / "changed.svg"
            changed.write_text(nudged(path.read_text("utf-8")), "utf-8")
            rows[".svg, each outline changed"] = ["", "", f"{seconds(lambda: read_painting(changed)):.1f} s"]  # noqa: B023
    return rows


def nudged(text: str) -> str:
    """The drawing, with the first node of each outline moved by a pixel."""
    return re.sub(r' d="M(-?[\d.]+)', lambda found: f' d="M{float(found[1]) + 1:.3f}', text)


def words_of_after(write: Callable[[], None], path: Path) -> str:
    """How large a file is that is written first, which compiles what there is to compile."""
    write()
    return words_of(path)


def words_of(path: Path) -> str:
    """How large a file is."""
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size > 1e6 else f"{size / 1e3:.0f} kB"


def seconds(work: Callable[[], object]) -> float:
    """Of the processor."""
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
