"""`impasto serve` and its commands, as processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from serving import PATIENCE, PROGRAM, children, endless, flat, last, order, painted, photo, put, until, wait_for

from impasto.commands.main import impasto
from impasto.engine.styles import load_style
from impasto.protocol import NEWEST_VERSION
from impasto.protocol.client import Client
from impasto.protocol.keys import own_keys
from impasto.protocol.places import is_alive, read_runtime, write_private

NO_MORE = "error: the engine that was at {} has ended; start one with: impasto serve --detach.\n"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A home, and no daemon in it afterwards."""
    yield tmp_path / "home"
    if (runtime := read_runtime(tmp_path / "home")) is not None and is_alive(runtime["pid"]):
        os.kill(runtime["pid"], 9)


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs `impasto serve` (or another command) with such words."""

    def serve(*words: str | Path | int, command: tuple[str, ...] = ("serve",)) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"IMPASTO_HOME": str(folder)}
        line = [sys.executable, str(PROGRAM), *command, *map(str, words)]
        return subprocess.run(line, env=env, capture_output=True, text=True, timeout=PATIENCE)

    return serve


def test_none_is_running(run: Run) -> None:
    status = run("status")
    assert (status.returncode, status.stdout) == (1, "no engine is running\n")
    assert json.loads(run("status", "--json").stdout) == {"running": False}
    stop = run("stop")
    assert stop.returncode == 2
    assert "no engine is running" in stop.stderr
    logs = run("logs")
    assert logs.returncode == 2
    assert "Traceback" not in stop.stderr + logs.stderr


def test_detached(run: Run, folder: Path) -> None:
    words = ("--detach", "--checkpoint-every", "0.5")
    with ThreadPoolExecutor(4) as pool:  # whoever comes second finds the first
        *others, started = sorted(pool.map(lambda _: run(*words), range(4)), key=lambda done: done.stderr)
    runtime: Any = read_runtime(folder)
    assert (started.returncode, started.stderr) == (0, f"serving at {runtime['address']}\n")
    for other in others:
        assert (other.returncode, other.stderr) == (0, f"an engine is already running at {runtime['address']}\n")
    assert {path.name for path in folder.glob("*.out")} == {"daemon.out"}
    for worker in children(runtime["pid"]):
        assert b"--checkpoint-every\x000.5\0" in Path(f"/proc/{worker}/cmdline").read_bytes()
    os.kill(runtime["pid"], 0)  # it is there, after the one who started it has ended
    for words in (("--detach",), ()):  # a second one finds the first
        (folder / "daemon.lock").unlink(missing_ok=True)  # though somebody tidies up
        again = run(*words)
        assert again.returncode == 0
        assert f"an engine is already running at {runtime['address']}" in again.stderr
    assert read_runtime(folder) == runtime
    with Client(runtime["address"], runtime["key"], folder, timeout=PATIENCE) as client:
        job = endless(client, label="a label")
        wait_for(client, job, "progress")
        status = run("status")
        assert status.returncode == 0
        assert runtime["address"] in status.stdout
        assert f"{job}  paint    running   a label" in status.stdout
        told = json.loads(run("status", "--json").stdout)
        assert (told["running"], told["address"]) == (True, runtime["address"])
        assert [(j["job"], j["state"]) for j in told["jobs"]] == [(job, "running")]
    found_again(run, folder.parent / "found.png", job)
    lines = [json.loads(line) for line in run("logs").stdout.splitlines()]
    assert lines[0]["says"] == "started"
    assert job in {line.get("job") for line in lines}
    assert len(run("logs", "--lines", "2").stdout.splitlines()) == 2
    stopped = run("stop")
    assert (stopped.returncode, stopped.stderr) == (0, "stopped\n")
    assert read_runtime(folder) is None
    assert run("status").returncode == 1
    assert json.loads(run("logs", "--lines", "1").stdout)["says"] == "stopped"


def found_again(run: Run, out: Path, job: str) -> None:
    """What a client has lost: listed, stopped, fetched, forgotten."""
    assert run("jobs").stdout == f"{job}  paint    running   a label\n"
    assert "there is no job x" in run("cancel", "x").stderr and "is not done yet" in run("forget", job).stderr
    assert run("cancel", job[:6]).stdout == f"{job} is cancelled\n"
    fetched = run("fetch", "last", "-o", out)
    assert (fetched.returncode, fetched.stdout) == (0, f"{out}\n")
    with Image.open(out) as picture:
        assert np.ptp(np.asarray(picture)) > 20
    assert "exists" in run("fetch", "last", "-o", out).stderr
    assert [each["state"] for each in json.loads(run("jobs", "--json").stdout)["jobs"]] == ["cancelled"]
    assert run("forget", job).stdout == f"{job} is forgotten\n" and run("jobs").stderr == "no jobs\n"


def test_what_is_no_painting_is_found_again_too(
    daemon: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Pixels of a painting, where a picture is looked at, a style; in words where a file holds none of these."""
    with daemon.client() as client:
        painting = order(client, photo())
        data = bytes(client.fetch(painting, "result.impasto", last(client, painting)["painting"]))
        jobs = {
            "pixels.png": client.start("render", painting=client.put(data), width=24, height=16),
            "seen.png": client.start("interest", picture=put(client, photo())),
            "calm.toml": client.start("suggest", words="a calm sea"),
            "shapes.png": client.start("render", painting=client.put(data), width=24, height=16, shapes=True),
        }
        pixels = painted(client, jobs["pixels.png"])
    monkeypatch.setenv("IMPASTO_HOME", str(daemon.home))

    def run(job: str, name: str) -> Any:
        return CliRunner().invoke(impasto, ["serve", "fetch", job, "-o", str(tmp_path / name)])

    for name, job in jobs.items():
        done = run(job, name)
        assert (done.exit_code, done.stdout) == ((0, f"{tmp_path / name}\n") if name != "shapes.png" else (2, ""))
    assert "this job, render, came to nothing that is a picture" in run(jobs["shapes.png"], "shapes.png").stderr
    assert "came to a style; name a .toml file" in run(jobs["calm.toml"], "calm.png").stderr
    assert "came to no painting and no style" in run(jobs["seen.png"], "seen.impasto").stderr
    with Image.open(tmp_path / "pixels.png") as picture, Image.open(tmp_path / "seen.png") as seen:
        assert np.array_equal(np.asarray(picture.convert("RGBA")), pixels) and seen.size == (48, 32)
    assert load_style(str(tmp_path / "calm.toml")).passes
    file = daemon.home / "spool" / jobs["pixels.png"] / "pixels.rgba"
    file.write_bytes(bytes(file.stat().st_size))
    for _ in range(2):  # when that is noticed, and when it is listed no more
        said = run(jobs["pixels.png"], "again.png").stderr
        assert "this job is set aside: its pixels.rgba is damaged; it is kept in spool/damaged" in said
    assert "there is no such job" in run("0" * 32, "again.png").stderr


def test_the_log_tells_no_secrets(run: Run, folder: Path) -> None:
    run("--detach")
    runtime: Any = read_runtime(folder)
    with Client(runtime["address"], runtime["key"], folder, timeout=PATIENCE) as client:
        job = order(client, flat((1, 2, 3)), label="my private label")
        assert painted(client, job).any()
    run("stop")
    text = (folder / "daemon.log").read_text()
    assert job in text
    assert "private" not in text
    assert str(folder) not in text
    for name in ("client", "server"):
        assert own_keys(name, folder)[1] not in text


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a process that is no engine."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_killed_and_started_again(run: Run, folder: Path, tmp_path: Path, stranger: int) -> None:
    """What it wrote about itself is still there, and misleads nobody."""
    run("--detach")
    runtime: Any = read_runtime(folder)
    os.kill(runtime["pid"], 9)
    assert run("--detach").returncode == 0  # at once: it may not even be gone
    now: Any = read_runtime(folder)
    assert now["pid"] != runtime["pid"]
    assert now["key"] == runtime["key"]
    os.kill(now["pid"], 9)
    until(lambda: not is_alive(now["pid"]), "it is gone")
    assert read_runtime(folder) == now
    write_private(folder / "daemon.json", json.dumps({**now, "pid": stranger}))  # and its pid is somebody else's
    assert run("status").stdout == "no engine is running\n"
    assert "no engine is running" in run("stop").stderr
    Image.fromarray(photo()).save(tmp_path / "photo.png")
    words = ("paint", tmp_path / "photo.png", "-o", tmp_path / "painted.png", "--strokes", 4, "--engine")
    here = run(*words, "auto", command=())
    assert here.returncode == 0, here.stderr
    assert here.stderr.startswith("the engine has ended without a word; painting here\npainted ")
    there = run(*words, now["address"], "--force", command=())  # but one that is insisted on has to be there
    assert (there.returncode, there.stderr) == (2, NO_MORE.format(now["address"]))
    for name, what in (
        ("daemon.json", "cannot be used"),
        ("daemon.log", "cannot be used"),
        ("daemon.lock", "cannot be locked"),
    ):
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()
        refused = run()
        assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1
        assert f"{folder / name} {what}" in refused.stderr
        if name != "daemon.json":
            (folder / name).rmdir()


def test_allow(run: Run, folder: Path, tmp_path: Path) -> None:
    own_keys("client", tmp_path / "other")
    started = run("--detach", "--allow", tmp_path / "other" / "keys" / "client.key")
    assert started.returncode == 0
    assert own_keys("client", tmp_path / "other")[0] in started.stderr
    runtime: Any = read_runtime(folder)
    with Client(runtime["address"], runtime["key"], tmp_path / "other", timeout=PATIENCE) as client:
        assert client.hello["version"] == NEWEST_VERSION
    bad = run("--allow", tmp_path / "other" / "keys" / "client.secret")
    assert bad.returncode == 2
    assert "no public key" in bad.stderr
    assert "Traceback" not in bad.stderr
    assert run("stop").returncode == 0


@pytest.mark.parametrize("address", ["nonsense", "tcp://300.0.0.1:1", "tcp://127.0.0.1:99999", "ipc:///nowhere/at/all"])
@pytest.mark.parametrize("words", [(), ("--detach",)])
def test_addresses_that_cannot_be_had(run: Run, address: str, words: tuple[str, ...]) -> None:
    refused = run("--bind", address, *words)
    assert refused.returncode == 2
    assert "choose another --bind" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_of_ones_own(run: Run, folder: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("--bind", f"tcp://127.0.0.1:{port}")
        assert (refused.returncode, "cannot be listened at" in refused.stderr) == (2, True)
    assert run("--detach", "--bind", f"tcp://127.0.0.1:{port}").returncode == 0
    runtime: Any = read_runtime(folder)
    assert runtime["address"] == f"tcp://127.0.0.1:{port}"
    assert run("stop").returncode == 0


def test_it_stops_when_idle(run: Run, folder: Path) -> None:
    assert run("--detach", "--idle", "1").returncode == 0
    runtime: Any = read_runtime(folder)
    with Client(runtime["address"], runtime["key"], folder, timeout=PATIENCE) as client:
        job = order(client, flat((1, 2, 3)), strokes=4)
        assert painted(client, job).any()
    until(lambda: read_runtime(folder) is None, "it has stopped by itself")
    says = [json.loads(line)["says"] for line in (folder / "daemon.log").read_text().splitlines()]
    assert says[-2:] == ["idle, stopping", "stopped"]
    assert run("--detach").returncode == 0  # what it kept is there
    runtime = read_runtime(folder)
    with Client(runtime["address"], runtime["key"], folder, timeout=PATIENCE) as client:
        assert [j["job"] for j in client.ask("list")["jobs"]] == [job]
    assert run("stop").returncode == 0


CLEANING = """
import sys
sys.path.insert(0, {root!r})
from impasto.commands.main import main
from impasto.engine.daemon import server
server.CLEAN_EVERY = 0.2
sys.argv = ["impasto", "serve", "--idle", "1"]
main()
"""


def test_what_is_done_every_minute_keeps_no_engine_from_being_idle(folder: Path) -> None:
    """Those that plugins start are to stop after half an hour."""
    script = CLEANING.format(root=str(PROGRAM.parent))
    process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "IMPASTO_HOME": str(folder)})
    try:
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()


def test_busy_is_not_idle(run: Run, folder: Path) -> None:
    assert run("--detach", "--idle", "1").returncode == 0
    runtime: Any = read_runtime(folder)
    with Client(runtime["address"], runtime["key"], folder, timeout=PATIENCE) as client:
        job = endless(client)
        header = wait_for(client, job, "started")
        while header["event"] != "progress" or header["seconds"] < 3:
            header, _ = next(iter(client.events(job)))
        client.ask("cancel", job=job)
    assert read_runtime(folder) == runtime
