"""The plug-in in GIMP's windows, by its keys, on a screen that nobody sees; matrix.sh runs all of it in each GIMP."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from impasto.protocol.client import Client
from tests.gimp.conftest import PROGRAM, TIMEOUT, Gimp, noted, started_once
from tests.gimp.screen import a_screen

pytestmark = [pytest.mark.matrix, pytest.mark.xdist_group("gimp")]
DONE = ["done", ""]
DIALOG, PROGRESS, MAIN = "^Paint with Impasto", "^Impasto$", "GIMP$"
ASKED, CONTINUED = "^Install Impasto", "^Continue painting"  # questions
QUICK = {"style": "painterly", "strokes": 400, "effort": "draft", "preview": True}
LONG = {**QUICK, "strokes": 8000, "effort": "high"}


def choose(gimp: Any, choices: dict[str, Any]) -> None:
    """What the dialog will begin with."""
    folder = gimp.engine.folder / "gimp"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "choices").write_text(json.dumps(choices))


def wait(path: Path, seconds: float = TIMEOUT) -> None:
    """Until a case has told something."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, path.name
        time.sleep(0.1)


def test_painted_undone_redone_and_cancelled(gimp: Gimp, large_photo: Path, tmp_path: Path) -> None:
    with a_screen() as screen:

        def meanwhile(process: subprocess.Popen) -> None:
            choose(gimp, QUICK)
            wait(tmp_path / "paint asked")
            screen.fill(MAIN)
            screen.found(DIALOG)
            time.sleep(4)  # in which the engine makes its pictures
            screen.picture("dialog", DIALOG)
            screen.press(DIALOG, "alt+l")
            time.sleep(1)
            screen.picture("light", DIALOG)
            screen.press(DIALOG, "alt+p")
            noted(gimp)
            wait(tmp_path / "paint ended")
            time.sleep(3)
            screen.picture("done")
            for key, name in (("ctrl+z", "undone"), ("ctrl+y", "redone")):
                screen.press(MAIN, key)
                (tmp_path / name).touch()
                if name == "redone":
                    choose(gimp, LONG)
                wait(tmp_path / f"{name} seen")
            wait(tmp_path / "cancel asked")
            screen.press(DIALOG, "Return")
            noted(gimp, 6)
            screen.picture("progress")
            screen.press(PROGRESS, "Escape")

        found = gimp.run("window", tmp_path, meanwhile, screen.name, photo=large_photo)
    assert (
        found is not None and found["paint"] == DONE and found["paint after"][1:] == [2, [1]]
    )  # the layer is chosen still
    assert found["undone"] == found["before"] != found["paint after"][0] == found["redone"]
    assert found["cancel"][0] == "cancel" and found["cancel after"][:2] == found["paint after"][:2]
    left = [path.name for path in (gimp.engine.folder / "gimp").iterdir() if path.name != "choices"]
    assert not left, "a note of what was cancelled"
    with Client(folder=gimp.engine.folder) as client:
        assert client.ask("list")["jobs"] == []


def test_the_next_gimp_asks_whether_to_go_on(gimp: Gimp, large_photo: Path, tmp_path: Path) -> None:
    def kill(process: subprocess.Popen) -> None:
        noted(gimp)
        os.killpg(process.pid, 9)
        process.wait()

    assert gimp.run("long", tmp_path, kill, photo=large_photo) is None
    with a_screen() as screen:

        def meanwhile(process: subprocess.Popen) -> None:
            screen.found(CONTINUED)
            screen.fill("GNU Image Manipulation Program")
            screen.picture("question")
            screen.press(CONTINUED, "Return")
            screen.found(PROGRESS)

        found = gimp.run("continued", tmp_path, meanwhile, screen.name, photo=large_photo)
    assert found is not None
    group, layer = found["tree"]
    assert group[0].endswith("painterly") and len(group[1]) > 3 and layer[0] != group[0]
    assert 0 < found["off"][0] < 30 and found["shown"]


@pytest.mark.skipif(not os.environ.get("IMPASTO_REAL_INDEX"), reason="IMPASTO_REAL_INDEX=1 fetches an engine")
def test_an_engine_is_installed_from_the_zip(
    needs_gimp: None, large_photo: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """As for a user: no engine, the real index; the first painting is made with what was installed."""
    engine: Any = SimpleNamespace(folder=tmp_path_factory.mktemp("own"))
    gimp = Gimp(tmp_path_factory.mktemp("zip_home"), engine)
    started_once(gimp)
    packed = gimp.home / "gimp.zip"
    command = [sys.executable, str(PROGRAM), "plugin", "zip", "--editor", "gimp", str(packed)]
    kept = {name: os.environ[name] for name in ("PATH", "IMPASTO_CACHE") if name in os.environ}
    subprocess.run(command, env={**gimp.environment(), **kept}, check=True)
    subprocess.run(["unzip", "-q", str(packed), "-d", str(gimp.settings / "plug-ins")], check=True)
    given = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    try:
        with a_screen() as screen:

            def meanwhile(process: subprocess.Popen) -> None:
                wait(tmp_path / "paint asked")
                screen.fill(MAIN)
                choose(gimp, QUICK)
                end, pictures = time.monotonic() + 4 * TIMEOUT, 0
                while not screen.shows(DIALOG):
                    assert time.monotonic() < end and process.poll() is None
                    assert not (tmp_path / "paint ended").exists(), screen.picture("first-run-refused")
                    if screen.shows(ASKED):
                        screen.picture(f"first-run-{pictures}")
                        screen.press(ASKED, "Return")
                        pictures += 1
                        time.sleep(8)
                        screen.picture(f"first-run-{pictures}")
                        pictures += 1
                    time.sleep(0.5)
                screen.press(DIALOG, "Return")
                wait(tmp_path / "paint ended", 4 * TIMEOUT)  # a new engine compiles its kernels first
                time.sleep(2)
                screen.picture("first-run-painted")

            found = gimp.run("first_run", tmp_path, meanwhile, screen.name, photo=large_photo, **given)
        assert found is not None and found["paint"] == DONE
        python = Path(json.loads((engine.folder / "engine" / "installed.json").read_text())["python"])
        assert python.is_relative_to(engine.folder / "engine")
    finally:
        words = [sys.executable, str(PROGRAM), "serve", "stop"]
        subprocess.run(words, env={**os.environ, "IMPASTO_HOME": str(engine.folder)}, check=False)
