"""Bringing an engine, as the plugin does it from a zip: the real program and the real pip, an index of this machine's.

The wheels are tiny; an engine of real ones is brought by tests that are marked `matrix`.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from impasto.packing.bring.network import environment
from impasto.packing.kept import cache
from impasto.packing.vendor import fetched_pip
from tests.krita.indexes import Index, engine

ROOT = Path(__file__).resolve().parents[2]
BIG = "big-2.1-py3-none-any.whl"


class Bringing:
    """A plugin's folder of wheels, an engine's folder, and the program that brings it."""

    def __init__(self, place: Path, index: Index) -> None:
        self.index, self.plugin, self.engine = index, place / "plugin" / "wheels", place / "Zoë's home" / "engine"
        self.plugin.mkdir(parents=True)
        self.variables: dict[str, str] = {"PIP_INDEX_URL": index.address}
        shutil.copy(fetched_pip(cache()), self.plugin)
        self.release("1.0")

    def release(self, version: str) -> None:
        """Put another version of ours into the plugin."""
        for old in self.plugin.glob("impasto-*"):
            old.unlink()
        (self.plugin / f"impasto-{version}-py3-none-any.whl").write_bytes(engine(version))

    def command(self, task: str, *words: str, python: str = sys.executable) -> list[str]:
        module = "runpy.run_module('impasto.packing.bring', run_name='__main__')"
        run = f"import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); {module}"
        asked = [task, "--wheels", str(self.plugin), "--folder", str(self.engine), *words]
        return [python, "-I", "-c", run, str(ROOT), *asked]

    @property
    def environment(self) -> dict[str, str]:
        home = {"HOME": str(self.plugin.parent), "PATH": os.environ["PATH"], "IMPASTO_TORCH_INDEX": ""}
        return home | {"PYTHONHOME": "/nowhere", "PIP_REQUIREMENT": "/nowhere"} | self.variables  # of a Krita's, say

    def run(self, task: str, *words: str, python: str = sys.executable) -> dict[str, Any]:
        """What it says last; what it says before is in `said`."""
        done = subprocess.run(
            self.command(task, *words, python=python), env=self.environment, capture_output=True, text=True
        )
        assert not done.stderr, done.stderr
        self.said = [json.loads(line) for line in done.stdout.splitlines()]
        return self.said[-1]

    def ask(self) -> str:
        """What the engine that is there says of itself."""
        python = json.loads((self.engine / "installed.json").read_text())["python"]
        return subprocess.check_output([python, "-I", "-m", "impasto"], text=True).strip()


@pytest.fixture
def index():
    found = Index()
    yield found
    found.close()


@pytest.fixture
def bringing(tmp_path: Path, index: Index) -> Bringing:
    return Bringing(tmp_path, index)


def test_a_cut_download_goes_on_and_our_name_is_asked_of_no_index(bringing: Bringing, index: Index) -> None:
    half = len(index.files[BIG]) // 2
    looked = bringing.run("look")
    assert looked["kind"] == "looked" and looked["packages"] == 2 and looked["hosts"] == ["127.0.0.1"]
    assert looked["bytes"] == looked["missing"] == sum(len(index.files[name]) for name in (
        BIG, "small-1.0-py3-none-any.whl"))  # fmt: skip
    assert not any(span == "" for span in index.ranges(BIG))  # nothing is fetched before that is agreed to
    index.cut[BIG] = half
    assert bringing.run("bring")["kind"] == "done"
    assert index.ranges(BIG)[-1] == f"bytes={half}-"
    progress = [line["done"] for line in bringing.said if line["kind"] == "progress"]
    assert progress == sorted(progress) and progress[-1] == looked["bytes"]
    assert bringing.ask() == "the engine 1.0 of this project"
    assert index.paths("GET/simple/small") and not [path for path in index.paths() if "impasto" in path]
    assert {path.name for path in bringing.engine.iterdir()} == {
        "impasto-1.0-1", "installed.json", "install.log", "daemon.lock"}  # fmt: skip
    assert '"done"' in (bringing.engine / "install.log").read_text()


def test_one_that_is_killed_goes_on_another_day_and_a_new_one_takes_over(bringing: Bringing, index: Index) -> None:
    index.slow = 0.2
    part = bringing.engine / "wheels" / f"{BIG}.part"
    with subprocess.Popen(bringing.command("bring"), env=bringing.environment, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert bringing.run("look")["code"] == "busy"
        process.kill()
    index.slow, here = 0.0, part.stat().st_size
    looked = bringing.run("look")
    others = looked["bytes"] - len(index.files[BIG]) if part.with_name("small-1.0-py3-none-any.whl").exists() else 0
    assert looked["bytes"] - looked["missing"] == here + others
    assert bringing.run("bring")["kind"] == "done" and index.ranges(BIG)[-1] == f"bytes={here}-"
    # a newer plugin: what the old engine was doing is ended, and only then it goes
    spool = bringing.engine.parent / "spool"
    spool.write_text("jobs")
    old = json.loads((bringing.engine / "installed.json").read_text())["python"]
    bringing.release("1.1")
    index.wrong[BIG] = bytes(len(index.files[BIG]))
    assert bringing.run("bring")["code"] == "damaged" and bringing.ask() == "the engine 1.0 of this project"
    index.wrong.clear()
    assert bringing.run("bring")["version"] == "1.1" and bringing.ask() == "the engine 1.1 of this project"
    assert (bringing.engine.parent / "stopped").read_text() == old and not Path(old).exists()
    assert spool.read_text() == "jobs"
    bringing.release("1.0.5")
    assert bringing.run("bring") == {"kind": "failed", "code": "newer", "there": "1.1", "ours": "1.0.5"}
    assert bringing.ask() == "the engine 1.1 of this project"
    assert bringing.run("remove") == {"kind": "done"} and not bringing.engine.exists() and spool.exists()


def test_regions_are_added_to_it_with_the_build_for_processors(bringing: Bringing, index: Index) -> None:
    bringing.run("bring")
    python = json.loads((bringing.engine / "installed.json").read_text())["python"]
    assert bringing.run("look", "--regions", python=python) == {"kind": "failed", "code": "cuda", "host": ""}
    bringing.variables["IMPASTO_TORCH_INDEX"] = f"http://127.0.0.1:{index.port}/cpu"
    looked = bringing.run("look", "--regions", python=python)
    assert looked["packages"] == 1  # all else is there
    assert bringing.run("bring", "--regions", python=python)["kind"] == "done"
    facts = json.loads((bringing.engine / "installed.json").read_text())
    assert facts["extras"] == ["regions"] and facts["python"] == python
    subprocess.run([python, "-c", "import torch, big"], check=True)
    bringing.release("1.1")  # which keeps them
    assert bringing.run("bring")["kind"] == "done"
    facts = json.loads((bringing.engine / "installed.json").read_text())
    assert facts["extras"] == ["regions"] and facts["python"] != python
    subprocess.run([facts["python"], "-c", "import torch, big"], check=True)
    assert not [path for path in index.paths() if path.endswith("impasto/")]


def test_without_a_network_files_brought_by_hand_are_enough(bringing: Bringing, index: Index) -> None:
    bringing.variables["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"  # where nothing answers
    failed = bringing.run("bring")
    assert failed["code"] == "unreachable" and failed["host"] == "127.0.0.1" and "refused" in failed["why"]
    assert failed["wanted"] == ["small>=1", "big>=2"]
    for name in (BIG, "small-1.0-py3-none-any.whl"):
        Path(failed["folder"], name).write_bytes(index.files[name])
    assert bringing.run("bring")["kind"] == "done" and bringing.ask() == "the engine 1.0 of this project"


def test_the_users_ways_to_the_network_are_taken(bringing: Bringing, index: Index) -> None:
    """A mirror behind a name and a proxy, in pip's file; uv's variables, where pip has none."""
    settings = bringing.plugin.parent / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = http://someone:a%40b@packages.invalid/simple\ntrusted-host = packages.invalid\n"
        f"proxy = http://127.0.0.1:{index.port}\n"
    )
    bringing.variables = {"PIP_CONFIG_FILE": str(settings)}
    assert bringing.run("bring")["kind"] == "done"
    assert bringing.said[1]["hosts"] == ["packages.invalid"]
    users = {user for path, _, user in index.asked if path == f"GET/files/{BIG}"}
    assert users == {"Basic c29tZW9uZTphQGI="}
    bringing.variables = {"UV_DEFAULT_INDEX": f"mirror={index.address}"}
    assert bringing.run("look")["kind"] == "looked"


def test_whatever_pip_starts_is_not_led_astray_and_knows_the_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables of a Krita's own Python, or those of somebody who builds with pip; a proxy stays."""
    astray = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_NO_DEPS", "__PYVENV_LAUNCHER__")
    for name in (*astray, "HTTPS_PROXY", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "/nowhere")
    given = environment()
    assert not set(astray) & set(given) and {"HTTPS_PROXY", "PIP_INDEX_URL", "PATH"} <= set(given)


def test_what_cannot_be_is_told_by_a_code(bringing: Bringing, index: Index) -> None:
    index.lengths[BIG] = 10**15
    assert bringing.run("look")["code"] == "space"
    index.lengths.clear()
    small = index.files.pop("small-1.0-py3-none-any.whl")
    failed = bringing.run("look")
    assert failed["code"] == "nothing-fits" and "small" in failed["why"]
    index.files["small-1.0-py3-none-any.whl"] = small
    (bringing.engine / "wheels" / f"{BIG}.part").symlink_to("/dev/full")
    assert bringing.run("bring")["code"] == "full"
    shutil.rmtree(bringing.engine)
    bringing.engine.write_text("a file where a folder should be")
    assert bringing.run("look")["code"] == "folder"
    (bringing.plugin / "impasto-1.0-py3-none-any.whl").unlink()
    assert bringing.run("look")["code"] == "no-wheels"
