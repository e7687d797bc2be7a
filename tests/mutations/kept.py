"""What an earlier run has found, so that one that was stopped goes on where it was."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from .mutation import Mutation
from .scratch import Verdict


class Kept:
    """A file with a line for each verdict; without a file nothing is kept.

    A verdict counts for as long as the mutation, its file and the files of its tests are what they were.
    """

    def __init__(self, file: Path | None, root: Path) -> None:
        self._file, self._root = file, root
        lines = file.read_text("utf-8").splitlines() if file and file.exists() else []
        self._known = {kept["key"]: Verdict(**kept["verdict"]) for kept in map(json.loads, lines)}

    def known(self, mutation: Mutation) -> Verdict | None:
        """What was found of a mutation that is still the same."""
        return self._known.get(self._key(mutation))

    def keep(self, mutation: Mutation, verdict: Verdict) -> None:
        """Note what was found, unless it is that nothing was tested."""
        if self._file and verdict.survived is not None:
            line = {"name": mutation.name, "key": self._key(mutation), "verdict": asdict(verdict)}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _key(self, mutation: Mutation) -> str:
        digest = hashlib.sha256(repr((mutation.file, mutation.old, mutation.new, mutation.tests)).encode())
        for name in (mutation.file, *sorted({test.partition("::")[0] for test in mutation.tests})):
            path = self._root / name
            digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
        return digest.hexdigest()
