"""Kept paintings look as they did: those of the time when all strokes were flat to the bit, later ones to the eye.

In `kept/`, of a photo of `examples`, 256 pixels wide: made by commit a03ccab, the last before media, in each style of
that time; and in those that came with media that let the paper through, each beside its picture.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.engine.painting.painting import Painting

KEPT = Path(__file__).parent / "kept"
PIXELS = {  # SHA-256 of those at a size of 300
    "realistic": "4b24f38a7cef0fe6f820fff06c2123fdd51f76314540181f7c0bbabc958583f5",
    "painterly": "e5ec21ab6f5d40c04f489d0caec581a2708f714e8f96d17bf9a3588075026a9e",
    "expressionist": "5e823c0473fe4f22ebcb815df86da631b6ecda34668bf4815b51cc2d2fede35f",
    "abstract": "4416d1b04eca84f5087e4b94b337185645bdfeb2a80777f0dff9e91110490705",
}


@pytest.mark.parametrize("name", PIXELS)
def test_a_kept_painting_renders_to_the_bit(name):
    painting = Painting.load(KEPT / f"{name}.impasto")
    assert painting.style["name"] == name and "medium" not in painting.style
    assert hashlib.sha256(painting.render(size=300).tobytes()).hexdigest() == PIXELS[name]


@pytest.mark.parametrize("name", ["watercolour", "ink", "pen", "pencil", "charcoal", "pastel", "pointillist"])
def test_a_kept_painting_looks_as_it_did(name):
    """Kernels of other processors round otherwise, by which a grain of the paper may be another one's."""
    painting = Painting.load(KEPT / f"{name}.impasto")
    assert painting.style["name"] == name
    with Image.open(KEPT / f"{name}.png") as picture:
        away = np.abs(painting.render(size=240)[..., :3].astype(int) - np.asarray(picture))
    assert away.mean() < 0.1 and (away > 3).mean() < 0.002
