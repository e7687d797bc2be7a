"""Painting through a daemon: the same options, the same files to the bit, and what is said when there is none."""

import json
import os
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from impasto.engine import child
from impasto.protocol.places import read_runtime

LONG = ["--set", "passes=[{radius=0.1,share=1,iterations=4000}]", "--set", "plateau=0", "--strokes", "300"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A running daemon's folder."""
    folder = tmp_path_factory.mktemp("engine")
    environment = {**os.environ, "IMPASTO_HOME": str(folder)}
    process = subprocess.Popen([*child.python("impasto"), "serve"], env=environment, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while read_runtime(folder) is None:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    yield folder
    process.terminate()
    process.wait()


@pytest.fixture
def engine(desk, home, monkeypatch):
    monkeypatch.setenv("IMPASTO_HOME", str(home))
    return desk


def both(desk, *words):
    """The same painting in this process and by the daemon: their files' bytes."""
    for name in ("local", "auto"):
        desk.paint(*words, "--engine", name, "--save", f"{name}.impasto", "-o", f"{name}.png")
    return [
        [(desk.folder / f"{name}.{kind}").read_bytes() for name in ("local", "auto")] for kind in ("impasto", "png")
    ]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--seed", "9", "--style", "abstract", "--background", "transparent"],
        ["--mask", "left=left.png:style=abstract,strokes=7", "--edges", "filter"],
        ["--mask", "left=left.png", "--skip", "left", "--selection", "left-soft.png"],
        ["--size", "100", "--working-size", "64"],
    ],
    ids=["plain", "style", "regions", "selection", "size"],
)
def test_a_daemon_paints_the_same_to_the_bit(engine, words):
    left = np.zeros((48, 64), np.uint8)
    left[:, :32] = 255
    Image.fromarray(left).save(engine.folder / "left.png")
    Image.fromarray(np.maximum(left, 90)).save(engine.folder / "left-soft.png")
    for local, remote in both(engine, *words):
        assert local == remote


def test_pictures_with_alpha_travel_whole(engine):
    rgba = np.dstack([np.asarray(engine.image("photo.png")), np.full((48, 64), 255, np.uint8)])
    rgba[10:20, :30, 3] = 0
    rgba[30:, 40:, 3] = 77
    Image.fromarray(rgba).save(engine.folder / "photo.png")
    for local, remote in both(engine):
        assert local == remote


def test_progress_and_previews_come_as_ever(engine, events):
    result = engine.run("paint", "photo.png", *engine.quick, "--engine", "auto", "-o", "p.png", "--json",
                        "--preview", "steps", "--preview-every", "0")  # fmt: skip
    assert result.exit_code == 0, result.stderr
    heard = events(result.stdout)
    kinds = [event["event"] for event in heard]
    assert kinds[0] == "started" and kinds[-1] == "finished" and "pass" in kinds and "strokes" in kinds
    previews = sorted((engine.folder / "steps").glob("*.png"))
    assert len(previews) == kinds.count("preview")


def test_ctrl_c_keeps_what_is_painted_and_the_daemon_goes_on_with_it(engine):
    import signal

    with engine.start("paint", "photo.png", *LONG, "--engine", "auto", "-o", "p.png", "--json") as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["event"] != "progress":
            pass
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert process.returncode == 130 and b"--engine auto" in told
    assert engine.info("p.impasto")["finished"] is False
    state = json.loads(engine.run("serve", "status", "--json").stdout)
    assert not any(job["state"] in ("running", "waiting") for job in state["jobs"])


def test_what_was_begun_here_can_be_gone_on_with_there(engine):
    import signal

    with engine.start("paint", "photo.png", *LONG, "-o", "p.png", "--json") as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["event"] != "progress":
            pass
        process.send_signal(signal.SIGINT)
        process.communicate()
    for name in ("local", "auto"):
        words = ["--resume", "p.impasto", "--engine", name, "--save", f"{name}.impasto"]
        result = engine.run("paint", "photo.png", *words)
        assert result.exit_code == 0, result.stderr
    assert engine.strokes("local.impasto") == engine.strokes("auto.impasto")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--engine", "remote"], "is not an address; write local, auto or tcp://HOST:PORT"),
        (["--engine", "tcp://127.0.0.1:9"], "engine's public key is not known"),
        (["--engine", "tcp://127.0.0.1:9", "--engine-key", "none.key"], "none.key cannot be read"),
        (["--engine", "tcp://127.0.0.1:9", "--engine-key", "photo.png"], "holds no public key"),
    ],
)
def test_engines_that_are_none(desk, monkeypatch, tmp_path, words, sentence):
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "nobody"))
    result = desk.run("paint", "photo.png", *desk.quick, "-o", "p.png", *words)
    assert result.exit_code == 2 and sentence in " ".join(result.stderr.split())
    assert not (desk.folder / "p.png").exists()


def test_auto_paints_here_if_no_engine_runs(desk, monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "nobody"))
    desk.paint("--engine", "auto", "--save", "a.impasto")
    desk.paint("--save", "b.impasto")
    assert desk.strokes("a.impasto") == desk.strokes("b.impasto")


def test_what_the_daemon_refuses_is_said(engine):
    words = ["--mask", "left=left.png:strokes=40", "--strokes", "40"]
    left = np.zeros((48, 64), np.uint8)
    left[:, :32] = 255
    Image.fromarray(left).save(engine.folder / "left.png")
    result = engine.run("paint", "photo.png", *words, "--engine", "auto", "-o", "p.png")
    assert result.exit_code == 2 and "40 strokes cannot be shared among 2 regions" in result.stderr
    assert "Traceback" not in result.stderr
