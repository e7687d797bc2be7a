"""Downloads from a hub that cuts connections, lies and goes away, and disks that are full."""

import errno
import io
import shutil
import socket
from http.client import HTTPMessage
from pathlib import Path
from urllib.request import Request

import pytest
from hubs import COMMIT, HUB, NAME, bring, left, refusal

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks import download as downloading
from impasto.engine.segment.networks.download import Expected, difference, download
from impasto.engine.segment.networks.hub import fetch
from impasto.engine.segment.networks.models import find_folder, find_model, verify


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_is_cut_goes_on(hub, ranges):
    size = len(hub.files["model.safetensors"])
    hub.no_ranges = not ranges
    hub.cut_after = [10**9, 10**9, size // 3, size // 3] if ranges else [10**9, 10**9, size // 3]
    folder = bring(hub)
    assert verify(find_model(NAME)) == []
    parts = [span for path, span in hub.asked if path.endswith("model.safetensors")]
    if ranges:
        assert parts == [None, f"bytes={size // 3}-", f"bytes={2 * (size // 3)}-"]
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


def test_a_download_that_was_given_up_goes_on_the_next_time(hub, own_store):
    size = len(hub.files["model.safetensors"])
    hub.cut_after = [10**9, 10**9, size // 2, 0, 0, 0, 0, 0]
    assert f"broke off at {size // 2} of {size} bytes" in refusal(hub)
    assert left(own_store) == [f".{NAME}-{COMMIT[:12]}.partial"]
    with pytest.raises(ImpastoError, match="is not on this computer"):
        find_folder(NAME)
    hub.asked.clear()
    bring(hub)
    files = [(path.rsplit("/", 1)[1], span) for path, span in hub.asked if "/resolve/" in path]
    assert files == [("model.safetensors", f"bytes={size // 2}-")]  # the small ones were there
    assert verify(find_model(NAME)) == []
    assert left(own_store) == [NAME]


def test_a_server_that_is_busy_is_asked_again(hub):
    hub.errors = [503]
    assert "HTTP 503" in refusal(hub)  # the listing is not insisted on
    hub.file_errors = [429, 503]
    bring(hub)
    assert hub.file_errors == []
    assert verify(find_model(NAME)) == []


def test_a_part_that_does_not_fit_starts_anew(hub):
    size = len(hub.files["model.safetensors"])
    hub.wrong_part = True
    hub.cut_after = [10**9, 10**9, size // 2]
    bring(hub)
    assert verify(find_model(NAME)) == []


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_wrong_checksum(hub, own_store, name):
    """Large files by the hub's SHA-256, small ones by Git's name of them."""
    answer = hub.answer()
    data = hub.files[name]
    hub.listing = answer
    hub.files[name] = data[:-1] + bytes([data[-1] ^ 1])
    assert "is not the file that was expected" in refusal(hub)
    assert NAME not in left(own_store)
    hub.files[name] = data
    bring(hub)  # what was wrong has been thrown away
    assert verify(find_model(NAME)) == []


def test_a_file_that_is_longer_or_shorter_than_was_said(hub):
    hub.listing = hub.answer()
    name, data = "model.safetensors", hub.files["model.safetensors"]
    hub.files[name] = data + b"more"
    assert "is longer than the" in refusal(hub)
    hub.files[name] = data[:-5]
    assert "broke off" in refusal(hub)


def test_a_hub_that_says_no(hub):
    for code, words in ((404, "HTTP 404"), (401, "HTTP 401"), (403, "HTTP 403")):
        hub.errors = [code]
        assert words in refusal(hub)


def test_a_hub_that_is_not_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ImpastoError, match="check your connection"):
            fetch(NAME, address, pause=0)
    with pytest.raises(ImpastoError, match="no web address"):
        fetch(NAME, "file:///etc", pause=0)


def test_redirects_are_followed(hub):
    """Hubs keep large files elsewhere; ranges must survive the way there."""
    hub.content_type_redirect = hub.address
    size = len(hub.files["model.safetensors"])
    hub.cut_after = [10**9, 10**9, size // 2]
    bring(hub)
    assert verify(find_model(NAME)) == []
    assert ("/elsewhere/model.safetensors", f"bytes={size // 2}-") in hub.asked


def test_no_redirect_gives_the_encryption_up():
    handler, request = downloading._SafeRedirects(), Request("https://127.0.0.1/a")
    with pytest.raises(OSError, match="unencrypted"):
        handler.redirect_request(request, io.BytesIO(), 302, "", HTTPMessage(), "http://127.0.0.1/a")
    assert handler.redirect_request(request, io.BytesIO(), 302, "", HTTPMessage(), "https://127.0.0.2/a") is not None


def test_a_full_disk(tmp_path, hub):
    """/dev/full fails as a full disk does, when something is written."""
    part = tmp_path / "part"
    part.symlink_to("/dev/full")
    url = f"{hub.address}/{HUB}/resolve/{COMMIT}/config.json"
    with pytest.raises(ImpastoError, match="No space left on device"):
        download(url, part, Expected(len(hub.files["config.json"])), pause=0)


def test_no_room_is_seen_before(tmp_path, hub, monkeypatch):
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    assert "10 are free" in refusal(hub)
    assert all("/resolve/" not in path for path, _ in hub.asked)


def test_a_store_that_cannot_be_written(hub, own_store, tmp_path, monkeypatch):
    own_store.write_text("a file where the folder should be")
    assert "could not be written" in refusal(hub)
    own_store.unlink()
    bring(hub)

    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "rename", fail)
    assert "Read-only file system" in refusal(hub, force=True)


def test_differences(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"hello\n")
    sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    git = "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
    assert difference(path, Expected(6, sha256, git)) == ""
    assert difference(path, Expected(7)) == "it has 6 bytes, not 7"
    assert "SHA-256" in difference(path, Expected(6, "0" * 64))
    assert "checksum" in difference(path, Expected(6, "", "0" * 40))
