"""`impasto segment` and `impasto models`, as a user calls them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hubs import NAME, Hub
from photos import EXAMPLES
from PIL import Image

from impasto.commands import main as cli
from impasto.engine.segment import SEGMENTERS, Region, Regions, method_names
from impasto.engine.segment.showing import mask_names, overlay, save_masks


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with Image.open(EXAMPLES / "coffee.jpg") as image:
        image.resize((240, 160)).save("photo.png")
    return tmp_path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.impasto, list(map(str, words)), catch_exceptions=False)


def good(*words: str | Path) -> Result:
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    return result


def refused(*words: str | Path) -> str:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


def pixels(path: Path | str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_the_methods_offered_are_those_there_are():
    assert method_names() == ("auto", "unsupervised", "foreground", "panoptic", "masks")
    told = " ".join(good("segment", "--help").stdout.split())
    assert f"--method [{'|'.join(method_names())}]" in told
    for name in SEGMENTERS.ours:
        about = SEGMENTERS.about(name)
        assert len(about) > 20 and f"{name}: {about[0].lower()}{about[1:]}" in told
    assert "'sky' is not one of auto, unsupervised," in refused("segment", "photo.png", "--method", "sky")


def test_an_overlay_and_masks():
    result = good("segment", "photo.png", "-o", "overlay.png", "--masks", "masks")
    lines = result.stdout.splitlines()
    paths = sorted(Path("masks").iterdir())
    assert 3 <= len(lines) == len(paths) <= 12
    assert result.stderr.startswith(f"found {len(lines)} regions in photo.png by unsupervised in ")
    assert result.stderr.endswith(" s -> overlay.png -> masks\n")
    masks = np.stack([pixels(path) for path in paths])
    assert masks.shape[1:] == (160, 240)
    assert (masks.sum(0, dtype=int) == 255).all()
    for number, (line, path, mask) in enumerate(zip(lines, paths, masks, strict=True), 1):
        order, share, _, name = line.split(maxsplit=3)
        assert int(order) == number == int(path.name.split("-")[0])
        assert float(share.rstrip("%")) / 100 == pytest.approx(mask.mean() / 255, abs=0.002)
        assert path.name.endswith(f"-{name}.png")
    shown = pixels("overlay.png")
    assert shown.shape[1] >= 240 and shown.shape[0] > 160


def test_json():
    result = good("segment", "photo.png", "--masks", "masks", "--json")
    told = json.loads(result.stdout)
    assert result.stderr == ""
    assert (told["method"], told["width"], told["height"], told["warnings"]) == ("unsupervised", 240, 160, [])
    assert sum(region["share"] for region in told["regions"]) == pytest.approx(1, abs=1e-4)
    assert [region["order"] for region in told["regions"]] == list(range(1, len(told["regions"]) + 1))
    assert all(Path(region["mask"]).is_file() for region in told["regions"])
    assert told["overlay"] is None


def test_masks_can_be_given_back():
    """What was written, read as the user's masks, is the same again."""
    first = json.loads(good("segment", "photo.png", "--masks", "masks", "--json").stdout)["regions"]
    words = [word for region in first for word in ("--mask", f"{region['name']}={region['mask']}")]
    again = json.loads(good("segment", "photo.png", "--method", "masks", *words, "--json").stdout)["regions"]
    assert [region["name"] for region in again] == [region["name"] for region in first]
    assert [region["share"] for region in again] == pytest.approx([region["share"] for region in first], abs=1e-3)


def test_masks_of_the_user_on_top(tmp_path):
    face = np.zeros((160, 240), np.uint8)
    face[50:100, 80:150] = 255
    Image.fromarray(face).save("face.png")
    told = json.loads(good("segment", "photo.png", "--mask", "face=face.png", "--json").stdout)
    assert told["regions"][-1]["name"] == "face"
    assert told["regions"][-1]["share"] == pytest.approx(50 * 70 / (160 * 240), abs=1e-4)
    assert len(told["regions"]) > 3
    told = json.loads(good("segment", "photo.png", "--labels", "face.png", "--method", "masks", "--json").stdout)
    assert [region["name"] for region in told["regions"]] == ["rest", "white"]
    Image.fromarray(face).resize((480, 320)).save("large.png")
    result = good("segment", "photo.png", "--mask", "face=large.png", "--method", "masks", "--order", "face,rest")
    assert "warning: large.png is 480×320 and the picture 240×160: it was resized\n" in result.stderr
    assert [line.split()[-1] for line in result.stdout.splitlines()] == ["face", "rest"]


def test_a_network(checkpoints):
    told = json.loads(good("segment", "photo.png", "--model", checkpoints / "detr", "--json").stdout)
    assert told["method"] == "panoptic"
    shutil.copytree(checkpoints / "detr", "broken")
    Path("broken/model.safetensors").unlink()
    result = good("segment", "photo.png", "--model", "broken")
    assert "by unsupervised" in result.stderr
    assert "warning: the regions have no names of things: broken has no model.safetensors" in result.stderr
    assert "error: broken has no model.safetensors" in refused(
        "segment", "photo.png", "--model", "broken", "--method", "panoptic"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("none.png", "error: there is no file none.png"),
        ("photo.png -o photo.png --force", "error: photo.png is one of the pictures to read"),
        ("photo.png -o o.gif", "error: o.gif cannot be written"),
        ("photo.png --masks photo.png", "error: photo.png is not a folder"),
        ("photo.png --masks a/b", "error: a/b cannot hold masks"),
        ("photo.png --mask face", "is not NAME=FILE"),
        ("photo.png --mask =photo.png", "is not NAME=FILE"),
        ("photo.png --mask face=photo.png", "error: photo.png is in colours"),
        ("photo.png --mask face=none.png", "error: there is no file none.png"),
        ("photo.png --mask a:b=photo.png", "is no name for a region"),
        ("photo.png --mask a=x.png --labels y.png", "give --mask or --labels, not both"),
        ("photo.png --method masks", "error: the method masks needs masks"),
        ("photo.png --method panoptic", "impasto models fetch mask2former-swin-tiny-coco-panoptic"),
        ("photo.png --method panoptic --model detr-resnet-50-panoptic", "impasto models fetch detr-resnet-50-panoptic"),
        ("photo.png --order sky", "error: there is no region 'sky'"),
        ("photo.png --max-pixels 10", "over the limit of 10"),
    ],
)
def test_wishes_that_are_refused(words, sentence):
    assert sentence in refused("segment", *words.split())


def test_faces_can_be_left_out():
    with Image.open(EXAMPLES / "astronaut.jpg") as image:
        image.crop((100, 0, 356, 256)).save("portrait.png")
    for words, count in (((), 1), (("--no-faces",), 0)):
        told = json.loads(good("segment", "portrait.png", *words, "--json").stdout)["regions"]
        assert sum(region["name"] == "face" for region in told) == count


def test_files_are_not_replaced_unasked():
    good("segment", "photo.png", "-o", "overlay.png", "--masks", "masks")
    before = {path: path.read_bytes() for path in Path("masks").iterdir()}
    assert "already exists" in refused("segment", "photo.png", "-o", "overlay.png")
    assert "already exists" in refused("segment", "photo.png", "--masks", "masks")
    assert {path: path.read_bytes() for path in Path("masks").iterdir()} == before
    good("segment", "photo.png", "-o", "overlay.png", "--masks", "masks", "--force")


def many(names: list[str], height: int = 40, width: int = 60) -> Regions:
    labels = (np.arange(height * width) % len(names)).reshape(height, width)
    return Regions.from_labels(labels, [Region(name) for name in names])


def test_mask_files_stay_in_their_folder(tmp_path):
    names = ["..", ". .", "~", "CON", "a*b?c|d<e>", "über 雪", "x" * 60, "-rf", "$(ls)", "a", "A"]
    regions = many(names)
    paths = save_masks(regions, tmp_path / "masks", 40, 60)
    assert len({path.name.lower() for path in paths}) == len(names)
    assert {path.parent for path in paths} == {tmp_path / "masks"}
    assert set((tmp_path / "masks").iterdir()) == set(paths)
    assert mask_names(regions)[5] == "06-über 雪.png"
    assert (np.stack([pixels(path) for path in paths]).sum(0, dtype=int) == 255).all()


@pytest.mark.parametrize("count", [1, 2, 60, 256])
def test_overlays_of_any_number_of_regions(blocks, count):
    names = [f"region {k}" for k in range(count)]
    shown = overlay(blocks, many(names, 96, 128))
    assert shown.dtype == np.uint8 and shown.shape[1] == 320
    assert shown.shape[0] >= 96 + 20 * count
    legend = shown[96:].astype(int) @ (65536, 256, 1)
    assert len(np.unique(legend)) > count / 2  # swatches differ


def test_overlays_show_photo_and_regions(blocks):
    regions = Regions.from_labels((np.arange(128) >= 64).astype(int)[None].repeat(96, 0), [Region("a"), Region("b")])
    first = overlay(blocks, regions)
    second = overlay(blocks, regions.renamed({"a": "c"}))
    left = (320 - 128) // 2
    assert np.array_equal(first[:96], second[:96]) and not np.array_equal(first[96:], second[96:])
    assert (first[:96, left + 63] == 255).all()  # the border between them
    assert not np.array_equal(first[90, left + 20], first[90, left + 100])


def test_models_list(hub):
    text = good("models", "list").stdout
    told = json.loads(good("models", "list", "--json").stdout)
    for model in told:
        assert model["name"] in text
        assert model["here"] is (model["name"] == "efficientnet-lite0")
    good("models", "fetch", NAME, "--endpoint", hub.address)
    here = {model["name"]: model["folder"] for model in json.loads(good("models", "list", "--json").stdout)}
    assert here[NAME].endswith(NAME)


def test_models_fetch_verify_and_use(hub, own_store):
    result = good("models", "fetch", NAME, "--endpoint", hub.address)
    assert result.stderr == f"{NAME} is in {own_store / NAME}\n"
    good("models", "fetch", "someone/some-net", "--endpoint", hub.address)
    assert sorted(good("models", "verify").stdout.splitlines()) == [
        f"{NAME}: as it came", "efficientnet-lite0: as it came", "someone--some-net: as it came",
    ]  # fmt: skip
    assert json.loads(good("models", "verify", NAME, "--json").stdout) == {NAME: []}
    assert "by panoptic" in good("segment", "photo.png").stderr  # auto takes what has been fetched
    (own_store / NAME / "config.json").write_text("{}")
    result = run("models", "verify")
    assert result.exit_code == 2
    assert f"{NAME}: config.json: it has 2 bytes" in result.stdout
    assert f"run `impasto models fetch {NAME} --force`" in result.stderr
    good("models", "fetch", NAME, "--endpoint", hub.address, "--force")
    good("models", "verify", NAME)


def test_models_that_are_refused(hub: Hub):
    assert "did you mean" in refused("models", "fetch", "detr-resnet-50-panoptix", "--endpoint", hub.address)
    assert "has not been fetched" in refused("models", "verify", NAME)
    hub.files.clear()
    assert "has no config.json" in refused("models", "fetch", NAME, "--endpoint", hub.address)


def test_the_hub_of_the_environment(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.address + "/")
    good("models", "fetch", NAME)
