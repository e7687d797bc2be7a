"""Finding, starting and installing an engine beside an editor: programs are real, Python is this one."""

import hashlib
import json
import os
import platform
import sys
import time
from pathlib import Path

import pytest

from impasto.easel import installing, program, pythons, starting, uv, vendoring

needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="its programs are others")


class Clock:
    """An editor's `later`: what was put off is done by `until`."""

    def __init__(self) -> None:
        self.due: list = []

    def __call__(self, milliseconds, work) -> None:
        self.due.append((time.monotonic() + milliseconds / 1000, work))

    def until(self, over, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while not over():
            assert time.monotonic() < end
            now = [each for each in self.due if each[0] <= time.monotonic()]
            for each in now:
                self.due.remove(each)
                each[1]()
            time.sleep(0.005)


def run(code: str, merged: bool = False) -> tuple[list[str], list]:
    clock, heard, ended = Clock(), [], []
    one = program.Program(clock, heard.append, lambda code, errors: ended.append((code, errors)))
    one.start([sys.executable, "-c", code], dict(os.environ), os.fspath(Path.cwd()), merged)
    assert one.is_running
    clock.until(lambda: ended)
    assert not one.is_running
    return heard, ended


def test_a_program_is_heard_line_by_line_and_its_errors_at_its_end():
    code = "import sys; print('one\\n\\ntwo'); print('wrong', file=sys.stderr); sys.stdout.write('three'); sys.exit(3)"
    assert run(code) == (["one", "two", "three"], [(3, ["wrong"])])
    heard, ended = run(code, merged=True)
    assert sorted(heard) == ["one", "three", "two", "wrong"] and ended == [(3, [])]


def test_a_line_without_an_end_comes_in_pieces():
    heard, _ = run("print('x' * 200_000)")
    assert "".join(heard) == "x" * 200_000 and len(heard) > 1 and max(map(len, heard)) <= 2 * (1 << 16)


@needs_sh
def test_of_one_that_is_killed_nothing_is_heard_any_more():
    clock, heard = Clock(), []
    one = program.Program(clock, heard.append, lambda *_: heard.append("ended"))
    one.start([sys.executable, "-c", "import time; print('it', flush=True); time.sleep(60)"], dict(os.environ), "/")
    clock.until(lambda: heard)
    one.kill()
    for _, work in clock.due:
        work()
    assert heard == ["it"] and not one.is_running


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        ([3, 10, 8, "cpython"], True), ([3, 14, 8, "cpython"], True), ([3, 9, 8, "cpython"], False),
        ([3, 15, 8, "cpython"], False), ([3, 13, 4, "cpython"], False), ([3, 13, 8, "pypy"], False),
        ([4, 13, 8, "cpython"], False), ([3, 13], False), ("no", False),
    ],
)  # fmt: skip
def test_a_python_fits_if_our_wheel_does(answer, fits):
    assert pythons._fits(json.dumps(answer)) == fits


@needs_sh
def test_the_first_python_that_answers_is_taken(tmp_path, monkeypatch):
    lame = tmp_path / "python3.13"
    lame.write_text("#!/bin/sh\nexit 1\n")
    lame.chmod(0o755)
    monkeypatch.setattr(pythons, "candidates", lambda: [os.fspath(lame), sys.executable])
    clock, found = Clock(), []
    seeker = pythons.PythonSeeker(clock, found.append)
    seeker.seek("/nowhere/python3")
    clock.until(lambda: found)
    assert found == [sys.executable]
    monkeypatch.setattr(pythons, "candidates", lambda: [os.fspath(lame)])
    seeker.seek()
    clock.until(lambda: len(found) > 1)
    assert found[1] == ""


@needs_sh
def test_pythons_are_sought_newest_stable_first_and_nothing_leads_them_astray(tmp_path, monkeypatch):
    for name in ("python3.10", "python3.13", "python3", "python3.12"):
        (tmp_path / name).touch()
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    ours = [Path(path).name for path in pythons.candidates() if Path(path).parent == tmp_path]
    assert ours == ["python3.13", "python3.12", "python3.10", "python3"]
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/editors/own")
    monkeypatch.setenv("APPDIR", "/tmp/.mount")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/tmp/.mount/lib:/usr/lib")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/own.pem")
    clean = pythons.clean_environment()
    assert not {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH"} & set(clean)
    assert clean["SSL_CERT_FILE"] == "/etc/ssl/own.pem" and clean["PATH"] == os.fspath(tmp_path)


@needs_sh
def test_what_starts_an_engine_by_what_was_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_HOME", os.fspath(tmp_path))
    process = starting.EngineProcess(Clock(), print, print, print)
    assert process.command() == []
    assert process.command("/usr/bin/python3.11") == ["/usr/bin/python3.11", "-m", "impasto"]
    assert process.command("/opt/impasto") == ["/opt/impasto"]
    here = tmp_path / "python3"
    here.touch()
    (tmp_path / "engine").mkdir()
    note = {"python": os.fspath(here), "version": "1.2", "folder": "x"}
    (tmp_path / "engine" / "installed.json").write_text(json.dumps(note))
    assert process.command() == process.command(os.fspath(here)) == [os.fspath(here), "-m", "impasto"]


@needs_sh
def test_an_engine_is_started_in_the_background_and_its_failure_explained(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_HOME", os.fspath(tmp_path))
    fake = tmp_path / "engine.sh"
    fake.write_text('#!/bin/sh\necho "$@"\nexit ${CODE:-0}\n')
    fake.chmod(0o755)
    clock, said, started, failed = Clock(), [], [], []
    process = starting.EngineProcess(clock, said.append, lambda: started.append(1), failed.append)
    process.start(os.fspath(fake))
    clock.until(lambda: started)
    assert said == process.lines == ["serve --detach --idle 1800"]
    monkeypatch.setenv("CODE", "3")
    process.start(os.fspath(fake))
    clock.until(lambda: failed)
    assert failed[0].startswith("The engine did not start: serve --detach --idle 1800. The lines above")
    process.start("/nowhere/impasto")
    process.start()
    assert "is not there; choose another one" in failed[1] and "does not know its engine" in failed[2]


@pytest.fixture
def installer(tmp_path, monkeypatch):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "impasto-1.10.0-py3-none-any.whl").write_bytes(b"the wheel")
    monkeypatch.setattr(installing, "WHEELS", wheels)
    monkeypatch.setenv("IMPASTO_HOME", os.fspath(tmp_path / "home"))
    (tmp_path / "home" / "engine").mkdir(parents=True)

    def made(**note):
        path = tmp_path / "home" / "engine" / "installed.json"
        path.write_text(json.dumps({"python": sys.executable, "folder": "x", **note}))
        return installing.EngineInstaller(Clock(), lambda: None, lambda: None)

    return made


def test_an_engine_is_older_newer_or_the_same(installer):
    same = hashlib.sha256(b"the wheel").hexdigest()
    for note, older, newer in (
        ({"version": "1.9.0"}, True, False), ({"version": "1.11.0"}, False, True),
        ({"version": "1.10.0", "wheel": same}, False, False), ({"version": "1.10.0+there", "wheel": "x"}, True, False),
        ({"version": 3}, False, False), ({"version": "1.9", "python": "/nowhere"}, False, False),
    ):  # fmt: skip
        found = installer(**note)
        assert found.can and (found.is_older, found.is_newer) == (older, newer), note


def test_what_an_installer_says_is_shown(installer):
    found = installer(version="1.9.0")
    found.step = installing.LOOKING
    found._heard('{"kind": "looked", "bytes": 7}')
    assert (found.step, found.looked["bytes"]) == (installing.OFFERED, 7)
    found.step = installing.FETCHING
    found._heard('{"kind": "progress", "done": 5, "of": 9, "name": "big"}')
    assert found.progress == (5, 9, "big") and found.step == installing.FETCHING
    found._heard('{"kind": "stage", "stage": "installing"}')
    assert found.step == installing.INSTALLING
    for number in range(250):
        found._heard(f"line {number}")
    assert len(found.lines) == 200 and found.lines[-1] == "line 249"
    found._ended(1, ["at last"])
    assert found.step == "" and "(at last); try again" in found.problem


def test_the_newest_uv_for_this_computer_is_fetched(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")

    def link(version: str, build: str) -> str:
        return f'<a href="../../files/uv-{version}-py3-none-{build}.whl#sha256={"a" * 63}{len(version)}">uv</a>'

    many = [link("0.9.10", "manylinux_2_17_x86_64.manylinux2014_x86_64"), link("0.10.2", "win_amd64"),
            link("0.9.9", "manylinux_2_17_x86_64")]  # fmt: skip
    address, checksum = uv.newest("\n".join(many), "https://pypi.org/simple/uv/")
    assert address.startswith("https://pypi.org/files/uv-0.9.10-py3-none-manylinux") and checksum == "a" * 63 + "6"
    with pytest.raises(LookupError):
        uv.newest(many[1], "https://pypi.org/simple/uv/")
    for variable in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    assert uv._index() == "https://pypi.org/simple"
    for variable, value, index in (("UV_INDEX_URL", "https://c/", "https://c"), ("UV_DEFAULT_INDEX", "m=https://b/s/",
                                   "https://b/s"), ("PIP_INDEX_URL", "https://a/s", "https://a/s")):  # fmt: skip
        monkeypatch.setenv(variable, value)
        assert uv._index() == index


def test_libraries_by_python_and_system(monkeypatch):
    for version, system, machine, name in (
        ((3, 8), "linux", "x86_64", "zmq-38-linux-x86_64"), ((3, 13), "linux", "x86_64", "zmq-312-linux-x86_64"),
        ((3, 12), "linux", "aarch64", "zmq-312-linux-aarch64"),
        ((3, 14), "win32", "AMD64", "zmq-312-windows-amd64"), ((3, 11), "darwin", "arm64", "zmq-311-macos"),
    ):  # fmt: skip
        monkeypatch.setattr(sys, "version_info", (*version, 0))
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        assert vendoring.folder_name() == name
        monkeypatch.undo()
