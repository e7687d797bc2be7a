"""Many pictures: by one process, by two, by two workers of a real Dask scheduler; and what one costs among how many.

    python benchmarks/many.py [--pictures 40] [--side 512] [--counts 10 100 1000] [--strokes NUMBER] [--only PART ...]

Parts: `plain`, `impasto paint --threads 1` one after the other, two side by side; `one` and `two`, `impasto batch` with
so many processes; `cluster`, with a scheduler and two workers over TCP on this machine; `constant`, tiny pictures.
Seconds are those of the clock and of the processors, of all processes together; the latter say more where a machine has
other things to do. `beyond` is what a picture takes without what it takes to begin (as with one for each process): of
processors, and on a cluster also how much of it is the client's and the scheduler's. Peak memory is each process's
resident set.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fidelity import FOLDER
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, str(ROOT / "cli.py"))
PARTS = ("plain", "one", "two", "cluster", "constant")
TINY = ("--set", "passes=[{radius=0.2,share=1,iterations=6}]", "--set", "finish=4", "--set", "medium.kind=flat",
        "--set", "attention.interest=0", "--strokes", "20", "--working-size", "64")  # fmt: skip
LOOK_EVERY = 0.05  # seconds


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--side", type=int, default=512, help="pixels, of photos that are square")
    parser.add_argument("--strokes", type=int, default=1000)
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 100, 1000], help="of tiny pictures")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="impasto-many-") as name:
        folder = Path(name)
        photos = made(folder / "in", options.pictures, options.side)
        how = ("--strokes", str(options.strokes))
        run([*PROGRAM, "paint", str(photos[0]), "-o", str(folder / "warm.png"), *how])  # kernels are compiled
        found = {part: MEASURES[part](folder, photos, how) for part in PARTS[:-1] if part in options.only}
        for part, row in found.items():
            print(f"{part:8} {row}")
        compare(found, len(photos))
        if "constant" in options.only:
            constant(folder, options.counts)


class Watched:
    """What a process and all below it took: seconds of the clock and of processors, and peak memory of each kind."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        """Run it to its end."""
        self.peaks: dict[int, int] = {}
        self.beyond: float | None = None
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
            self.root = process.pid
            threading.Thread(target=self._watch, args=(process,), daemon=True).start()
            self.out, self.error = process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode:
            raise SystemExit(self.error)
        self.clock = time.monotonic() - began
        self.processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _watch(self, process: subprocess.Popen) -> None:
        while process.poll() is None:
            for pid in (process.pid, *below(process.pid)):
                self.peaks[pid] = max(self.peaks.get(pid, 0), peak(pid))
            time.sleep(LOOK_EVERY)

    def __str__(self) -> str:
        """One line."""
        others = [size for pid, size in self.peaks.items() if pid != self.root]
        worker = f", a process of it {max(others) >> 20} MB" if others else ""
        beyond = "" if self.beyond is None else f"; beyond {self.beyond:.3f} s for each picture"
        own = f"{self.clock:7.1f} s, of processors {self.processors:7.1f} s{beyond}; "
        return f"{own}peak {self.peaks[self.root] >> 20} MB{worker}"


def plain(folder: Path, photos: list[Path], how: Sequence[str]) -> dict[str, float]:
    """Two `impasto paint --threads 1` side by side, each with half of the photos, one after the other."""
    script = "import subprocess, sys; [subprocess.run(words, check=True) for words in eval(sys.argv[1])]"
    out = emptied(folder / "plain")
    halves = []
    for half in (photos[::2], photos[1::2]):
        commands = [
            [*PROGRAM, "paint", str(photo), "-o", str(out / photo.name), "--threads", "1", "--quiet", *how]
            for photo in half
        ]
        halves.append(repr(commands))
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    both = [subprocess.Popen([sys.executable, "-c", script, half]) for half in halves]
    for process in both:
        if process.wait():
            raise SystemExit("impasto paint failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"clock": time.monotonic() - began, "processors": spent}


def by_processes(count: int) -> Any:
    """`impasto batch` with so many processes of one thread."""

    def measured(folder: Path, photos: list[Path], how: Sequence[str]) -> Watched:
        out = emptied(folder / f"by{count}")
        own = ("--processes", str(count), "--threads", "1", "--quiet")
        first = Watched([*PROGRAM, "batch", *map(str, photos[:count]), "-o", str(out / "first"), *own, *how])
        all_of_it = Watched([*PROGRAM, "batch", *map(str, photos), "-o", str(out), *own, *how])
        all_of_it.beyond = (all_of_it.processors - first.processors) / max(1, len(photos) - count)
        return all_of_it

    return measured


@dataclass
class Cluster:
    """A batch on a cluster: its client, and seconds of processors of the scheduler and of all workers."""

    client: Watched
    scheduler: float
    workers: float

    @property
    def total(self) -> float:
        """Seconds of processors of all of them."""
        return self.client.processors + self.scheduler + self.workers


def by_cluster(folder: Path, photos: list[Path], how: Sequence[str]) -> str:
    """`impasto batch` with a scheduler and two workers over TCP."""
    out, file = emptied(folder / "cluster"), folder / "scheduler.json"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    dask = [sys.executable, "-m", "dask"]
    usual: dict[str, Any] = {"env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    own = ("--host", "127.0.0.1", "--no-dashboard")
    started = [subprocess.Popen([*dask, "scheduler", "--port", "0", "--scheduler-file", str(file), *own], **usual)]
    try:
        while not file.exists():
            time.sleep(0.1)
        for _ in range(2):
            words = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder / "own"))
            started.append(subprocess.Popen([*dask, "worker", "--scheduler-file", str(file), *words, *own], **usual))

        def batch(some: list[Path], *more: str) -> Cluster:
            words = [*PROGRAM, "batch", *map(str, some), "-o", str(out), "--cluster", str(file), "--json", *more, *how]
            before = [processors(process.pid) for process in started]
            said = Watched(words, env=env)
            spent = [processors(process.pid) - had for process, had in zip(started, before, strict=True)]
            return Cluster(said, spent[0], sum(spent[1:]))

        first, said = batch(photos[:2]), batch(photos, "--force", "--seed", "1")
        told = [json.loads(line) for line in said.client.out.splitlines()]
        moved = told[-1]["moved"]
        peaks = {name: peak(process.pid) >> 20 for name, process in zip(("scheduler", "worker"), started, strict=False)}
        count = max(1, len(photos) - 2)
        other = (said.client.processors + said.scheduler - first.client.processors - first.scheduler) / count
        each = other + (said.workers - first.workers) / count
        return (
            f"{said.client.clock:7.1f} s, of processors {said.total:7.1f} s; beyond {each:.3f} s for each picture, "
            f"{other:.3f} s of it the client's and the scheduler's, {other / each:.1%}; sent {moved['sent']} bytes, "
            f"{moved['files']} files, received {moved['received']} bytes; peak client "
            f"{said.client.peaks[said.client.root] >> 20} MB, scheduler {peaks['scheduler']} MB, "
            f"worker {peaks['worker']} MB"
        )
    finally:
        for process in started[::-1]:
            process.kill()
            process.wait()


MEASURES = {"plain": plain, "one": by_processes(1), "two": by_processes(2), "cluster": by_cluster}


def compare(found: dict[str, Any], count: int) -> None:
    """How two processes compare with two plain commands side by side."""
    if "plain" in found and "two" in found:
        plain_one, two = found["plain"], found["two"]
        print(
            f"two processes do {plain_one['clock'] / two.clock:.2f} × what two plain ones do, by processors "
            f"{plain_one['processors'] / two.processors:.2f} ×; a picture {two.clock / count:.2f} s"
        )


def constant(folder: Path, counts: list[int]) -> None:
    """What one of so many tiny pictures takes, beyond what beginning takes, and the client's peak memory."""
    beginning = None
    for count in (1, *counts):
        photos = made(emptied(folder / "tiny"), count, 64)
        out = emptied(folder / "tiny-out")
        took = Watched([*PROGRAM, "batch", str(photos[0].parent), "-o", str(out), "--processes", "1", "--quiet", *TINY])
        if beginning is None:
            beginning = took.processors
        each = (took.processors - beginning) / max(1, count - 1)
        print(f"{count:5} tiny pictures: {took}; {each * 1000:.1f} ms of processors for each")


def made(folder: Path, count: int, side: int) -> list[Path]:
    """So many square photos, each another part of one of the examples."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [Image.open(path).convert("RGB") for path in sorted(FOLDER.glob("*.jpg"))]
    paths = []
    for k in range(count):
        source = sources[k % len(sources)]
        edge = min(source.size) * 3 // 4
        left, top = (k * 37) % (source.width - edge), (k * 53) % (source.height - edge)
        photo = source.crop((left, top, left + edge, top + edge)).resize((side, side), Image.Resampling.LANCZOS)
        paths.append(folder / f"{k:04}.png")
        photo.save(paths[-1])
    return paths


def emptied(folder: Path) -> Path:
    """The folder, new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run(command: Sequence[str]) -> None:
    """Run a command that has to succeed."""
    subprocess.run(command, check=True, capture_output=True)


def below(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    try:
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*found, *(other for child in found for other in below(child))]


def peak(pid: int) -> int:
    """The most memory that a process has had resident, bytes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) << 10
    except (OSError, IndexError):
        return 0


def processors(pid: int) -> float:
    """Seconds of processors that a process has taken."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
