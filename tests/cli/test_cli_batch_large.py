"""A batch of ten thousand files, and one whose disk is full in the midst: what is told, what is kept, what it takes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desk import PROGRAM, QUICK, Desk
from PIL import Image

TINY = ("--set", "passes=[{radius=0.2,share=1,iterations=6}]", "--set", "finish=4", "--set", "medium.kind=flat",
        "--set", "attention.interest=0", "--strokes", "20", "--working-size", "64")  # fmt: skip
COUNT, BROKEN, OTHER = 9_000, 500, 500  # photos, files that are called so, files that are not
MOST = 200 << 20  # bytes of the client's; 60 MB for 10 pictures
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are told by Linux")


def peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10 if "VmHWM:" in status else 0


@linux
@pytest.mark.nightly
def test_ten_thousand_files_of_which_some_are_no_pictures(desk: Desk) -> None:
    folder = desk.folder / "in"
    folder.mkdir()
    for k in range(50):
        desk.photo(f"in/{k:05}.png", shift=k)
    for k in range(50, COUNT):
        os.link(folder / f"{k % 50:05}.png", folder / f"{k:05}.png")
    for k in range(BROKEN):
        (folder / f"broken-{k}.jpg").write_bytes(b"\xff\xd8\xff nothing more" if k % 2 else b"")
    for k in range(OTHER):
        (folder / f"notes-{k}.txt").write_text("no picture")
    words = ("batch", "in", "-o", "out", "--json", "--processes", "2", "--threads", "1", *TINY)
    with desk.start(*words, stderr=subprocess.DEVNULL) as client:
        assert client.stdout is not None
        most, told = 0, {}
        for line in client.stdout:
            told = json.loads(line)
            if told["event"] in ("painted", "failed") and told["all"]["done"] % 100 == 0:
                most = max(most, peak(client.pid))
    assert client.returncode == 1
    assert (told["painted"], told["failed"], told["before"]) == (COUNT, BROKEN, 0)
    names = {path.name for path in (desk.folder / "out").iterdir() if not path.name.startswith(".")}
    assert names == {f"{k:05}.png" for k in range(COUNT)}
    print(f"{told['seconds']:.0f} s, client {most >> 20} MB")
    assert 0 < most < MOST
    with Image.open(desk.folder / f"out/{COUNT - 1:05}.png") as last:
        assert last.size == (64, 48)
    again = desk.finish(*words)
    told = json.loads(again.stdout.splitlines()[-1])
    assert (told["painted"], told["failed"], told["before"]) == (0, BROKEN, COUNT)
    said = desk.finish(*(word for word in words if word != "--json")).stderr.splitlines()
    assert said[0] == f"{OTHER} other files are passed over"
    assert len([line for line in said if line.startswith("not painted: broken-")]) == BROKEN


SCRIPT = """
mount -t tmpfs -o size=48k none out || exit 77
"$@"; echo "code $?"; ls -a out | tr '\\n' ' '; echo
mount -o remount,size=8m none out
"$@"; echo "code $?"; ls -a out | tr '\\n' ' '; echo; cat out/*.bmp | sha256sum
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a disk of its own")
def test_a_disk_that_is_full_in_the_midst_is_said_and_nothing_is_lost(desk: Desk) -> None:
    """A real one, of 48 kB; the same command goes on when there is room."""
    (desk.folder / "in").mkdir()
    (desk.folder / "out").mkdir()
    for k in range(10):
        desk.photo(f"in/{k}.png", shift=k)
    batch = (sys.executable, str(PROGRAM), "batch", "in", "-o", "out", "--processes", "1", "--as", "bmp", *QUICK)
    words = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", *batch)
    done = subprocess.run(words, cwd=desk.folder, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no disk of its own can be had here")
    first, there, second, all_there, total = done.stdout.splitlines()
    print(done.stderr)
    assert first == "code 2" and second == "code 0"
    kept = {name for name in there.split() if name.endswith(".bmp")}
    assert 1 <= len(kept) < 10 and ".tmp" not in there and ".tmp" not in all_there
    assert {name for name in all_there.split() if name.endswith(".bmp")} == {f"{k}.bmp" for k in range(10)}
    error = next(line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "No space left on device" in error and f"; {len(kept)} of 10 are painted, and the same command" in error
    assert f"painted {10 - len(kept)} of {10 - len(kept)} pictures" in done.stderr
    assert desk.run("batch", "in", "-o", "whole", "--processes", "1", "--as", "bmp", *QUICK).exit_code == 0
    whole = b"".join((desk.folder / f"whole/{k}.bmp").read_bytes() for k in range(10))
    assert total.split()[0] == hashlib.sha256(whole).hexdigest()
