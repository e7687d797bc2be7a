"""The plug-in in the real GIMP 3; matrix.sh runs all of it in each."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.gimp.conftest import PROGRAM, Gimp

pytestmark = [pytest.mark.matrix, pytest.mark.xdist_group("gimp")]
DONE = ["done", ""]


def noted(gimp: Gimp, seconds: float = 1.5) -> None:
    """Wait until a painting is on its way."""
    while not list((gimp.engine.folder / "gimp").glob("*.json")):
        time.sleep(0.1)
    time.sleep(seconds)


def test_images_and_layers_of_all_kinds(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    for kind, found in gimp.run("kinds", tmp_path, photo=small_photo).items():
        assert found["ended"] == DONE, (kind, found)
        assert found["source"], f"{kind}: the layer itself was changed"
        mean, most = found["off"]
        assert 0 < mean < 30 and most > 10, (kind, found["off"])  # it is painted, and it is the same picture
        groups = [inner for name, inner in found["tree"] if name.endswith("painterly")]
        assert len(groups) == 1 and 3 <= len(groups[0]) <= 6, (kind, found["tree"])
        assert [name for name, _ in groups[0]][-1] == "underpainting", (kind, groups)
        if kind == "larger":
            assert groups[0][-1][1] == [-20, -31]
        if kind == "smaller":
            assert groups[0][-1][1] == [101, 53]


def test_layers_are_the_painting_and_a_selection_is_kept_to(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    found = gimp.run("exact", tmp_path, photo=small_photo)
    selection = found.pop("selection")
    assert selection["ended"] == DONE and selection["kept"] and selection["soft"] > 1000
    assert selection["outside"][0] and selection["outside"][1] > 1000 and selection["inside"] > 0.7
    for name, each in found.items():
        assert each["ended"] == [DONE, DONE], (name, each)
        assert each["off"][0] < 0.25 and each["off"][1] <= 12, (name, each["off"])  # of 255: 8 bits for each layer
    (group,) = [inner for name, inner in found["regions"]["tree"] if isinstance(inner[0], list)]
    assert sum(isinstance(inner[0], list) for _, inner in group) > 1, group


def test_what_cannot_be_painted_is_said_in_a_sentence(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    for kind, (status, sentence, untouched) in gimp.run("refused", tmp_path, photo=small_photo).items():
        assert status == "execution-error" and untouched, (kind, status)
        assert sentence.endswith(".") and 20 < len(sentence) < 300 and "Error" not in sentence, (kind, sentence)


def test_an_engine_killed_half_way_costs_nothing(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    def meanwhile(process: subprocess.Popen) -> None:
        noted(gimp)
        gimp.engine.kill()
        time.sleep(2)
        gimp.engine.start()

    found = gimp.run("long", tmp_path, meanwhile, photo=small_photo)
    assert found is not None and found["ended"] == DONE and len(found["tree"][0][1]) > 3
    assert not list((gimp.engine.folder / "gimp").glob("*.json"))


def test_a_gimp_killed_half_way_costs_nothing(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    def meanwhile(process: subprocess.Popen) -> None:
        noted(gimp)
        os.killpg(process.pid, 9)
        process.wait()

    assert gimp.run("long", tmp_path, meanwhile, photo=small_photo) is None
    found = gimp.run("collect", tmp_path, photo=small_photo)
    assert found["ended"] == "success" and found["count"] == 1
    ((group, layer),) = found["images"]
    assert group[0].endswith("painterly") and len(group[1]) > 3 and layer[0] != group[0]
    assert 0 < found["off"][0] < 30  # it lies over the picture that was painted, which was opened again
    assert gimp.run("collect", tmp_path, photo=small_photo)["count"] == 0


def test_without_pyzmq_the_engines_python_carries_the_messages(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    """As on Windows and macOS: the same code, in a GIMP whose plug-in has no pyzmq."""
    vendor, note = gimp.plugin / "impasto" / "vendor", gimp.plugin / "impasto" / "installed.json"
    hidden, kept = tmp_path / "hidden", note.read_text("utf-8")
    hidden.mkdir()
    wheels = sorted(vendor.glob("zmq-*"))
    with (tmp_path / "python").open("w") as file:  # of the root folder, with what is here
        there = os.pathsep.join(
            [str(PROGRAM.parent), str(vendor / "common"), *(str(hidden / w.name) for w in wheels[-1:])]
        )
        file.write(f'#!/bin/sh\nshift\ntouch {tmp_path}/used\nPYTHONPATH={there} exec /usr/bin/python3 "$@"\n')
    (tmp_path / "python").chmod(0o755)
    try:
        for wheel in wheels:
            shutil.move(wheel, hidden)
        note.write_text(json.dumps({"python": str(tmp_path / "python"), "version": "0"}), "utf-8")
        found = gimp.run("exact", tmp_path, photo=small_photo)
    finally:
        note.write_text(kept, "utf-8")
        for wheel in wheels:
            shutil.move(hidden / wheel.name, vendor)
    assert (tmp_path / "used").exists() and found["paint"]["ended"] == [DONE, DONE]


def test_in_the_window_painted_undone_and_cancelled(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("xvfb and xdotool press its buttons")
    screen = f":{900 + os.getpid() % 90}"

    def press(window: str, key: str, seconds: float = 90.0) -> None:
        """A key in a window, once that is there; the newest of its name."""
        end, words = time.monotonic() + seconds, ["xdotool", "search", "--onlyvisible", "--name", window]
        while not (found := subprocess.run(words, env=shown, capture_output=True, text=True).stdout.split()):
            assert time.monotonic() < end, f"no window {window}"
            time.sleep(0.2)
        time.sleep(1.0)
        number = found[-1]
        subprocess.run(["xdotool", "windowfocus", "--sync", number, "key", key], env=shown, check=True, timeout=30)

    def wait(name: str) -> None:
        end = time.monotonic() + 200
        while not (tmp_path / name).exists():
            assert time.monotonic() < end, name
            time.sleep(0.1)

    def picture(name: str) -> None:
        if folder := os.environ.get("IMPASTO_PICTURES"):
            subprocess.run(["import", "-window", "root", f"{folder}/gimp-{name}.png"], env=shown, check=False)

    def meanwhile(process: subprocess.Popen) -> None:
        wait("paint asked")
        press("^Welcome", "Escape")
        press("^Paint with Impasto", "Home")
        time.sleep(4)
        picture("dialog")
        press("^Paint with Impasto", "Return")
        noted(gimp)
        picture("progress")
        wait("paint ended")
        time.sleep(3)
        picture("done")
        for key, name in (("ctrl+z", "undone"), ("ctrl+y", "redone")):
            press("GIMP$", key)
            if name == "redone":  # the next one is to take a while
                chosen = {"style": "painterly", "strokes": 8000, "effort": "high", "preview": True}
                (gimp.engine.folder / "gimp" / "choices").write_text(json.dumps(chosen))
            (tmp_path / name).touch()
            wait(f"{name} seen")
        wait("cancel asked")
        press("^Paint with Impasto", "Return")
        noted(gimp)
        press("^Impasto$", "Escape")

    with subprocess.Popen(["Xvfb", screen, "-screen", "0", "1500x950x24"], stderr=subprocess.DEVNULL) as server:
        shown = {**os.environ, "DISPLAY": screen}
        try:
            time.sleep(1)
            found = gimp.run("window", tmp_path, meanwhile, screen, photo=small_photo)
        finally:
            server.terminate()
    assert found is not None and found["paint"] == DONE and found["paint after"][1] == 2
    assert found["undone"] == found["before"] != found["paint after"][0] == found["redone"]
    assert found["cancel"][0] == "cancel" and found["cancel after"] == [found["paint after"][0], 2]
