"""A desk: a folder with a photo where commands are run, in this process or as one of their own."""

import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from impasto.commands import main as cli

PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"

# Two short passes and a short finish, in flat paint, and no networks: a painting in a moment.
QUICK = (
    "--set",
    "passes=[{radius=0.2,share=1,iterations=6},{radius=0.08,share=2,iterations=6}]",
    "--set",
    "finish=6",
    "--set",
    "medium.kind=flat",
    "--set",
    "edges=strict",
    "--set",
    "attention.interest=0",
    "--strokes",
    "40",
)


def hear_signals() -> None:
    """Even if these tests run in the background, where a shell has SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Desk:
    """A folder with a photo in it, where commands are run."""

    quick = QUICK

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photo("photo.png")

    def photo(self, name: str, shift: int = 0) -> Path:
        y, x = np.mgrid[:48, :64]
        pixels = np.stack([x * 4, y * 5, 128 + 60 * np.sin((x + shift) / 5)], -1).astype(np.uint8)
        Image.fromarray(pixels).save(self.folder / name)
        return self.folder / name

    def run(self, *words: str | Path) -> Result:
        """Run a command in this process; a bug shows as the exception it is."""
        return CliRunner().invoke(cli.impasto, list(map(str, words)), catch_exceptions=False)

    def paint(self, *words: str | Path) -> Result:
        """Paint the photo, quickly and with success."""
        result = self.run("paint", "photo.png", *QUICK, *words)
        assert result.exit_code == 0, result.stderr
        return result

    def info(self, name: str | Path) -> dict:
        result = self.run("info", name, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def strokes(self, name: str | Path) -> bytes:
        with zipfile.ZipFile(self.folder / name) as archive:
            return archive.read("strokes.npz")

    def image(self, name: str | Path) -> Image.Image:
        with Image.open(self.folder / name) as image:
            image.load()
            return image

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def start(self, *words: str | Path, **options: Any) -> subprocess.Popen[Any]:
        """Run a command as a process of its own, to be sent signals."""
        command = [sys.executable, PROGRAM, *map(str, words)]
        usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": hear_signals}
        return subprocess.Popen(command, cwd=self.folder, **(usual | options))

    def finish(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as a process of its own."""
        with self.start(*words, **options) as process:
            out, err = process.communicate()
        told = (text.decode(errors="backslashreplace") for text in (out, err))
        return subprocess.CompletedProcess(words, process.returncode, *told)
