"""What a terminal shows while a picture is painted."""

import fcntl
import os
import pty
import re
import struct
import termios
from concurrent.futures import ThreadPoolExecutor

import pytest

from impasto.commands.progress import bar_text, time_text


@pytest.fixture
def on_terminal(desk):
    """Runs a command whose stderr is a terminal of so many columns, and returns what came there and on stdout."""

    def run(columns, *words, **options):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with ThreadPoolExecutor(1) as reader:
            with desk.start(*words, stderr=theirs, **options) as process:
                os.close(theirs)
                told = reader.submit(everything, ours)
                out = process.stdout.read().decode()
            shown = told.result()
        os.close(ours)
        assert process.returncode == 0, shown
        return shown, out

    return run


def everything(terminal):
    shown = b""
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # the other side was closed
            more = b""
        if not more:
            return shown.decode()
        shown += more


def test_the_bar(desk, on_terminal):
    shown, out = on_terminal(90, "paint", "photo.png", *desk.quick, "-o", "out.png")
    *drawn, last = shown.split("\r\n")[0].split("\r")
    assert out == ""
    assert any(re.match(r" +\d+% \[#+-*\] pass \d/3, loss 0\.\d{4}, 0:0\d left *$", line) for line in drawn)
    assert drawn[-2].startswith("100%") or drawn[-3].startswith("100%")
    assert last.startswith("painted photo.png in style ")
    assert {len(line) for line in drawn[1:]} == {89}  # every line covers the one before


@pytest.mark.parametrize("columns", [8, 0])
def test_other_widths(desk, on_terminal, columns):
    """0 is what a terminal says that does not know."""
    shown, _ = on_terminal(columns, "paint", "photo.png", *desk.quick, "-o", "out.png")
    drawn = shown.split("\r\n")[0].split("\r")[1:-1]
    assert {len(line) for line in drawn} == {(columns or 80) - 1}
    assert any("%" in line for line in drawn)


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_no_bar_when_nobody_wants_it(desk, on_terminal, option):
    shown, _ = on_terminal(80, "paint", "photo.png", *desk.quick, "-o", "out.png", option)
    assert shown == ""


def test_rendering_on_a_terminal(desk, on_terminal):
    desk.paint("--save", "p.impasto")
    shown, _ = on_terminal(80, "render", "p.impasto", "-o", "r.png")
    assert shown.split("\r")[-2] == "rendered p.impasto at 64 x 48 -> r.png"


def test_preparing_is_announced_on_the_terminal(desk, tmp_path_factory):
    """It is there before the kernels are; the process is then ended, since they take long."""
    kernels = tmp_path_factory.mktemp("kernels")
    ours, theirs = pty.openpty()
    env = os.environ | {"IMPASTO_CACHE": str(kernels)}
    with desk.start("paint", "photo.png", *desk.quick, "-o", "o.png", stderr=theirs, env=env) as process:
        os.close(theirs)
        shown = b""
        while b"once" not in shown:
            shown += os.read(ours, 100)
        assert not list(kernels.glob("*/complete"))
        process.terminate()
        shown += everything(ours).encode()
    os.close(ours)
    assert process.returncode == 130
    assert shown.decode().startswith("\rpreparing kernels, once ")
    assert shown.decode().endswith("\rstopped.\r\n")
    assert desk.names() == {"photo.png"}


def test_the_bar_gives_way_to_words_and_words_to_the_edge():
    words = ["pass 2/5", "loss 0.0312", "1:23 left"]
    for width in range(2, 120):
        line = bar_text(0.5, words, width)
        assert len(line) < max(width, 6)
        assert line.startswith(" 50% ")
    assert bar_text(0.5, words, 39) == " 50% pass 2/5, loss 0.0312, 1:23 left"
    assert bar_text(0.5, words, 37) == " 50% pass 2/5, loss 0.0312"
    assert bar_text(0.5, words, 20) == " 50% pass 2/5"
    assert bar_text(0.5, words, 10) == " 50% "
    assert bar_text(0, ["x"], 16) == "  0% [------] x"
    assert bar_text(1, ["x"], 16) == "100% [######] x"
    assert bar_text(1, ["x"], 200).count("#") == 40


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (83, "1:23"), (3599.9, "1:00:00"), (7283, "2:01:23")]
)
def test_times(seconds, text):
    assert time_text(seconds) == text
