"""The manifest, and fetching: from a hub on this computer that cuts connections, lies and goes away."""

import errno
import hashlib
import http.server
import io
import json
import re
import shutil
import socket
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import ImpastoError
from engine.regions import download as downloading
from engine.regions import models
from engine.regions.download import Expected, difference, download
from engine.regions.hub import fetch
from engine.regions.models import Model, find_folder, find_model, first_there, folder_of, manifest, read_record, verify
from engine.regions.panoptic import Segmenter

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "detr-resnet-50-panoptic"
HUB = "facebook/detr-resnet-50-panoptic"


class Hub(http.server.ThreadingHTTPServer):
    """Answers as Hugging Face does, and misbehaves when told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.listing: dict | bytes | None = None
        self.cut_after: list[int] = []  # bytes after which the next connections break
        self.no_ranges = self.wrong_part = False
        self.errors: list[int] = []  # codes of the next answers
        self.asked: list[tuple[str, str | None]] = []
        self.content_type_redirect = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self) -> bytes:
        if isinstance(self.listing, bytes):
            return self.listing
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
                **(
                    {"lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}} if len(data) > 9999 else {}
                ),
            }
            for name, data in self.files.items()
        ]
        return json.dumps({"sha": COMMIT, "siblings": siblings} | (self.listing or {})).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        hub = self.server
        wanted = self.headers.get("Range")
        hub.asked.append((self.path, wanted))
        if hub.errors:
            self.send_error(hub.errors.pop(0))
            return
        if self.path.startswith("/api/models/"):
            self._send(200, hub.answer())
            return
        if self.path.startswith("/elsewhere/"):
            data = hub.files[self.path.rsplit("/", 1)[1]]
        else:
            match = re.fullmatch(rf"/[\w-]+/[\w-]+/resolve/{COMMIT}/([\w.-]+)", self.path)
            data = hub.files.get(match[1]) if match else None
            if match and data is not None and hub.content_type_redirect:
                self.send_response(302)
                self.send_header("Location", f"{hub.content_type_redirect}/elsewhere/{match[1]}")
                self.end_headers()
                return
        if data is None:
            self.send_error(404)
        elif wanted and not hub.no_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            start -= 1 if hub.wrong_part else 0
            self._send(206, data[start:], f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self._send(200, data)

    def _send(self, code: int, data: bytes, span: str = "") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        if self.server.cut_after and not self.path.startswith("/api"):
            data = data[: self.server.cut_after.pop(0)]
            self.close_connection = True
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(checkpoints: Path) -> Iterator[Hub]:
    """Holds the tiny DETR."""
    with Hub() as server:
        server.files = {path.name: path.read_bytes() for path in (checkpoints / "detr").iterdir()}
        server.files["README.md"] = b"not wanted"
        server.files["pytorch_model.bin"] = b"not wanted"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def bring(hub: Hub, name: str = NAME, **options) -> Path:
    return fetch(name, hub.address, pause=0, **options)


def refusal(hub: Hub, name: str = NAME, **options) -> str:
    with pytest.raises(ImpastoError) as caught:
        bring(hub, name, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence and ";" in sentence
    return sentence


def left(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir()) if store.exists() else []


def test_the_manifest_is_sound():
    assert len(manifest()) >= 6
    for name, model in manifest().items():
        assert re.fullmatch(r"[a-z0-9.-]+", name)
        assert model.task in models.TASKS
        assert model.licence and model.purpose.endswith(".") and model.megabytes > 0
        assert [bool(model.hub), bool(model.package), bool(model.url)].count(True) == 1
        assert not model.hub or models.HUB_ID.fullmatch(model.hub)
        for file in model.files:
            assert file["size"] > 0 and re.fullmatch("[0-9a-f]{64}", file["sha256"])
    assert {model.task for model in manifest().values()} >= {"panoptic", "semantic", "features"}


def test_the_weights_in_the_package_are_those_of_the_manifest():
    assert verify(manifest()["efficientnet-lite0"]) == []


def test_fetching_a_network_and_using_it(hub, own_store, blocks):
    told = []
    folder = bring(hub, tell=lambda *what: told.append(what))
    assert folder == own_store / NAME == folder_of(find_model(NAME)) == find_folder(HUB)
    assert first_there("panoptic") == folder
    assert left(own_store) == [NAME]
    assert left(folder) == ["config.json", "impasto-model.json", "model.safetensors", "preprocessor_config.json"]
    assert told[-1] == ("model.safetensors", len(hub.files["model.safetensors"]), len(hub.files["model.safetensors"]))
    record = json.loads((folder / "impasto-model.json").read_text())
    assert record["source"] == f"{hub.address}/{HUB}/tree/{COMMIT}"
    for name, file in record["files"].items():
        assert file == {"size": len(hub.files[name]), "sha256": hashlib.sha256(hub.files[name]).hexdigest()}
    assert verify(find_model(NAME)) == []
    assert len(Segmenter(folder)(blocks)) > 1
    hub.asked.clear()
    assert bring(hub) == folder  # there and whole: nothing is asked
    assert hub.asked == []


def test_any_network_of_a_hub(hub, own_store):
    folder = bring(hub, "someone/some-net")
    assert folder == own_store / "someone--some-net" == find_folder("someone/some-net")
    assert verify(find_model("someone/some-net")) == []


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
    bring(hub)
    shutil.rmtree(folder_of(find_model(NAME)) or "")
    listing_first = iter([None])
    original = Handler.do_GET

    def busy_once(handler: Handler) -> None:
        if "/resolve/" in handler.path and next(listing_first, "done") is None:
            handler.send_error(429)
        else:
            original(handler)

    try:
        Handler.do_GET = busy_once
        bring(hub)
    finally:
        Handler.do_GET = original
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


def test_the_manifests_checksums_go_before_the_hubs(hub, monkeypatch):
    files = tuple(
        {"name": n, "size": len(hub.files[n]), "sha256": hashlib.sha256(hub.files[n]).hexdigest()}
        for n in ("config.json", "preprocessor_config.json", "model.safetensors")
    )
    pinned = Model("pinned", "panoptic", "MIT", 1, "Test.", hub=HUB, files=files)
    monkeypatch.setattr(models, "manifest", lambda: {"pinned": pinned})
    bring(hub, "pinned")
    assert verify(pinned) == []
    hub.files["config.json"] += b" "
    assert "is longer than the" in refusal(hub, "pinned", force=True)
    other = tuple(file | {"sha256": "0" * 64} for file in files)
    worse = Model("pinned", "panoptic", "MIT", 1, "Test.", hub=HUB, files=other)
    assert len(verify(worse)) == 3


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (b"<html>hello</html>", "does not answer as a model hub"),
        (b"[]", "does not answer as a model hub"),
        (b"{}", "does not answer as a model hub"),
        ({"sha": "main/../.."}, "does not answer as a model hub"),
        ({"siblings": [{"rfilename": "config.json"}]}, "does not answer as a model hub"),
        ({"siblings": [{"rfilename": "config.json", "size": -1}]}, "does not answer as a model hub"),
        ({"siblings": [{"rfilename": "config.json", "size": 10**15}]}, "does not answer as a model hub"),
        ({"siblings": []}, "has no config.json"),
        ({"siblings": [{"rfilename": "../config.json", "size": 5}]}, "has no config.json"),
        (b" " * 10_000_001, "over 10000000 bytes"),
    ],
)
def test_a_hub_that_is_none(hub, own_store, listing, words):
    hub.listing = listing
    assert words in refusal(hub)
    assert left(own_store) == []


def test_pickled_weights_only(hub, own_store):
    del hub.files["model.safetensors"]
    assert "--allow-pickle" in refusal(hub)
    folder = bring(hub, allow_pickle=True)
    assert (folder / "pytorch_model.bin").read_bytes() == b"not wanted"


def test_weights_in_shards(hub):
    data = hub.files.pop("model.safetensors")
    hub.files["model-00001-of-00002.safetensors"], hub.files["model-00002-of-00002.safetensors"] = data[:9], data[9:]
    hub.files["model.safetensors.index.json"] = b"{}"
    assert {path.name for path in bring(hub).iterdir()} >= {
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
    }  # fmt: skip


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
    import urllib.request

    handler = downloading._SafeRedirects()
    request = urllib.request.Request("https://127.0.0.1/a")
    with pytest.raises(OSError, match="unencrypted"):
        handler.redirect_request(request, None, 302, "", {}, "http://127.0.0.1/a")
    assert handler.redirect_request(request, None, 302, "", {}, "https://127.0.0.2/a") is not None


def test_names_nobody_knows(hub):
    assert "did you mean detr-resnet-50-panoptic" in refusal(hub, "detr-resnet-50-panoptics")
    for name in ("", "x", "../..", "a/b/c", "a/../b", "/etc/passwd", "-o/x"):
        assert "there is no network" in refusal(hub, name)
    assert "pip install" in refusal(hub, "efficientnet-lite0")


def test_changes_are_noticed(hub, own_store):
    folder = bring(hub)
    model = find_model(NAME)
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.seek(1000)
        byte = stream.read(1)
        stream.seek(1000)
        stream.write(bytes([byte[0] ^ 1]))
    (folder / "config.json").write_bytes(b"{}")
    (folder / "preprocessor_config.json").unlink()
    assert sorted(verify(model)) == [
        f"config.json: it has 2 bytes, not {len(hub.files['config.json'])}",
        "model.safetensors: its SHA-256 is another",
        "preprocessor_config.json: it is missing",
    ]
    bring(hub)  # what is damaged is fetched again without being forced
    assert verify(model) == []
    for record in (b"", b"[]", b'{"files": {"../x": {"size": 1, "sha256": "a"}}}', b'{"files": {}}'):
        (folder / "impasto-model.json").write_bytes(record)
        assert "is damaged" in verify(model)[0]
        with pytest.raises(ImpastoError):
            read_record(folder)
    shutil.rmtree(folder)
    with pytest.raises(ImpastoError, match="has not been fetched"):
        verify(model)


def test_force_fetches_again(hub):
    folder = bring(hub)
    (folder / "mine.txt").write_text("hello")
    bring(hub, force=True)
    assert not (folder / "mine.txt").exists()
    assert verify(find_model(NAME)) == []
    assert left(folder.parent) == [NAME]


def test_the_hubs_own_cache_is_used(hub, tmp_path, checkpoints):
    cached = tmp_path / "hf" / "hub" / f"models--{HUB.replace('/', '--')}"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(COMMIT)
    shutil.copytree(checkpoints / "detr", cached / "snapshots" / COMMIT)
    assert find_folder(NAME) == cached / "snapshots" / COMMIT
    (cached / "refs" / "main").write_text("../../../elsewhere")
    with pytest.raises(ImpastoError, match="not on this computer"):
        find_folder(NAME)


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


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def test_networks_in_archives(hub, own_store, monkeypatch):
    data = b"weights" * 100
    hub.files["net.tgz"] = packed({"package/net.bin": data, "package/../../evil": b"evil"})

    def model(**changes: object) -> Model:
        archive = {
            "size": len(hub.files["net.tgz"]), "sha256": hashlib.sha256(hub.files["net.tgz"]).hexdigest(),
            "folder": "package",
        }  # fmt: skip
        file = {"name": "net.bin", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} | changes
        return Model(
            "net",
            "foreground",
            "MIT",
            1,
            "Test.",
            url=f"{hub.address}/elsewhere/net.tgz",
            archive=archive,
            files=(file,),
        )

    monkeypatch.setattr(models, "manifest", lambda: {"net": model()})
    folder = bring(hub, "net")
    assert left(folder) == ["impasto-model.json", "net.bin"] and left(own_store) == ["net"]
    assert verify(model()) == []
    for changes, words in (({"sha256": "0" * 64}, "another net.bin"), ({"name": "other.bin"}, "holds other files")):
        monkeypatch.setattr(models, "manifest", lambda changes=changes: {"net": model(**changes)})
        assert words in refusal(hub, "net", force=True)


def test_differences(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"hello\n")
    sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    git = "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
    assert difference(path, Expected(6, sha256, git)) == ""
    assert difference(path, Expected(7)) == "it has 6 bytes, not 7"
    assert "SHA-256" in difference(path, Expected(6, "0" * 64))
    assert "checksum" in difference(path, Expected(6, "", "0" * 40))
