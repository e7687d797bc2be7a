"""Compiled kernels: kept where they can be, done without where they cannot, and never a reason to load torch.

Two processes here compile without a cache, at the same time, which takes most of this file's time.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.engine import compiling
from impasto.engine.raster.cpu.raster import announcement

ROOT = Path(__file__).parents[3]
ONCE = "preparing kernels, once"
TIMEOUT = 400  # seconds; compiling takes 20 to 60

START = """
import json, sys
import numpy as np
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster import gradient, render
from impasto.engine.raster.cpu.raster import announcement, prepare_kernels
said = [announcement()]
table = np.array([[0.1, 0.5, 0.5, 0.5, 0.9, 0.5, 0.2, 0.2, 1, 1, 1, 0, 0]], np.float32)
def paint():
    return render(table, 5, 7, background=(0, 0, 0, 0), edges=StrokeEdge(0.1)).tobytes().hex()
"""

PAINT = START + "print(json.dumps([said, paint(), sorted(sys.modules)]))"

# Which kernels are there before and after a picture in layers is written.
LAYERS = """
import json, os
from pathlib import Path
import numpy as np
from impasto.engine.export.layers import Stack
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.raster.cpu.raster import prepare_kernels
def kept():
    return sorted(path.name for path in Path(os.environ["IMPASTO_CACHE"]).rglob("*.nbc"))
prepare_kernels()
found = [kept()]
table = np.array([[0.1, 0.5, 0.5, 0.5, 0.9, 0.5, 0.2, 0.2, 1, 1, 1, 0, 0]], np.float32)
painting = Painting(
    strokes=Strokes.of(table), width=7, height=5, seed=0, style={}, background=(1, 1, 1, 1), softness=0.1, edge=0.0
)
Stack(painting, 5, 7).planes()
found.append(kept())
print(json.dumps(found))
"""

# A disk on which no file may grow beyond 20 kB: none of the kernels fits.
FULL_DISK = (
    """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
"""
    + START
    + """
picture = paint()
said.append(announcement())
prepare_kernels()
said.append(announcement())
print(json.dumps([said, picture]))
"""
)


def start(code, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    try:
        out, errors = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert not errors
    return json.loads(out)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    (folder / "file").write_text("a file, not a folder")
    return {"nowhere": folder / "file" / "below", "full": folder / "full", "layers": folder / "layers"}


@pytest.fixture(scope="module")
def uncached(places):
    """What the processes without a cache said, side by side."""
    processes = [
        start(PAINT, IMPASTO_CACHE=str(places["nowhere"])),
        start(FULL_DISK, IMPASTO_CACHE=str(places["full"])),
        start(LAYERS, IMPASTO_CACHE=str(places["layers"])),
    ]
    try:
        return dict(zip(places, [finish(process) for process in processes], strict=True))
    finally:
        for process in processes:
            process.kill()


@pytest.fixture(scope="module")
def cached():
    """What a process says that finds the kernels this one prepared."""
    return finish(start(PAINT))


def test_prepared_kernels_are_not_announced(cached):
    assert announcement() is None
    assert cached[0] == [None]


def test_layers_need_no_kernel_that_was_not_prepared(uncached):
    """Otherwise the first layered picture would be written after a silence of seconds."""
    prepared, written = uncached["layers"]
    assert prepared == written and any("settle" in name for name in written)


def test_every_kernel_is_in_a_file_that_names_the_folder():
    engine = Path(compiling.__file__).parent
    makes = re.compile(r"^from impasto\.engine\.compiling import .*(\(|kernel\b|inner\b)", re.MULTILINE)
    compiled = {path for path in engine.rglob("*.py") if makes.search(path.read_text())}
    named = [engine / name for name in compiling._SOURCES]
    known = {path for name in named for path in ([name] if name.is_file() else name.glob("*.py"))}
    assert len(compiled) > 5 and compiled <= known


def test_damaged_code_is_compiled_again(cached, tmp_path):
    """What a loss of power leaves behind is never loaded: Numba's own files would end the process, or worse."""
    folder = compiling.cache_folder()
    assert folder is not None
    own = tmp_path / folder.name
    shutil.copytree(folder, own)
    damages = {
        "binning.bin_strokes*.nbi": lambda _: b"",
        "binning.prepare*.nbc": lambda data: data[:-100] + bytes([data[-100] ^ 1]) + data[-99:],
        "binning.sort_pairs*.nbc": lambda data: data[: len(data) // 2],
        "tiles.gather*.nbi": lambda data: bytes(len(data)),
        "over.*.seal": lambda _: b"[1]",
    }
    for name, damaged in damages.items():
        paths = list(own.rglob(name))  # one for each place from which this version was run
        assert paths
        for path in paths:
            path.write_bytes(damaged(path.read_bytes()))
    said, picture, _ = finish(start(PAINT, IMPASTO_CACHE=str(tmp_path)))
    assert said == [ONCE] and picture == cached[1]
    assert not [*own.rglob("tiles.gather*.nb?"), *own.rglob("over.*.nb?")], "not used, not believed"
    code = [path.name for path in own.rglob("binning.*.nb?")]
    assert finish(start(PAINT, IMPASTO_CACHE=str(tmp_path)))[1] == picture
    assert len(code) == 6 and code == [path.name for path in own.rglob("binning.*.nb?")]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's folders by other means")
def test_code_that_others_could_have_written_is_not_run(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    folder = compiling.cache_folder.__wrapped__()
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    code = folder / "cpu" / "it.nbi"

    def found(*, opened: Path | None = None):
        code.parent.mkdir(exist_ok=True)
        code.write_bytes(b"code")
        code.with_name("it.seal").write_text(json.dumps({code.name: compiling._checksum(code)}))
        if opened is not None:
            opened.chmod(0o777)
        return compiling.cache_folder.__wrapped__()

    assert found() == folder and code.exists()
    for opened in (folder, code.parent):
        assert found(opened=opened) == folder and not code.exists()
    assert folder.stat().st_mode & 0o022 == 0
    if os.geteuid() == 0:
        for place in (code.parent, folder):
            os.chown(place, 54321, 54321)
            assert found() is None


def test_painting_does_not_load_torch(cached):
    assert "numpy" in cached[2] and "numba" in cached[2]
    assert [name for name in cached[2] if name.partition(".")[0] == "torch"] == []


def test_without_a_place_for_kernels_it_paints_all_the_same(uncached, cached, places):
    said, picture, _ = uncached["nowhere"]
    assert said == [
        "preparing kernels; they cannot be kept, set IMPASTO_CACHE to a folder of yours that can be written"
    ]
    assert picture == cached[1]
    assert not places["nowhere"].exists()


def test_a_disk_that_runs_full_while_kernels_are_saved_is_not_fatal(uncached, cached, places):
    said, picture = uncached["full"]
    assert picture == cached[1]
    assert said == [ONCE, ONCE, None], "announced until they are prepared"
    assert not list(places["full"].rglob("*.nbc")), "the disk was not full"


def test_what_a_full_disk_swallowed_is_announced_again(uncached, places):
    """The next process must not wait in silence because the last one believed to have saved its kernels."""
    assert uncached["full"]
    code = "import json; from impasto.engine.raster.cpu.raster import announcement; print(json.dumps(announcement()))"
    assert finish(start(code, IMPASTO_CACHE=str(places["full"]))) == ONCE


def test_the_folder_is_named_after_the_sources(monkeypatch, tmp_path):
    """A changed kernel never meets the code of the old one."""
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    source = tmp_path / "kernel.py"
    monkeypatch.setattr(compiling, "_SOURCES", (source,))
    folders = []
    for text in ("one", "other", "one"):
        source.write_text(text)
        folders.append(compiling.cache_folder.__wrapped__())
    assert folders[0] == folders[2] != folders[1]
    assert all(folder.parent == tmp_path and folder.is_dir() for folder in folders)
