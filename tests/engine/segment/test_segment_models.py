"""The manifest, fetching what it lists, and whether what was fetched is whole."""

import hashlib
import io
import json
import re
import shutil
import tarfile

import pytest
from hubs import COMMIT, HUB, NAME, bring, left, refusal

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.methods.panoptic import Segmenter
from impasto.engine.segment.networks import models
from impasto.engine.segment.networks.models import (
    Model,
    find_folder,
    find_model,
    first_there,
    folder_of,
    manifest,
    read_record,
    verify,
)


def test_the_manifest_is_sound():
    assert len(manifest()) >= 6
    for name, model in manifest().items():
        assert re.fullmatch(r"[a-z0-9.-]+", name)
        assert model.task in models.TASKS
        assert model.licence and model.purpose.endswith(".") and model.megabytes > 0
        assert [bool(model.hub), bool(model.package), bool(model.url)].count(True) == 1
        assert not model.hub or models.HUB_ID.fullmatch(model.hub)
        for file in model.files:
            assert file.get("size", 1) > 0 and re.fullmatch("[0-9a-f]{64}", file.get("sha256", "0" * 64))
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


def test_where_a_name_is_all_that_is_known_nothing_else_is_brought(hub, own_store):
    folder = bring(hub, "vgg16")
    assert left(folder) == ["impasto-model.json", "model.safetensors"] and verify(find_model("vgg16")) == []
    del hub.files["model.safetensors"]
    assert "timm/vgg16.tv_in1k has no model.safetensors" in refusal(hub, "vgg16", force=True)


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


@pytest.mark.parametrize(
    "text", ["", "models = 5", "[[models]]\nname = 'x'", "[[models", "\x00", '[[models]]\nsize = "x"']
)
def test_a_damaged_list_of_networks_is_a_sentence(tmp_path, monkeypatch, text):
    damaged = tmp_path / "manifest.toml"
    damaged.write_text(text)
    monkeypatch.setattr(models, "_MANIFEST", damaged)
    models.manifest.cache_clear()
    try:
        with pytest.raises(ImpastoError, match="is missing or damaged; install Impasto again"):
            models.manifest()
        damaged.unlink()
        with pytest.raises(ImpastoError, match="missing or damaged"):
            models.manifest()
    finally:
        models.manifest.cache_clear()
