"""The terminal, which may be closed at any time: what cannot be said is no reason to stop working."""

import contextlib
import os
import sys
from io import TextIOWrapper


class SteadyText(TextIOWrapper):
    """A stream of text whose words go nowhere from the moment on at which they cannot be written."""

    def write(self, text: str) -> int:
        """Write it if possible; returns how many characters there were."""
        try:
            return super().write(text)
        except OSError:
            silence(self)
            return len(text)

    def flush(self) -> None:
        """Send on what is waiting, if possible."""
        try:
            super().flush()
        except OSError:
            silence(self)


def silence(stream: TextIOWrapper) -> None:
    """Lead a stream nowhere, whoever writes to it: its reader, or the terminal, is gone."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def steady_stderr() -> None:
    """Let stderr, where everything is said that is only for people, be closed without harm."""
    stderr = sys.stderr
    if stderr is sys.__stderr__ and isinstance(stderr, TextIOWrapper):
        sys.stderr = SteadyText(stderr.buffer, stderr.encoding, "backslashreplace", line_buffering=True)
