"""The part of `speed.py` that needs a GPU: kernels against what the card could do, whole paintings, and how it scales.

Two floors are measured on the card itself: a large copy (bytes read and written) and a large product of float32
matrices without tensor cores (operations). What the kernels must do at least is counted, not measured: OPERATIONS for
every pixel of every pair, by reading the kernels, a root or a quotient as one; bytes of what is kept between the ways
down and up, of pairs and of pixels, each once. The larger of the two times is the floor, and the share is that time
over the one measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.raster.edges import StrokeEdge

f4 = np.float32
OPERATIONS = {"forward": 110, "step": 110 + 150}  # of a pixel of a pair
LOOK: dict[str, Any] = {"edges": StrokeEdge(2 / 512, 0.8)}
STEPS = 20
SCALING_COUNTS, SCALING_SIZES = (1000, 4000, 16000, 64000, 256000), (512, 1024, 2048, 4096, 8192)


def main(options: argparse.Namespace) -> None:
    """Print all tables, or one line that says why there are none."""
    from impasto.engine.errors import ImpastoError
    from impasto.engine.raster.devices import chosen

    try:
        chosen("cuda")
    except ImpastoError as error:
        print(f"nothing to measure: {error}")
        return
    import torch

    name, (major, minor) = torch.cuda.get_device_name(), torch.cuda.get_device_capability()
    print(f"{name}, capability {major}.{minor}, torch {torch.__version__}, CUDA {torch.version.cuda}")
    most = ceilings()
    print(
        f"measured ceilings: {most['bytes'] / 1e9:.0f} GB/s copied, {most['operations'] / 1e12:.1f} TFLOP/s float32\n"
    )
    sizes = (512,) if options.quick else (512, 1024, 2048)
    table((1000, 4000) if options.quick else (1000, 4000, 16000), sizes, most)
    print("\nscaling")
    table((4000, 64000) if options.quick else SCALING_COUNTS, (512, 2048) if options.quick else SCALING_SIZES, most)
    paintings(options)


def ceilings() -> dict[str, float]:
    """Bytes and float32 operations a second, of a copy of 1 GB and of a product of 8192 × 8192."""
    import torch

    one, other = (torch.rand(1 << 27, device="cuda") for _ in range(2))
    copying = seconds(lambda: other.copy_(one))
    torch.backends.cuda.matmul.allow_tf32 = False
    a, b = (torch.rand(8192, 8192, device="cuda") for _ in range(2))
    return {"bytes": 2 * one.nbytes / copying, "operations": 2 * 8192**3 / seconds(lambda: a @ b, 5)}


def table(counts: tuple[int, ...], sizes: tuple[int, ...], most: dict[str, float]) -> None:
    """Milliseconds of rendering and of a whole step (binning, loss, gradient, Adam), and the floors' shares."""
    print("                           milliseconds                  share of the floor")
    print("strokes  canvas    pairs  forward     step  no graph   forward, step   limited by")
    for count in counts:
        for size in sizes:
            try:
                found = measured(count, size, most)
            except Exception as error:
                from impasto.engine.raster.devices import lacks_memory

                if not lacks_memory(error):
                    raise
                print(f"{count:7d}  {size:6d}  memory does not suffice")
                continue
            times = "  ".join(f"{found[name] * 1e3:7.3f}" for name in ("forward", "step", "launched"))
            shares = f"{found['forward share']:4.0%}, {found['step share']:4.0%}"
            line = f"{count:7d}  {size:6d}  {found['pairs']:7.0f}  {times}   {shares}   {found['limit']}"
            print(line, flush=True)


def measured(count: int, size: int, most: dict[str, float]) -> dict[str, Any]:
    """Seconds of each, and their floors' shares."""
    import torch
    from speed import strokes_like_a_painting

    from impasto.engine.painter.optimizer import BETAS, Moments, Optimizer
    from impasto.engine.raster import layout
    from impasto.engine.raster.lattice import WHOLE
    from impasto.engine.raster.region_tiles import RegionTiles
    from impasto.engine.raster.triton import raster as cuda
    from impasto.engine.raster.triton.descent import RecordedSteps
    from impasto.engine.styles.style import Learning, Shape

    strokes = strokes_like_a_painting(count)
    raster = cuda.TritonRaster(size, size, **LOOK)
    whole = raster.placed(RegionTiles.whole(size, size))
    on_device, nowhere = cuda.tensor(strokes), torch.zeros(count, dtype=torch.int32, device=cuda.home())
    ground, canvas = torch.full((1, 4), 0.5, device=cuda.home()), torch.empty(4, size, size, device=cuda.home())
    room = len(raster.bin(on_device, whole, nowhere).owner)

    def forward() -> None:
        pairs = raster.bin(on_device, whole, nowhere, room)
        raster.paint(pairs, layout.FORWARD, ground, 0.0, canvas, whole, canvas=canvas)

    found: dict[str, Any] = {"pairs": room, "forward": seconds(forward)}
    rng = np.random.default_rng(0)
    target, weight = rng.random((3, size, size), f4), np.full((size, size), 1 / (3 * size * size), f4)
    rules = Optimizer(Shape(), Learning(), (1.0, 1.0)).rules(BETAS)
    moments, table = Moments.zeros(count), strokes.copy()
    grounds, rates = np.full((STEPS, 4), 0.5, f4), np.full(STEPS, 1e-6, f4)  # strokes stay where they are
    phases = np.zeros(STEPS, np.int32)
    for name, graphs in (("step", True), ("launched", False)):
        descent = RecordedSteps(
            raster, count, target[None], [RegionTiles.of([weight])], [WHOLE], layout.L1, rules, STEPS, graphs=graphs
        )
        arrays = table, moments.mean, moments.square, moments.age, None, grounds, rates, phases
        found[name] = seconds(lambda descent=descent, arrays=arrays: descent.run(*arrays), 3) / STEPS
        del descent
    pixels = room * cuda.TILE_W * cuda.ROWS
    moved = {
        "forward": 4 * 4 * size * size + room * 12,
        "step": 2 * 4 * 4 * size * size + 2 * room * cuda.BYTES_PER_PAIR,
    }
    for name in OPERATIONS:
        floors = {"memory": moved[name] / most["bytes"], "arithmetic": pixels * OPERATIONS[name] / most["operations"]}
        found["limit"] = max(floors, key=floors.__getitem__)
        found[f"{name} share"] = max(floors.values()) / found[name]
    return found


def paintings(options: argparse.Namespace) -> None:
    """Start to end in fresh processes, kernels compiled before: 512² with 4000 strokes and 1024² with 1600."""
    print("\nwhole paintings (seconds, median; the driver started, kernels loaded and warm before)")
    here = Path(__file__).parent
    code = (
        "import sys; sys.path[:0] = sys.argv[1:3]; import speed_gpu; "
        "speed_gpu.paint_once(sys.argv[3], *map(int, sys.argv[4:]))"
    )
    for size, strokes in ((512, 4000), (1024, 1600)):
        for device in ("cuda", "cpu"):
            words = [sys.executable, "-c", code, str(here.parent), str(here), device, str(size), str(strokes)]
            runs = []
            for _ in range(options.runs if device == "cuda" else 1):
                out = subprocess.run(words, check=True, stdout=subprocess.PIPE, env=dict(os.environ)).stdout
                runs.append(json.loads(out.splitlines()[-1]))
            wall = statistics.median(run["wall"] for run in runs)
            first, same = runs[0]["first"], len({run["digest"] for run in runs}) == 1
            print(
                f"  {size:4d} × {size:<4d} {strokes} strokes, {device:4}: {wall:6.2f} s (the first {first:.2f}), "
                f"L1 {runs[0]['L1']:.5f}, {runs[0]['iterations']} iterations, same bits in all runs: {same}",
                flush=True,
            )


def paint_once(device: str, size: int, strokes: int) -> None:
    """Paint the example twice and print a JSON line about it; runs in a process of its own."""
    import hashlib

    from fidelity import cropped
    from speed import EXAMPLE

    from impasto.engine.painter import events
    from impasto.engine.painter.painter import Painter
    from impasto.engine.raster.cpu.raster import prepare_kernels
    from impasto.engine.styles import load_style

    picture, style = cropped(EXAMPLE, size), load_style("realistic")
    prepare_kernels()
    walls, last = [], None
    for _ in range(2):
        begin = time.perf_counter()
        *_, last = Painter(picture, style, strokes=strokes, working_size=size, device=device).paint()
        walls.append(time.perf_counter() - begin)
    assert isinstance(last, events.Finished)
    pixels = last.painting.render()[..., :3].astype(float)
    facts = {"first": walls[0], "wall": walls[1], "iterations": last.iterations}
    facts["L1"] = np.abs(pixels - picture.rgb).mean() / 255
    facts["digest"] = hashlib.sha256(last.painting.strokes.table.tobytes()).hexdigest()
    print(json.dumps(facts))


def seconds(call: Callable[[], Any], rounds: int = 20) -> float:
    """Median seconds of a call, once warm; each waits for the device."""
    from impasto.engine.raster.triton.raster import INTERPRETED

    times = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        call()
        if not INTERPRETED:
            import torch

            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])
