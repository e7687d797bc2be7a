"""A program beside the editor, whose words are heard line by line without waiting for them.

It writes into files: pipes cannot be looked at without waiting on every system.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from typing import Any

from . import Handler, Later, nothing

LOOK = 40  # milliseconds
MOST_LINE = 1 << 16  # bytes: what is longer comes in pieces


class Program:
    """One program at a time. `heard` is told each line of its output, `ended` its code once it has ended."""

    def __init__(self, later: Later, heard: Handler = nothing, ended: Handler = nothing) -> None:
        self._later, self._heard, self._ended = later, heard, ended
        self._process: Any = None
        self._output: Any = None
        self._errors: Any = None
        self._rest = b""

    @property
    def is_running(self) -> bool:
        """Is it on its way, or has it said something that was not heard yet?"""
        return self._process is not None

    def start(self, command: list[str], environment: dict[str, str], folder: str, merged: bool = False) -> None:
        """Start it in a folder; merged: its errors are lines of its output. Raises OSError if that cannot be."""
        self.kill()
        output = _Written()
        errors = output if merged else _Written()
        try:
            self._process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output.written,
                stderr=errors.written, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except OSError:
            output.close()
            errors.close()
            raise
        self._output, self._errors, self._rest = output, None if merged else errors, b""
        process = self._process
        self._later(LOOK, lambda: self._look(process))

    def kill(self) -> None:
        """End it; nothing is heard of it any more."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            self._close()

    def _look(self, process: Any) -> None:
        if process is not self._process:
            return
        code = process.poll()  # before its words are read: then these are all
        self._read()
        if process is not self._process:  # who heard a line wants no more
            return
        if code is None:
            self._later(LOOK, lambda: self._look(process))
            return
        if self._rest:
            self._say(self._rest)
        wrong = self._errors.all() if self._errors is not None else b""
        self._process = None
        self._close()
        self._ended(code, _lines(wrong))

    def _read(self) -> None:
        process = self._process
        while process is self._process:  # who hears a line may want no more
            data = self._output.more()
            if not data:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > MOST_LINE:
                lines, self._rest = [*lines, self._rest], b""
            for line in lines:
                if process is self._process:
                    self._say(line)

    def _say(self, line: bytes) -> None:
        words = line.decode("utf-8", "replace").strip()
        if words:
            self._heard(words)

    def _close(self) -> None:
        for file in (self._output, self._errors):
            if file is not None:
                file.close()
        self._output = self._errors = None


class _Written:
    """A file that a program writes and we read, each at a place of its own."""

    def __init__(self) -> None:
        descriptor, self._path = tempfile.mkstemp(prefix="impasto-")
        self.written = os.fdopen(descriptor, "wb")
        self._read = open(self._path, "rb")  # noqa: SIM115, PTH123 (as long as the program runs)
        if sys.platform != "win32":
            os.unlink(self._path)  # noqa: PTH108

    def more(self) -> bytes:
        """What was written since."""
        return self._read.read(MOST_LINE)

    def all(self) -> bytes:
        """The end of all that was written."""
        size = os.fstat(self._read.fileno()).st_size
        self._read.seek(max(0, size - MOST_LINE))
        return self._read.read(MOST_LINE)

    def close(self) -> None:
        """It is needed no longer."""
        self.written.close()
        self._read.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)  # noqa: PTH108


def _lines(data: bytes) -> list[str]:
    return [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
