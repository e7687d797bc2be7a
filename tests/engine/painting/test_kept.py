"""Paintings kept from the time when all strokes were flat look as they did, to the bit.

In `kept/`, made by commit a03ccab, the last before media: a photo of `examples`, 256 pixels wide, in each style of
that time.
"""

import hashlib
from pathlib import Path

import pytest

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
