"""How the program starts: quickly, without what it does not need, and on any terminal."""

import gc
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.commands import main as cli
from impasto.commands.loading import without_collecting
from impasto.engine.errors import ImpastoError
from impasto.engine.painter.optimizer import try_step
from impasto.engine.raster.cpu.raster import prepare_kernels

PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"
HELPS = [["--help"], *([name, "--help"] for name in sorted(cli.impasto.commands)), ["models", "fetch", "--help"]]
# The last one is what Numba learns before it compiles; to load what is compiled takes none of it.
HEAVY = "numpy numba pydantic PIL scipy.ndimage torch skimage transformers numba.np.linalg"


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_takes_no_time(desk, words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = desk.finish(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    assert "Usage: impasto" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def loaded_by(desk, *commands):
    """Names of the heavy packages that are loaded once these commands have run in one fresh process."""
    script = f"""
import sys
from impasto.commands import main as cli
for words in {list(commands)!r}:
    try:
        cli.impasto.main(words)
    except SystemExit as done:
        assert not done.code, (words, done.code)
print("loaded", *(name for name in {HEAVY!r}.split() if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(PROGRAM.parent)},
        cwd=desk.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    first, *names = done.stdout.splitlines()[-1].split()
    assert first == "loaded"
    return set(names)


def test_help_loads_nothing_heavy(desk):
    assert loaded_by(desk, *HELPS, ["--version"]) == set()


def test_painting_loads_no_more_than_it_needs(desk):
    prepare_kernels(try_step)  # so that none is left to be compiled
    loaded = loaded_by(desk, ["paint", "photo.png", "-o", "out.png", "--save", "out.impasto", *desk.quick])
    assert loaded == {"numba", "numpy", "pydantic", "PIL"}


def test_garbage_is_left_alone_only_while_loading():
    with pytest.raises(ImpastoError), without_collecting():
        assert not gc.isenabled()
        raise ImpastoError("no such style")
    assert gc.isenabled()
    gc.disable()  # as somebody may have wished who calls a command from Python
    try:
        with without_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_loaded_is_left_alone_at_the_end_too():
    script = """
import atexit, gc, sys
from impasto.commands.main import main
atexit.register(lambda: print(gc.get_freeze_count() > 0))
sys.argv = ["impasto", "--version"]
main()
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=PROGRAM.parent, capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["True"], done.stderr


def test_version(desk):
    result = desk.run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("impasto ")


@pytest.mark.parametrize("words", [[], ["paint"], ["nothing"], ["paint", "photo.png"], ["info"]])
def test_wrong_usage(desk, words):
    result = desk.run(*words)
    assert result.exit_code == 2
    assert "Usage: impasto" in result.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_letters(desk, encoding):
    """Where it can, click writes UTF-8 in spite of the terminal; else the rest is spelt out."""
    desk.photo("bénédicte 雪.png")
    env = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    words = ["--save", "ö.impasto", *desk.quick]
    done = desk.finish("paint", "bénédicte 雪.png", "-o", "ü.png", *words, env=env)
    assert done.returncode == 0, done.stderr
    assert {"ü.png", "ö.impasto"} <= desk.names()
    assert ("雪" if encoding == "ascii" else r"\u96ea") in done.stderr
    told = desk.finish("info", "ö.impasto", env=env)
    assert told.returncode == 0
    assert told.stdout.endswith("\n")
    assert "40 (13 + 27 by pass)" in told.stdout


def test_pillow_does_not_chatter_about_damaged_files(desk):
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x33\0\0\0"  # of a maker's name that is not there
    desk.image("photo.png").save(desk.folder / "damaged.jpg", exif=exif)
    done = desk.finish("paint", "damaged.jpg", "-o", "out.png", *desk.quick)
    assert done.returncode == 0
    assert done.stderr.startswith("painted damaged.jpg")
    with pytest.warns(UserWarning, match="EXIF|Tag data"):  # so there was something to silence
        desk.image("damaged.jpg").getexif().get(271)
