"""The plug-in in the real GIMP 3; matrix.sh runs all of it in each."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from impasto.engine.daemon.hello import greeting
from impasto.engine.version import IMPASTO_VERSION
from tests.gimp.conftest import PROGRAM, Gimp, noted

pytestmark = [pytest.mark.matrix, pytest.mark.xdist_group("gimp")]
DONE = ["done", ""]


def test_images_and_layers_of_all_kinds(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    kinds = gimp.run("kinds", tmp_path, photo=small_photo)
    said = (tmp_path / "gimp.log").read_text("utf-8", "replace")
    for words in (
        "“things” is painted as it looks",
        "“Impasto” is painted as it looks",
        "is locked, so",
    ):
        assert words in said, words
    for kind, found in kinds.items():
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


STRANGE = """
from impasto import protocol
protocol.OLDEST_VERSION, protocol.NEWEST_VERSION = 8, 9
from impasto.commands.main import main
main()
"""


def test_an_engine_of_another_version_is_said(gimp: Gimp, small_photo: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-c", STRANGE, "serve"]
    with subprocess.Popen(command, env=os.environ | {"IMPASTO_HOME": str(home)}, cwd=PROGRAM.parent) as process:
        try:
            found = gimp.run("long", tmp_path, photo=small_photo, impasto_home=home)
        finally:
            process.terminate()
    status, sentence = found["ended"]
    assert status == "execution-error" and len(found["tree"]) == 1
    assert sentence.startswith("The engine that runs is of another version") and IMPASTO_VERSION in sentence


LIGHT = """
import json, sys
from impasto.wishes import look_parameters
hello = json.load(open(sys.argv[1]))
style = next(each for each in hello["styles"] if each["name"] == "painterly")
def light(medium):
    return {each.path: each.value for each in look_parameters(hello, style["values"], medium)}
found = {medium: light(medium) for medium in ("", "flat")}
print(json.dumps(found))
"""


def test_light_is_as_the_medium_has_it_and_all_of_it_can_be_changed(gimp: Gimp, tmp_path: Path) -> None:
    (tmp_path / "hello.json").write_text(json.dumps(greeting(1)))
    words = gimp.command("python3", "-c", LIGHT, str(tmp_path / "hello.json"))
    surroundings = gimp.environment(pythonpath=gimp.plugin)
    done = subprocess.run(words, env=surroundings, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    oil = next(each for each in greeting(1)["offers"]["media"] if each["name"] == "oil")
    for name in ("relief", "gloss", "ground"):
        assert found[""][f"light/{name}"] == oil["parameters"][name]["default"]
    assert set(found[""]) == {path for path in oil["settings"] if path.startswith("light/")}
    assert "light/gloss" not in found["flat"]


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
