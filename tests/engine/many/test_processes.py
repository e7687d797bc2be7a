"""The runner of our own processes: what is done, what dies, what fails, what is stopped, and what is left behind."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import many_work
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.many import processes
from impasto.engine.many.processes import OwnProcesses
from impasto.engine.many.task import Begun, Ended, Going, PaintTask, Readied

MANY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(MANY))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(processes.tempfile, "tempdir", str(tmp_path / "tmp"))


def task(work, payload, name="it", **more) -> PaintTask:
    return PaintTask(name, f"{name}-{id(payload)}", work, payload, **more)


def ends(runner: OwnProcesses, tasks) -> dict[str, Ended]:
    return {h.task.name: h for h in runner.run(tasks) if isinstance(h, Ended) and h.task}


def test_all_are_done_and_told_and_nothing_is_left(tmp_path):
    with OwnProcesses(2) as runner:
        told = list(runner.run(task(many_work.double, k, str(k)) for k in range(7)))
    assert {h.task.name: h.result for h in told if isinstance(h, Ended) and h.task} == {str(k): 2 * k for k in range(7)}
    assert [h.share for h in told if isinstance(h, Going)] == [0.5] * 7
    assert len([h for h in told if isinstance(h, Begun)]) == 7
    assert told[0] == Readied(None, "") or isinstance(told[0], Readied)
    assert not list((tmp_path / "tmp").iterdir())


def test_each_has_a_folder_of_its_own_and_its_share_of_the_cores(monkeypatch):
    monkeypatch.setattr(processes, "default_threads", lambda: 6)
    with OwnProcesses(2) as runner:
        found = [end.result for end in ends(runner, [task(many_work.where, 0.3, str(k)) for k in range(4)]).values()]
    pids, folders, left, threads = zip(*found, strict=True)
    assert len(set(pids)) == 2 and len(set(folders)) == 4 and set(threads) == {3}
    assert all(names == ["left"] for names in left) and not any(Path(folder).exists() for folder in folders)


def test_files_lie_where_they_lay(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with OwnProcesses(1) as runner:
        assert ends(runner, [task(many_work.read, path, files=(path,))])["it"].result == ("hello", str(path))


def test_what_fails_is_a_sentence_and_stops_nothing():
    errors = {
        "ImpastoError": "a.png is empty; get a fresh copy of it",
        "MemoryError": "it needs more memory than there is; ask for less",
        "OSError": "a file could not be written (No space left); free space",
        "ZeroDivisionError": "Impasto made a mistake (ZeroDivisionError: oh); please report it",
    }
    tasks = [task(many_work.fail, error, said) for error, said in errors.items()]
    with OwnProcesses(1) as runner:
        found = ends(runner, [*tasks, task(many_work.double, 4, "good")])
    assert found.pop("good").result == 8 and {end.trouble for end in found.values()} == set(errors.values())
    assert all(end.trouble == said and end.result is None for said, end in found.items())


def test_a_process_that_is_killed_loses_nothing(tmp_path):
    folder = tmp_path / "deaths"
    folder.mkdir()
    with OwnProcesses(2) as runner:
        told = list(
            runner.run([task(many_work.die, (folder, 2), "it"), *(task(many_work.double, k, str(k)) for k in "abc")])
        )
    found = {h.task.name: h.result for h in told if isinstance(h, Ended) and h.task}
    assert found == {"it": "alive", "a": "aa", "b": "bb", "c": "cc"}
    assert len([h for h in told if isinstance(h, Begun) and h.task and h.task.name == "it"]) == 3


def test_the_last_time_it_is_alone():
    """However much memory there is, and after all others."""

    class Dead:
        def end(self) -> None: ...

    runner, left = OwnProcesses(2, memory=1000), processes._Left([task(many_work.double, 1, "next")])
    doing, other = (processes._Doing(task(many_work.double, 1, name), 10) for name in ("it", "other"))
    left.peek()
    for tries, alone in ((1, False), (2, True)):
        gone: Any = Dead()
        runner._busy = {gone: doing}
        assert not list(runner._bury(gone, doing, "killed", left)) and (doing.tries, doing.alone) == (tries, alone)
        runner._busy = {gone: other}
        assert runner._fits(doing) != alone
        assert (left.peek() is doing) != alone
        if not alone:
            left.take()


def test_one_that_always_kills_is_given_up(tmp_path):
    folder = tmp_path / "deaths"
    folder.mkdir()
    with OwnProcesses(2) as runner:
        found = ends(
            runner,
            [
                task(many_work.die, (folder, 9), "it"),
                task(many_work.leave, 0, "other"),
                task(many_work.double, 1, "good"),
            ],
        )
    assert found["it"].trouble == "the process that painted it ended 3 times (killed; memory may be short); free memory"
    assert "ended 3 times (the last words)" in (found["other"].trouble or "") and found["good"].result == 2


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform == "win32", reason="nobody stops a process there")
def test_one_that_hangs_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "SILENCE", 5.0)
    with OwnProcesses(1) as runner:
        end = time.monotonic() + 120
        tasks = [task(many_work.stop, tmp_path / "pid"), task(many_work.double, 4, "other")]
        told = list(runner.run(tasks, lambda: time.monotonic() > end))
    found = {h.task.name: h.result for h in told if isinstance(h, Ended) and h.task}
    assert found == {"it": "alive", "other": 8}
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


RUN = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
import many_work
from impasto.engine.many.processes import OwnProcesses
from impasto.engine.many.task import PaintTask
with OwnProcesses(1) as runner:
    list(runner.run([PaintTask("it", "it", many_work.stop, Path({pid!r}))]))
"""


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a stopped process of its parent's end")
def test_one_that_is_stopped_ends_with_who_started_it_and_leaves_nothing(tmp_path):
    pid, root = tmp_path / "pid", str(MANY.parents[1])
    code = RUN.format(path=[root, str(MANY)], pid=str(pid))
    parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    until(pid.exists, "it has begun")
    stopped = Path(f"/proc/{pid.read_text()}/stat")
    until(lambda: stopped.read_text().rpartition(")")[2].split()[0] == "T", "it is stopped")
    parent.kill()
    parent.wait()
    until(lambda: not stopped.exists(), "it has ended")
    assert not list((tmp_path / "tmp").iterdir())


def until(met: Any, what: str) -> None:
    end = time.monotonic() + 120
    while not met():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.05)


def test_no_more_at_once_than_memory_allows(tmp_path):
    go, most = tmp_path / "go", []
    tasks = [task(many_work.wait_for, go, str(k), needs=lambda: 400) for k in range(5)]
    tasks.append(task(many_work.wait_for, go, "large", needs=lambda: 5000))
    busy = 0
    with OwnProcesses(4, memory=1000) as runner:
        for happened in runner.run(tasks):
            busy += isinstance(happened, Begun) - isinstance(happened, Ended)
            most.append(busy)
            if busy == 2 and not go.exists():
                time.sleep(0.3)  # time in which a third one could begin
                go.touch()
    assert max(most) == 2 and busy == 0 and len(list(tmp_path.glob("*.pid"))) == 2


def test_tasks_are_asked_for_as_there_is_room_and_a_stop_ends_at_once(tmp_path):
    asked, stop = [], []

    def endless() -> Iterator[PaintTask]:
        for k in count():
            asked.append(k)
            yield task(many_work.wait_for, tmp_path / "never", str(k))

    with OwnProcesses(2) as runner:
        begun = 0
        for happened in runner.run(endless(), lambda: bool(stop)):
            begun += isinstance(happened, Begun)
            if begun == 2:
                stop.append(1)
        assert begun == 2 and len(asked) <= 3
        pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_one_that_does_not_start_is_said(monkeypatch):
    monkeypatch.setattr(processes.child, "python", lambda module: ["python3", "-c", "import nothing_of_that_name"])
    with (
        OwnProcesses(1) as runner,
        pytest.raises(ImpastoError, match=r"no process for painting starts here: Modul.*nothing_of"),
    ):
        ends(runner, [task(many_work.double, 1)])
