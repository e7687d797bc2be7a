"""`impasto plugin`: installing, seeing, taking away and packing, in a home of its own; Krita itself is not needed."""

import ast
import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from impasto import easel
from impasto.commands import main as cli
from impasto.engine.styles import preset_names
from impasto.packing.vendor import PYTHONS, this_system, wheels
from impasto.plugin_krita.installer import HERE

EASEL = Path(easel.__file__).parent
PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these places are those of Linux")


class Home:
    """A user's home, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / ".local" / "share" / "krita"
        self.settings = folder / ".config" / "kritarc"
        self.more = {"IMPASTO_CACHE": str(CACHE)}

    def run(self, *words: str, code: int = 0) -> str:
        kept = {name: os.environ[name] for name in ("PATH", "IMPASTO_CACHE") if name in os.environ}
        environment = {"HOME": str(self.folder), "LC_ALL": "C.UTF-8", **kept, **self.more}
        done = subprocess.run(
            [sys.executable, str(PROGRAM), "plugin", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr


CACHE = Path(os.environ.get("IMPASTO_CACHE") or Path.home() / ".cache" / "impasto")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_installed_enabled_seen_and_taken_away(home):
    home.settings.parent.mkdir()
    home.settings.write_text("[krita]\nname=Zoë\n\n[python]\nenable_other=true\n", "utf-8")
    assert "not installed" in home.run("status")
    assert "Settings > Dockers > Impasto" in home.run("install")
    plugin = home.data / "pykrita" / "impasto"
    assert (home.data / "pykrita" / "impasto.desktop").exists() and (home.data / "actions" / "impasto.action").exists()
    assert json.loads((plugin / "installed.json").read_text())["python"] == sys.executable
    for python in PYTHONS:
        assert list(
            (plugin / "vendor" / f"zmq-{python}-{this_system()}" / "zmq" / "backend" / "cython").glob("_zmq*.so")
        )
    assert (plugin / "protocol" / "codec.py").exists()
    assert (plugin / "vendor" / "common" / "msgpack" / "fallback.py").exists()
    for name in preset_names():
        picture = (plugin / "easel" / "pictures" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) <= 12 * 1024
    settings = home.settings.read_text("utf-8")
    assert "enable_impasto=true" in settings and "enable_other=true" in settings and "name=Zoë" in settings
    (facts,) = json.loads(home.run("status", "--json"))
    assert facts["enabled"] and facts["current"] and facts["engine"] == sys.executable
    home.more["PATH"] = "/usr/bin:/bin"
    assert "environment" not in home.run("status")
    home.more["VIRTUAL_ENV"] = "/some/where"
    assert "the environment /some/where is active: start Krita from the menu" in home.run("status")
    home.run("install")  # again: as an update
    assert home.settings.read_text("utf-8").count("enable_impasto") == 1
    assert "removed from" in home.run("uninstall")
    assert not plugin.exists() and "impasto" not in home.settings.read_text("utf-8")
    assert "was not in" in home.run("uninstall")


def test_a_python_that_comes_before_the_systems_is_said(home, tmp_path):
    """Krita takes one of its own version, as pyenv has them, for its own; one of another version does no harm."""
    if not (systems := sorted(Path("/usr/lib").glob("python3.*/os.py"))):
        pytest.skip("the system has no Python")
    first, lib = tmp_path / "pyenv" / "bin" / "python3", tmp_path / "pyenv" / "lib"
    for path in (first, lib / systems[0].parent.name / "os.py", lib / "python3.1" / "os.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    home.more["PATH"] = f"{first.parent}:/usr/bin:/bin"
    assert f"the environment {tmp_path}/pyenv is active" in home.run("status")
    (lib / systems[0].parent.name / "os.py").unlink()
    assert "environment" not in home.run("status")


def test_what_stays_is_said_and_purged(home, tmp_path):
    """But nothing that somebody has made, or that is not ours; and nothing while an engine runs."""
    home.run("install")
    ours, cache = home.folder / ".local" / "share" / "impasto", tmp_path / "cache"
    home.more = {"IMPASTO_CACHE": str(cache)}
    gone = [
        ours / "spool" / "a" / "job.json", ours / "keys" / "client.secret", ours / "keys" / "clients" / "a.key",
        ours / "engine" / "installed.json", cache / "interest" / "a.map", cache / "kernels-1" / "k.so",
        cache / "plugin" / "w.whl",
    ]  # fmt: skip
    stay = [ours / "styles" / "mine.toml", cache / "somebody's"]
    for path in (*gone, *stay):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("0" * 200_000)
    home.settings.write_text(
        home.settings.read_text() + "\n[impasto]\nsettings={}\n\n[other]\nname=Zo\u00eb\n", "utf-8"
    )
    with subprocess.Popen([sys.executable, "-c", f"""
import sys; sys.path.insert(0, {str(PROGRAM.parent)!r})
from impasto.protocol.lock import take
held = take({str(ours)!r}); print(flush=True); input()
"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as engine:  # fmt: skip
        (ours / "daemon.json").write_text(json.dumps({"address": "", "key": "", "pid": engine.pid}))
        assert engine.stdout and engine.stdout.readline()
        assert "an engine is running" in home.run("uninstall", "--purge", code=2) and gone[0].exists()
        assert f"an engine that is running (process {engine.pid}); impasto serve stop" in home.run("uninstall")
        engine.communicate(b"\n")
    said = home.run("uninstall")
    assert f"jobs, keys and logs in {ours}: 0.6 MB" in said and f"compiled kernels in {cache}: 0.2 MB" in said
    assert f"settings in {home.settings}" in said and "--purge" in said and all(path.exists() for path in gone)
    gimp = home.folder / ".config" / "GIMP" / "3.0" / "plug-ins" / "impasto-gimp"
    gimp.mkdir(parents=True)
    assert "run impasto plugin uninstall --editor gimp first" in home.run("uninstall", "--purge", code=2)
    assert all(path.exists() for path in gone)
    gimp.rmdir()
    assert "removed what it had left" in home.run("uninstall", "--purge")
    assert not any(path.exists() for path in gone) and all(path.exists() for path in stay)
    assert home.settings.read_text("utf-8").endswith("\n[other]\nname=Zo\u00eb\n")
    assert "impasto" not in home.settings.read_text("utf-8") and "what stays" not in home.run("uninstall")


def test_it_goes_where_the_user_told_krita_to_look(home, tmp_path):
    """Seen in Krita 5.1.5: with a resource folder of the user's own it loads plugins from there alone."""
    home.settings.parent.mkdir()
    home.settings.write_text(f"ResourceDirectory={tmp_path}/my\\sthings\n\n[General]\nResourceDirectory=/no\n", "utf-8")
    home.run("install")
    assert (tmp_path / "my things" / "pykrita" / "impasto.desktop").exists() and not home.data.exists()
    assert "my things" in home.run("status")
    home.run("uninstall")
    assert not list((tmp_path / "my things").glob("**/impasto*"))


def test_a_running_krita_and_a_folder_that_cannot_be_written_are_said(home, tmp_path):
    program = tmp_path / "krita"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    for other, code in ((home.folder, 2), (tmp_path / "another", 0)):  # one of another home has its own settings
        with subprocess.Popen([program, "60"], env={"HOME": str(other)}) as process:
            try:
                assert ("Krita is running" in home.run("install", code=code)) == (code == 2)
            finally:
                process.kill()
        assert home.data.exists() == (code == 0)
    shutil.rmtree(home.data)
    home.data.write_text("a file where a folder should be")
    assert "cannot be written" in home.run("install", code=2)


def test_without_a_folder_for_what_is_fetched_that_is_said(home, tmp_path):
    """As for a user without a home, of whom nothing is kept."""
    home.more["IMPASTO_CACHE"] = os.devnull
    for words in (
        ("zip", str(tmp_path / "it.zip")),
        ("zip", str(tmp_path / "it.zip"), "--editor", "gimp"),
        ("install",),
    ):
        assert "cannot be kept in /dev/null/plugin" in home.run(*words, code=2)


def test_an_engine_that_is_gone_is_said(home):
    home.run("install")
    path = home.data / "pykrita" / "impasto" / "installed.json"
    path.write_text(json.dumps({"python": "/nowhere/python"}))
    assert "its engine is gone, run impasto plugin install" in home.run("status")
    (home.data / "pykrita" / "impasto" / "version.txt").write_text("0.0.1\n")
    assert "another version than this one" in home.run("status")


def test_one_archive_for_every_machine(home):
    home.run("zip", str(home.folder / "impasto.zip"))
    with zipfile.ZipFile(home.folder / "impasto.zip") as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
    assert {"impasto/", "impasto/vendor/", "impasto.desktop", "actions/impasto.action"} <= names
    assert {f"impasto/easel/pictures/{name}.png" for name in preset_names()} <= names
    for wheel in wheels():
        folder = f"impasto/vendor/{wheel.folder}/"
        compiled = [n for n in names if n.startswith(folder) and n.endswith((".so", ".pyd"))]
        assert compiled, wheel
        of_one_python = [n for n in compiled if ".cp" in n]  # such as _zmq.cpython-311-x86_64-linux-gnu.so
        assert bool(of_one_python) == (wheel.python != "312"), wheel
    assert not any("installed.json" in name or "__pycache__" in name for name in names)
    wheels_in_it = {name.split("/")[2].split("-")[0] for name in names if name.startswith("impasto/wheels/")}
    assert wheels_in_it == {"impasto", "pip", ""}  # and the folder
    assert "already exists" in home.run("zip", str(home.folder / "impasto.zip"), code=2)


def test_the_libraries_of_kritas_python_are_chosen(monkeypatch):
    """Not those of the engine's, which is another one."""
    for minor, python in ((10, "310"), (11, "311"), (12, "312"), (13, "312"), (14, "312")):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "version_info", (3, minor, 0))
            chosen = runpy.run_path(str(EASEL / "vendoring.py"))["folder_name"]()
        assert chosen in [wheel.folder for wheel in wheels(this_system()) if wheel.python == python]


def test_the_plugin_is_written_in_what_kritas_oldest_python_reads():
    for path in [*(HERE / "impasto").rglob("*.py"), *EASEL.glob("*.py"), *(EASEL.parent / "protocol").glob("*.py")]:
        ast.parse(path.read_text("utf-8"), feature_version=(3, 8))
