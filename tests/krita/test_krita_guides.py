"""Guides that artists draw in Krita, and palettes of Krita's."""

import numpy as np

from impasto.engine.painting.painting import Painting

PHOTO_SIZE = (256, 256)


def test_guides_and_a_palette(in_window, photo, tmp_path):
    found = in_window("guides", photo=photo)
    assert found["named"] == ["flow", "flow"]
    assert found["a guide"][0] == "failed" and "The chosen layer is a guide" in found["a guide"][1]
    assert found["picked"] and found["led"] == ["done", ""]
    table = Painting.load(tmp_path / "led.impasto").strokes.table
    lean = np.degrees(np.arctan2(np.abs(table[:, 5] - table[:, 1]), np.abs(table[:, 4] - table[:, 0])))
    assert (lean < 15).mean() > 0.9
    assert ((table[:, 0] + 2 * table[:, 2] + table[:, 4]) / 4 < 0.5).mean() > 0.7
    assert found["seen"][0] == "failed" and "A guide is visible" in found["seen"][1]
    assert found["goes"][0] == "failed" and "is gone; choose another one" in found["goes"][1]
    assert found["closed"][0] == "failed" and "The document was closed" in found["closed"][1]
    assert found["left"] == [0, 0]
    assert found["empty"][0] == "failed" and "o strokes are to be seen in the flow" in found["empty"][1]
    assert found["gone"][0] == "failed" and "is gone; choose another one" in found["gone"][1]
    assert found["no palette"][0] == "failed" and "The palette no such palette is gone" in found["no palette"][1]
    assert found["coloured"] == ["done", ""] and found["palettes"] > 0
    coloured = Painting.load(tmp_path / "coloured.impasto")
    assert coloured.style["colour"]["palette"]
