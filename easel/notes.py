"""Notes of jobs on disk: should an editor end before they do, they are offered again.

A note is a file in Impasto's home, as the jobs are, and on disk at once. As long as the editor of a note lives, a lock
tells others that the job is looked after; the system lets go of it, however that ends.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..protocol import ProtocolError
from ..protocol.lock import take_file
from ..protocol.messages import checked_fields
from ..protocol.places import home, home_path, private_folder, write_private

MOST_BYTES = 1 << 19  # of a note
KEPT = 100  # notes; not by age: an engine keeps results for seven days on which it runs, whenever that is


def editors_folder(editor: str) -> Path:
    """Where an editor's plugin keeps what it has to. Raises ProtocolError "home"."""
    folder = home() / editor
    private_folder(folder)
    return folder


class Notes:
    """Those of one editor: `editor` is their folder in Impasto's home, `rules` what a note holds (see messages.py)."""

    def __init__(self, editor: str, rules: dict[str, Any]) -> None:
        self._editor, self._rules = editor, rules

    def take(self, job: str) -> Note:
        """The note of a job, to be looked after by this editor from now on; `ours` if no other was faster."""
        with contextlib.suppress(ProtocolError):
            editors_folder(self._editor)
        return Note(home_path() / self._editor / f"{job}.json")

    def abandoned(self) -> list[dict[str, Any]]:
        """Notes of editors that are no more, the newest first; the oldest of too many are thrown away.

        What is broken, or by a newer Impasto, is left alone.
        """
        found = []
        with contextlib.suppress(OSError, ProtocolError):
            for number, path in enumerate(newest_first(editors_folder(self._editor).glob("*.json"))):
                with contextlib.suppress(OSError, ProtocolError):
                    found += self._read(path, number >= KEPT)
        return [note for _, note in sorted(found, key=lambda pair: -pair[0])]

    def _read(self, path: Path, is_surplus: bool) -> list[tuple[float, dict[str, Any]]]:
        """A note and when it was written, unless it is one too many or looked after.

        Raises OSError and ProtocolError.
        """
        lock = take_file(_lock_of(path))
        if lock is None:
            return []
        with lock:
            if not path.exists():  # its editor has dropped it since it was listed; the lock has just been made anew
                _lock_of(path).unlink()
                return []
            stat = path.stat()
            if is_surplus:
                path.unlink()
                _lock_of(path).unlink()
                return []
            if stat.st_size > MOST_BYTES:
                raise ProtocolError("damaged", "too large")
            note = checked_fields(read_json(path.read_bytes()), self._rules)
            if note["job"] != path.stem:
                raise ProtocolError("damaged", "another job's")
            return [(stat.st_mtime, note)]


class Note:
    """The note of one job, as long as this editor looks after it."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock, self.ours = path, None, True
        with contextlib.suppress(OSError):  # where nothing can be locked it is ours
            self._lock = take_file(_lock_of(path))
            self.ours = self._lock is not None  # else another was faster

    def keep(self, note: dict[str, Any]) -> None:
        """Write it down, over what was there; if it cannot be written, painting goes on without."""
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(note))

    def let_go(self, drop: bool) -> None:
        """It needs no looking after any more; drop: nor ever again."""
        if drop and self.ours:
            for path in (self._path, _lock_of(self._path)):
                with contextlib.suppress(OSError):
                    path.unlink()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def newest_first(paths: Iterable[Path]) -> list[Path]:
    """Files by when they were written, without those that are gone by now."""
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def read_json(data: bytes) -> dict[str, Any]:
    """A map from JSON that may be anything. Raises ProtocolError."""

    def whole(text: str) -> int:
        if len(text) > 20:
            raise ValueError("an absurd number")
        return int(text)

    try:
        found = json.loads(data.decode("utf-8"), parse_int=whole)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # fails for half letters, which nothing can show
    except (ValueError, RecursionError) as error:
        raise ProtocolError("damaged", f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ProtocolError("damaged", "no map")
    return found


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")
