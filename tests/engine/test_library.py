"""`import impasto`: what the README promises, the same painting as the command line's, and nothing loaded unasked."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from quick_paintings import same, scene, style_of

import impasto
from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.painting.painting import Painting

ROOT = Path(impasto.__file__).resolve().parents[1]
PIXELS = np.dstack([scene().rgb, np.full((48, 64), 255, np.uint8)])


def test_the_lines_in_the_readme_run(tmp_path, monkeypatch):
    pytest.importorskip("skimage")
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## From Python")[1].split("\n## ")[0]
    code = "".join(line[4:] + "\n" for line in text.splitlines() if line.startswith("    "))
    assert "impasto.paint(" in code
    Image.fromarray(scene().rgb).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    values: dict[str, Any] = {}
    exec(re.sub(r"strokes=\d+", "strokes=60", code), values)
    assert (tmp_path / "painting.impasto").exists() and len(values["painting"].strokes) == 60
    assert values["pixels"].shape == (3000, 4000, 4) and values["names"]


def test_a_file_an_array_and_a_picture_are_painted_alike(tmp_path):
    Image.fromarray(scene().rgb).save(tmp_path / "photo.png")
    asked: dict[str, Any] = {"style": style_of(), "strokes": 30, "seed": 4, "threads": 1}
    first = impasto.paint(scene(), **asked)
    assert all(same(first, impasto.paint(given, **asked)) for given in (tmp_path / "photo.png", scene().rgb))
    assert first.seed == 4


def test_the_effort_is_the_painters(efforts):
    impasto.paint(scene(), style_of(), strokes=4)
    impasto.paint(scene(), style_of(), strokes=4, effort="draft")
    assert efforts == ["normal", "draft"]


def test_a_selection_is_painted_alone_and_events_are_told():
    selection, told = np.zeros((48, 64), np.uint8), []
    selection[10:40, 20:60] = 255
    painting = impasto.paint(PIXELS, style_of(), strokes=30, selection=selection, tell=told.append)
    alpha = painting.render()[..., 3]
    assert not alpha[selection == 0].any() and alpha[selection == 255].min() == 255
    assert isinstance(told[-1], events.Finished) and any(isinstance(event, events.Progress) for event in told)


def test_regions_are_found_or_given():
    pytest.importorskip("skimage")
    regions = impasto.segment(scene(), "unsupervised", size=64)
    asked: dict[str, Any] = {"style": style_of(), "strokes": 60}
    found, given = (impasto.paint(scene(), regions=r, **asked) for r in ("unsupervised", regions))
    assert found.regions is not None and found.regions.names == regions.names and same(found, given)


def test_a_painting_is_opened_and_rendered_by_its_longer_side(tmp_path):
    impasto.paint(scene(), style_of(), strokes=30).save(tmp_path / "a.impasto")
    painting = impasto.open(tmp_path / "a.impasto")
    assert isinstance(painting, Painting) and painting.render(size=128).shape == (96, 128, 4)
    assert np.array_equal(painting.render(size=128), painting.render(96, 128))
    upright = impasto.paint(scene(64, 48), style_of(), strokes=30)
    assert upright.render(size=128).shape == (128, 96, 4)
    with pytest.raises(ImpastoError, match="either a size or a height"):
        painting.render(96, size=128)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"picture": scene().rgb / 255}, "type float64 are no picture"),
        ({"picture": scene().rgb[..., 0]}, r"shape \(48, 64\)"),
        ({"selection": np.zeros((64, 48), np.uint8)}, "a selection of shape"),
        ({"style": "nothing"}, "there is no style nothing"),
        ({"regions": "nothing"}, "there is no method nothing"),
        ({"working_size": 0}, "a working size of 0 pixels"),
        ({"effort": "best"}, "there is no effort best; there are draft, normal, high"),
    ],
)
def test_what_cannot_be_used_is_refused(options, message):
    with pytest.raises(ImpastoError, match=message):
        impasto.paint(**{"picture": scene(), "style": style_of(), "strokes": 30, **options})  # pyright: ignore[reportArgumentType]


def test_importing_loads_nothing_that_is_not_asked_for():
    script = """
import sys
import impasto
print(*(name for name in sys.modules if name.split(".")[0] in ("numpy", "numba", "PIL") or "impasto." in name))
assert impasto.__version__ and {"paint", "open", "segment"} <= set(dir(impasto)) and "numpy" not in sys.modules
try:
    impasto.nothing
except AttributeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "\nmodule 'impasto' has no attribute 'nothing'\n"
