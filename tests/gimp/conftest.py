"""Runs cases in the real GIMP 3: without windows, or in them on a screen that nobody sees.

IMPASTO_GIMP_ROOT names a root folder with a GIMP in it (see matrix.sh), else it is the system's. Without any these
tests are skipped: Debian 12 has no GIMP 3.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.krita.conftest import PROGRAM, Engine

HERE = Path(__file__).parent
ROOT = os.environ.get("IMPASTO_GIMP_ROOT", "")
TIMEOUT = float(os.environ.get("IMPASTO_GIMP_PATIENCE", "400"))  # seconds; a first start takes some 40
IN_ROOT = HERE.parent / "krita" / "in_root.sh"
PHOTO = PROGRAM.parent / "examples" / "astronaut.jpg"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Gimp:
    """A home with GIMP's settings and our plug-in; `run` calls a case there and returns its answer."""

    def __init__(self, home: Path, engine: Engine) -> None:
        self.home, self.engine = home, engine

    @property
    def settings(self) -> Path:
        (found,) = (self.home / ".config" / "GIMP").glob("3.*")
        return found

    @property
    def plugin(self) -> Path:
        return self.settings / "plug-ins" / "impasto-gimp"

    def command(self, *words: str) -> list[str]:
        inside = [str(IN_ROOT), ROOT, str(PROGRAM.parent), "--"] if ROOT else []
        return [*inside, *words]

    def environment(self, **more: str | Path) -> dict[str, str]:
        runtime = self.home / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {
            "HOME": str(self.home), "XDG_RUNTIME_DIR": str(runtime), "PATH": PATH, "LC_ALL": "C.UTF-8",
            "IMPASTO_HOME": str(self.engine.folder), "PYTHONDONTWRITEBYTECODE": "1",
            **{name.upper(): str(value) for name, value in more.items()},
        }  # fmt: skip

    def run(
        self, case: str, folder: Path, meanwhile: Callable[[subprocess.Popen], Any] | None = None,
        windows: str = "", **more: str | Path,
    ) -> Any:  # fmt: skip
        """The answer, which is JSON, or None if `meanwhile` has killed GIMP. windows: a screen, such as :77."""
        answer = folder / "answer.json"
        answer.unlink(missing_ok=True)
        script = f"exec(open('{HERE}/cases/{case}.py').read())"
        program = ["gimp", "--no-splash"] if windows else ["gimp-console", "-i", "--quit"]
        words = [*program, "--batch-interpreter", "python-fu-eval", "-b", script]
        variables = {"impasto_cases": HERE / "cases", "impasto_answer": answer, **more}
        if windows:
            variables["display"] = windows
        with (folder / "gimp.log").open("wb") as log, subprocess.Popen(
            self.command(*words), env=self.environment(**variables), stdout=log, stderr=log, start_new_session=True
        ) as process:  # fmt: skip
            try:
                if meanwhile is not None:
                    meanwhile(process)
                end = time.monotonic() + TIMEOUT
                while process.poll() is None and time.monotonic() < end and not (windows and answer.exists()):
                    time.sleep(0.1)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, 9)
        if meanwhile is not None and not answer.exists():
            return None
        said = (folder / "gimp.log").read_text("utf-8", "replace")[-3000:]
        assert answer.exists(), f"GIMP gave no answer:\n{said}"
        found = json.loads(answer.read_text("utf-8"))
        assert "error" not in found, f"{found['error']}\n{said}"
        return found


@pytest.fixture(scope="session")
def gimp_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine of its own."""
    found = Engine(tmp_path_factory.mktemp("engine"))
    yield found
    found.kill()


@pytest.fixture(scope="session")
def needs_gimp() -> None:
    """Skips where there is no GIMP 3."""
    if ROOT:
        is_there = Path(ROOT, "usr/bin/gimp-console").exists()
    elif is_there := shutil.which("gimp-console") is not None:  # it may be of GIMP 2
        said = subprocess.run(["gimp-console", "--version"], capture_output=True, text=True, check=False).stdout
        is_there = said.rstrip().rpartition(" ")[2].startswith("3.")
    if not is_there:
        pytest.skip("these tests need GIMP 3: IMPASTO_GIMP_ROOT names a root folder with it (see tests/gimp/matrix.sh)")


@pytest.fixture(scope="session")
def gimp_home(needs_gimp: None, gimp_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Gimp:
    """GIMP was started once, then the plug-in was installed."""
    found = Gimp(tmp_path_factory.mktemp("gimp_home"), gimp_engine)
    started_once(found)
    kept = {name: os.environ[name] for name in ("PATH", "IMPASTO_CACHE") if name in os.environ}
    command = [sys.executable, str(PROGRAM), "plugin", "install", "--editor", "gimp"]
    subprocess.run(command, env={**found.environment(), **kept}, check=True)
    return found


def started_once(found: Gimp) -> None:
    """GIMP makes its folders; in its window it shall not begin with a welcome and a look for updates."""
    first = found.command("gimp-console", "-i", "--quit", "--batch-interpreter", "python-fu-eval", "-b", "1")
    subprocess.run(first, env=found.environment(), check=True, capture_output=True, timeout=TIMEOUT)
    version = subprocess.run(
        found.command("gimp-console", "--version"), env=found.environment(), check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    with (found.settings / "gimprc").open("a") as file:
        file.write(f'\n(config-version "{version}")\n(show-welcome-dialog no)\n(check-updates no)\n')


@pytest.fixture
def gimp(gimp_home: Gimp) -> Gimp:
    """That GIMP, with an engine that runs, and without notes of other tests."""
    if not gimp_home.engine.runs:
        gimp_home.engine.start()
    for note in (gimp_home.engine.folder / "gimp").glob("*"):
        note.unlink()
    return gimp_home


def noted(gimp: Gimp, seconds: float = 1.5) -> None:
    """Wait until a painting is on its way."""
    end = time.monotonic() + TIMEOUT
    while not list((gimp.engine.folder / "gimp").glob("*.json")):
        assert time.monotonic() < end, "nothing is painted"
        time.sleep(0.1)
    time.sleep(seconds)


@pytest.fixture(scope="session")
def small_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that is painted in a moment."""
    return _photo(tmp_path_factory.mktemp("photo") / "astronaut.png", (240, 180))


@pytest.fixture(scope="session")
def large_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo for windows."""
    return _photo(tmp_path_factory.mktemp("photo") / "astronaut.png", (640, 480))


def _photo(path: Path, size: tuple[int, int]) -> Path:
    from PIL import Image

    Image.open(PHOTO).resize(size).save(path)
    return path
