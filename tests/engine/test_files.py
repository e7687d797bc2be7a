"""Opening files, and writing them whole or not at all."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from limits import largest_file

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write, check_writable, open_input

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Step down from root, who may do everything; others are held back by permissions as they are."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def protected() -> Iterator[Path]:
    """A folder that everyone may enter and nobody may write to, with one file `secret` nobody may read."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders may be entered by their owner only
    (folder / "secret").write_bytes(b"secret")
    (folder / "open").write_bytes(b"open")
    (folder / "secret").chmod(0)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def refusal(wish: Callable[[], object]) -> str:
    """Return the one sentence `wish` is refused with."""
    with pytest.raises(ImpastoError) as caught:
        wish()
    sentence = str(caught.value)
    assert "\n" not in sentence and ". " not in sentence and ";" in sentence
    return sentence


def write(path: Path, content: bytes, overwrite: bool = False) -> None:
    with atomic_write(path, overwrite) as stream:
        stream.write(content)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with open_input(str(tmp_path / "a")) as stream:
        assert stream.read() == b"abc"


def test_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, reason in {
        "missing": "there is no file",
        "empty/inside": "there is no file",
        "empty": "is empty",
        "pipe": "not a plain file",
        ".": "is a folder",
        "loop": "cannot be read",
        "x" * 300: "cannot be read",
    }.items():
        sentence = refusal(lambda path=tmp_path / name: open_input(path))
        assert reason in sentence and str(tmp_path / name) in sentence


def test_refuses_to_read_without_permission(protected: Path) -> None:
    with as_nobody():
        open_input(protected / "open").close()
        sentence = refusal(lambda: open_input(protected / "secret"))
    assert "Permission denied" in sentence and "secret" in sentence


def test_writes_a_new_file(tmp_path: Path) -> None:
    check_writable(tmp_path / "new")
    assert names(tmp_path) == []
    write(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert names(tmp_path) == ["new"]


def test_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_replaces_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o640)
    for wish in (lambda: check_writable(path), lambda: write(path, b"new")):
        sentence = refusal(wish)
        assert str(path) in sentence and "--force" in sentence
    assert path.read_bytes() == b"old"

    check_writable(path, overwrite=True)
    write(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["old"]


def test_old_file_stands_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    with atomic_write(path, overwrite=True) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_content_is_on_disk_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new"
    at_sync: list[tuple[int | str, bool]] = []
    sync = os.fsync

    def record(descriptor: int) -> None:
        found = os.fstat(descriptor)
        at_sync.append(("folder" if stat.S_ISDIR(found.st_mode) else found.st_size, path.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    write(path, b"content")
    assert at_sync == [(len(b"content"), False), ("folder", True)]  # and the name before anybody is told


def test_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("overwrite", [False, True])
def test_failure_leaves_no_trace(tmp_path: Path, failure: type[BaseException], overwrite: bool) -> None:
    path = tmp_path / "file"
    if overwrite:
        path.write_bytes(b"old")
    before = names(tmp_path)
    with pytest.raises(failure), atomic_write(path, overwrite) as stream:
        stream.write(b"half")
        raise failure
    assert names(tmp_path) == before
    assert not overwrite or path.read_bytes() == b"old"


def test_full_disk_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    with largest_file(1000):
        sentence = refusal(lambda: write(tmp_path / "new", bytes(5000)))
        refusal(lambda: write(tmp_path / "old", bytes(5000), overwrite=True))
        write(tmp_path / "small", bytes(900))
    assert str(tmp_path / "new") in sentence and os.strerror(errno.EFBIG) in sentence and "free space" in sentence
    assert names(tmp_path) == ["old", "small"]
    assert (tmp_path / "old").read_bytes() == b"old"


@pytest.mark.parametrize("hard_links", [True, False])
def test_never_replaces_a_file_that_appeared_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    if not hard_links:
        monkeypatch.setattr(os, "link", without_hard_links)
    path = tmp_path / "file"

    def race() -> None:
        with atomic_write(path) as stream:
            stream.write(b"mine")
            path.write_bytes(b"theirs")

    assert "already exists" in refusal(race)
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["file"]


def test_writes_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", without_hard_links)
    write(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert names(tmp_path) == ["file"]


def without_hard_links(source: Path, target: Path) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def test_refuses_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"file")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    for name, reason in {
        "missing/file": "there is no folder",
        "file/inside": "there is no folder",
        ".": "is a folder",
        "pipe": "not a plain file",
        "x" * 300: "name too long",
    }.items():
        path = tmp_path / name
        for wish in (lambda p=path: check_writable(p, True), lambda p=path: write(p, b"", True)):
            sentence = refusal(wish)
            assert reason in sentence and str(path) in sentence
    assert names(tmp_path) == before


def test_refuses_protected_places(protected: Path) -> None:
    with as_nobody():
        assert "is protected" in refusal(lambda: write(protected / "new", b""))
        assert "is protected" in refusal(lambda: check_writable(protected / "new"))
    protected.chmod(0o777)
    with as_nobody():
        write(protected / "new", b"")
        assert "write-protected" in refusal(lambda: check_writable(protected / "secret", overwrite=True))
    protected.chmod(0)
    with as_nobody():
        assert "Permission denied" in refusal(lambda: check_writable(protected / "inner" / "new"))
