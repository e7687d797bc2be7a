"""One file over HTTP: goes on where it was cut off, and is what it should be or not there."""

import hashlib
import http.client
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from impasto.engine.errors import ImpastoError

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are there."""

_CHUNK = 1 << 20
_TIMEOUT = 30.0  # seconds without a byte
_TRIES = 5  # in a row that bring nothing
_HEADERS = {"User-Agent": "impasto", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it comes."""

    size: int
    sha256: str = ""
    """In hexadecimal; empty if unknown."""
    git: str = ""
    """Git's name of it (SHA-1 of a header and the bytes), which hubs tell of small files; empty if unknown."""


def download(url: str, path: Path, expected: Expected, progress: Progress | None = None, pause: float = 1.0) -> None:
    """Bring the file at `url` to `path`; what is there already counts as its beginning.

    A connection that breaks is tried again, after `pause` seconds, as long as some bytes come each time. What
    came is checked by reading it back from the disk, and deleted if it is not what was expected.

    Raises ImpastoError if the server cannot be reached or says no, if what came is something else, and if it
    cannot be written.
    """
    _check_room(path, expected.size)
    tries = 0
    while (there := _size(path)) != expected.size:
        before = there
        trouble = _go_on(url, path, there, expected.size, progress)
        tries = 0 if _size(path) > before else tries + 1
        if trouble and tries >= _TRIES:
            raise ImpastoError(f"{url} broke off at {_size(path)} of {expected.size} bytes ({trouble}); run this again")
        if trouble:
            time.sleep(pause)
    if problem := difference(path, expected):
        path.unlink()
        raise ImpastoError(f"{url} is not the file that was expected ({problem}); run this again, or report it")


def read_url(url: str, most: int = 10_000_000) -> bytes:
    """Return what is at `url`, if it is at most `most` bytes. Raises ImpastoError otherwise."""
    try:
        with _open(url, {}) as answer:
            data = answer.read(most + 1)
    except (OSError, http.client.HTTPException) as error:
        raise ImpastoError(f"{url} cannot be read ({_reason(error)}); check your connection") from error
    if len(data) > most:
        raise ImpastoError(f"{url} is not what was expected: it is over {most} bytes; report it")
    return data


def difference(path: Path, expected: Expected) -> str:
    """Say how a file differs from what is expected of it; nothing if it does not. Raises OSError."""
    size = path.stat().st_size
    if size != expected.size:
        return f"it has {size} bytes, not {expected.size}"
    if expected.sha256 and file_digest(path) != expected.sha256:
        return "its SHA-256 is another"
    if expected.git and file_digest(path, hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)) != expected.git:
        return "its checksum is another"
    return ""


def file_digest(path: Path, digest: "hashlib._Hash | None" = None) -> str:
    """Return a file's SHA-256, or another digest's, in hexadecimal. Raises OSError."""
    digest = digest or hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _go_on(url: str, path: Path, there: int, size: int, progress: Progress | None) -> str:
    """Append what comes from byte `there` on; returns why it ended early, if it did."""
    headers = {"Range": f"bytes={there}-"} if there else {}
    try:
        answer = _open(url, headers)
    except urllib.error.HTTPError as error:
        if error.code == 416 or error.code >= 500 or error.code == 429:
            _truncate(path)
            return f"HTTP {error.code}"
        raise ImpastoError(f"{url} cannot be had ({_reason(error)}); check its name") from error
    except (OSError, http.client.HTTPException) as error:
        return _reason(error)
    with answer:
        start = _start(answer) if answer.status == 206 else 0
        if start != there:  # a server that does not know how to go on sends it all, or something else
            if answer.status == 206:
                _truncate(path)
                return "the server sent another part"
            there = 0
        return _append(answer, path, there, size, progress)


def _append(answer: http.client.HTTPResponse, path: Path, there: int, size: int, progress: Progress | None) -> str:
    try:
        # Unbuffered: closing must have nothing left to write, and so nothing to fail with.
        stream = path.open("r+b" if there else "wb", buffering=0)
    except OSError as error:
        raise _unwritable(path, error) from error
    with stream:
        stream.seek(there)
        while there < size:
            try:
                chunk = answer.read(min(_CHUNK, size - there))
            except (OSError, http.client.HTTPException) as error:
                return _reason(error)
            if not chunk:
                return "the connection was cut"
            try:
                left = memoryview(chunk)
                while left:
                    left = left[stream.write(left) :]
            except OSError as error:
                raise _unwritable(path, error) from error
            there += len(chunk)
            if progress is not None:
                progress(there, size)
        if answer.read(1):
            _truncate(path)
            raise ImpastoError(f"{answer.url} is longer than the {size} bytes that were expected; report it")
    return ""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another, but not from an encrypted connection to an open one."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        """Refuse what would give the encryption up."""
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError("it leads to an unencrypted address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ImpastoError(f"{url} is no web address; give one that begins with https://")
    request = urllib.request.Request(url, headers=_HEADERS | headers)
    return urllib.request.build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT)


def _start(answer: http.client.HTTPResponse) -> int:
    """The first byte of a part: Content-Range is such as bytes 5-9/10."""
    unit, _, span = answer.headers.get("Content-Range", "").partition(" ")
    first = span.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdecimal() else -1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise _unwritable(path, error) from error


def _truncate(path: Path) -> None:
    path.unlink(missing_ok=True)


def _check_room(path: Path, size: int) -> None:
    try:
        there, free = _size(path), shutil.disk_usage(path.parent).free
    except OSError as error:
        raise _unwritable(path, error) from error
    if there > size:
        _truncate(path)
    if size - there > free:
        raise ImpastoError(f"{path} needs {size - there} bytes and {free} are free; free space or choose another disk")


def _unwritable(path: Path, error: OSError) -> ImpastoError:
    return ImpastoError(f"{path} could not be written ({error.strerror or error}); free space or go elsewhere")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}: {error.reason}"
    if isinstance(error, urllib.error.URLError):
        error = error.reason if isinstance(error.reason, Exception) else error
        return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
    return str(error) or type(error).__name__
