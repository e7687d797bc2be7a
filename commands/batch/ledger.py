"""What has been painted into a folder, so that a batch goes on where it was: one line for each thing that happened.

Before outputs are written a line says which, with their checksums, and when all are there another one says so. Whatever
happens in between, the next batch knows which files are its own and whole. The file lies in the outputs' folder.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write

FILE = ".impasto-batch.jsonl"
THUMBS = ".impasto-batch"
_LARGEST = 1 << 30  # bytes


class Ledger:
    """The ledger of a folder. Raises ImpastoError if it cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / FILE
        self._written: dict[str, dict[str, list[Any]]] = {}  # by a picture's key: size and checksum of each output
        self._ended: set[str] = set()
        self._owner: dict[str, str] = {}  # by an output's name: the picture it was last written for
        self._read()

    def is_done(self, key: str) -> bool:
        """Are all outputs of this picture, painted like this, there and whole?"""
        files = self._written.get(key)
        if files is None or any(self._owner[name] != key for name in files):
            return False
        if key in self._ended:
            return all((self._folder / name).exists() for name in files)
        return all(self._is_whole(name, *said) for name, said in files.items())

    def may_replace(self, name: str, key: str) -> bool:
        """Is that output, or all that was noted of that folder, this picture's, or one's that could not be finished?"""
        owners = {
            owner for output, owner in self._owner.items() if output == name or output.startswith(f"{name}/")
        }  # fmt: skip
        return bool(owners) and all(owner == key or owner not in self._ended for owner in owners)

    def keep(self, key: str, files: Mapping[str, bytes], overwrite: bool) -> list[Path]:
        """Write a picture's outputs, each whole or not at all, and note it. Raises ImpastoError if that fails.

        Of one that was finished before only what is missing is written: somebody may have worked on the rest.
        """
        again = key in self._ended and all(self._owner.get(name) == key for name in files)
        said = {name: [len(data), hashlib.sha256(data).hexdigest()] for name, data in files.items()}
        self._note({"key": key, "writes": said})
        for name, data in files.items():
            path = self._folder / name
            if self._is_whole(name, *said[name]) or (again and path.exists()):
                continue
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ImpastoError(f"{path.parent} cannot be made ({error.strerror}); choose another folder") from error
            with atomic_write(path, overwrite or self.may_replace(name, key)) as stream:
                stream.write(data)
        self._note({"key": key, "wrote": len(files)})
        self._begin(key, said)
        self._ended.add(key)
        return [self._folder / name for name in files]

    def _is_whole(self, name: str, size: int, checksum: str) -> bool:
        path = self._folder / name
        try:
            if path.stat().st_size != size:
                return False
            return hashlib.sha256(path.read_bytes()).hexdigest() == checksum
        except OSError:
            return False

    def _note(self, line: dict[str, Any]) -> None:
        """Add a line, on the disk before anything else happens."""
        try:
            with self._path.open("ab") as stream:
                stream.write(json.dumps(line).encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            reason = f"{self._path} could not be written ({error.strerror})"
            raise ImpastoError(f"{reason}; free space or go elsewhere") from error

    def _read(self) -> None:
        """Read what was noted; a line cut short, or that says nothing of the kind, is none."""
        try:
            if not self._path.exists():
                return
            if self._path.stat().st_size > _LARGEST:
                raise ImpastoError(f"{self._path} is too large to be what was painted; remove it")
            lines = self._path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise ImpastoError(f"{self._path} cannot be read ({error.strerror}); change its permissions") from error
        for line in lines:
            self._hear(line)
        if lines and not lines[-1].endswith(b"\n"):
            self._note({})  # so that the next line is one of its own

    def _hear(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            key = said["key"]
            if "wrote" in said:
                self._ended.add(key)
                return
            files = {str(name): [int(size), str(checksum)] for name, (size, checksum) in said["writes"].items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return
        if all(_is_inside(name) for name in files):
            self._begin(key, files)

    def _begin(self, key: str, files: dict[str, list[Any]]) -> None:
        self._written[key] = files
        self._owner.update(dict.fromkeys(files, key))
        self._ended.discard(key)


def _is_inside(name: str) -> bool:
    return bool(name) and not Path(name).is_absolute() and ".." not in Path(name).parts
