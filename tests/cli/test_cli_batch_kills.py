"""What becomes of a batch whose processes, workers or client are killed: every picture whole, each painted as ever."""

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import QUICK, Desk
from machines import children, machines
from PIL import Image

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are found in /proc"),
    pytest.mark.nightly,
]
NAMES = ("a", "b", "c", "d")
WORDS = ("batch", "in", "-o", "out", "--save", "--json", *QUICK, "--set", "finish=60")
FEW, ALL = (2, 7), tuple(range(10))


@pytest.fixture
def photos(desk: Desk) -> dict[str, str]:
    """Four photos in a folder, and what is to become of them, by the outputs' names."""
    (desk.folder / "in").mkdir()
    for number, name in enumerate(NAMES):
        desk.photo(f"in/{name}.png", shift=9 * number)
    assert desk.run(*WORDS[:3], "whole", *WORDS[4:], "--processes", "1").exit_code == 0
    return sums(desk.folder / "whole")


def sums(folder: Path) -> dict[str, str]:
    """All outputs, which are read as what they are."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".png":
            with Image.open(path) as image:
                image.load()
        if not path.name.startswith("."):
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if not path.name.startswith(".")}


def moments(desk: Desk, words: tuple[str, ...]) -> float:
    """How long painting takes, from the first picture's beginning to the end, in seconds."""
    shutil.rmtree(desk.folder / "timed", ignore_errors=True)
    with desk.start(*WORDS[:3], "timed", *WORDS[4:], *words) as client:
        began = begun(client)
        client.communicate()
    return time.monotonic() - began


def begun(client) -> float:
    """Read what the client tells until somebody paints."""
    for line in client.stdout:
        if b'"begun"' in line:
            return time.monotonic()
    raise AssertionError(client.stderr.read().decode())


def kill_clients(desk: Desk, photos: dict[str, str], words: tuple[str, ...], when: tuple[int, ...]) -> None:
    spent = moments(desk, words)
    for moment in when:
        out = desk.folder / f"out{moment}"
        asked = (*WORDS[:3], out.name, *WORDS[4:], *words)
        with desk.start(*asked) as client:
            time.sleep(max(0.0, begun(client) + spent * moment / 9 - time.monotonic()))
            client.send_signal(signal.SIGKILL)
            client.communicate()
        there, written = sums(out), times(out)
        assert there.items() <= photos.items()  # each whole
        again = desk.finish(*asked)
        assert again.returncode == 0, again.stderr
        assert sums(out) == photos
        after = times(out)
        assert {name: after[name] for name in written} == written  # none is written twice
        assert not list(out.glob("*.tmp"))


def kill_painters(
    desk: Desk, photos: dict[str, str], words: tuple[str, ...], when: tuple[int, ...],
    painters: Callable[[int], list[int]],
) -> None:  # fmt: skip
    spent = moments(desk, words)
    for moment in when:
        out = desk.folder / f"out{moment}"
        with desk.start(*WORDS[:3], out.name, *WORDS[4:], *words) as client:
            time.sleep(max(0.0, begun(client) + spent * moment / 10 - time.monotonic()))
            for pid in painters(client.pid)[:1]:
                os.kill(pid, signal.SIGKILL)
            _, said = client.communicate()
        assert client.returncode == 0, said
        assert sums(out) == photos and not list(out.glob("*.tmp"))


def test_a_batch_killed_goes_on_and_nothing_is_torn_or_written_twice(desk: Desk, photos: dict[str, str]):
    kill_clients(desk, photos, ("--processes", "2"), FEW[1:])


def test_a_painting_process_killed_loses_nothing(desk: Desk, photos: dict[str, str]):
    kill_painters(desk, photos, ("--processes", "2"), FEW[:1], children)


@pytest.mark.nightly
def test_killed_at_ten_moments(desk: Desk, photos: dict[str, str]):
    kill_clients(desk, photos, ("--processes", "2"), ALL)
    for moment in ALL:
        (desk.folder / f"out{moment}").rename(desk.folder / f"before{moment}")
    kill_painters(desk, photos, ("--processes", "2"), ALL, children)


@pytest.mark.nightly
def test_clients_and_workers_of_a_cluster_killed_at_ten_moments(desk: Desk, photos: dict[str, str], tmp_path: Path):
    pytest.importorskip("distributed")
    (tmp_path / "dask").mkdir()
    with machines(tmp_path / "dask") as there:
        kill_clients(desk, photos, there.words, ALL)
        for moment in ALL:
            (desk.folder / f"out{moment}").rename(desk.folder / f"before{moment}")
        kill_painters(desk, photos, there.words, ALL, lambda _: there.painting())


@pytest.mark.xdist_group("dask")
def test_a_batch_on_a_cluster_is_painted_as_here(desk: Desk, photos: dict[str, str], tmp_path: Path):
    pytest.importorskip("distributed")
    (tmp_path / "dask").mkdir()
    with machines(tmp_path / "dask") as there:
        done = desk.finish(*WORDS, *there.words)
    assert done.returncode == 0, done.stderr
    assert sums(desk.folder / "out") == photos
    assert '"moved": {"sent": ' in done.stdout and '"files": 4' in done.stdout.splitlines()[-1]
