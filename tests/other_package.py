"""Another package, as its installation leaves it, that brings something by entry points."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from impasto.protocol.places import read_runtime

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120  # seconds; only against hanging


class Package:
    """A folder with modules and a distribution's entry points, as another package's installation leaves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = folder / "others-1.0.dist-info"
        self.info.mkdir(parents=True)
        (self.info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
        self.points: dict[str, list[str]] = {}

    def add(self, group: str, name: str, source: str, constant: str) -> None:
        (self.folder / f"other_{name}.py").write_text(source)
        self.points.setdefault(group, []).append(f"{name} = other_{name}:{constant}")
        lines = (line for group, points in self.points.items() for line in (f"[{group}]", *points))
        (self.info / "entry_points.txt").write_text("\n".join(lines) + "\n")

    def run(self, *words: str, home: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), *words], env=self.environment(home), cwd=cwd, capture_output=True,
            text=True, timeout=PATIENCE,
        )  # fmt: skip

    def environment(self, home: Path) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.folder), "IMPASTO_HOME": str(home)}

    @contextmanager
    def serving(self, home: Path) -> Iterator[None]:
        """A daemon of this home that has the package, until the end."""
        words = [sys.executable, str(ROOT / "cli.py"), "serve"]
        process = subprocess.Popen(words, env=self.environment(home), stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while read_runtime(home) is None:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        yield
        process.terminate()
        process.wait(PATIENCE)
