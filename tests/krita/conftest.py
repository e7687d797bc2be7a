"""Runs scripts in the real Krita, on a screen that nobody sees.

`apt-get install krita xvfb` brings it (Debian 12: Krita 5.1.5). Without it these tests are skipped, but not in CI,
where it has to be there; IMPASTO_WITHOUT_KRITA=1 skips them anywhere else. IMPASTO_KRITA_ROOT names a root folder with
another Krita in it, which is then run instead of the system's (see matrix.sh).
"""

from __future__ import annotations

import contextlib
import itertools
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

from impasto.commands import main as cli
from tests.krita.planted import plugin  # noqa: F401 (a fixture)

PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"
TIMEOUT = float(os.environ.get("IMPASTO_KRITA_PATIENCE", "300"))  # seconds; a first start takes some 20
HINT = "these tests need the real Krita: apt-get install krita xvfb"

HERE = Path(__file__).parent
PHOTO = HERE.parents[1] / "examples" / "astronaut.jpg"
ROOT = os.environ.get("IMPASTO_KRITA_ROOT", "")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # Krita takes the standard library of the first Python it finds there
STAMPED = ("bash", "-c", 'IMPASTO_BEGUN=$EPOCHREALTIME exec "$0" "$@"')  # tells Krita when it was started

InKrita = Callable[..., Any]
# a screen for each run: xvfb-run does not wait for the last one to end, which takes the socket of its number away
SCREENS = itertools.count(1000 + os.getpid() % 500 * 100)
seen: set[tuple[str, ...]] = set()  # versions of Krita, Python and Qt that cases were run in


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which Krita was tested."""
    for krita, python, qt in sorted(seen):
        terminalreporter.write_line(f"Krita {krita}, Python {python}, Qt {qt}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs them all: two Kritas at a time take longer than one after the other."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("krita"))


@pytest.fixture(scope="module")
def photo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo small enough to be painted in a moment, as large as the module's PHOTO_SIZE."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.open(PHOTO).resize(request.module.PHOTO_SIZE).save(path)
    return path


@pytest.fixture
def patience() -> float:
    """Seconds that a test may take in Krita."""
    return TIMEOUT


@pytest.fixture(scope="session")
def krita_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own: no setting of the user's matters, and none is changed."""
    if os.environ.get("IMPASTO_WITHOUT_KRITA") and not os.environ.get("CI"):
        pytest.skip("IMPASTO_WITHOUT_KRITA is set")
    runner = Path(ROOT, "usr/bin/kritarunner").exists() if ROOT else shutil.which("kritarunner")
    if not (runner and shutil.which("xvfb-run")):
        if ROOT:
            pytest.fail(f"there is no Krita in {ROOT}, or no xvfb-run outside of it")
        if os.environ.get("CI"):
            pytest.fail(HINT)
        pytest.skip(HINT)
    return tmp_path_factory.mktemp("krita_home")


def on_a_screen(folder: Path, *command: str) -> list[str]:
    """A command on a screen nobody sees; `folder` is where its files are, should it run in another root folder."""
    screen = ["xvfb-run", "-n", str(next(SCREENS)), "-a", "-s", "-screen 0 1600x1000x24"]
    inside = [str(HERE / "in_root.sh"), ROOT, str(PROGRAM.parent), str(folder), "--"] if ROOT else []
    return [*screen, *inside, *command]


@pytest.fixture
def in_krita(krita_home: Path, tmp_path: Path) -> InKrita:
    """Calls `main(*words)` of a script in Krita and returns its answer, which is JSON."""

    def run(script: Path, *words: str | Path) -> Any:
        answer, runtime = tmp_path / "answer.json", tmp_path / "runtime"
        answer.unlink(missing_ok=True)
        runtime.mkdir(mode=0o700, exist_ok=True)
        environment = {
            "HOME": str(krita_home), "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8", "PATH": PATH,
            "LIBGL_ALWAYS_SOFTWARE": "1", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1",
            "KRITA_SCRIPT": str(script), "KRITA_ANSWER": str(answer),
        }  # fmt: skip
        command = on_a_screen(krita_home.parent, "kritarunner", "-s", "runner", *map(str, words))
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process:
            try:
                said, _ = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                said, _ = process.communicate()
                pytest.fail(f"Krita hung:\n{said.decode(errors='replace')[-2000:]}")
        if not answer.exists():  # kritarunner's exit code is 0 whatever happens
            pytest.fail(f"Krita gave no answer:\n{said.decode(errors='replace')[-2000:]}")
        found = json.loads(answer.read_text("utf-8"))
        assert "error" not in found, found["error"]
        return found["answer"]

    return run


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A daemon in a folder of its own."""
    found = Engine(tmp_path_factory.mktemp("engine"))
    yield found
    found.kill()


@pytest.fixture
def engine(daemon: Engine) -> Engine:
    """That daemon, running, even if a test that kills it has failed before it was started again; no job is offered."""
    for note in (daemon.folder / "krita").glob("*.json"):  # of a test that closed a document while it was painted
        note.unlink()
    if not daemon.runs:
        daemon.start()
    return daemon


@pytest.fixture
def killing(engine: Engine) -> Callable[[Path], None]:
    """What to do meanwhile: kill the engine once the case has made a file that is called kill."""

    def meanwhile(folder: Path) -> None:
        end = time.monotonic() + TIMEOUT
        while not (folder / "kill").exists() and not (folder / "answer.json").exists() and time.monotonic() < end:
            time.sleep(0.1)
        if (folder / "kill").exists():
            engine.kill()

    return meanwhile


@pytest.fixture
def start_engine() -> Iterator[Callable[..., Engine]]:
    """Starts further daemons, in folders and with words of the test's own."""
    started = []

    def start(folder: Path, *words: str) -> Engine:
        folder.mkdir()
        started.append(Engine(folder, *words))
        return started[-1]

    yield start
    for each in started:
        each.kill()


class Engine:
    """A daemon that can be killed and started again."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder, self.words = folder, words
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it can be found."""
        command = [sys.executable, str(PROGRAM), "serve", "--checkpoint-every", "0.2", *self.words]
        environment = {**os.environ, "IMPASTO_HOME": str(self.folder)}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not self._found():
            assert self.process.poll() is None and time.monotonic() < end
            time.sleep(0.05)

    @property
    def runs(self) -> bool:
        """Is it running?"""
        return self.process is not None and self.process.poll() is None

    def _found(self) -> bool:
        return self.runtime is not None and self.process is not None and self.runtime["pid"] == self.process.pid

    @property
    def runtime(self) -> Any:
        """Where it is, and its key."""
        from impasto.protocol.places import read_runtime

        return read_runtime(self.folder)

    def kill(self) -> None:
        """As if the power went."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def home_with_plugin(home: Path) -> Path:
    """A home where the plugin was installed by its command, and our driver beside it."""
    plugins = home / ".local" / "share" / "krita" / "pykrita"
    plugins.parents[1].mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "plugin", "install"], env=_environment(home) | {"PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    add_driver(home)
    return home


def add_driver(home: Path) -> None:
    """Put our driver beside the plugin in a home."""
    for path in (HERE / "driver").iterdir():
        (home / ".local" / "share" / "krita" / "pykrita" / path.name).symlink_to(path)
    settings = home / ".config" / "kritarc"
    settings.write_text(settings.read_text().replace("[python]\n", "[python]\nenable_impasto_driver=true\n"))


@pytest.fixture(scope="session")
def plugin_home(krita_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of Kritas with the plugin."""
    return home_with_plugin(tmp_path_factory.mktemp("plugin_home"))


def _environment(home: Path) -> dict[str, str]:
    cache = os.environ.get("IMPASTO_CACHE", str(home / ".cache" / "impasto"))
    return {
        "HOME": str(home), "XDG_DATA_HOME": str(home / ".local" / "share"), "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"), "IMPASTO_CACHE": cache, "LC_ALL": "C.UTF-8",
    }  # fmt: skip


@pytest.fixture
def in_window(plugin_home: Path, engine: Engine, tmp_path: Path) -> InKrita:
    """Calls `main()` of a case in a Krita with its window, plugin and engine, and returns its answer, which is JSON.

    meanwhile: called with the process's folder while Krita runs, such as to kill the engine.
    """

    def command() -> list[str]:
        return on_a_screen(plugin_home.parent, *STAMPED, "krita", "--nosplash")

    return case_runner(command, plugin_home, engine, tmp_path)


@pytest.fixture(scope="session")
def qt6_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of what stands in for Krita 6."""
    tried = subprocess.run(
        [sys.executable, "-c", "import PyQt6.QtWidgets"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        hint = f"these tests need PyQt6, of the extra test, and what it needs: {tried.stderr.splitlines()[-1]}"
        if os.environ.get("CI"):
            pytest.fail(hint)
        pytest.skip(hint)
    return home_with_plugin(tmp_path_factory.mktemp("qt6_home"))


@pytest.fixture
def in_qt6(qt6_home: Path, engine: Engine, tmp_path: Path) -> InKrita:
    """As `in_window`, with PyQt6 and the files in qt6/ instead of Krita, on no screen."""
    return in_qt6_of(qt6_home, engine, tmp_path)


def in_qt6_of(home: Path, engine: Any, folder: Path) -> InKrita:
    """The same, with the plugin of a home; engine: whatever has an engine's `folder`."""
    places = HERE / "qt6", home / ".local" / "share" / "krita" / "pykrita"
    path = os.pathsep.join(map(str, places))
    command = [*STAMPED, sys.executable, str(HERE / "qt6" / "start.py")]
    return case_runner(lambda: command, home, engine, folder, QT_QPA_PLATFORM="offscreen", PYTHONPATH=path)


def case_runner(
    command: Callable[[], list[str]], home: Path, engine: Any, folder: Path, **variables: str
) -> InKrita:  # fmt: skip
    """What `in_window` says, for whatever these commands start, with these variables in its environment."""

    def run(case: str, meanwhile: Callable[[Path], None] | None = None, **more: str | Path) -> Any:
        for path in home.glob("*autosave.kra"):
            path.unlink()  # else Krita asks whether to recover it, and waits
        answer, runtime = folder / "answer.json", folder / "runtime"
        answer.unlink(missing_ok=True)
        runtime.mkdir(mode=0o700, exist_ok=True)
        environment = {
            **_environment(home), "XDG_RUNTIME_DIR": str(runtime), "PATH": PATH,
            "LIBGL_ALWAYS_SOFTWARE": "1", "PYTHONDONTWRITEBYTECODE": "1", "IMPASTO_HOME": str(engine.folder),
            "IMPASTO_SCRIPT": str(HERE / "cases" / f"{case}.py"), "IMPASTO_ANSWER": str(answer),
            "IMPASTO_FOLDER": str(folder), "IMPASTO_KRITA_PATIENCE": str(TIMEOUT), **variables,
            **{name.upper(): str(value) for name, value in more.items()},
        }  # fmt: skip
        with (
            (folder / "krita.log").open("wb") as log,
            subprocess.Popen(
                command(), env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            ) as process,
        ):
            try:
                if meanwhile is not None:
                    meanwhile(folder)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=TIMEOUT)
            finally:  # also if the test has failed meanwhile
                if process.poll() is None:
                    os.killpg(process.pid, 9)
        said = (folder / "krita.log").read_text("utf-8", "replace")[-3000:]
        if not answer.exists():
            pytest.fail(f"Krita gave no answer:\n{said}")
        found = json.loads(answer.read_text("utf-8"))
        seen.add(tuple(found["krita"]))
        assert "error" not in found, f"{found['error']}\n{said}"
        assert not found["escaped"], f"{len(found['escaped'])} exceptions came out, such as {found['escaped'][0]}"
        assert process.returncode == 0, f"Krita did not end well ({process.returncode}):\n{said}"
        return found["answer"]

    return run
