"""What a long film takes: 600 pictures of 1920 × 1080, of 10,000 strokes in oil."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.engine.export import write_result
from impasto.engine.export.writer import Film
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes

ROOT = Path(__file__).resolve().parents[3]
COUNT, FRAMES, SIZE = 10_000, 600, (1080, 1920)
RATES = {".mp4": 25, ".webm": 25, ".gif": 12.5}
MOST, GROWTH = 200, 30  # MB over rest, and from frames 100–200 to the last hundred, with 6 × as many strokes; medians
CLEAR = Path("/proc/self/clear_refs")
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(not CLEAR.exists(), reason="peaks are told by Linux"),
]


def many_strokes(count: int = COUNT) -> Painting:
    """As many and as large as a photo's are, in oil, whose colours are refitted."""
    rng = np.random.default_rng(1)
    passes = np.searchsorted([0.02, 0.12, 0.45], np.arange(count) / count, side="right")
    radius = np.array([0.05, 0.012, 0.006, 0.003])[passes]
    table = np.empty((count, 13), np.float32)
    middle = rng.random((count, 2)) * (1, SIZE[0] / SIZE[1])
    half = rng.normal(0, 1, (count, 2)) * radius[:, None] * 3
    table[:, 0:2], table[:, 4:6] = middle - half, middle + half
    table[:, 2:4] = middle + rng.normal(0, 0.3, (count, 2)) * radius[:, None]
    table[:, 6:8] = radius[:, None] * rng.uniform(0.6, 1.2, (count, 2))
    table[:, 8:10], table[:, 10:13] = 1, rng.random((count, 3))
    painting = Painting(
        strokes=Strokes.of(table, 0, passes), width=480, height=270, style={"name": "a", "medium": {"kind": "oil"}},
        seed=0, background=(0.9, 0.85, 0.8, 1.0), softness=0.001, edge=0.1,
    )  # fmt: skip
    return painting.fitted()


def measured(painting: Painting, path: Path) -> NDArray[np.float64]:
    """The most memory that is resident until each picture is there, over rest, in MB: (FRAMES,).

    At rest all code is there: a small film has been written.
    """

    def told(done: int, of: int) -> None:
        peaks.append(peak())

    peaks: list[int] = []
    write_result(painting, path, 64, 96, film=Film(duration=0.2, hold=0))
    peak()
    rest = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    film = Film(duration=FRAMES / RATES[path.suffix], hold=0)
    write_result(painting, path, *SIZE, film=film, told=told, overwrite=True)
    return (np.array([*peaks[:-1], max(peaks[-1], peak())]) - rest) / 1e6


def peak() -> int:
    """The most memory, in bytes, since it was asked last."""
    found = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) << 10
    CLEAR.write_text("5")
    return found


@pytest.mark.parametrize("suffix", RATES)
def test_a_long_film_takes_no_more_than_a_short_one(suffix: str, tmp_path: Path) -> None:
    many_strokes().save(tmp_path / "a.impasto")
    words = [sys.executable, __file__, str(tmp_path / "a.impasto"), str(tmp_path / f"a{suffix}")]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    peaks = np.array(done.stdout.split(), float)
    early, late = np.median(peaks[100:200]), np.median(peaks[-100:])  # single frames differ by half
    print(f"{suffix}: {peaks.max():.0f} MB over rest; {early:.0f} MB in the second hundred, {late:.0f} in the last")
    assert len(peaks) == FRAMES and peaks.max() < MOST and late - early < GROWTH


if __name__ == "__main__":
    print(*measured(Painting.load(sys.argv[1]), Path(sys.argv[2])))
