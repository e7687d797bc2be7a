"""A screen that nobody sees, with keys pressed in the windows on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

SIZE = (1500, 950)
PATIENCE = 240.0  # seconds


class Screen:
    """What is on it, by windows' titles (regular expressions)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._variables = {**os.environ, "DISPLAY": name}

    def _call(self, *words: str) -> list[str]:
        done = subprocess.run(words, env=self._variables, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.split()

    def shows(self, window: str) -> bool:
        """Is there such a window?"""
        return bool(self._call("xdotool", "search", "--onlyvisible", "--name", window))

    def found(self, window: str, seconds: float = PATIENCE) -> str:
        """The newest window of that name, once it is there."""
        end = time.monotonic() + seconds
        while not (found := self._call("xdotool", "search", "--onlyvisible", "--name", window)):
            assert time.monotonic() < end, f"no window {window}"
            time.sleep(0.2)
        time.sleep(1.0)  # until it listens
        return found[-1]

    def gone(self, window: str, seconds: float = PATIENCE) -> None:
        """Wait until there is none."""
        end = time.monotonic() + seconds
        while self.shows(window):
            assert time.monotonic() < end, f"the window {window} stays"
            time.sleep(0.2)

    def press(self, window: str, *keys: str) -> None:
        """Keys, one after the other, in a window once it is there."""
        number = self.found(window)
        with suppress(subprocess.TimeoutExpired):  # who has the keyboard already is waited for in vain
            self._call("timeout", "10", "xdotool", "windowfocus", "--sync", number)
        for key in keys:
            self._call("xdotool", "key", key)
            time.sleep(0.2)

    def fill(self, window: str) -> None:
        """Make a window as large as the screen."""
        number = self.found(window)
        self._call("xdotool", "windowmove", number, "0", "0", "windowsize", number, *map(str, SIZE))

    def picture(self, name: str, window: str = "") -> None:
        """A picture of all, or of one window, if IMPASTO_PICTURES names a folder for such."""
        folder = os.environ.get("IMPASTO_PICTURES")
        if not (folder and shutil.which("import")):
            return
        number = self.found(window) if window else "root"
        self._call("import", "-window", number, *(["-frame"] if window else []), str(Path(folder, f"gimp-{name}.png")))


@contextmanager
def a_screen() -> Iterator[Screen]:
    """One for a while; windows have frames if there is an openbox. Skips if there is nothing to make one."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("xvfb and xdotool press its buttons")
    name = f":{900 + os.getpid() % 90}"
    words = ["Xvfb", name, "-screen", "0", "{}x{}x24".format(*SIZE)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as server:
        frames = None
        try:
            time.sleep(1)
            if shutil.which("openbox"):
                frames = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": name}, stderr=subprocess.DEVNULL)
            yield Screen(name)
        finally:
            if frames is not None:
                frames.terminate()
                frames.wait()
            server.terminate()
