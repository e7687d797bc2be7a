"""Jobs that nobody wants any more, kept on disk until the engine that has them has heard of it."""

from __future__ import annotations

import contextlib
import re

from ..protocol import ProtocolError
from ..protocol.keys import is_key
from ..protocol.places import write_private
from .notes import KEPT, editors_folder, newest_first

SUFFIX = ".unwanted"
_JOB = re.compile(r"[0-9a-f]{32}")


class UnwantedNotes:
    """Those of one editor, each a file in its folder of Impasto's home with the engine's public key in it.

    Another engine knows nothing of the job.
    """

    def __init__(self, editor: str) -> None:
        self._editor = editor

    def add(self, job: str, engine: str) -> None:
        """A job's id, and the public key of the engine that has it. If it cannot be written, only its editor knows."""
        with contextlib.suppress(OSError, ProtocolError):
            write_private(editors_folder(self._editor) / (job + SUFFIX), engine)

    def drop(self, job: str) -> None:
        """Its engine has heard of it."""
        with contextlib.suppress(OSError, ProtocolError):
            (editors_folder(self._editor) / (job + SUFFIX)).unlink()

    def kept(self) -> dict[str, str]:
        """All jobs, with the keys of their engines; the oldest of too many are thrown away."""
        found = {}
        with contextlib.suppress(OSError, ProtocolError):
            for number, path in enumerate(newest_first(editors_folder(self._editor).glob("*" + SUFFIX))):
                with path.open(encoding="utf-8", errors="replace") as file:
                    engine = file.read(100).strip()
                if _JOB.fullmatch(path.stem) and is_key(engine):
                    found[path.stem] = engine
                if number >= KEPT:
                    path.unlink()
        return found
