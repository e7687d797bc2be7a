"""Takes the pictures of docs/: IMPASTO_SCREENSHOTS=1 pytest -n0 tests/krita/test_krita_screenshots.py puts them there.

Without it they are only looked at: that there is something to see, in the colours of Krita's theme.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shots import SHOTS, keep

ROOT = Path(__file__).parents[2]
THEMES = {"dark": "Krita dark", "light": "Krita bright"}


@pytest.mark.parametrize("theme", THEMES)
def test_screenshots(in_window, plugin_home, tmp_path, theme):
    settings = plugin_home / ".config" / "kritarc"
    before = settings.read_text("utf-8")
    settings.write_text(f"{before}\n[theme]\nTheme={THEMES[theme]}\n", "utf-8")
    try:
        found = in_window("screenshots", photo=ROOT / "examples" / "astronaut.jpg", theme=theme, shots=SHOTS)
    finally:
        settings.write_text(before, "utf-8")
    names = [
        f"{theme}-wide",
        f"{theme}-narrow",
        *(["more", "settings", "painting", "done", "look"] if theme == "dark" else ["washes"] if SHOTS else []),
    ]
    for name in names:
        with Image.open(tmp_path / f"{name}.png") as opened:
            picture = opened.convert("RGB")
        pixels = np.asarray(picture)
        assert pixels.std() > 10, f"{name} is empty"
        if name.startswith(theme):
            assert (np.median(pixels) > 128) == (theme == "light"), f"{name} does not have the theme's colours"
        if SHOTS:
            keep(picture, name)
    if theme == "dark":
        assert found == {"how": ["done", "done"], "half": True, "cut": [], "layers": 3}
