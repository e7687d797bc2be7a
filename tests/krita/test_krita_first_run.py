"""The zip, imported into a Krita that has no engine: the docker installs one, from an index of this machine's.

With IMPASTO_REAL_INDEX=1 everything is what it is for a user, the real index and all packages; so it is run in each
Krita's root folder (see matrix.sh). IMPASTO_PICTURES names a folder for pictures of every step, and IMPASTO_PAINTED=1
paints with that engine. In CI, PyQt6 stands in for Krita, whose first start in a new home takes half a minute.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from impasto.engine.version import IMPASTO_VERSION
from tests.krita.conftest import PROGRAM, ROOT, STAMPED, _environment, add_driver, case_runner, in_qt6_of, on_a_screen
from tests.krita.indexes import Index, lighter

REAL = bool(os.environ.get("IMPASTO_REAL_INDEX"))
PICTURES = os.environ.get("IMPASTO_PICTURES", "")
BIG = "big-2.1-py3-none-any.whl"
PHOTO_SIZE = (200, 150)


@pytest.fixture(scope="session")
def zip_home(krita_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which Krita has imported the zip."""
    home = tmp_path_factory.mktemp("zip_home")
    packed = home / "impasto.zip"
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "plugin", "zip", str(packed)], capture_output=True, text=True,
        env=_environment(home) | {"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data, settings = home / ".local" / "share" / "krita", home / ".config" / "kritarc"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(data / "pykrita")
    shutil.move(data / "pykrita" / "actions", data / "actions")
    settings.parent.mkdir()
    settings.write_text("[python]\nenable_impasto=true\n")
    add_driver(home)
    return home


STRANGE = """
import sys
from impasto import protocol
protocol.OLDEST_VERSION, protocol.NEWEST_VERSION = 8, 9
from impasto.commands.main import main
main()
"""


def test_versions_that_do_not_fit_are_said_in_words(qt6_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-c", STRANGE, "serve"]
    with subprocess.Popen(command, env=os.environ | {"IMPASTO_HOME": str(home)}, cwd=PROGRAM.parent) as process:
        try:
            said = in_qt6_of(qt6_home, SimpleNamespace(folder=home), tmp_path)("versions")["text"]
        finally:
            process.terminate()
    assert said.startswith("The engine that runs is Impasto ") and f"this plugin is {IMPASTO_VERSION}" in said
    assert "protocol" not in said


@pytest.mark.slow
@pytest.mark.skipif(bool(ROOT) and not REAL, reason="the Python in that folder cannot borrow this one's packages")
@pytest.mark.parametrize("where", ["PyQt6", pytest.param("Krita", marks=pytest.mark.nightly)])
def test_an_engine_is_installed_by_the_docker(zip_home: Path, tmp_path: Path, photo: Path, where: str) -> None:
    folder: Any = SimpleNamespace(folder=tmp_path / "home")
    (wheel,) = (zip_home / ".local/share/krita/pykrita/impasto/wheels").glob("impasto-*.whl")
    index = Index()
    unwritable = Path(os.environ.get("IMPASTO_UNWRITABLE", tmp_path / "unwritable"))
    if not unwritable.exists():
        unwritable.mkdir()
        (unwritable / "engine").write_text("a file where a folder should be")
    variables: dict[str, Any] = {"photo": photo, "unwritable": unwritable}
    if PICTURES:
        variables["pictures"] = "1"
    if REAL:
        variables |= {"patience": "900", "regions": "1", "painted": os.environ.get("IMPASTO_PAINTED", "")}
        variables |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    else:
        wheel.write_bytes(lighter(wheel.read_bytes(), str(Path(numpy.__file__).parents[1])))
        index.slow = 0.05
        variables["pip_index_url"] = index.address

    def command() -> list[str]:
        return on_a_screen(zip_home.parent, *STAMPED, "krita", "--nosplash")

    in_krita = case_runner(command, zip_home, folder, tmp_path)
    try:
        found = (in_krita if where == "Krita" else in_qt6_of(zip_home, folder, tmp_path))("first_run", **variables)
    finally:
        index.close()
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            for path in tmp_path.glob("*.png"):
                shutil.copy(path, PICTURES)
    assert '"kind": "done"' in found["report"]
    first, offered = found["first"], found["offered"]
    assert first["go"] == "Install the engine…" and not first["start"] and not first["bar"]
    assert "Fetch and install" in offered["go"] and offered["leave"] == "Not now"
    assert " MB in " in offered["text"] and str(tmp_path / "home" / "engine") in offered["text"]
    assert found["uv"].startswith("https://index/simple/files/uv-0.10.2-")
    assert f"{unwritable / 'engine'} cannot be written" in found["unwritable"]["text"]
    assert found["again"]["text"].split()[0] != offered["text"].split()[0] and found["again"]["go"] == offered["go"]
    assert found["fetching"]["bar"] and found["fetching"]["text"].startswith("Fetching")
    assert Path(found["command"][0]).is_relative_to(tmp_path / "home" / "engine")
    assert found["installed"]["go"] == "Add regions…" and not found["left"]["shown"]
    assert found["older"]["go"] == "Update the engine…" and "0.0.1" in found["older"]["text"]
    assert not found["newer"]["go"] and "99.0" in found["newer"]["text"]
    assert "newer than this plugin" in found["refused"]["text"]
    assert found["dialog"][1] and "Press again" in found["sure"]
    assert found["gone"] and found["removed"]["go"] == "Install the engine…"
    if not REAL:
        assert [span for span in index.ranges(BIG) if span.endswith("-")], "it was begun anew"
        assert not [path for path in index.paths() if "impasto" in path]
