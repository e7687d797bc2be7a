"""A copy of a working tree in which lines are made wrong."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .mutation import Mutation

HANGS = "it hangs"
PASSED, FAILED = 0, 1  # pytest's exit statuses; all others mean that no test was run


@dataclass(frozen=True)
class Verdict:
    """What became of a run. survived: did all tests pass? None if they did not even start, or if the one that failed
    always does. said: in words; the test that failed, if one did."""

    survived: bool | None
    said: str
    seconds: float

    @property
    def noticed(self) -> bool:
        """Did a test fail?"""
        return self.survived is False


class Scratch:
    """A copy of the tree at `root` (what git knows or would add), in a folder of its own within `folder`.

    It is kept for the next time, since compiled kernels belong to a place and to the times of their sources. passing:
    tests that are known to pass without any mutation. Raises BlockingIOError if another run uses it.
    """

    def __init__(self, root: Path, folder: Path, passing: set[str]) -> None:
        self._root = root.resolve()
        mark = hashlib.sha256(str(self._root).encode()).hexdigest()[:12]
        self._home = folder / f"impasto-mutations-{mark}"
        self._tree, self._kernels = self._home / "tree", self._home / "kernels"
        self._passing = {*passing, HANGS}
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Scratch:
        self._home.mkdir(exist_ok=True)
        self._lock = os.open(self._home / "lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._copy()
            # the folder of kernels that no mutation changed, which stays
            code = "from impasto.engine.compiling import cache_folder; cache_folder()"
            subprocess.run([sys.executable, "-c", code], cwd=self._tree, env=self._environment(), capture_output=True)
            command = [sys.executable, str(Path(__file__).with_name("forking.py"))]
            self._server = subprocess.Popen(
                command,
                cwd=self._tree,
                env=self._environment(),
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.communicate()
        os.close(self._lock)

    def _copy(self) -> None:
        """Make the copy like the tree; what is the same already keeps its time."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self._root, capture_output=True, check=True,
        )  # fmt: skip
        names = {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}
        if self._tree.is_dir():
            for folder, _, files in os.walk(self._tree):
                for file in files:
                    path = Path(folder, file)
                    if "__pycache__" not in path.parts and path.relative_to(self._tree).as_posix() not in names:
                        path.unlink()
        for name in names:
            self._restore(name)

    def _restore(self, name: str) -> None:
        """Make one file what it is in the tree."""
        source, copy = self._root / name, self._tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            copy.unlink(missing_ok=True)
            copy.symlink_to(source.readlink())
        elif not source.exists():  # git knows it still
            copy.unlink(missing_ok=True)
        elif not _alike(source, copy):
            shutil.copy2(source, copy)

    def tried(self, mutation: Mutation) -> Verdict:
        """Apply a mutation, run its tests, take it back, and see that the test that failed does not do so then."""
        verdict = self._mutated(mutation)
        if verdict.noticed and verdict.said not in self._passing:
            if not self.run([verdict.said]).survived:
                return Verdict(None, f"{verdict.said} fails without it, too", verdict.seconds)
            self._passing.add(verdict.said)
        return verdict

    def _mutated(self, mutation: Mutation) -> Verdict:
        """Apply a mutation, run its tests, take it back."""
        path = self._tree / mutation.file
        kernels = set(self._kernels.glob("*"))
        try:
            path.write_text(mutation.applied(path.read_text(encoding="utf-8")), encoding="utf-8")
            return self.run(list(mutation.tests))
        except (OSError, ValueError) as error:
            return Verdict(None, f"does not apply: {error}", 0)
        finally:
            if path.exists():
                self._restore(mutation.file)
            for folder in set(self._kernels.glob("*")) - kernels:
                shutil.rmtree(folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        # bytecode is trusted by size and second, and a mutation may differ in neither
        ours = {"IMPASTO_CACHE": str(self._kernels), "PYTHONDONTWRITEBYTECODE": "1"}
        return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | ours

    def run(self, tests: list[str]) -> Verdict:
        """Run tests in the copy until one fails."""
        words = ["-x", "-n", "0", "-p", "no:cacheprovider", "--tb=no", *tests]
        begun, said = time.monotonic(), self._home / "said"
        assert self._server is not None and self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps([words, str(said)]) + "\n")
        self._server.stdin.flush()
        status = self._server.stdout.readline().strip()
        seconds = time.monotonic() - begun
        if not status:
            return Verdict(False, HANGS, seconds)
        output = said.read_text(encoding="utf-8", errors="replace")
        if int(status) == PASSED:
            return Verdict(True, "SURVIVED", seconds)
        failed = re.search(r"^(?:FAILED|ERROR) ([^\s[]+)", output, re.MULTILINE)
        if int(status) == FAILED and failed:
            return Verdict(False, failed.group(1), seconds)
        return Verdict(None, f"no test was run:\n{output[-2000:]}", seconds)


def _alike(source: Path, copy: Path) -> bool:
    """Have two files the same bytes and times?"""
    if copy.is_symlink() or not copy.exists():
        return False
    one, other = source.stat(), copy.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)
