"""How long the rasteriser and a whole painting take.

    python benchmarks/speed.py [--study FOLDER] [--quick] [--runs 3] [--device cuda]

Milliseconds of a forward rendering and of a fused loss and gradient, medians, on one and two threads, with the pixels
that strokes really cover (so that the cost per covered pixel can be compared between rows), and whole paintings.
With --study, the folder of a study of the same algorithm (rast.py, opt.py, study.py), its kernels and its painting
are timed in the same run, interleaved with ours, and the ratios printed. With --device cuda, see speed_gpu.py.
`--against REV ...` compares whole paintings of this checkout with those of another commit; see against.py.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLE = Path(__file__).parent.parent / "examples" / "astronaut.jpg"
f4 = np.float32


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--study", type=Path, help="folder of the study's rast.py, opt.py and study.py")
    parser.add_argument("--quick", action="store_true", help="the small sizes only")
    parser.add_argument("--runs", type=int, default=3, help="whole paintings of each kind")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: the GPU's tables instead")
    parser.add_argument(
        "--against", nargs=argparse.REMAINDER, metavar="REV ...", help="whole paintings against a commit's: against.py"
    )
    options = parser.parse_args()
    if options.against is not None:
        import against

        against.main(options.against)
        return
    if options.device == "cuda":
        import speed_gpu

        speed_gpu.main(options)
        return
    from impasto.engine.raster.cpu.raster import prepare_kernels

    prepare_kernels()
    kernels(options)
    lattices(options)
    paintings(options)
    large()


def strokes_like_a_painting(count: int, seed: int = 1) -> np.ndarray:
    """A table distributed as in a realistic painting: sizes log-normal around what covers the canvas."""
    rng = np.random.default_rng(seed)
    radius = np.clip(np.exp(rng.normal(np.log(3 / 512), 0.75, count)) * np.sqrt(4000 / count), 0.0008, 0.1)
    angle, length = rng.uniform(0, np.pi, count), radius * rng.uniform(1, 3, count)
    middle = rng.random((count, 2))
    along = np.stack([np.cos(angle), np.sin(angle)], 1) * length[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1) * rng.uniform(-0.4, 0.4, (count, 1))
    ends = np.clip(rng.normal(0.65, 0.2, (count, 2)), 0.05, 1)
    table = np.concatenate(
        [
            middle - along,
            middle + across,
            middle + along,
            np.stack([radius, radius], 1),
            ends,
            rng.random((count, 3)),
        ],
        1,
    )
    return np.ascontiguousarray(table[np.argsort(-radius)], f4)


def kernels(options: argparse.Namespace) -> None:
    """Forward and fused passes over sizes, strokes and threads."""
    study = load_study(options.study)
    print("milliseconds (median)               forward           fused      fused 1 t per")
    heading = "strokes  canvas  covered Mpx     1 t     2 t     1 t     2 t   covered Mpx   1 t / 2 t"
    print(heading + ("   ours / study on 1 t: forward, fused" if study else ""))
    sizes = (512,) if options.quick else (512, 1024, 2048)
    counts = (1000, 4000) if options.quick else (1000, 4000, 16000)
    for size in sizes:
        for count in counts:
            table = strokes_like_a_painting(count)
            t = interleaved(calls(table, size, study), 15 if size <= 1024 else 7)
            covered = covered_pixels(table, size) / 1e6
            line = (
                f"{count:7d}  {size:6d}  {covered:11.2f}  {t['forward 1']:6.1f}  {t['forward 2']:6.1f}  "
                f"{t['fused 1']:6.1f}  {t['fused 2']:6.1f}  {t['fused 1'] / covered:12.1f}  "
                f"{t['fused 1'] / t['fused 2']:10.2f}"
            )
            if study:
                line += f"   {t['forward 1'] / t['study forward']:.2f}, {t['fused 1'] / t['study fused']:.2f}"
            print(line, flush=True)


def lattices(options: argparse.Namespace) -> None:
    """A step of a descent, loss and gradient, on every F-th pixel of a canvas."""
    print("\nmilliseconds of a loss and gradient on every F-th pixel (median), one thread / two")
    strides = (1, 2, 3, 4, 6, 8)
    print("strokes  canvas  " + "".join(f"{f'F = {stride}':>14}" for stride in strides))
    for size in (512,) if options.quick else (512, 1024, 2048):
        for count in (1000, 4000) if options.quick else (1600, 4000, 10000):
            table = strokes_like_a_painting(count)
            steps = {
                f"{stride} {threads}": step_on_lattice(table, size, stride, threads)
                for stride in strides
                for threads in (1, 2)
            }
            t = interleaved(steps, 9 if size <= 1024 else 5)
            told = (f"{t[f'{stride} 1']:.1f} / {t[f'{stride} 2']:.1f}" for stride in strides)
            print(f"{count:7d}  {size:6d}  " + "".join(f"{text:>14}" for text in told), flush=True)


def step_on_lattice(table: np.ndarray, size: int, stride: int, threads: int) -> Callable[[], Any]:
    """The loss and gradient of a table on one lattice of a square canvas."""
    from impasto.engine.raster.cpu.raster import CpuRaster
    from impasto.engine.raster.edges import StrokeEdge
    from impasto.engine.raster.lattice import Lattice

    lattice = Lattice(stride)
    side = lattice.size(size, size)[0]
    raster = CpuRaster(side, side, edges=StrokeEdge(2 / 512), scale=size, lattice=lattice, threads=threads)
    target = np.random.default_rng(0).random((3, side, side)).astype(f4)
    weight = np.full((side, side), 1 / (3 * side * side), f4)
    return partial(raster.loss_and_gradient, table, np.array([0.3, 0.5, 0.7, 1], f4), target, weight)


def calls(table: np.ndarray, size: int, study: Any) -> dict[str, Callable[[], Any]]:
    """What is timed: ours on one and two threads, and the study's on one."""
    from impasto.engine.raster.cpu.raster import CpuRaster
    from impasto.engine.raster.edges import StrokeEdge

    background = np.array([0.3, 0.5, 0.7, 1], f4)
    target = np.random.default_rng(0).random((3, size, size)).astype(f4)
    weight = np.full((size, size), 1 / (3 * size * size), f4)
    found: dict[str, Callable[[], Any]] = {}
    for threads in (1, 2):
        raster = CpuRaster(size, size, edges=StrokeEdge(2 / 512), threads=threads)
        found[f"forward {threads}"] = partial(raster.forward, table, background)
        found[f"fused {threads}"] = partial(raster.loss_and_gradient, table, background, target, weight)
    if study:
        theirs = study.Rast(size, size, 2.0 * size / 512, bg=background[:3])
        pixels = table * np.array([512] * 8 + [1] * 5, f4)
        found["study forward"] = partial(theirs.forward, pixels, size / 512, teps=1e-4)
        found["study fused"] = partial(theirs.fwdbwd, pixels, target, size / 512)
    return found


def paintings(options: argparse.Namespace) -> None:
    """4000 strokes at 512², start to end, kernels compiled, in fresh processes, one kind after the other."""
    print("\nwhole painting, 4000 strokes, 512 × 512 (seconds, median)")
    ours = "import sys, json; sys.path[:0] = sys.argv[1:3]; import speed; speed.paint_once(int(sys.argv[3]))"
    here = Path(__file__).parent
    commands = {
        f"impasto, {n} thread{'s' * (n > 1)}": [
            sys.executable,
            "-c",
            ours,
            str(here.parent),
            str(here),
            str(n),
        ]
        for n in (1, 2)
    }
    if options.study:
        commands["study, 1 thread"] = [sys.executable, str(options.study / "study.py"), str(EXAMPLE)]
    results: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as elsewhere:  # where the study may keep its compiled kernels
        environment = {**os.environ, "NUMBA_CACHE_DIR": elsewhere}
        for _ in range(options.runs):
            for name, command in commands.items():
                out = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
                results[name].append(json.loads(out.splitlines()[-1]))
    seconds = {name: statistics.median(r["wall"] for r in runs) for name, runs in results.items()}
    for name, runs in results.items():
        print(f"  {name:<20} {seconds[name]:6.2f} s   L1 {runs[0]['L1']:.5f}   {runs[0]['iterations']:.0f} iterations")
    print(f"  two threads are {seconds['impasto, 1 thread'] / seconds['impasto, 2 threads']:.2f} × as fast as one")
    if options.study:
        ratio = seconds["impasto, 2 threads"] / seconds["study, 1 thread"]
        print(f"  ours on two threads / study on one: {ratio:.2f}")


def paint_once(threads: int) -> None:
    """Paint the example and print a JSON line; runs in a process of its own."""
    from fidelity import cropped

    from impasto.engine.painter import events
    from impasto.engine.painter.painter import Painter
    from impasto.engine.raster.cpu.raster import prepare_kernels
    from impasto.engine.styles import load_style

    picture = cropped(EXAMPLE, 512)
    prepare_kernels()
    begin = time.perf_counter()
    *_, last = Painter(picture, load_style("realistic"), strokes=4000, threads=threads).paint()
    wall = time.perf_counter() - begin
    assert isinstance(last, events.Finished)
    pixels = last.painting.render()[..., :3].astype(float)
    print(json.dumps({"wall": wall, "iterations": last.iterations, "L1": np.abs(pixels - picture.rgb).mean() / 255}))


def large() -> None:
    """A poster and a panorama."""
    from impasto.engine.painter import events
    from impasto.engine.painter.painter import Painter
    from impasto.engine.painting.painting import Painting
    from impasto.engine.painting.strokes import Strokes
    from impasto.engine.pictures.io import Picture, load_picture
    from impasto.engine.styles import load_style

    table = strokes_like_a_painting(4000)
    painting = Painting(Strokes.of(table), 8192, 8192, {}, 0, (1.0, 1.0, 1.0, 1.0), 2 / 512, 0.5)
    seconds = timed(painting.render)
    print(f"\nrender 8192 × 8192, 4000 strokes, all threads: {seconds:.1f} s")
    photo = load_picture(EXAMPLE)
    rgb, _ = photo.resampled(512, 1536, (0, photo.height / 3, photo.width, 2 * photo.height / 3))
    panorama = Picture(np.round(rgb * 255).astype(np.uint8))
    begin = time.perf_counter()
    *_, last = Painter(panorama, load_style("realistic"), strokes=4000, working_size=1536).paint()
    assert isinstance(last, events.Finished)
    seconds = time.perf_counter() - begin
    print(f"paint a 1536 × 512 panorama, 4000 strokes, all threads: {seconds:.1f} s, L1 {last.loss:.5f}")


def covered_pixels(table: np.ndarray, size: int) -> float:
    """Pixels strokes touch, counted once per stroke: area of the capsules, edges included."""
    chord = np.hypot(table[:, 4] - table[:, 0], table[:, 5] - table[:, 1])
    radius = table[:, 6:8].mean(1) + 1 / 512
    return float((np.pi * radius**2 + 2 * radius * chord).sum() * size * size)


def interleaved(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each call; taking turns spreads the machine's moods evenly."""
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(timed(call) * 1e3)
    return {name: statistics.median(t) for name, t in times.items()}


def timed(call: Callable[[], Any]) -> float:
    """Seconds one call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def load_study(folder: Path | None) -> Any:
    """The study's rasteriser module, or None."""
    if folder is None:
        return None
    sys.path.insert(0, str(folder))
    return importlib.import_module("rast")


if __name__ == "__main__":
    main()
