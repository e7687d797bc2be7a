"""`impasto plugin --editor gimp`: installing, seeing, taking away and packing; GIMP itself is not needed."""

import ast
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from impasto.plugin_gimp.gimps import gimp_folders
from impasto.plugin_gimp.installer import HERE
from tests.krita.conftest import PROGRAM

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these places are those of Linux")


def run(home: Path, *words: str, code: int = 0, **more: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "IMPASTO_CACHE") if name in os.environ}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *words], env={"HOME": str(home), "LC_ALL": "C.UTF-8", **kept, **more},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_it_is_installed_seen_and_taken_away(tmp_path: Path) -> None:
    """In each minor version that was started, so that GIMP starts it: executable, and with a system's Python."""
    gimp = ("--editor", "gimp")
    said = run(tmp_path, "plugin", "install", *gimp, code=2)
    assert "ever started; start it once" in said
    assert json.loads(run(tmp_path, "plugin", "status", *gimp, "--json")) == []
    places = [tmp_path / ".config" / "GIMP" / version / "plug-ins" for version in ("3.2", "3.0")]
    for place in (*places, tmp_path / ".config" / "GIMP" / "2.10"):
        place.mkdir(parents=True)
    assert "not installed; run impasto plugin install --editor gimp" in run(tmp_path, "plugin", "status", *gimp)
    run(tmp_path, "plugin", "install", *gimp)
    run(tmp_path, "plugin", "install", *gimp)  # again is no harm
    for place in places:
        program = place / "impasto-gimp" / "impasto-gimp.py"
        assert program.stat().st_mode & 0o111 == 0o111 and program.read_text().startswith("#!/usr/bin/python3\n")
        inner = program.parent / "impasto"
        assert json.loads((inner / "installed.json").read_text())["python"] == sys.executable
        for name in ("protocol/relay.py", "easel/words.py", "easel/languages/fr.json", "easel/pictures/painterly.png"):
            assert (inner / name).is_file(), name
        assert sorted(path.name for path in place.iterdir()) == ["impasto-gimp"]
    found = json.loads(run(tmp_path, "plugin", "status", "--json"))
    ours = [each for each in found if "gimp" in each]
    assert [each["gimp"] for each in ours] == ["GIMP 3.2", "GIMP 3.0"] and len(found) == 3
    assert all(each["current"] and each["enabled"] and each["engine"] == sys.executable for each in ours)
    (places[0] / "impasto-gimp" / "impasto-gimp.py").chmod(0o644)
    assert "not enabled" in run(tmp_path, "plugin", "status", *gimp)
    assert run(tmp_path, "plugin", "uninstall", *gimp).count("removed from") == 2
    assert not any(list(place.iterdir()) for place in places)
    assert run(tmp_path, "plugin", "uninstall", *gimp).count("was not in") == 2


def test_it_goes_where_gimp_was_told_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in GIMP 3.0.4: it loads nothing from the usual folder then."""
    monkeypatch.setenv("HOME", str(tmp_path))
    place, elsewhere, own = (
        tmp_path / ".config" / "GIMP" / "3.0",
        tmp_path / "my things",
        "${gimp_plug_in_dir}/plug-ins",
    )
    place.mkdir(parents=True)
    for path, folder in (
        (f"{elsewhere}:{own}", elsewhere), (f"${{HOME}}/it:{own}", tmp_path / "it"), (f"~/it:{own}", tmp_path / "it"),
        (f"{elsewhere}:${{gimp_dir}}/plug-ins:{own}", place / "plug-ins"), (own, place / "plug-ins"),
        (f'{tmp_path}/a\\"b:{own}', tmp_path / 'a"b'),
    ):  # fmt: skip
        (place / "gimprc").write_text(f'# (plug-in-path "/no")\n(theme "Dark")\n(plug-in-path "{path}")\n')
        assert [each.plugins for each in gimp_folders()] == [folder]
    (tmp_path / "own").mkdir()
    run(tmp_path, "plugin", "install", "--editor", "gimp", GIMP3_DIRECTORY="own")
    for folder in (tmp_path / "own" / "plug-ins", tmp_path / 'a"b'):
        assert (folder / "impasto-gimp" / "impasto-gimp.py").is_file()
    assert not (place / "plug-ins").exists()


def test_an_environment_that_is_active_keeps_the_zip_from_nothing(tmp_path: Path) -> None:
    """It has none of GIMP's libraries, so the system's Python goes on, with GIMP's own words."""
    if find_spec("gi") or sys.prefix == "/usr" or not os.access("/usr/bin/python3", os.X_OK):
        pytest.skip("no environment without GIMP's libraries is active")
    (tmp_path / "impasto").mkdir()
    (tmp_path / "impasto" / "plugin.py").write_text("import sys\ndef main(): print(sys.prefix, *sys.argv[1:])\n")
    program = tmp_path / "impasto-gimp.py"
    program.write_bytes((HERE / program.name).read_bytes())
    said = subprocess.run([sys.executable, program, "-gimp", "7"], capture_output=True, text=True, check=True).stdout
    assert said == "/usr -gimp 7\n"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    place = tmp_path / ".config" / "GIMP" / "3.0"
    place.mkdir(parents=True)
    (place / "plug-ins").write_text("a file")
    said = run(tmp_path, "plugin", "install", "--editor", "gimp", code=2)
    assert "cannot be written" in said and said.count("\n") == 1


def test_the_zip_brings_an_engine_and_is_for_every_system(tmp_path: Path) -> None:
    packed = tmp_path / "gimp.zip"
    run(tmp_path, "plugin", "zip", "--editor", "gimp", str(packed))
    with zipfile.ZipFile(packed) as archive:
        infos = {info.filename: info for info in archive.infolist()}
    assert {name.split("/")[0] for name in infos} == {"impasto-gimp"}
    assert infos["impasto-gimp/impasto-gimp.py"].external_attr >> 16 & 0o111
    folders = [info for info in infos.values() if info.is_dir()]
    assert folders and all(info.external_attr >> 16 == stat.S_IFDIR | 0o755 for info in folders), "to be entered"
    wheels = {name.split("/")[3].split("-")[0] for name in infos if name.startswith("impasto-gimp/impasto/wheels/")}
    assert wheels == {"impasto", "pip", ""}  # and the folder
    vendor = {name.split("/")[3] for name in infos if name.startswith("impasto-gimp/impasto/vendor/zmq-")}
    assert {"zmq-312-windows-amd64", "zmq-312-linux-x86_64", "zmq-312-macos"} <= vendor
    assert not [name for name in infos if name.endswith("installed.json") or "__pycache__" in name]


def test_it_is_written_in_what_the_oldest_python_reads() -> None:
    for path in HERE.rglob("*.py"):
        if path.parent != HERE or path.name == "impasto-gimp.py":
            ast.parse(path.read_text("utf-8"), feature_version=(3, 8))


def test_every_control_of_the_dialog_has_a_tip() -> None:
    code = (HERE / "impasto" / "dialog.py").read_text("utf-8")
    made = re.findall(
        r"^ +([\w.]+)(?:, \S+)? = Gtk\.(?:ComboBoxText|SpinButton|CheckButton|Button)\b", code, re.MULTILINE
    )
    tipped = set(re.findall(r"([\w.]+)\.set_tooltip_text\(", code))
    assert len(made) == 9 and set(made) <= tipped, set(made) - tipped
