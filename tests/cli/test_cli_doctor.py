"""`impasto doctor`: what it finds in good homes and in bad ones, and what it says to do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from impasto.commands import checks
from impasto.commands import main as cli
from impasto.engine.errors import ImpastoError

PROGRAM = Path(cli.__file__).resolve().parents[1] / "cli.py"


def examined(home: Path, **environment: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Its exit code, what it found by name, and all it said."""
    env = os.environ | {"IMPASTO_HOME": str(home), "HOME": str(home.parent)} | environment
    env.setdefault("IMPASTO_CACHE", str(Path.home() / ".cache" / "impasto"))
    done = subprocess.run([sys.executable, str(PROGRAM), "doctor", "--json"], env=env, capture_output=True, text=True)
    return done.returncode, {each["name"]: each for each in json.loads(done.stdout)}, done.stdout + done.stderr


def test_a_good_installation(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    code, found, said = examined(home, VIRTUAL_ENV="/an/environment")
    assert code == 0, said
    assert {name for name, each in found.items() if each["state"] == "bad"} == set()
    assert {"Python", "numba", "home", "kernels", "painting", "engine", "GPU", "networks"} <= set(found)
    assert found["painting"]["state"] == found["engine"]["state"] == "good"
    assert "one starts when it is asked to" in found["engine"]["says"]
    assert "from the menu" in found["environment"]["remedy"]  # FAULTS K6
    assert str(tmp_path) not in said and "~" in found["home"]["says"]
    assert list(home.iterdir()) == []  # it leaves nothing behind


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of other systems")
def test_what_is_wrong_comes_with_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "styles").mkdir(parents=True)
    (home / "spool" / "damaged" / "a job").mkdir(parents=True)
    (home / "styles" / "mine.toml").write_text("strokes = 'many'")
    (home / "daemon.json").write_text(json.dumps({"address": "tcp://127.0.0.1:9", "key": "x" * 40, "pid": 1}))
    home.chmod(0o777)
    code, found, said = examined(home)
    assert code == 1
    assert "chmod 700" in found["home"]["remedy"]
    assert found["styles"]["state"] == "bad" and found["styles"]["says"].startswith("style mine")
    assert found["jobs"]["says"].startswith("1 could not be read")
    assert "Traceback" not in said


def test_what_a_check_stumbles_over_is_said_with_its_own_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def kept() -> Iterator[checks.Finding]:
        raise ImpastoError("the style file x is not valid TOML; install Impasto again.")

    def gpu() -> Iterator[checks.Finding]:
        raise KeyError("x")

    def krita() -> Iterator[checks.Finding]:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(checks, "CHECKS", (kept, gpu, krita))
    found = [(each.name, each.says, each.remedy) for each in checks.findings()]
    assert found == [
        ("kept", "the style file x is not valid TOML", "install Impasto again"),
        ("gpu", "could not be checked (KeyError: 'x')", "report this"),
        ("krita", "this user has no home folder", "set HOME to a folder that can be written"),
    ]


def test_every_extra_is_listed_with_what_adds_it(tmp_path: Path) -> None:
    """There, or told with the command; of a module that is there and does not load as well."""
    home, broken = tmp_path / "home", tmp_path / "broken"
    home.mkdir(mode=0o700)
    broken.mkdir()
    (broken / "av.py").write_text("raise ImportError('libx264 is missing')")
    _, found, said = examined(home, PYTHONPATH=str(broken))
    listed = {"daemon", "regions", "photos", "export", "film"}
    assert listed <= set(found)
    assert found["film"]["state"] == "hint" and "(av)" in found["film"]["says"]
    assert found["film"]["remedy"].startswith("run ") and "[film]" in found["film"]["remedy"]
    for name in listed - {"film"}:
        assert found[name]["state"] == "good" or f"[{name}]" in found[name]["remedy"]
    assert "Traceback" not in said
