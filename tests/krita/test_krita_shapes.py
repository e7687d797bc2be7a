"""A painting's strokes as shapes in Krita's vector layers, and the painting of what was made of them."""

import os

import numpy as np
import pytest
from shots import SHOTS, keep_file

from impasto.engine.painting.painting import Painting

PHOTO_SIZE = (512, 512) if SHOTS else (256, 256)
LONG = bool(os.environ.get("IMPASTO_LONG"))
STROKES = 600 if SHOTS else 160


def number(name):
    """A stroke's id in the name of its shape."""
    return int(name.rpartition("-")[2])


def check(found, folder, count):
    """All that has to be so, however many strokes there are."""
    assert found["buttons"] == [True, True] and "paint it first" in found["nothing yet"]
    assert found["painted"] == ["done", ""]
    assert found["no shapes"] == ["failed", "Choose a vector layer, or a group of them, first."]

    assert found["shaped"] == ["done", ""] and found["steps"] == 1 and found["active"]
    assert found["undone"] == [True, True] and found["again"] == [True, True]
    layers = found["tree"]
    assert layers[0] == ["ground", "paintlayer", []]
    assert all(layer[1] == "vectorlayer" for layer in layers[1:]) and len(layers) > count // 100
    assert found["names"][:2] == [count, count] and found["names"][2].startswith("impasto-")

    painting, same, redrawn = (
        Painting.load(folder / f"{each}.impasto") for each in ("painted", "untouched", "redrawn")
    )
    assert found["untouched"] == found["redrawn"] == ["done", ""]
    assert np.array_equal(same.strokes.table, painting.strokes.table)
    assert np.array_equal(same.strokes.id, painting.strokes.id) and same.style == painting.style

    moved, gone, green = map(number, found["edited"])
    before = dict(zip(painting.strokes.id.tolist(), painting.strokes.table, strict=True))
    after = dict(zip(redrawn.strokes.id.tolist(), redrawn.strokes.table, strict=True))
    assert found["saved"] and set(before) - set(after) == {gone} and redrawn.style == painting.style
    shift = (after[moved] - before[moved])[:6] * max(painting.width, painting.height)
    assert np.abs(shift - shift[[0, 1]].repeat(3).reshape(2, 3).T.ravel()).max() < 0.05 and shift[0] > 5 < shift[1]
    assert np.allclose(after[moved][6:], before[moved][6:], atol=1e-6)
    assert np.allclose(after[green][10:], (0, 1, 0)) and np.allclose(after[green][:8], before[green][:8], atol=5e-4)
    assert all(np.array_equal(after[k], before[k]) for k in after if k not in (moved, green))

    assert found["no layer"] == found["no shapes"]
    assert found["cancelled"] == ["cancelled", ""] and found["kept"]
    assert (
        found["closed"][0] == "failed" and "The document was closed" in found["closed"][1] and found["left"] == [True]
    )
    assert found["kept then"] == [True, 0]
    assert found["no engine"][0] == "failed" and "engine" in found["no engine"][1]


def test_strokes_become_shapes_and_shapes_a_painting(in_window, killing, photo, tmp_path):
    check(in_window("shapes", killing, photo=photo, strokes=str(STROKES)), tmp_path, STROKES)
    for shot in ("shapes", "redrawn"):
        keep_file(tmp_path / f"{shot}.png", shot)


@pytest.mark.matrix
@pytest.mark.skipif(not LONG, reason="IMPASTO_LONG is not set")
def test_as_many_as_there_may_be(in_window, killing, photo, tmp_path):
    """How long Krita takes for them."""
    found = in_window("shapes", killing, photo=photo, strokes="3000")
    print(found["took"])
    check(found, tmp_path, 3000)
