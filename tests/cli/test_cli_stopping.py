"""Ctrl-C and SIGTERM at every stage: what is painted is kept, files are whole, and the way on is told."""

import os
import resource
import shlex
import signal
import time

import pytest

import impasto.commands.paint
from impasto.engine.errors import ImpastoError
from impasto.engine.painting.painting import Painting

# Every preview is a line on stdout. A process whose lines nobody reads waits for a reader once the pipe is full,
# and this is far more than fits: it cannot finish before it has been stopped, however slow the machine.
LONG = ("--set", "finish=900")
PREVIEWS = "previews" + "-" * 200  # makes long lines
CHATTY = ("--json", "--preview", PREVIEWS, "--preview-every", "0")


def wait_for(process, word, times=1):
    while times:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        times -= word in line


def stop(desk, *words, after=1, signals=(signal.SIGINT,)):
    """Begin to paint, send signals after so many previews, and return exit code, stdout and stderr."""
    with desk.start("paint", *desk.quick, *LONG, *CHATTY, *words) as process:
        wait_for(process, b'"preview"', after)
        process.send_signal(signal.SIGSTOP)  # so that several signals arrive together
        for number in signals:
            process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate()
    return process.returncode, out.decode(), err.decode()


def way_on(err):
    """The words of the command that is told, after `impasto`."""
    (line,) = [line for line in err.splitlines() if line.startswith("go on with: ")]
    first, *words = shlex.split(line.removeprefix("go on with: "))
    assert first == "impasto"
    return words


def no_traces(desk):
    return not any(name.startswith(".") or name.endswith(".tmp") for name in desk.names())


@pytest.fixture
def never_stopped(desk):
    desk.paint(*LONG, "--save", "whole.impasto", "-o", "whole.png")
    return desk.strokes("whole.impasto")


@pytest.mark.parametrize("after", [1, 60])
def test_stopped_and_resumed_is_never_stopped(desk, events, never_stopped, record_property, after):
    begun = time.monotonic()
    code, out, err = stop(desk, "photo.png", "-o", "out.png", after=after)
    record_property("seconds until it had ended", time.monotonic() - begun)
    assert code == 130
    last = events(out)[-1]
    assert (last["event"], last["cancelled"], last["files"]) == ("finished", True, ["out.png", "out.impasto"])
    assert desk.image("out.png").size == (64, 48)
    assert not desk.info("out.impasto")["finished"]
    assert desk.strokes("out.impasto") != never_stopped
    assert way_on(err) == [
        *("paint", "photo.png", "--resume", "out.impasto", "-o", "out.png", "--force"),
        *("--preview", PREVIEWS, "--preview-every", "0.0"),
    ]
    result = desk.run("paint", "photo.png", "--resume", "out.impasto", "--save", "end.impasto")
    assert result.exit_code == 0
    assert desk.strokes("end.impasto") == never_stopped
    assert (desk.folder / "end.impasto").read_bytes() == (desk.folder / "whole.impasto").read_bytes()
    assert no_traces(desk)


def test_stopped_twice_in_place_by_the_commands_that_are_told(desk, never_stopped):
    """SIGTERM is heard as well; odd names are quoted; in the end the painting and its picture are the same."""
    desk.photo("my photo's é.png")
    code, _, err = stop(
        desk,
        *("-o", "the end.png", "--save", "-kept.impasto", "--size", "64", "--threads", "1"),
        *("--", "my photo's é.png"),
        signals=[signal.SIGTERM],
    )
    assert code == 130
    assert "the end.impasto" not in desk.names()
    words = way_on(err)
    assert words[:6] == ["paint", "my photo's é.png", "--resume", "./-kept.impasto", "--save", "./-kept.impasto"]
    with desk.start(*words, "--json") as process:
        wait_for(process, b'"preview"', 30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert way_on(err.decode()) == words
    words = words[: words.index("--preview")]  # they would only take their time
    result = desk.run(*words)
    assert result.exit_code == 0, result.stderr
    assert desk.strokes("-kept.impasto") == never_stopped
    assert desk.image("the end.png").tobytes() == desk.image("whole.png").tobytes()


def test_a_stopped_painting_never_takes_a_name_that_is_taken(desk):
    (desk.folder / "out.impasto").write_text("precious")
    (desk.folder / "out-2.impasto").symlink_to("nowhere")
    code, _, err = stop(desk, "photo.png", "-o", "out.png", "--force")
    assert code == 130
    assert (desk.folder / "out.impasto").read_text() == "precious"
    assert not desk.info("out-3.impasto")["finished"]
    assert "out-3.impasto" in way_on(err)


def test_stopped_quietly_with_nothing_but_a_painting_to_keep(desk):
    code, _, err = stop(desk, "photo.png", "--save", "out.impasto", "--quiet")
    assert code == 130
    (line,) = err.splitlines()
    assert line.startswith("go on with: impasto paint photo.png --resume out.impasto --save out.impasto")
    assert desk.names() >= {"out.impasto"}


def test_the_second_signal_ends_it_at_once(desk):
    code, out, err = stop(desk, "photo.png", "-o", "out.png", signals=[signal.SIGINT, signal.SIGTERM])
    assert code == 130
    assert '"finished"' not in out
    assert err == "stopped.\n"
    assert desk.names() == {"photo.png", PREVIEWS}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")
def test_killed_leaves_what_was_there_and_nothing_half(desk):
    """Nobody hears SIGKILL: what is not written is lost, what is written stays, and no half file has its name."""
    (desk.folder / "out.png").write_bytes(b"older")
    code, _, _ = stop(desk, "photo.png", "-o", "out.png", "--force", "--save", "out.impasto", signals=[signal.SIGKILL])
    assert code == -signal.SIGKILL
    assert (desk.folder / "out.png").read_bytes() == b"older" and "out.impasto" not in desk.names()


def test_a_signal_that_is_ignored_stays_ignored(desk):
    """As the shell wants it for what runs in the background."""

    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    words = [*desk.quick, *CHATTY, "-o", "out.png"]
    with desk.start("paint", "photo.png", *words, preexec_fn=ignore) as process:
        wait_for(process, b'"preview"')
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0
    assert desk.image("out.png").size == (64, 48)


def test_stopped_while_kernels_are_prepared(desk, tmp_path_factory):
    """Which is announced before the wait: when the word arrives here, they are not there yet."""
    kernels = tmp_path_factory.mktemp("kernels")
    env = os.environ | {"IMPASTO_CACHE": str(kernels)}
    words = [*desk.quick, "-o", "out.png", "--save", "out.impasto", "--json"]
    with desk.start("paint", "photo.png", *words, env=env) as process:
        assert process.stdout.readline() == b'{"event": "preparing", "what": "preparing kernels, once"}\n'
        assert not list(kernels.glob("*/complete"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"stopped.\n")
    assert desk.names() == {"photo.png"}


def test_stopped_while_the_picture_is_rendered(desk, monkeypatch):
    """Then the painting is finished, and kept even if nobody asked for it."""
    desk.paint("--save", "whole.impasto", "-o", "whole.png", "--size", "99")
    render = Painting.render

    def stopped(painting, *sides, **options):
        signal.raise_signal(signal.SIGINT)
        return render(painting, *sides, **options)

    monkeypatch.setattr(Painting, "render", stopped)
    result = desk.run("paint", "photo.png", *desk.quick, "-o", "out.png", "--size", "99")
    monkeypatch.undo()
    assert result.exit_code == 130
    told = "the painting is kept; to make its picture: impasto "
    kept, end = result.stderr.splitlines()
    assert kept.startswith(told)
    assert end == "stopped."
    assert (desk.folder / "out.impasto").read_bytes() == (desk.folder / "whole.impasto").read_bytes()
    assert "out.png" not in desk.names()
    assert no_traces(desk)
    os.chdir(desk.folder)
    assert desk.run(*shlex.split(kept.removeprefix(told))).exit_code == 0
    assert (desk.folder / "out.png").read_bytes() == (desk.folder / "whole.png").read_bytes()


def test_render_that_is_stopped(desk, monkeypatch):
    desk.paint("--save", "p.impasto")

    def stopped(*_, **__):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Painting, "render", stopped)
    result = desk.run("render", "p.impasto", "-o", "r.png")
    assert (result.exit_code, result.stderr) == (130, "stopped.\n")
    assert desk.names() == {"photo.png", "p.impasto"}


def test_a_picture_that_does_not_fit_on_the_disk(desk):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    words = [*desk.quick, "-o", "out.bmp", "--size", "400"]
    done = desk.finish("paint", "photo.png", *words, preexec_fn=limit)
    assert done.returncode == 2
    kept, error = done.stderr.splitlines()
    assert kept == ("the painting is kept; to make its picture: impasto render out.impasto -o out.bmp --size 400")
    assert error.startswith("error: out.bmp could not be written (File too large); free space")
    assert desk.names() == {"photo.png", "out.impasto"}
    assert desk.info("out.impasto")["finished"]


def test_nothing_fits_on_the_disk(desk):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    words = [*desk.quick, "-o", "out.bmp", "--save", "out.impasto", "--preview", "p", "--preview-every", "0"]
    done = desk.finish("paint", "photo.png", *words, preexec_fn=limit)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("warning: p/preview-00001.png could not be written (File too large)") == 1
    assert "error: out.bmp could not be written (File too large)" in done.stderr
    assert desk.names() == {"photo.png", "p"}
    assert list((desk.folder / "p").iterdir()) == []


def test_the_picture_is_written_though_the_painting_cannot_be(desk, monkeypatch):
    """Nor do checkpoints that fail stop the painter: they are told, once."""

    def full(*_, **__):
        raise ImpastoError("the disk is full")

    monkeypatch.setattr(impasto.commands.paint, "CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr(Painting, "save", full)
    result = desk.run("paint", "photo.png", *desk.quick, "-o", "out.png", "--save", "out.impasto")
    assert result.exit_code == 2
    assert result.stderr == "warning: the disk is full\nerror: the disk is full.\n"
    assert desk.image("out.png").size == (64, 48)
    assert desk.names() == {"photo.png", "out.png"}


def test_a_stopped_painting_that_cannot_be_kept_where_it_should_is_kept_beside_the_picture(desk, monkeypatch):
    save = Painting.save

    def full_there(painting, path, overwrite=False):
        if path.name == "there.impasto":
            raise ImpastoError("that disk is full")
        save(painting, path, overwrite)

    def stop_then(*_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Painting, "save", full_there)
    monkeypatch.setattr(impasto.commands.paint.Keeper, "keep_preview", stop_then)
    words = ["-o", "out.png", "--save", "there.impasto", "--preview", "p", "--preview-every", "0"]
    result = desk.run("paint", "photo.png", *desk.quick, *words)
    assert result.exit_code == 2
    assert result.stderr.endswith("error: that disk is full.\n")
    assert "--resume out.impasto" in result.stderr
    assert not desk.info("out.impasto")["finished"]
    assert desk.image("out.png").size == (64, 48)
