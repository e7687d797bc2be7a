"""Paintings by the code of one checkout or another, each in a process of its own that is measured from outside."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fidelity import megabytes
from verdicts import Sitting

ROOT = Path(__file__).resolve().parent.parent
# `python -m impasto`, if it is the checkout's: an installed one must not answer in its place.
PROGRAM = """
import sys, pathlib, impasto
found = pathlib.Path(impasto.__file__).resolve().parents[1]
if found != pathlib.Path(sys.argv.pop(1)):
    sys.exit(f"the code in {found} answers in its place")
from impasto.commands.main import main
main()
"""


@dataclass(frozen=True)
class Commission:
    """What is painted: longer side of picture and canvas in pixels, strokes (None: the style's own number), style."""

    name: str
    size: int
    strokes: int | None
    style: str

    @property
    def words(self) -> tuple[str, ...]:
        """As `impasto paint` is told."""
        strokes = () if self.strokes is None else ("--strokes", str(self.strokes))
        return ("--style", self.style, "--working-size", str(self.size), *strokes)


@dataclass(frozen=True)
class Side:
    """Who paints: a checkout's resolved folder, and what its `paint` is told besides the row."""

    name: str
    folder: Path
    words: tuple[str, ...] = ()


@contextlib.contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A commit of this repository in a folder that is there for as long as the block runs. Exits if there is none."""
    with tempfile.TemporaryDirectory() as above:
        folder = Path(above).resolve() / "before"
        try:
            git("worktree", "add", "--detach", str(folder), revision)
            yield folder
        finally:
            with contextlib.suppress(SystemExit):  # it was never made: that has been said
                git("worktree", "remove", "--force", str(folder))


def git(*words: str) -> str:
    """What git says, in this repository; exits with its complaint."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"git {words[0]} did not work: {(done.stderr.strip() or 'it does not say why').splitlines()[-1]}")
    return done.stdout.strip()


class Easel:
    """Where both sides paint: alike in all but the code. Compiled kernels and the user's own styles lie in `scratch`.

    A checkout that is soon gone must leave nothing in the user's cache, and what lies there must help no side.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._prepared: set[tuple[Side, str]] = set()

    def prepare(self, side: Side, row: Commission, picture: Path) -> None:
        """Compile the kernels that a row needs, by a small painting that nobody looks at."""
        if (side, row.style) not in self._prepared:
            few = Commission(row.name, min(row.size, 256), 50, row.style)
            self.paint(side, few, picture, self._scratch / "prepared.png")
            self._prepared.add((side, row.style))

    def paint(self, side: Side, row: Commission, picture: Path, out: Path) -> Sitting:
        """Paint a picture into a file, and say what it took; exits if it is not painted."""
        command = [sys.executable, "-c", PROGRAM, str(side.folder), "paint", str(picture), "-o", str(out)]
        environment = {
            **os.environ,
            "PYTHONPATH": str(side.folder),
            "IMPASTO_CACHE": str(self._scratch / f"cache of {side.folder.parent.name} {side.folder.name}"),
            "IMPASTO_HOME": str(self._scratch / "home"),
        }
        with tempfile.TemporaryFile() as events, tempfile.TemporaryFile() as complaints:
            begin = time.perf_counter()
            process = subprocess.Popen(
                [*command, "--force", "--json", *row.words, *side.words],
                cwd=side.folder, env=environment, stdout=events, stderr=complaints,
            )  # fmt: skip
            try:
                _, status, used = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            wall = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
            events.seek(0)
            complaints.seek(0)
            if process.returncode:
                why = complaints.read().decode(errors="replace").strip() or f"exit status {process.returncode}"
                sys.exit(f"{side.name}, row {row.name}, did not paint {picture.name}: {why.splitlines()[-1]}")
            last = json.loads(events.read().splitlines()[-1])
        return Sitting(
            last["seconds"], wall, used.ru_utime + used.ru_stime, megabytes(used.ru_maxrss), last["strokes"],
            last["iterations"],
        )  # fmt: skip
