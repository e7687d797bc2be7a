"""The docker in the real Krita: what is chosen there is what the engine paints; engines elsewhere; what goes wrong."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_plugin_parameters import plain

from impasto.commands import main as cli
from impasto.engine.daemon.records import REQUEST, read
from impasto.engine.painting.painting import Painting
from impasto.engine.styles import changed_style, load_style, preset_names, varied
from impasto.protocol.places import read_runtime

PHOTO_SIZE = (256, 256)
PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"
ROOT = os.environ.get("IMPASTO_KRITA_ROOT", "")


def test_it_introduces_itself_once(in_window, photo):
    assert in_window("introduced", photo=photo) == {"page": False, "first": True, "second": False}


def test_what_is_chosen_in_the_docker_is_what_is_painted(in_window, engine, photo):
    found = in_window("docker", photo=photo)
    assert found["styles"] == found["known"] == preset_names()
    number, unknown = found["names"]
    assert number > 240 and not unknown
    assert found["pictures"] == [[112, 112]] * len(found["styles"]) and found["distinct"]
    assert found["tips"] == [f"{name}\n{load_style(name).description}" for name in preset_names()]
    assert found["own"] == ["of my own", 112]
    assert found["typed"] == [1234, 1.25, 0.5] and found["beside"] == [214, 32, 50]
    assert found["rings"] == [[True, True, True]] * 4, "who uses the keyboard sees where it is"
    assert found["unnamed"] == []
    tip = "Draft: A quick look, in about half the time\nNormal: The usual time, and what most pictures need\n"
    tip += "High: Closer to the picture, in up to four times the time"
    assert found["effort"] == ["draft", "Draft", True, tip] and found["tabs"] == list(range(6))
    only_one = "This engine knows no effort but Normal; update it to choose."
    assert found["only one"] == ["draft", "Normal", False, only_one]
    assert found["slid"] == ["abstract", 1000, pytest.approx(2**0.5, abs=1e-3), -0.25]
    values = load_style("abstract").model_dump(mode="json")
    paths = set(found["paths"])
    look = {path for path in {*paths, *plain(values)} if path.startswith(("medium/", "light/"))}
    assert paths - look == set(plain(values)) - look - {"name", "description", "strokes"}
    assert {"medium/ragged", "medium/drag", "light/height", "light/layers"} <= paths  # the others have controls
    assert not {"medium/kind", "medium/bristles", "light/relief", "light/angle"} & paths
    assert found["sizes"] == [1, 30]
    changes = {"shape/aspect": 7.5, "shape/straight": False, "passes/1/radius": 0.0777, "loss": "l2",
               "background": "#102030"}  # fmt: skip
    assert found["changes"] == changes and found["bold"] == sorted(changes)
    assert found["after reset"] == sorted(changes)
    first, second, shown = found["rolled"]
    assert first != second == shown
    assert found["painted"] == ["done", "", 0]
    (job,) = found["jobs"]
    request = read(engine.folder / "spool" / job / REQUEST)
    assert request["fields"]["effort"] == "draft"
    painting = Painting.load(engine.folder / "spool" / job / "result.impasto")
    words = ["shape.aspect=7.5", "shape.straight=false", "passes.2.radius=0.0777", "loss=l2", "background='#102030'"]
    style = varied(changed_style(load_style("abstract"), words), found["slid"][2], -0.25)
    assert painting.style == style.model_dump(mode="json")
    assert (len(painting.strokes), painting.seed) == (1000, second)
    assert np.median(painting.strokes.table[:, 6:8]) > 0
    assert found["other"] == [{}, 0] and found["again"] == sorted(changes) and found["reset"] == {}
    for width, viewport, needed, hidden, height in found["widths"]:
        assert needed <= viewport <= width and hidden == 0, f"at {width} pixels it does not fit"
        assert height > 60
    narrow, wide = (each[4] for each in found["widths"])
    assert narrow > wide, "more columns need fewer rows"


@pytest.fixture
def second(engine, start_engine, tmp_path):
    """Another daemon that lets this Krita in, and one that does not; what a case has to know of them."""
    own = (engine.folder / "keys" / "client.key").read_text("ascii").strip()
    allowed = tmp_path / "krita.key"
    allowed.write_text(own)
    port = free_port()
    there = start_engine(tmp_path / "there", "--bind", f"tcp://127.0.0.1:{port}", "--allow", str(allowed))
    closed = start_engine(tmp_path / "closed")
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        yield there, {
            "address": there.runtime["address"], "key": there.runtime["key"],
            "key_file": there.folder / "keys" / "server.key", "other_key": closed.runtime["key"],
            "closed_address": closed.runtime["address"], "closed_key": closed.runtime["key"],
            "dead_address": f"tcp://127.0.0.1:{free_port()}",
            "dumb_address": f"tcp://127.0.0.1:{dumb.getsockname()[1]}",
        }  # fmt: skip


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def test_an_engine_elsewhere_is_tested_in_words_and_paints(in_window, engine, second, photo):
    there, facts = second
    found = in_window("remote", photo=photo, **facts)
    assert found["own key"] == (engine.folder / "keys" / "client.key").read_text("ascii").strip()
    assert not found["modal"]
    said = found["said"]
    assert said["reached"] == said["by file"] == f"Reached: Impasto {found['ready']} paints there on cpu."
    assert "has not this key" in said["wrong key"] and "server.key" in said["wrong key"]
    assert "does not let this Krita in" in said["not allowed"] and "--allow" in said["not allowed"]
    assert "Nothing answers" in said["dead port"] and "within 5 s" in said["dead port"]
    assert "no machine called so" in said["no such machine"]
    assert said["no port"] == "This is no address; write tcp://HOST:PORT."
    assert "no public key" in said["no key"]
    assert "no engine of Impasto" in said["no engine"]
    assert found["refused"] == [True, said["no key"], None]
    assert found["kept"] == [False, facts["address"], facts["key"]]
    assert found["text"] == f"The engine at {facts['address']} is ready."
    how, message, jobs, packed = found["painted"]
    assert (how, message, len(jobs)) == ("done", "", 1)
    assert {how for how, _ in packed} == {"zlib"} and sum(size for _, size in packed) < 4 * 256 * 256
    painting = Painting.load(there.folder / "spool" / jobs[0] / "result.impasto")
    assert len(painting.strokes) == 200
    assert not (engine.folder / "spool" / jobs[0]).exists()
    assert found["home again"] == ["The engine is ready.", None]


@pytest.mark.skipif(bool(ROOT), reason="the engine's Python is not in the root folder")
def test_starting_the_engine_and_what_keeps_it_from_starting(in_window, tmp_path):
    home = tmp_path / "home"
    lacking = tmp_path / "python3"
    lacking.write_text("#!/bin/sh\necho one line\necho \"ModuleNotFoundError: No module named 'zmq'\" >&2\nexit 1\n")
    lacking.chmod(0o755)
    no_program = tmp_path / "python3.11"
    no_program.write_text("nothing to run")
    try:
        found = in_window("starting", impasto_home=home, lacking=lacking, no_program=no_program)
        assert read_runtime(home) is not None
    finally:
        environment = os.environ | {"IMPASTO_HOME": str(home)}
        subprocess.run([sys.executable, str(PROGRAM), "serve", "stop"], env=environment, check=False)
    before, failed = found["before"], found["failed"]
    assert before == {"text": "No engine is running.", "start": True, "log": "", "log shown": False, "problem": ""}
    choose = "choose another one in the settings"
    assert failed["gone"]["problem"] == f"/nowhere/python3, which starts the engine, is not there; {choose}."
    assert failed["no program"]["problem"] == f"{no_program} is no program that can be started; {choose}."
    assert "/usr/bin/python3 has no Impasto" in failed["no impasto"]["problem"]
    assert "install Impasto there as its README says" in failed["no impasto"]["problem"]
    assert failed["no impasto"]["log shown"] and "No module named impasto" in failed["no impasto"]["log"]
    assert "it ended with code 1" in failed["no engine"]["problem"]
    assert f"{lacking} lacks zmq" in failed["lacking"]["problem"] and failed["lacking"]["log"].startswith("one line\n")
    assert all(choose in each["problem"] and each["start"] for name, each in failed.items() if name != "no engine")
    for words in ("Krita: ", ", Qt ", "Engine: absent", "one line", "Settings: {", str(lacking)):
        assert words in found["report"], words
    assert found["busy"] == [False, "Checking; this may take half a minute."]
    assert "The check did not work; this engine said:" in found["report"]  # by a Python without Impasto
    said, report = found["checked"]
    assert said and "The installation:\n\u2713 Python: 3" in report and "painting: a small picture took" in report
    assert "plugin_home" not in report  # that of this Krita
    assert found["not saved"] == "/nowhere/at all.txt cannot be written; save it elsewhere."
    assert found["default"] == f"{sys.executable} -m impasto"
    assert found["starting"]["text"] == "The engine is starting." and not found["starting"]["start"]
    assert any(line.startswith("serving at tcp://127.0.0.1:") for line in found["lines"])
    after = found["after"]
    assert after["text"].startswith("The engine is ") and (after["start"], after["problem"]) == (False, "")
