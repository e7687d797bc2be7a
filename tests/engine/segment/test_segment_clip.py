"""A style by words where a network judges: a tiny CLIP, fetched from a hub and asked; and folders that are none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny_clip
from hubs import Hub, bring

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import wording
from impasto.engine.segment.networks.clip import Clip
from impasto.engine.styles import load_style, preset_names


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip.build(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture
def there(clip: Path, own_store: Path, empty_hub: Hub) -> Path:
    """The tiny CLIP as `impasto models fetch clip` brings it."""
    empty_hub.files = {path.name: path.read_bytes() for path in clip.iterdir()}
    empty_hub.files |= {"pytorch_model.bin": b"not wanted", "open_clip_config.json": b"{}"}
    folder = bring(empty_hub, "clip")
    assert folder == own_store / "clip" and not (folder / "pytorch_model.bin").exists()
    return folder


def test_a_network_chooses_what_words_do_not_name(there):
    choice = wording.chosen("the smell of rain on hot stones")
    assert choice.by_network and choice.name in preset_names()
    assert f"style {choice.name} (likest to the words, before " in choice.why
    assert wording.chosen("the smell of rain on hot stones") == choice
    load_style(choice.name, choice.overrides)
    other = wording.chosen("zzz")
    assert other.by_network and "none of these words" not in other.why


def test_what_is_named_stands_and_the_network_is_not_even_loaded(there):
    (there / "model.safetensors").unlink()
    choice = wording.chosen("a stormy sea at night, palette knife")
    assert (choice.name, choice.by_network) == ("knife", False)
    assert "could not help" not in choice.why


def test_of_several_that_are_named_it_chooses_one(there):
    names = {wording.chosen(f"{words}, at night").name for words in ("pencil or charcoal", "charcoal or pencil")}
    assert names <= {"pencil", "charcoal"}


def test_a_network_that_is_broken_leaves_it_to_the_list_and_says_so(there):
    (there / "model.safetensors").write_bytes(b"nonsense")
    choice = wording.chosen("something gentle")
    assert (choice.name, choice.by_network) == ("portrait", False)
    assert choice.why.startswith('style portrait ("gentle" suggests it)')
    assert "the network for words could not help: " in choice.why and "\n" not in choice.why


def test_gradients_reach_the_pixels_and_likeness_is_that_of_vectors(clip, coffee):
    import torch

    network = Clip(clip)
    texts = network.of_texts(["a pencil drawing", "waves", "waves"])
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    assert torch.equal(texts[1], texts[2]) and not torch.allclose(texts[0], texts[1])
    assert torch.allclose(texts[1], network.of_texts(["waves"])[0], atol=1e-6)  # whatever stands beside it
    shown = network.of_pictures([coffee.rgb, coffee.rgb[::-1]])
    assert shown.shape == (2, 8) and not torch.allclose(shown[0], shown[1])
    pixels = torch.rand(1, 3, 32, 32, requires_grad=True)
    (network.of_pixels(pixels) @ texts.T).sum().backward()
    assert pixels.grad is not None and float(pixels.grad.abs().sum()) > 0


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("config.json", {"model_type": "detr"}, "holds no network that knows words"),
        ("config.json", {"projection_dim": 9}, "do not fit its config.json"),
        ("tokenizer_config.json", None, "lacks its list of words"),
        ("preprocessor_config.json", None, "damaged or no settings"),
    ],
)
def test_folders_that_are_no_network_for_words(clip, tmp_path, name, settings, says):
    folder = Path(shutil.copytree(clip, tmp_path / "clip"))
    if settings is None:
        (folder / name).write_text("{")
    else:
        (folder / name).write_text(json.dumps(json.loads((folder / name).read_text()) | settings))
    with pytest.raises(ImpastoError, match=says) as caught:
        Clip(folder)
    assert "\n" not in str(caught.value)
