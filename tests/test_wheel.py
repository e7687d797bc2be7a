"""A wheel, installed into an environment without Impasto, paints, and runs nothing that lies in the user's folder."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy
import pytest

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
    (found,) = (place / "out").glob("impasto-*.whl")
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
    ours = subprocess.check_output(["git", "ls-files", "*.py", "*.toml", "*.html", "*.png", "*.action", "*.desktop"],
                                   cwd=ROOT, text=True).split()  # fmt: skip
    rooms = ("engine/", "commands/", "protocol/", "plugin_krita/", "model_checkpoints/")
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


@pytest.mark.parametrize("words", ["serve", "serve status", "plugin install", "plugin zip o.zip", "paint -o o.png"])
def test_what_it_lacks_is_said_in_a_sentence(python: Path, wheel: Path, words: str, tmp_path: Path) -> None:
    """And what to do about it, from where it came: the name alone would be anybody's on an index."""
    if words.startswith("paint"):
        words = f"{words} {ROOT / 'examples' / 'chelsea.jpg'} --engine auto"
    code = "import sys; sys.modules.update(zmq=None, msgpack=None); from impasto.commands.main import main; main()"
    environment = os.environ | {"IMPASTO_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [python, "-c", code, *words.split()], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    begin, _, remedy = done.stderr.partition(": run ")
    assert begin in ("error: this needs more than is installed", "error: --engine needs more")
    assert remedy == f"{python} -m pip install '{wheel}[daemon]'.\n"
    assert not (tmp_path / "o.zip").exists()


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
