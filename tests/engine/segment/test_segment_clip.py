"""A tiny CLIP, fetched from a hub, chooses a style by words and guides strokes; and folders that are none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny_clip
from hubs import Hub, bring
from making_paintings import STYLE, assert_same, begun, checkpoints, finished, scene
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import wording
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.seeing.networks import clip_in
from impasto.engine.painting.painting import Painting
from impasto.engine.segment.networks.clip import Clip
from impasto.engine.styles import changed_style, load_style, preset_names

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip.build(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture(autouse=True)
def nothing_kept():
    """No test sees a network that another one loaded."""
    clip_in.cache_clear()


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


def test_a_guides_gradient_is_the_slope_of_its_value(clip):
    from impasto.engine.painter.seeing.guide import Guide

    rng = np.random.default_rng(0)
    for size in ((40, 50), (150, 90)):  # smaller than what the network sees, and shrunk for it
        guide, canvas = Guide("waves at night", Clip(clip)), rng.random((3, *size), np.float32)
        value, gradient = guide.seen(canvas, 5)
        assert value == guide.seen(canvas, 5)[0] != guide.seen(canvas, 6)[0]  # in other views
        assert guide.value_and_gradient(canvas)[0] == guide.value_and_gradient(canvas)[0]
        step = np.float32(0.02) * gradient / np.abs(gradient).max()
        ahead, behind = (guide.seen(canvas + sign * step, 5)[0] for sign in (1, -1))
        assert (ahead - behind) / 2 == pytest.approx(float((gradient * step).sum()), rel=0.03) != 0


def test_words_guide_strokes_and_what_was_stopped_becomes_the_same(there):
    style = changed_style(STYLE, ["loss.guide=2", 'loss.words="a stormy sea at night"'])
    whole = finished(begun(style))
    plain = finished(begun())
    assert not np.allclose(whole.painting.strokes.table, plain.painting.strokes.table, atol=1e-3)
    kept = [each for each in checkpoints(begun(style, every={"checkpoint": 0.0})) if each.checkpoint]
    for painting in kept[-7::2]:
        assert_same(finished(Painter.resume(painting, scene(), threads=2)).painting, whole.painting)


def test_a_guide_refuses_what_it_cannot_guide(there):
    choice = wording.chosen("painterly oil at night")
    said = wording.guided(choice, " oil\tat \U0001f319 night\ud800")
    style = load_style(choice.name, [*choice.overrides, *said])
    assert (style.loss.guide, style.loss.words) == (1.0, "oil at \U0001f319 night")
    for words in ("pencil", "pointillist"):
        with pytest.raises(ImpastoError, match="set and not moved, and cannot be guided; leave --guide out"):
            wording.guided(wording.chosen(words), words)
    (there / "impasto-model.json").unlink()
    for paint in (lambda: wording.guided(choice, "oil"), lambda: begun(changed_style(STYLE, said))):
        with pytest.raises(ImpastoError, match="no network that knows words is on this computer; run"):
            paint()
    with pytest.raises(ImpastoError, match=r"a guide goes by words; set loss\.words as well"):
        changed_style(STYLE, ["loss.guide=1"])


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


@pytest.mark.slow
def test_the_command_line_chooses_and_guides_and_says_nothing_else(there, tmp_path):
    rgb = scene().rgb
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    words = ["photo.png", "-o", "o.png", "--save", "p.impasto", "--strokes", "30", "--style-words", "hot stones, knife"]
    done = subprocess.run(
        [sys.executable, "-m", "impasto", "paint", *words, "--guide", "--set", "finish=5"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    told = done.stderr.splitlines()
    assert done.returncode == 0 and told[0].startswith('style knife ("knife")'), done.stderr
    assert [line.split()[0] for line in told[1:]] == ["painted"], done.stderr
    assert Painting.load(tmp_path / "p.impasto").style["loss"] == {
        "kind": "l1", "guide": 1.0, "words": "hot stones, knife"
    }  # fmt: skip
