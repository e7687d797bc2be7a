"""What paint costs: seconds to render paintings flat and in every medium, and a whole painting flat and in oil.

    python benchmarks/paint.py [--sizes 1024 2048 4096] [--strokes 1400 4000] [--runs 5] [--media oil knife …]
    python benchmarks/paint.py --styles watercolour ink pen … [--runs 5]

With styles: seconds of each to fit at 1024 pixels and to render at 2048, on two threads.

Renderings take turns, medians are told, and their ratio to the flat one. Nothing else should run beside it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from impasto.engine.library import paint
from impasto.engine.media import MEDIA, Absorbing
from impasto.engine.painter import events
from impasto.engine.painter.beginning import begin
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import load_picture
from impasto.engine.styles import load_style

FITTED, SHOWN, THREADS = 1024, 2048, 2  # pixels of the longer side, of whole styles
PHOTO = Path(__file__).parents[1] / "examples" / "astronaut.jpg"


def main() -> None:
    """Print both tables, or that of styles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048, 4096])
    parser.add_argument("--strokes", type=int, nargs="+", default=[1400, 4000])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--media", nargs="+", default=[kind for kind in MEDIA.ours if not issubclass(MEDIA[kind], Absorbing)]
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--photo", type=Path, default=PHOTO)
    parser.add_argument("--styles", nargs="+", metavar="STYLE")
    given = parser.parse_args()
    if given.styles:
        for name, (fit, render) in whole_styles(given.photo, given.styles, given.runs).items():
            print(f"{name:<16} {fit:6.2f} s to fit, {render:6.2f} s to render", flush=True)
        return
    kinds = ["flat", *(kind for kind in given.media if kind != "flat")]
    print(f"{'strokes':>7} {'size':>5} {'threads':>7}" + "".join(f"{kind:>16}" for kind in kinds))
    for count in given.strokes:
        painting = paint(given.photo, load_style("painterly", ["medium.kind=flat"]), strokes=count)
        looks = {kind: in_medium(painting, kind) for kind in kinds}
        for size in given.sizes:
            for threads in given.threads:
                took = in_turns(
                    {k: partial(p.render, size=size, threads=threads) for k, p in looks.items()}, given.runs
                )
                cells = "".join(f"{took[kind]:8.3f} ({took[kind] / took['flat']:4.2f})" for kind in kinds)
                print(f"{count:7} {size:5} {threads:7}{cells}", flush=True)
    whole(given.photo, given.strokes[0], given.runs)


def whole(photo: Path, strokes: int, runs: int) -> None:
    """A painting's own seconds, with previews four times a second, flat and in oil."""
    styles = {kind: load_style("painterly", [f"medium.kind={kind}"]) for kind in ("flat", "oil")}
    took = in_turns({k: partial(painted, photo, s, strokes) for k, s in styles.items()}, runs)
    ratio = took["oil"] / took["flat"]
    print(
        f"a whole painting, {strokes} strokes at 1024: flat {took['flat']:.2f} s, oil {took['oil']:.2f} s ({ratio:.2f})"
    )


def whole_styles(photo: Path, names: list[str], runs: int) -> dict[str, tuple[float, float]]:
    """Median seconds to fit and to render in each style."""
    picture, paintings = load_picture(photo), {}

    def fit(name: str) -> None:
        *_, last = begin(picture, load_style(name), working_size=FITTED, threads=THREADS).paint()
        assert isinstance(last, events.Finished)
        paintings[name] = last.painting

    fits = in_turns({name: partial(fit, name) for name in names}, runs)
    renders = in_turns({n: partial(p.render, size=SHOWN, threads=THREADS) for n, p in paintings.items()}, runs)
    return {name: (fits[name], renders[name]) for name in names}


def painted(photo: Path, style: object, strokes: int) -> None:
    """Paint it, with previews."""
    from impasto.engine.library import as_picture
    from impasto.engine.order import Order
    from impasto.engine.styles import Style

    assert isinstance(style, Style)
    for _ in Order(as_picture(photo), style, strokes=strokes).painter(preview_every=0.25).paint():
        pass


def in_medium(painting: Painting, kind: str) -> Painting:
    """The painting in another medium, with colours for it."""
    return replace(painting, style=painting.style | {"medium": {"kind": kind}}, refit=None).fitted()


def in_turns(works: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each work, done in turns; the first time does not count."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs + 1):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            if run:
                took[name].append(time.perf_counter() - began)
    return {name: median(times) for name, times in took.items()}


if __name__ == "__main__":
    main()
