"""Fetching files one after the other; what was cut goes on where it stopped, now or another day."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

from impasto.packing.bring.failing import NotBrought, not_written
from impasto.packing.bring.needed import Package
from impasto.packing.bring.network import Network

BLOCK = 256 << 10  # bytes read at a time
TRIES = 5  # in a row that bring nothing
_CUT = (OSError, http.client.HTTPException)


class Fetching:
    """Files into a folder, of which `tell` hears."""

    def __init__(self, folder: Path, network: Network, tell: Callable[..., None]) -> None:
        self._folder, self._network, self._tell = folder, network, tell

    def sizes(self, needed: list[Package]) -> int:
        """Ask how large the files are; returns the sum of their bytes."""
        for package in needed:
            if package.here is not None:
                package.size = package.here.stat().st_size
                continue
            try:
                with self._network.open(package.url, "HEAD") as answer:
                    package.size = int(answer.headers.get("Content-Length") or 0)
            except (*_CUT, ValueError) as error:
                raise NotBrought("unreachable", host=package.host, why=_why(error), wanted=[package.file],
                              folder=str(self._folder)) from error  # fmt: skip
        return sum(package.size for package in needed)

    def there(self, needed: list[Package]) -> int:
        """How many of these bytes are here already."""
        return sum(_size(place) for package in needed for place in self._places(package))

    def all(self, needed: list[Package]) -> list[Path]:
        """Fetch them. Raises NotBrought; what is here by then stays for the next time."""
        total = sum(package.size for package in needed)
        done, files = 0, []
        for package in needed:
            files.append(self._fetched(package, done, total))
            done += package.size
            self._tell("progress", done=done, of=total, name=package.file, whole=True)
        return files

    def clean(self) -> None:
        """All is installed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _places(self, package: Package) -> tuple[Path, Path]:
        whole = self._folder / package.file
        return whole, whole.with_name(f"{whole.name}.part")

    def _fetched(self, package: Package, done: int, total: int) -> Path:
        whole, part = self._places(package)
        if package.here is not None:
            if not _is_sound(package.here, package):
                raise NotBrought("damaged", name=package.file, host=str(package.here.parent))
            return package.here
        if whole.exists() and _is_sound(whole, package):
            return whole
        for last in (False, True):
            try:
                self._carried(package, part, lambda here: self._tell("progress", done=done + here, of=total,
                                                                     name=package.file))  # fmt: skip
            except OSError as error:
                raise not_written(self._folder, error) from error
            if _is_sound(part, package):
                part.replace(whole)
                return whole
            part.unlink(missing_ok=True)
            if last:
                raise NotBrought("damaged", name=package.file, host=package.host)
        raise AssertionError

    def _carried(self, package: Package, part: Path, tell: Callable[[int], None]) -> None:
        """Append to the part what is missing, asking again as long as that helps. Raises OSError of the disk."""
        failures, why = 0, ""
        while _size(part) < package.size or not package.size:
            before = _size(part)
            try:
                answer: Any = self._network.open(package.url, headers={"Range": f"bytes={before}-"} if before else {})
            except urllib.error.HTTPError as error:
                if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                    part.unlink()
                why = _why(error)
            except _CUT as error:
                why = _why(error)
            else:
                with answer:
                    why = _written(answer, part, before, tell)
                if not package.size and not why:
                    return
            failures = 0 if _size(part) > before else failures + 1
            if failures == TRIES:
                raise NotBrought("cut", name=package.file, host=package.host, why=why)
            if _size(part) < package.size:
                time.sleep(min(2.0**failures, 10.0) if failures else 0.1)


def _written(answer: Any, part: Path, before: int, tell: Callable[[int], None]) -> str:
    """Write what a server sends; returns what cut it off, or nothing. Raises OSError of the disk."""
    goes_on = answer.status == http.client.PARTIAL_CONTENT
    goes_on = goes_on and str(answer.headers.get("Content-Range")).startswith(f"bytes {before}-")
    with part.open("ab" if goes_on else "wb") as file:
        while True:
            try:
                block = answer.read(BLOCK)
            except _CUT as error:
                return _why(error)
            if not block:
                return ""
            file.write(block)
            tell(file.tell())


def _is_sound(path: Path, package: Package) -> bool:
    if package.size and _size(path) != package.size:
        return False
    if not package.sha256:
        return path.exists()
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest() == package.sha256


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _why(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or getattr(error, "reason", "") or error or type(error).__name__)
