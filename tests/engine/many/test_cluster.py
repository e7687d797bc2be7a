"""The runner of many machines, with a real scheduler and real workers: what is moved, lost, refused and found again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import many_work
import pytest

pytest.importorskip("distributed")
from machines import FOUND, Machines, machines

from impasto.engine.errors import ImpastoError
from impasto.engine.many import cluster, connecting, versions
from impasto.engine.many.cluster import DaskCluster
from impasto.engine.many.connecting import Certificates, address_of, check_safe
from impasto.engine.many.task import Begun, Ended, Going, PaintTask

pytestmark = [pytest.mark.xdist_group("dask"), pytest.mark.nightly]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory):
    with machines(tmp_path_factory.mktemp("dask")) as found:
        yield found


def task(work, payload, name, *files) -> PaintTask:
    return PaintTask(name, f"{name}-{time.time_ns()}", work, payload, files)


def ends(runner: DaskCluster, *tasks: PaintTask) -> dict[str, Ended]:
    return {told.task.name: told for told in runner.run(tasks) if isinstance(told, Ended) and told.task}


def test_all_are_done_and_files_move_once(there: Machines, tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("hello" * 1000)
    with DaskCluster(str(there.file)) as runner:
        told = list(runner.run(task(many_work.read, path, str(k), path) for k in range(5)))
        moved = runner.moved
    found = {told.task.name: told.result for told in told if isinstance(told, Ended) and told.task}
    assert {text for text, _ in found.values()} == {"hello" * 1000} and len(found) == 5
    places = {Path(where) for _, where in found.values()}
    assert path not in places and {where.name for where in places} == {"a.txt"} and len(places) == 5
    assert not any(where.exists() for where in places)  # they leave nothing behind
    assert moved.files == 1 and 5000 < moved.sent < 9000 and moved.received > 25000
    assert len([told for told in told if isinstance(told, Begun)]) == 5 and any(isinstance(t, Going) for t in told)


def test_what_fails_names_files_as_the_user_does(there: Machines, tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with DaskCluster(there.address) as runner:
        found = ends(
            runner,
            task(many_work.refuse, path, "refused", path),
            task(many_work.double, 1, "missing", tmp_path / "b.txt"),
            task(many_work.fail, "ZeroDivisionError", "bug"),
            task(many_work.double, 4, "good"),
        )
    assert found["refused"].trouble == f"{path} shows nothing; choose another one"
    assert "there is no file" in (found["missing"].trouble or "") and found["good"].result == 8
    assert "Impasto made a mistake (ZeroDivisionError: oh)" in (found["bug"].trouble or "")


def test_a_worker_that_is_killed_loses_nothing(there: Machines, tmp_path: Path):
    folder = tmp_path / "deaths"
    folder.mkdir()
    with DaskCluster(there.address) as runner:
        found = ends(
            runner, task(many_work.die, (folder, 1), "it"), *(task(many_work.double, k, str(k)) for k in range(4))
        )
    assert found.pop("it").result == "alive" and len(list(folder.iterdir())) == 1
    assert {name: end.result for name, end in found.items()} == {str(k): 2 * k for k in range(4)}


def test_a_client_that_went_comes_back_to_what_was_done(there: Machines, tmp_path: Path):
    """Nothing is done twice: each task notes that it was begun."""
    code = (
        "import sys, many_work; from pathlib import Path; from impasto.engine.many.cluster import DaskCluster;"
        "from impasto.engine.many.task import PaintTask\n"
        "tasks = [PaintTask(str(k), f'{sys.argv[2]}-{k}', many_work.note, (Path(sys.argv[2]), k)) for k in range(2)]\n"
        "with DaskCluster(sys.argv[1]) as runner:\n"
        "    for told in runner.run(tasks): print(type(told).__name__, getattr(told, 'result', ''), flush=True)"
    )
    words = [sys.executable, "-c", code, there.address, str(tmp_path)]
    env = os.environ | {"PYTHONPATH": FOUND}
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        while len(list(tmp_path.glob("begun-*"))) < 2:
            time.sleep(0.02)
        client.send_signal(signal.SIGKILL)
    (tmp_path / "go").touch()
    said = subprocess.run(words, env=env, capture_output=True, text=True).stdout.splitlines()
    assert sorted(line for line in said if line.startswith("Ended")) == ["Ended 0", "Ended 1"]
    assert len(list(tmp_path.glob("begun-*"))) == 2  # one of each


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("tcp://192.168.1.5:8786", "is reached without TLS, so that anybody"),
        ("ws://127.0.0.1:8786", "is no address of a scheduler; write tls://HOST:PORT"),
        ("tls://host", "is no address"),
        ("tls://host:port", "is no address"),
        ("nosuch.json", "there is no file nosuch.json"),
        ("bad.json", "bad.json is no scheduler's file"),
        ("far.json", "the scheduler at tcp://10.0.0.1:1 is reached without TLS"),
        ("tls://127.0.0.1:9", "needs certificates, of which tls_ca_file and tls_client_cert and tls_client_key"),
        ("tcp://127.0.0.1:9", "nobody answers as a scheduler at tcp://127.0.0.1:9"),
    ],
)
def test_schedulers_that_are_none(where: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(connecting, "PATIENCE", 0.5)
    Path("bad.json").write_text("[1]")
    Path("far.json").write_text(json.dumps({"address": "tcp://10.0.0.1:1"}))
    with pytest.raises(ImpastoError) as caught, DaskCluster(where):
        pass
    assert said in str(caught.value)


def test_what_is_safe():
    for address in (
        "tcp://127.0.0.1:1",
        "tcp://[::1]:1",
        "tcp://localhost:1",
        "tls://10.0.0.1:1",
        "tls://far.example:1",
    ):
        check_safe(address, "it")
        assert address_of(address) == address
    for address in ("tcp://0.0.0.0:1", "tcp://far.example:1", "tcp://127.0.0.1.example:1"):
        with pytest.raises(ImpastoError, match="without TLS"):
            check_safe(address, "it")


def test_versions_that_do_not_fit(there: Machines, monkeypatch: pytest.MonkeyPatch):
    ours = versions.versions()
    assert versions.compared([("tls://a:1", ours)]) == []
    other = versions.compared([("tls://a:1", ours | {"numba": "0.1"}), ("tls://a:1", ours | {"numba": "0.1"})])
    assert other == ["tls://a:1 has numba 0.1: what it paints may differ by a hair"]
    for name in ("impasto", "distributed"):
        with pytest.raises(ImpastoError, match=rf"a:1 has {name} 0.1 and this machine .*; install the same on both"):
            versions.compared([("tls://a:1", ours | {name: "0.1"})])
    monkeypatch.setattr(versions, "versions", lambda: ours | {"impasto": "9.9"})
    with pytest.raises(ImpastoError, match=r"has impasto .* and this machine 9\.9"), DaskCluster(there.address):
        pass


@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")
def test_over_tls_with_certificates_only(tmp_path: Path):
    with machines(tmp_path, workers=1, tls=True) as there:
        assert there.address.startswith("tls://") and there.certificates is not None
        with DaskCluster(there.address, Certificates(*there.certificates)) as runner:
            assert ends(runner, task(many_work.double, 4, "it"))["it"].result == 8
        (tmp_path / "other").mkdir()
        from machines import certified

        with pytest.raises(ImpastoError, match="nobody answers"), pytest.MonkeyPatch.context() as patch:
            patch.setattr(connecting, "PATIENCE", 2.0)
            with DaskCluster(there.address, Certificates(*certified(tmp_path / "other"))):
                pass


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    said = "has no workers; start some with: dask worker"
    with machines(tmp_path, workers=0) as there, pytest.raises(ImpastoError, match=said), DaskCluster(there.address):
        pass


def test_a_scheduler_that_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "COUNT_EVERY", 0.2)
    monkeypatch.setattr(connecting, "PATIENCE", 3.0)  # as long the client tries to come back
    with machines(tmp_path, workers=1) as there, DaskCluster(there.address) as runner:
        running = runner.run([task(many_work.wait_for, tmp_path / "never", "it")])
        assert any(isinstance(told, Begun) for told in running)
        there.scheduler.send_signal(signal.SIGKILL)
        with pytest.raises(ImpastoError, match="has gone; start it again"):
            list(running)
