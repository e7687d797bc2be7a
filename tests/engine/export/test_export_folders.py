"""Layers and steps as folders of pictures."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from export_cases import CASES, HOSTILE
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.export.folders import check_folder, file_words, layer_files, write_layers, write_process
from impasto.engine.export.layers import Stack
from impasto.engine.painting.region_masks import RegionInfo


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        return np.array(image)


@pytest.mark.parametrize(
    "name", ["as a whole", "several", "hostile names", "sixty", "over a blur", "some without strokes"]
)
def test_layers_in_the_order_of_their_names_are_the_painting(handmade, tmp_path, name):
    painting = handmade(**CASES[name])
    stack = Stack(painting, 80)
    folder = tmp_path / "layers"
    written = write_layers(folder, stack)
    assert sorted(folder.iterdir()) == written
    assert len(written) == len(stack.layers)
    canvas = Image.new("RGBA", (stack.width, stack.height))
    for path in sorted(folder.iterdir()):
        canvas = Image.alpha_composite(canvas, Image.fromarray(pixels(path)))
    # Pillow rounds in its own way, a little more after each layer
    assert np.abs(np.asarray(canvas).astype(int) - painting.render(80)).max() <= 2


def test_names(handmade):
    stack = Stack(handmade(regions=2, passes=2, names=("blue sky", "<&>?|")))
    assert layer_files(stack) == [
        "00-background.png", "01-blue-sky-pass-1.png", "02-blue-sky-pass-2.png",
        "03-_____-pass-1.png", "04-_____-pass-2.png",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [*HOSTILE, "𝔘" * 60, '*?<>|"'])
def test_no_name_makes_a_bad_file_name(name):
    assert RegionInfo(name=name, softness=0.1, edge=0).name == name
    words = file_words(name)
    assert 0 < len(words.encode()) <= 120
    assert not set(words) & set('<>:"/\\|?*. \u00a0\0')


def test_steps_and_regions(handmade, tmp_path):
    painting = handmade(regions=3, passes=2, strokes=80)
    stack = Stack(painting)
    written = write_process(tmp_path / "process", stack)
    names = [path.name for path in written]
    assert names == [
        "step-00-background.png", *(f"step-0{2 * r + p}-region-{r}-pass-{p}.png" for r in range(3) for p in (1, 2)),
        *(f"region-0{r + 1}-region-{r}.png" for r in range(3)),
    ]  # fmt: skip
    steps = [pixels(path).astype(int) for path in written[:7]]
    assert np.abs(steps[-1] - painting.render()).max() <= 1
    assert all((a != b).any() for a, b in itertools.pairwise(steps))
    assert (steps[0] == steps[0][0, 0]).all()
    for path in written[7:]:
        assert pixels(path)[..., 3].min() == 0
        assert pixels(path)[..., 3].max() > 200


def test_folders_that_hold_pictures_are_left_alone(handmade, tmp_path):
    stack = Stack(handmade())
    folder = tmp_path / "layers"
    write_layers(folder, stack)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    other = Stack(handmade(seed=1, passes=2))
    for check in (lambda: check_folder(folder), lambda: write_layers(folder, other)):
        with pytest.raises(ImpastoError, match=r"holds pictures already \(00-background.png\); name another folder"):
            check()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    check_folder(folder, overwrite=True)
    write_layers(folder, other, overwrite=True)
    assert (folder / "01-pass-1.png").read_bytes() != before[folder / "01-pass-1.png"]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "photo.png").write_text("mine")
    write_process(tmp_path / "own", stack)  # other files do not matter
    assert (tmp_path / "own" / "photo.png").read_text() == "mine"


def test_what_is_no_folder(handmade, tmp_path):
    (tmp_path / "file").write_text("")
    for name, sentence in (("file", "is no folder"), ("none/layers", "there is no folder")):
        with pytest.raises(ImpastoError, match=sentence):
            check_folder(tmp_path / name)
        with pytest.raises(ImpastoError, match=sentence):
            write_layers(tmp_path / name, Stack(handmade(strokes=1)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
