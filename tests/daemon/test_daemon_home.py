"""The home: nobody else may write there, one daemon has it, and a user without any is told so."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from serving import PROGRAM, photo, put

from impasto.protocol import ProtocolError
from impasto.protocol.keys import allow, allowed, own_keys
from impasto.protocol.places import private_folder, require_own

posix = pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's folders by other means")
NOBODY = 54321  # a user of whom the system knows nothing


def serve(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), "serve", "--idle", "1", *words]
    return subprocess.run(command, env={**os.environ, "IMPASTO_HOME": str(home)}, capture_output=True, text=True)


@posix
def test_a_home_that_others_may_write_is_refused_with_the_remedy(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for mode in (0o777, 0o770, 0o703):
        home.chmod(mode)
        with pytest.raises(ProtocolError, match=f"others may write {home}.*chmod 700 {home}"):
            private_folder(home)
    refused = serve(home)
    assert refused.returncode == 2 and f"chmod 700 {home}" in refused.stderr and "Traceback" not in refused.stderr
    home.chmod(0o755)
    private_folder(home)
    own_keys("client", home)
    for path, mode in (home / "keys", 0o707), (home / "keys" / "client.secret", 0o640):
        path.chmod(mode)
        with pytest.raises(ProtocolError, match=f"run chmod .* {path}"):
            own_keys("client", home)
        path.chmod(0o700 if path.is_dir() else 0o600)
    own_keys("client", home)
    require_own(home / "nothing")


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_keys_that_another_user_put_there_are_not_adopted(tmp_path: Path) -> None:
    own_keys("client", tmp_path)
    os.chown(tmp_path / "keys" / "client.secret", NOBODY, NOBODY)
    with pytest.raises(ProtocolError, match=r"client\.secret belongs to another user"):
        own_keys("client", tmp_path)


@posix
def test_nobody_is_let_in_by_others(tmp_path: Path) -> None:
    own, guest = own_keys("client", tmp_path)[0], own_keys("client", tmp_path / "guest")[0]
    allow(tmp_path / "guest" / "keys" / "client.key", tmp_path)
    place = tmp_path / "keys" / "clients"
    (file,) = place.iterdir()
    assert allowed(tmp_path) == {own, guest}
    for path, mode, good in (place, 0o777, 0o700), (file, 0o666, 0o600):
        path.chmod(mode)
        assert allowed(tmp_path) == {own}
        refused = serve(tmp_path)
        assert refused.returncode == 2 and f"run chmod {good:o} {path}" in refused.stderr
        path.chmod(good)
    assert allowed(tmp_path) == {own, guest} and serve(tmp_path).returncode == 0


@posix
def test_a_second_daemon_does_not_take_the_spool_of_the_first_whatever_was_deleted(start_daemon: Any) -> None:
    daemon = start_daemon()
    with daemon.client() as client:
        put(client, photo())
        for name in ("daemon.lock", "daemon.json"):
            (daemon.home / name).unlink()
        second = serve(daemon.home)
        assert second.returncode == 2 and "another engine has the jobs in" in second.stderr
        assert daemon.uploaded()
        assert client.ask("ping")["kind"] == "ok"
    assert daemon.end() == 0
    assert serve(daemon.home).returncode == 0


def test_without_a_home(tmp_path: Path) -> None:
    """As for a user that the system knows nothing of: a sentence where a folder is needed; none where it is not."""
    script = f"""
import os, sys
for name in ("HOME", "USERPROFILE", "HOMEDRIVE", "LOCALAPPDATA", "XDG_DATA_HOME", "XDG_CACHE_HOME", "IMPASTO_HOME"):
    os.environ.pop(name, None)
try:
    import pwd
    pwd.getpwuid = dict().__getitem__
except ImportError:
    pass
sys.argv[0] = {str(PROGRAM)!r}
sys.path.insert(0, os.path.dirname(sys.argv[0]))
from impasto.commands import main
"""

    def run(*words: str, then: str = "main.main()") -> tuple[int, str]:
        environment = {k: v for k, v in os.environ.items() if k != "IMPASTO_CACHE"}
        done = subprocess.run(
            [sys.executable, "-c", script + then, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    for words in (["serve", "status"], ["serve", "jobs"], ["plugin", "install"]):
        code, said = run(*words)
        which = "HOME" if words[0] == "plugin" else "IMPASTO_HOME"
        assert code == 2 and f"this user has no home folder; set {which} to" in said and "Traceback" not in said, said
    code, said = run("models", "list")
    assert code == 0, said
    kept = "main._set_up(); from impasto.engine.compiling import cache_folder; print('kept in', cache_folder())"
    assert run(then=kept) == (0, "kept in None\n")  # so it paints, and keeps nothing
