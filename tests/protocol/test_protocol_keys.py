"""Keys and places: made once, for their user alone, and nobody else gets in."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zmq

from impasto.protocol import ProtocolError
from impasto.protocol.keys import allow, allowed, own_keys, read_public
from impasto.protocol.lock import LOCK, is_held, take
from impasto.protocol.places import home, private_folder, read_runtime, running, write_private

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def client_file(folder: Path) -> Path:
    own_keys("client", folder)
    return folder / "keys" / "client.key"


@pytest.fixture
def homes(tmp_path: Path) -> list[Path]:
    return [tmp_path / name for name in "abc"]


def test_made_once(tmp_path: Path) -> None:
    public, secret = own_keys("client", tmp_path)
    assert own_keys("client", tmp_path) == (public, secret)
    assert zmq.curve_public(secret.encode()) == public.encode()
    assert own_keys("server", tmp_path) != (public, secret)
    assert read_public(tmp_path / "keys" / "client.key") == public


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_their_user_reads_them(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        folder = tmp_path / "home"
        own_keys("client", folder)
        own_keys("server", folder)
        allow(client_file(tmp_path / "other"), folder)
        write_private(folder / "daemon.json", "{}")
    finally:
        os.umask(before)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".secret", ".key", ".json"}
    assert {mode(path) for path in files} == {0o600}
    assert {mode(path) for path in (folder / "keys", folder / "keys" / "clients")} == {0o700}


def test_many_at_once_make_one_pair(tmp_path: Path) -> None:
    code = "import sys; from impasto.protocol.keys import own_keys; sys.stdin.read(); "
    code += "print([own_keys('client', f'{sys.argv[1]}/{k}') for k in range(40)])"
    root = Path(__file__).resolve().parents[2]
    waiting, go = os.pipe()  # all wait for its end
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path], cwd=root, stdin=waiting, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    os.close(go)
    os.close(waiting)
    said = {process.communicate()[0] for process in started}
    assert said == {f"{[own_keys('client', tmp_path / str(k)) for k in range(40)]}\n"}
    left = {path.name for path in tmp_path.glob("*/keys/*")}
    assert left == {"client.key", "client.secret"}


PAIR = [key.decode() for key in zmq.curve_keypair()]
OTHER = zmq.curve_keypair()[1].decode()


@pytest.mark.parametrize(
    "text",
    ["", "\n", "x", PAIR[0], f"{PAIR[0]}\n{OTHER}\n", f"{PAIR[1]}\n{PAIR[0]}\n", f"{PAIR[0]}\n{PAIR[1]}\nmore",
     f"{PAIR[0][:39]}\n{PAIR[1]}", "#" * 40 + "\n" + "#" * 40, "é" * 40 + "\n" + "é" * 40, "\0" * 81],
    ids=str.__len__,
)  # fmt: skip
def test_damaged(tmp_path: Path, text: str) -> None:
    path = client_file(tmp_path).with_suffix(".secret")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError) as refused:
        own_keys("client", tmp_path)
    assert refused.value.code == "keys"
    assert str(path) in refused.value.sentence
    path.write_bytes(b"\xff\xfe" + bytes(range(200)))
    with pytest.raises(ProtocolError):
        own_keys("client", tmp_path)


@pytest.mark.parametrize(
    "text", ["", "x" * 39, "x" * 41, f"{PAIR[0]} {PAIR[0]}", "\0" * 40, "é" * 40, "#" * 40], ids=str.__len__
)
def test_no_public_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.key"
    path.write_text(text, encoding="utf-8")
    for read in (read_public, lambda path: allow(path, tmp_path)):
        with pytest.raises(ProtocolError) as refused:
            read(path)
        assert refused.value.code == "keys"
    with pytest.raises(ProtocolError):
        read_public(tmp_path)
    with pytest.raises(ProtocolError):
        read_public(tmp_path / "none")
    assert allowed(tmp_path) == {own_keys("client", tmp_path)[0]}


def test_a_secret_is_never_let_in_by_mistake(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError):
        allow(client_file(tmp_path).with_suffix(".secret"), tmp_path / "home")


def test_allowed_are_those_and_nobody_else(homes: list[Path]) -> None:
    mine, theirs, strangers = homes
    own = own_keys("client", mine)[0]
    assert allowed(mine) == {own}
    key = allow(client_file(theirs), mine)
    assert key == own_keys("client", theirs)[0]
    assert allowed(mine) == {own, key}
    assert allow(client_file(theirs), mine) == key  # again
    assert len(list((mine / "keys" / "clients").iterdir())) == 1
    assert own_keys("client", strangers)[0] not in allowed(mine)
    assert own_keys("server", mine)[0] not in allowed(mine)


def test_one_more_takes_nobodys_place(tmp_path: Path) -> None:
    mine = tmp_path / "home"
    files = [client_file(tmp_path / str(k)) for k in range(4)]
    for path in files[:3]:
        allow(path, mine)
    place = mine / "keys" / "clients"
    shown_out = next(path for path in place.iterdir() if read_public(path) == read_public(files[0]))
    shown_out.unlink()
    allow(files[3], mine)
    wanted = {read_public(path) for path in files[1:]} | {own_keys("client", mine)[0]}
    assert allowed(mine) == wanted


def test_files_that_are_no_keys_let_nobody_in(homes: list[Path]) -> None:
    mine, theirs, _ = homes
    allow(client_file(theirs), mine)
    place = mine / "keys" / "clients"
    (place / "empty.key").write_bytes(b"")
    (place / "noise.key").write_bytes(bytes(range(256)))
    (place / "folder.key").mkdir()
    assert allowed(mine) == {own_keys("client", mine)[0], own_keys("client", theirs)[0]}


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPASTO_HOME", str(tmp_path / "x" / "y"))
    assert home() == tmp_path / "x" / "y"
    assert home().is_dir()
    monkeypatch.delenv("IMPASTO_HOME")
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        assert home() == tmp_path / "data" / "impasto"
        assert mode(home()) == 0o700


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("IMPASTO_HOME", str(place))
        with pytest.raises(ProtocolError) as refused:
            home()
        assert refused.value.code == "home"
        with pytest.raises(ProtocolError):
            private_folder(place)


FACTS = {"address": "tcp://127.0.0.1:5000", "key": PAIR[0], "pid": 7}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps(FACTS), FACTS),
        (json.dumps(FACTS)[:-5], None),
        (json.dumps({**FACTS, "pid": "7"}), None),
        (json.dumps({**FACTS, "address": None}), None),
        (json.dumps({"pid": 7}), None),
        ("[]", None),
        ("", None),
        ("[" * 100_000, None),
        ("\udcff", None),
    ],
    ids=range(9),
)
def test_runtime_file(tmp_path: Path, text: str, found: Any) -> None:
    assert read_runtime(tmp_path) is None
    (tmp_path / "daemon.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert read_runtime(tmp_path) == found


def test_only_the_lock_says_whether_it_runs(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    write_private(tmp_path / "daemon.json", json.dumps(FACTS | {"pid": os.getpid()}))
    assert running(tmp_path) is not None  # there is no lock file: all that is left is the pid
    with take(tmp_path):
        assert take(tmp_path) is None
        assert is_held(tmp_path) is True
        write_private(tmp_path / "daemon.json", json.dumps(FACTS | {"pid": 2**22 + 1}))  # of another machine, perhaps
        assert running(tmp_path) == FACTS | {"pid": 2**22 + 1}
    assert is_held(tmp_path) is False
    write_private(tmp_path / "daemon.json", json.dumps(FACTS | {"pid": os.getpid()}))
    assert running(tmp_path) is None


@posix
def test_keys_outlast_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one may find an empty file in the place of a key, and everybody has to be let in again."""
    at_sync: list[Any] = []
    sync = os.fsync

    def record(descriptor: int) -> None:
        found = os.fstat(descriptor)
        there = sorted(path.name for path in (tmp_path / "keys").iterdir() if "new" not in path.name)
        at_sync.append((0 if stat.S_ISDIR(found.st_mode) else found.st_size, there))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    own_keys("client", tmp_path)
    secret, public = ["client.secret"], ["client.key", "client.secret"]
    assert at_sync == [(82, []), (0, secret), (41, secret), (0, public)]


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "new\udcff")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@posix
def test_a_lock_says_whether_a_daemon_lives(tmp_path: Path) -> None:
    assert is_held(tmp_path) is None, "without a lock file nobody can tell"
    code = "import fcntl, sys; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX)"
    code += "; print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(tmp_path / LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_held(tmp_path) is True
        holder.kill()
        holder.wait()
    assert is_held(tmp_path) is False
    assert is_held(tmp_path) is False, "asking does not keep it"
