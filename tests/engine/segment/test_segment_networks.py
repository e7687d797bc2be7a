"""Panoptic and semantic networks: tiny ones end to end, and folders that are none."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.segment import segment
from impasto.engine.segment.methods.panoptic import Segmenter
from impasto.engine.segment.networks.checkpoints import read_weights, weight_files

NAMES = set(tiny.ID2LABEL.values()) | {"rest"}


@pytest.fixture
def folder(checkpoints: Path, tmp_path: Path) -> Path:
    """A copy of the DETR, to be damaged."""
    return shutil.copytree(checkpoints / "detr", tmp_path / "detr")


def refusal(folder: Path, **options) -> str:
    with pytest.raises(ImpastoError) as caught:
        Segmenter(folder, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence and ";" in sentence
    return sentence


def change(path: Path, **settings) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


@pytest.mark.parametrize("name", tiny.BUILDERS)
def test_every_kind_of_network_end_to_end(name, checkpoints, blocks, capfd):
    regions = Segmenter(checkpoints / name)(blocks)
    assert regions.method == "panoptic"
    assert regions.masks.shape[1:] == (96, 128)
    assert len(regions) >= 2
    assert {region.name.rstrip(" 23456") for region in regions.regions} <= NAMES
    assert np.abs(regions.masks.sum(0) - 1).max() < 1e-5
    assert regions.shares.min() > 0
    for region in regions.regions:
        assert region.kind == ("rest" if region.name == "rest" else "thing" if "person" in region.name else "stuff")
        assert 0 < region.confidence <= 1
    assert list(regions.names) == list(regions.ordered().names)
    out, err = capfd.readouterr()
    assert out + err == ""  # no bars, no reports
    again = Segmenter(checkpoints / name)(blocks)
    assert np.array_equal(again.masks, regions.masks)


def test_the_same_answer_as_transformers_own_way(checkpoints, blocks):
    """Reading the weights ourselves and handing them over loses nothing."""
    import torch
    from transformers import AutoModelForUniversalSegmentation

    ours = Segmenter(checkpoints / "mask2former")
    theirs = AutoModelForUniversalSegmentation.from_pretrained(checkpoints / "mask2former").eval()
    pixels = torch.rand(1, 3, 96, 128)
    with torch.inference_mode():
        a, b = ours._network(pixel_values=pixels), theirs(pixel_values=pixels)
    torch.testing.assert_close(a.class_queries_logits, b.class_queries_logits, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(a.masks_queries_logits, b.masks_queries_logits, atol=1e-2, rtol=1e-3)


TIMM = {"embedder.embedder.convolution": "conv1", "embedder.embedder.normalization": "bn1"}


def in_timms_names(key: str) -> str:
    """The other way round than `timm_backbone`, for DETR's bottlenecks."""
    import re

    for ours, theirs in TIMM.items():
        key = key.replace(ours, theirs)

    def block(match: re.Match) -> str:
        stage, number, rest = int(match[1]) + 1, match[2], match[3]
        rest = rest.replace("shortcut.convolution", "downsample.0").replace("shortcut.normalization", "downsample.1")
        rest = re.sub(r"layer\.(\d)\.convolution", lambda m: f"conv{int(m[1]) + 1}", rest)
        rest = re.sub(r"layer\.(\d)\.normalization", lambda m: f"bn{int(m[1]) + 1}", rest)
        return f"layer{stage}.{number}.{rest}"

    return re.sub(r"encoder\.stages\.(\d)\.layers\.(\d)\.(.+)", block, key)


@pytest.fixture
def timm_folder(folder: Path) -> Path:
    """The DETR as the hub has it: the backbone in timm's layout."""
    from safetensors.torch import load_file, save_file

    weights = {in_timms_names(key): value for key, value in load_file(folder / "model.safetensors").items()}
    assert any(key.endswith("layer4.0.conv3.weight") for key in weights)
    assert not any("convolution" in key for key in weights)
    save_file(weights, folder / "model.safetensors")
    change(folder / "config.json", use_timm_backbone=True, backbone="resnet50", backbone_config=None)
    return folder


def test_a_detr_with_timms_backbone_needs_no_timm(timm_folder, checkpoints, blocks):
    regions, same = Segmenter(timm_folder)(blocks), Segmenter(checkpoints / "detr")(blocks)
    assert regions.regions == same.regions
    assert np.array_equal(regions.masks, same.masks)


def test_a_dilated_detr_is_refused(timm_folder):
    change(timm_folder / "config.json", dilation=True)
    assert "dc5" in refusal(timm_folder)


def test_a_backbone_that_is_no_resnet(timm_folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(timm_folder / "model.safetensors")
    save_file({k: v for k, v in weights.items() if ".layer3." not in k}, timm_folder / "model.safetensors")
    assert "no ResNet" in refusal(timm_folder)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_a_file_that_is_missing_or_damaged(folder, name):
    content = (folder / name).read_bytes()
    for damaged in (b"{", b"\xff\xfe\0", b"[1]", b"[" * 100_000, content[: len(content) // 2], b"null"):
        (folder / name).write_bytes(damaged)
        sentence = refusal(folder)
        assert name in sentence and "again" in sentence
    (folder / name).write_bytes(b"")
    assert f"{name} is empty" in refusal(folder)
    (folder / name).unlink()
    assert name in refusal(folder)


def test_a_folder_that_is_not_there(tmp_path):
    assert "there is no folder" in refusal(tmp_path / "none")


class Bomb:
    """A pickle that would leave a trace when it is read."""

    trace: Path

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_pickled_weights_are_refused_unless_allowed(folder, blocks):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    expected = Segmenter(folder)(blocks)  # safetensors go first
    (folder / "model.safetensors").unlink()
    assert "--allow-pickle" in refusal(folder)
    assert np.array_equal(Segmenter(folder, allow_pickle=True)(blocks).masks, expected.masks)


def test_even_allowed_pickles_run_no_code(folder, tmp_path):
    import torch

    Bomb.trace = tmp_path / "exploded"
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Bomb()}, folder / "pytorch_model.bin")
    assert "damaged" in refusal(folder, allow_pickle=True)
    assert not Bomb.trace.exists()


def test_code_in_a_folder_is_not_run(folder, tmp_path, blocks):
    trace = tmp_path / "exploded"
    (folder / "evil.py").write_text(f"import pathlib\npathlib.Path({str(trace)!r}).touch()\nclass C: pass\n")
    for name in ("config.json", "preprocessor_config.json"):
        change(
            folder / name,
            auto_map={
                "AutoConfig": "evil.C",
                "AutoImageProcessor": "evil.C",
                "AutoModelForUniversalSegmentation": "evil.C",
            },
        )
    Segmenter(folder)(blocks)
    change(folder / "config.json", model_type="evil")
    assert "does not divide pictures" in refusal(folder)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model_type": "bert"}, "does not divide pictures"),
        ({"model_type": None}, "does not divide pictures"),
        ({"model_type": ["detr"]}, "does not divide pictures"),
        ({"d_model": 64}, "do not fit its config.json"),
        ({"d_model": "wide"}, "config.json"),
        ({"d_model": 10**9}, "over 1000000"),
        ({"encoder_layers": 10**6}, "over 512"),
        ({"encoder_layers": 500, "decoder_layers": 500, "num_hidden_layers": 500}, "over 512"),
        ({"encoder_ffn_dim": 900_000}, "numbers are wanted"),  # each would do, but what they are together is no DETR
        ({"encoder_layers": 3}, "lacks weights"),
        ({"id2label": 5}, "config.json"),
    ],
)
def test_settings_that_do_not_fit(folder, settings, words):
    change(folder / "config.json", **settings)
    assert words in refusal(folder)


def test_a_processor_of_monstrous_pictures(folder):
    change(folder / "preprocessor_config.json", size={"shortest_edge": 10**7, "longest_edge": 10**7})
    assert "over 8192" in refusal(folder)


def test_weights_of_the_wrong_size_or_missing(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    key = next(key for key in weights if key.endswith("class_labels_classifier.weight"))
    save_file(weights | {key: weights[key][:2].clone()}, folder / "model.safetensors")
    assert "do not fit" in refusal(folder)
    del weights[key]
    save_file(weights, folder / "model.safetensors")
    assert "lacks weights" in refusal(folder)


def test_weights_in_several_files(folder, blocks):
    from safetensors.torch import load_file, save_file

    expected = Segmenter(folder)(blocks)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    table = {}
    for number, part in enumerate((sorted(weights)[::2], sorted(weights)[1::2]), 1):
        name = f"model-0000{number}-of-00002.safetensors"
        save_file({key: weights[key] for key in part}, folder / name)
        table |= dict.fromkeys(part, name)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": table}))
    assert len(weight_files(folder)) == 2
    assert np.array_equal(Segmenter(folder)(blocks).masks, expected.masks)
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert "there is no file" in refusal(folder)
    for evil in ("../detr.safetensors", "/etc/passwd", "a/b.safetensors", "model.bin"):
        index.write_text(json.dumps({"weight_map": {"a": evil}}))
        assert "elsewhere" in refusal(folder)


def test_weights_that_are_no_numbers_find_nothing(folder, blocks):
    import torch
    from safetensors.torch import load_file, save_file

    weights = {k: torch.full_like(v, float("nan")) for k, v in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors")
    regions = Segmenter(folder)(blocks)
    assert regions.names == ("rest",)
    assert regions.warnings == ("the network found nothing",)


def test_half_precision_is_read(folder, blocks):
    from safetensors.torch import load_file, save_file

    save_file({k: v.half() for k, v in load_file(folder / "model.safetensors").items()}, folder / "model.safetensors")
    assert len(Segmenter(folder)(blocks)) >= 1


def test_labels_of_all_sorts(folder, blocks):
    change(folder / "config.json", id2label={str(k): f"../\x1b[31m{'x' * 1000}:={k}\n, or so" for k in range(5)})
    for region in Segmenter(folder)(blocks).regions:
        assert region.name.isprintable() and len(region.name) <= 60 and not set(region.name) & set(":=,/")


def test_devices(checkpoints):
    for device in ("cuda:7", "nothing", "cud a"):
        assert f"no device {device} here" in refusal(checkpoints / "segformer", device=device)


def test_without_transformers(checkpoints, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "transformers", None)
    assert install("panoptic") in refusal(checkpoints / "detr")


def test_a_network_that_fails_says_which(checkpoints, blocks, monkeypatch):
    segmenter = Segmenter(checkpoints / "detr")

    def fail(**_):
        raise NameError("name 'tvF' is not defined")

    monkeypatch.setattr(segmenter, "_processor", SimpleNamespace(__call__=fail))
    with pytest.raises(ImpastoError, match="DetrForSegmentation failed on this picture"):
        segmenter(blocks)


def test_auto_falls_back_and_says_so(folder, blocks, own_store):
    assert segment(blocks).method == "unsupervised"
    assert segment(blocks).warnings == ()
    found = segment(blocks, model=str(folder))
    assert found.method == "panoptic"
    (folder / "model.safetensors").unlink()
    fallen = segment(blocks, model=str(folder))
    assert fallen.method == "unsupervised"
    assert len(fallen.warnings) == 1 and "model.safetensors" in fallen.warnings[0]
    with pytest.raises(ImpastoError, match=r"model\.safetensors"):
        segment(blocks, "panoptic", model=str(folder))
    with pytest.raises(ImpastoError, match="takes no network"):
        segment(blocks, "unsupervised", model=str(folder))
    with pytest.raises(ImpastoError, match="no method magic"):
        segment(blocks, "magic")


def test_what_is_not_here_names_the_command_that_fetches_it(blocks):
    for model, words in (
        (None, "impasto models fetch mask2former-swin-tiny-coco-panoptic"),
        ("detr-resnet-50-panoptic", "impasto models fetch detr-resnet-50-panoptic"),
        ("facebook/detr-resnet-50-panoptic", "impasto models fetch facebook/detr-resnet-50-panoptic"),
        ("someone/some-net", "impasto models fetch someone/some-net"),
        ("detr-resnet-50-panoptik", "did you mean detr-resnet-50-panoptic"),
        ("./nowhere", "there is no folder"),
        ("../../nowhere", "there is no folder"),
    ):
        with pytest.raises(ImpastoError, match=words):
            segment(blocks, "panoptic", model=model)


def test_reading_weights_checks_what_they_are(tmp_path):
    import torch

    torch.save([torch.zeros(3)], tmp_path / "list.bin")
    torch.save({1: torch.zeros(3)}, tmp_path / "number.bin")
    for name in ("list.bin", "number.bin"):
        with pytest.raises(ImpastoError, match="holds something else"):
            read_weights([tmp_path / name])


def test_importing_the_room_loads_nothing_heavy():
    import subprocess
    import sys

    script = (
        "import sys; from impasto.engine.segment import masks; from impasto.engine.segment.networks import hub; "
        "from impasto.engine.segment.methods import panoptic, unsupervised; "
        "print([n for n in ('torch', 'transformers', 'skimage') if n in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
