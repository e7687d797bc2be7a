"""A Python for the engine where there is none: uv, out of its wheel on the package index, fetches one.

The editor's own Python does the first fetching, in a thread, as there is no other yet; uv, a process, the second.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import platform
import re
import ssl
import stat
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from . import Handler, Later
from .program import Program
from .pythons import clean_environment
from .words import tr

INDEX = "https://pypi.org/simple"
WANTED = "3.13"  # the Python that is fetched
SIZE = 60_000_000  # bytes of both, roughly
HOSTS = ("pypi.org", "github.com")  # where they usually come from
TRIES, BLOCK, PATIENCE = 5, 256 << 10, 30.0  # in a row that bring nothing; bytes; seconds
LOOK = 100  # milliseconds
_BUILDS = {
    ("linux", "x86_64"): "manylinux_2_17_x86_64", ("linux", "aarch64"): "manylinux_2_17_aarch64",
    ("win32", "amd64"): "win_amd64", ("win32", "arm64"): "win_arm64",
    ("darwin", "x86_64"): "macosx_10_12_x86_64", ("darwin", "arm64"): "macosx_11_0_arm64",
}  # fmt: skip
_LINK = re.compile(r'<a[^>]*href="([^"]*/(uv-(\d+)\.(\d+)\.(\d+)-[^"/#]*\.whl)#sha256=([0-9a-f]{64}))"')


class UvPython:
    """Fetches uv, then a Python into a folder. `found` is told that Python, `wrong` a code and facts (see failing)."""

    def __init__(self, later: Later, found: Handler, wrong: Handler) -> None:
        self._later, self._found, self._wrong = later, found, wrong
        self.done = self.total = 0  # bytes of uv
        self._answer: Any = None  # of the thread: uv's program, or an exception
        self._thread: Any = None
        self._said: list[str] = []
        self._then: Handler = found
        self._running = Program(later, lambda line: self._said.append(line), self._ended)
        self._stopped = threading.Event()

    def fetch(self, folder: Path) -> None:
        """Begin; all of it lies in this folder."""
        self._answer, self._stopped = None, threading.Event()
        self._thread = threading.Thread(target=self._work, args=(folder, self._stopped), daemon=True)
        self._thread.start()
        self._later(LOOK, lambda: self._look(folder, self._stopped))

    def stop(self) -> None:
        """Fetch no more; what is here by then stays."""
        self._stopped.set()
        self._running.kill()

    def _work(self, folder: Path, stopped: Any) -> None:
        try:
            answer: Any = self._program(folder, stopped)
        except Exception as error:  # nobody hears of it in a thread
            answer = error
        if not stopped.is_set():
            self._answer = answer

    def _program(self, folder: Path, stopped: Any) -> Path:
        """uv's program; it is fetched unless it is there."""
        name = "uv.exe" if sys.platform == "win32" else "uv"
        program = folder / "uv" / name
        if program.is_file():
            return program
        program.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        address, checksum = newest(_read(f"{_index()}/uv/"), f"{_index()}/uv/")
        part = program.with_name("uv.whl.part")
        self._carry(address, part, stopped)
        if hashlib.sha256(part.read_bytes()).hexdigest() != checksum:
            part.unlink()
            raise OSError(tr("its checksum is another"))
        with zipfile.ZipFile(part) as wheel:
            (inside,) = (entry for entry in wheel.namelist() if entry.endswith(f"/scripts/{name}"))
            new = program.with_name("new")
            new.write_bytes(wheel.read(inside))
        new.chmod(new.stat().st_mode | stat.S_IXUSR)
        new.replace(program)
        part.unlink()
        return program

    def _carry(self, address: str, part: Path, stopped: Any) -> None:
        """Append to a file what is missing, asking again as long as that helps."""
        failures = 0
        while not stopped.is_set():
            here = part.stat().st_size if part.exists() else 0
            try:
                with _opened(address, {"Range": f"bytes={here}-"} if here else {}) as answer:
                    goes_on = answer.status == http.client.PARTIAL_CONTENT
                    self.done = here if goes_on else 0
                    self.total = self.done + int(answer.headers.get("Content-Length") or 0)
                    with part.open("ab" if goes_on else "wb") as file:
                        while not stopped.is_set() and (block := answer.read(BLOCK)):
                            file.write(block)
                            self.done += len(block)
                if self.done >= self.total:
                    return
            except urllib.error.HTTPError as error:
                if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and here:
                    return  # all of it is here
                raise
            except (OSError, http.client.HTTPException):
                if failures == TRIES:
                    raise
            failures = 0 if self.done > here else failures + 1
            stopped.wait(failures)

    def _look(self, folder: Path, stopped: Any) -> None:
        if stopped.is_set():
            return
        answer = self._answer
        if answer is None:
            self._later(LOOK, lambda: self._look(folder, stopped))
        elif isinstance(answer, Exception):
            why = str(getattr(answer, "strerror", "") or getattr(answer, "reason", "") or answer)
            self._wrong("no-uv", {"host": urlsplit(_index()).hostname, "why": why})
        else:
            words = ["python", "install", "--no-config", WANTED]
            self._run(folder, answer, words, lambda: self._installed(folder, answer))

    def _installed(self, folder: Path, uv: Path) -> None:
        words = ["python", "find", "--managed-python", "--no-config", WANTED]
        self._run(folder, uv, words, lambda: self._found(self._said[-1]))

    def _run(self, folder: Path, uv: Path, words: list[str], then: Handler) -> None:
        environment = {
            **clean_environment(),
            "UV_PYTHON_INSTALL_DIR": os.fspath(folder / "python"), "UV_CACHE_DIR": os.fspath(folder / "uv" / "cache"),
            "UV_PYTHON_INSTALL_BIN": "0", "UV_PYTHON_INSTALL_REGISTRY": "0",
        }  # fmt: skip
        self._said, self._then = [], then
        try:
            self._running.start([os.fspath(uv), *words], environment, os.fspath(folder))
        except OSError as error:
            self._wrong("no-uv-python", {"why": error.strerror or str(error)})

    def _ended(self, code: int, errors: list[str]) -> None:
        if self._stopped.is_set():
            return
        if code == 0:
            self._then()
        else:
            self._wrong("no-uv-python", {"why": " ".join(errors)[-300:]})


def newest(page: str, address: str) -> tuple[str, str]:
    """Address and SHA-256 of the newest uv for this computer, by an index's page. Raises LookupError: there is none."""
    build = _BUILDS.get((sys.platform, platform.machine().lower()), "none")
    found = [(tuple(map(int, version)), urljoin(address, unescape(link)), checksum)
             for link, name, *version, checksum in _LINK.findall(page) if build in name]  # fmt: skip
    if not found:
        raise LookupError(tr("it has none for this computer"))
    return max(found)[1:]


def _index() -> str:
    """The index that pip's or uv's variables name, or the usual one. (Their files are read by what they belong to.)"""
    names = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
    return next((os.environ[name] for name in names if os.environ.get(name)), INDEX).rpartition("=")[2].rstrip("/")


def _opened(address: str, headers: dict[str, str]) -> Any:
    context = ssl.create_default_context()
    if os.environ.get("PIP_CERT"):
        context.load_verify_locations(cafile=os.environ["PIP_CERT"])
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    return opener.open(urllib.request.Request(address, headers={"User-Agent": "impasto", **headers}), timeout=PATIENCE)


def _read(address: str) -> str:
    with _opened(address, {"Accept": "text/html"}) as answer:
        return answer.read().decode("utf-8", "replace")
