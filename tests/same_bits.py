"""Does this working tree paint the same, to the bit, as another revision? `python tests/same_bits.py REV` tells.

Both paint ten orders, through the command line alone: what lies behind it may have other names there.
"""

import argparse
import json
import os
import re
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen, run
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
STOPPED = 130  # the exit code of a command that was stopped
CHEAP = ("--threads", "2", "--device", "cpu", "--quiet")
PHOTOS = [str(ROOT / "examples" / f"{name}.jpg") for name in ("astronaut", "chelsea", "coffee")]

# Runs a command as `python cli.py` does, and tells which modules came from where.
PROBE = """import runpy, sys
sys.path[0] = sys.argv.pop(1)
try:
    runpy.run_path(sys.path[0] + "/cli.py", run_name="__main__")
finally:
    print(*(f"{name} {getattr(module, '__file__', None) or ''}" for name, module in sys.modules.items()), sep="\\n")
"""


class Tree(NamedTuple):
    """Sources of Impasto, and the folder for what they paint."""

    sources: Path
    folder: Path

    def run(self, *words: str | Path, stop_after: int = 0) -> str:
        """Run Python in the folder, stop it after so many lines if any, and return what it said on stdout."""
        own = {f"IMPASTO_{what}": str(self.folder / what.lower()) for what in ("CACHE", "HOME", "MODELS")}
        environment = {**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": "", **own}
        command = [sys.executable, *words]
        self.folder.mkdir(exist_ok=True)
        # The pipes are short: as long as nobody reads, painting waits, and cannot end before it is stopped.
        with Popen(command, 0, stdout=PIPE, stderr=PIPE, pipesize=4096, cwd=self.folder, env=environment) as process:
            assert process.stdout is not None
            for _ in range(stop_after):
                process.stdout.readline()
            if stop_after:
                process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        if process.returncode != (STOPPED if stop_after else 0):
            last = "".join(err.decode(errors="replace").splitlines()[-1:])
            raise RuntimeError(f"{self.folder.name}: exit code {process.returncode} {last}")
        return out.decode()

    def check(self) -> None:
        """Refuse to go on if another tree's engine would run here, by way of an editable install for example."""
        files = re.findall(r"^(?:impasto\.)?engine\b\S* (.+)$", self.run("-c", PROBE, self.sources, "styles"), re.M)
        strange = [file for file in files if not Path(file).resolve().is_relative_to(self.sources.resolve())]
        if strange or not files:
            sys.exit(f"error: {self.sources}/cli.py runs {strange[0] if strange else 'no engine'}, not its own")

    def paint(self, name: str, words: list[str]) -> dict[str, bytes]:
        """Carry out an order, and return all that came of it. One that resumes begins with being stopped."""
        if "--resume" in words:  # which refuses what is finished; each of some 290 iterations says a line
            talk = ("--save", "stopped.impasto", "--json", "--preview", "previews", "--preview-every", "0")
            self.run(self.sources / "cli.py", *orders()["painterly by regions"], *talk, stop_after=160)
        self.run(self.sources / "cli.py", *words, "--save", f"{name}.impasto", "-o", f"{name}.png")
        picture, archive = Image.open(self.folder / f"{name}.png"), ZipFile(self.folder / f"{name}.impasto")
        found = {f"pixels, {picture.mode} {picture.size}": picture.tobytes()}
        for member in archive.namelist():
            data = archive.read(member)
            if member.endswith(".npz"):
                arrays = ZipFile(archive.open(member))
                found |= {f"{member} {array}": arrays.read(array) for array in arrays.namelist()}
            elif member.endswith(".json"):
                found |= {f"{member} {key}": json.dumps(value).encode() for key, value in json.loads(data).items()}
            else:
                found[member] = data
        del found["recipe.json engine"]  # the version that is installed
        return found


def orders() -> dict[str, list[str]]:
    """The words of each order, less the files to write."""
    found, small = {}, ("--working-size", "256", *CHEAP)
    for number, style in enumerate(("painterly", "realistic", "abstract", "expressionist")):
        words = ["paint", PHOTOS[number % 3], "--style", style, "--strokes", "300", *small]
        found[style] = [*words, "--seed", str(number)]
        found[f"{style} by regions"] = [*words, "--seed", str(number + 10), "--regions", "auto"]
    found["repainted"] = ["repaint", "painterly.impasto", PHOTOS[0], "--mask", "../mask.png", "--seed", "20", *small]
    return found | {"resumed": ["paint", PHOTOS[0], "--resume", "stopped.impasto", *CHEAP]}


def differences(before: dict[str, bytes], now: dict[str, bytes]) -> list[str]:
    """What is not the same to the bit, and how many of its bytes."""
    told = []
    for what in sorted(before | now):
        a, b = (np.frombuffer(found.get(what, b""), np.uint8) for found in (before, now))
        count = (a != b).sum() if a.size == b.size else max(a.size, b.size)
        told += [f"{what} ({count} of {a.size} bytes)"] if count else []
    return told


def compare(*trees: Tree) -> bool:
    """Paint all orders with both trees at once, print a line for each, and return whether all are the same."""
    good, results = True, {}
    with ThreadPoolExecutor() as pool:
        list(pool.map(Tree.check, trees))
        for name, words in orders().items():
            try:
                results[name] = found = list(pool.map(Tree.paint, trees, [name] * 2, [words] * 2))
                told = differences(*found)
                if name == "resumed":  # must be as if it had never been stopped, too
                    pairs = zip(("before", "now"), results.get("painterly by regions", found), found, strict=True)
                    told += [f"{when}, never stopped: {it}" for when, *pair in pairs for it in differences(*pair)]
            except RuntimeError as trouble:
                told = [str(trouble)]
            print(f"{name:<26}{', '.join(told) or 'same'}", flush=True)
            good = good and not told
    return good


def main() -> bool:
    """Compare with the revision that is named, and return whether anything differs, which is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", metavar="REV", help="what to compare with, such as HEAD~3")
    revision = parser.parse_args().revision
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else children of a background shell would ignore it
    with tempfile.TemporaryDirectory(prefix="same-bits-") as temporary:
        folder = Path(temporary)
        Image.linear_gradient("L").save(folder / "mask.png")
        worktree, sources = ["git", "-C", ROOT, "worktree"], folder / "sources"
        if run([*worktree, "add", "--quiet", "--detach", sources, f"{revision}^{{commit}}"]).returncode:
            sys.exit(f"error: there is no revision {revision} in {ROOT}, or git cannot lay it out")
        try:
            return not compare(Tree(sources, folder / "before"), Tree(ROOT, folder / "now"))
        finally:
            run([*worktree, "remove", "--force", sources])


if __name__ == "__main__":
    sys.exit(main())
