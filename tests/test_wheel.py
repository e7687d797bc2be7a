"""A wheel, installed into an environment without Impasto, paints, and runs nothing that lies in the user's folder."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy
import pytest

from impasto.engine.version import IMPASTO_VERSION

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]  # two cannot build in one folder at a time
ROOT = Path(__file__).resolve().parents[1]
QUICK = ["--strokes", "20", "--set", "passes=[{radius=0.2,share=1,iterations=2}]", "--set", "finish=2"]
TRAP = "raise SystemExit('what lies in the user\\'s folder was run')\n"


def ask(python: Path, code: str) -> str:
    return subprocess.check_output([python, "-I", "-c", code], text=True).strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(place / "out"), str(ROOT)]
    subprocess.run(command, check=True, cwd=place)
    (found,) = (place / "out").glob(f"impasto-{IMPASTO_VERSION}-*.whl")
    return found


@pytest.fixture(scope="module", params=["borrowed", pytest.param("installed", marks=pytest.mark.nightly)])
def python(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment; what Impasto needs is this one's, or is installed as for a user."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=True)
    found = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    words = ["--no-deps"] if request.param == "borrowed" else []
    subprocess.run([found, "-m", "pip", "install", "-q", *words, f"{wheel}[daemon]"], check=True)
    site = Path(ask(found, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    if words:
        # a path in a .pth file brings no .pth files of its own: not the one of an editable Impasto
        (site / "borrowed.pth").write_text(f"{Path(numpy.__file__).parents[1]}\n")
    assert Path(ask(found, "import impasto; print(impasto.__file__)")) == site / "impasto" / "__init__.py"
    return found


def test_it_holds_one_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"impasto"}
    kinds = ("*.py", "*.toml", "*.json", "*.html", "*.png", "*.action", "*.desktop")
    ours = subprocess.check_output(["git", "ls-files", *kinds], cwd=ROOT, text=True).split()
    rooms = (
        "engine/",
        "commands/",
        "protocol/",
        "easel/",
        "packing/",
        "plugin_gimp/",
        "plugin_krita/",
        "model_checkpoints/",
    )
    assert {f"impasto/{name}" for name in ours if name.startswith(rooms)} <= names


@pytest.mark.parametrize("start", [["-m", "impasto"], None], ids=["module", "script"])
@pytest.mark.parametrize("full", [False, True], ids=["empty", "of the user's"])
def test_it_paints_wherever_it_is_run(python: Path, start: list[str] | None, full: bool, tmp_path: Path) -> None:
    folder, photo = tmp_path / "folder", ROOT / "examples" / "chelsea.jpg"
    folder.mkdir()
    if full:
        for name in ("engine/__init__.py", "protocol/__init__.py", "commands/__init__.py", "cli.py", "random.py"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(TRAP)
    program = [str(python), *start] if start else [str(python.with_name("impasto"))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["IMPASTO_HOME"] = str(tmp_path / "home")
    words = ["paint", str(photo), "-o", "out.png", "--size", "64", "--working-size", "64", *QUICK]
    done = subprocess.run([*program, *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "out.png").stat().st_size > 1000


BARE = """
import contextlib, io, json, sys
for name in ("zmq", "msgpack", "torch", "skimage", "transformers", "safetensors", "triton"):
    sys.modules[name] = None
from impasto.commands import main as cli
found = []
for words in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            cli.impasto.main(words, prog_name="impasto")
        except SystemExit as end:
            found.append([end.code, said.getvalue()])
print(json.dumps(found))
"""


def test_what_it_lacks_without_extras_is_said_in_a_sentence(python: Path, wheel: Path, tmp_path: Path) -> None:
    """And what to do about it, from where it came: the name alone would be anybody's on an index. All else works."""
    photo, small = str(ROOT / "examples" / "chelsea.jpg"), [*QUICK, "--size", "64", "--working-size", "64", "--force"]
    paint = ["paint", photo, "-o", "a.png", *small]
    works = [[*paint, "--save", "a.impasto"], ["info", "a.impasto"], ["render", "a.impasto", "-o", "b.png"], ["styles"],
             ["styles", "--from", photo, "-o", "s.toml"], [*paint, "--interest", "1"], ["models", "list"],
             ["segment", photo, "--interest", "i.png"], ["plugin", "status"], ["plugin", "uninstall"]]  # fmt: skip
    lacks = {
        "daemon": [["serve"], *(["serve", *words.split()] for words in ("status", "jobs", "stop", "cancel x")),
                   ["plugin", "install"], ["plugin", "zip", "o.zip"], [*paint, "--engine", "auto"]],
        "regions": [["styles", "--from", photo, "--texture", "1", "-o", "t.toml"], [*paint, "--regions", "auto"],
                    ["segment", photo, "-o", "g.png"], [*paint, "--style-image", photo, "--texture", "1"]],
        "gpu": [[*paint, "--device", "cuda"]],
    }  # fmt: skip
    expected = [*(("", words) for words in works), *((extra, words) for extra in lacks for words in lacks[extra])]
    done = subprocess.run(
        [python, "-c", BARE], input=json.dumps([words for _, words in expected]), capture_output=True, text=True,
        cwd=tmp_path, env=os.environ | {"IMPASTO_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}, check=True,
    )  # fmt: skip
    for (extra, words), (code, said) in zip(expected, json.loads(done.stdout), strict=True):
        assert code == (2 if extra else 0), (words, said)
        if extra:
            assert said.startswith("error: ") and said.count("\n") == 1 and said.count(". ") == 0, (words, said)
            assert f"run {python} -m pip install '{wheel}[{extra}]'" in said, (words, said)
    assert not (tmp_path / "o.zip").exists()


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    copy.mkdir()
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in filter(None, tracked):  # not in place: building leaves files behind
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "benchmarks/")):  # links apart
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    pip = [sys.executable, "-m", "pip"]
    builder = tmp_path / "builder"  # this environment's may be older than pyproject.toml asks for
    subprocess.run([*pip, "install", "-q", "--target", str(builder), "setuptools>=77"], check=True)
    build = "from setuptools import build_meta; build_meta.build_sdist('out')"
    newer = os.environ | {"PYTHONPATH": str(builder)}
    subprocess.run([sys.executable, "-c", build], cwd=copy, check=True, capture_output=True, env=newer)
    (packed,) = (copy / "out").glob("impasto-*.tar.gz")
    command = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "again", str(packed)]
    subprocess.run(command, check=True, cwd=tmp_path, env=newer)
    (again,) = (tmp_path / "again").glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        contents = [
            {name: each.read(name) for name in each.namelist() if "RECORD" not in name} for each in (first, second)
        ]
    assert again.name == wheel.name and contents[0] == contents[1]


def test_it_packs_itself_for_krita_when_no_wheel_is_left(python: Path, wheel: Path, tmp_path: Path) -> None:
    """To the byte, but for the table of contents; and not if it is not what was installed."""
    pack = [python, "-m", "impasto", "plugin", "zip", "packed.zip", "--force"]
    subprocess.run(pack, check=True, cwd=tmp_path)
    with zipfile.ZipFile(tmp_path / "packed.zip") as archive:
        (tmp_path / "again.whl").write_bytes(archive.read(f"impasto/wheels/{wheel.name}"))
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(tmp_path / "again.whl") as again:
        found = [
            {name: each.read(name) for name in each.namelist() if not name.endswith("/")} for each in (first, again)
        ]
    tables = [
        sorted(files.pop(next(name for name in files if name.endswith("RECORD"))).splitlines()) for files in found
    ]
    assert found[0] == found[1] and tables[0] == tables[1]
    changed = Path(ask(python, "import impasto; print(impasto.__file__)")).parent / "plugin_krita" / "impasto.action"
    kept = changed.read_bytes()
    try:
        changed.write_bytes(kept + b"\n")
        done = subprocess.run(pack, cwd=tmp_path, capture_output=True, text=True)
    finally:
        changed.write_bytes(kept)
    assert done.returncode == 2 and "impasto.action of this Impasto is not as it was installed" in done.stderr


def test_an_installation_that_came_from_nowhere_names_packages(python: Path) -> None:
    """As the last resort, and all of them: extras bring extras."""
    code = """
import json
from importlib import metadata
from impasto.engine import installing
class Moved(metadata.PathDistribution):
    def read_text(self, name):
        return '{"url": "file:///gone.whl"}' if name == "direct_url.json" else super().read_text(name)
own = metadata.distribution("impasto")
metadata.distribution = lambda name: Moved(own._path)
print(installing.install("panoptic"))
"""
    said = ask(python, code).partition(" install ")[2]
    assert "impasto" not in said
    assert all(name in said for name in ("torch", "scikit-image", "transformers", "safetensors"))
