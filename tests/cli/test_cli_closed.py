"""A terminal that is closed, a reader that leaves: what is painted is kept, and what cannot be said stops nothing."""

import contextlib
import fcntl
import os
import pty
import signal
import termios

import pytest

from impasto.engine.painting.painting import Painting

LONG = ("--set", "finish=900")
CHATTY = ("--json", "--preview", "p" * 200, "--preview-every", "0")  # more than a pipe holds: it waits for its reader


def paint_on_a_terminal(desk, *words, ignored=(), again=False):
    """Begin to paint on a terminal of its own, close that at the first bar, and return the exit code."""
    ours, theirs = pty.openpty()

    def at_home():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    with desk.start(
        "paint", "photo.png", *desk.quick, *words, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=at_home
    ) as process:
        os.close(theirs)
        shown = b""
        while b"pass" not in shown:
            shown += os.read(ours, 4096)
        os.close(ours)
        if again:  # as a shell does for what it started
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGHUP)
        process.wait()
    return process.returncode


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_a_terminal_that_is_closed_keeps_what_is_painted(desk, again):
    assert paint_on_a_terminal(desk, *LONG, "-o", "out.png", again=again) == 130
    assert desk.image("out.png").size == (64, 48)
    assert not desk.info("out.impasto")["finished"]
    assert desk.run("paint", "photo.png", "--resume", "out.impasto", "--save", "end.impasto").exit_code == 0
    assert len(Painting.load(desk.folder / "end.impasto").strokes) == 40


def test_who_ignores_that_paints_to_the_end(desk):
    """As `nohup` and `disown` have it: then the bar cannot be drawn, which is no reason to stop."""
    assert paint_on_a_terminal(desk, *LONG, "-o", "out.png", "--save", "out.impasto", ignored=[signal.SIGHUP]) == 0
    assert desk.image("out.png").size == (64, 48) and desk.info("out.impasto")["finished"]


def test_a_reader_of_events_that_leaves(desk):
    with desk.start("paint", "photo.png", *desk.quick, *LONG, *CHATTY, "-o", "out.png") as process:
        while b'"preview"' not in process.stdout.readline():
            pass
        process.stdout.close()
        err = process.stderr.read().decode()
    assert process.returncode == 130
    assert desk.image("out.png").size == (64, 48)
    (line,) = err.splitlines()
    assert line.startswith("go on with: impasto paint photo.png --resume out.impasto -o out.png --force")
    assert not desk.info("out.impasto")["finished"]


def test_a_reader_of_a_list_that_leaves(desk):
    with desk.start("styles", "--explain") as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode != 0 and err == b""
