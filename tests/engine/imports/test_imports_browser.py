"""Chromium itself shows what we write as SVG: the flat picture."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from svg_cases import LOOKS, text_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.mark.parametrize("look", LOOKS)
def test_it_shows_the_flat_picture(look: str, tmp_path: Path) -> None:
    make, most = LOOKS[look]
    painting = make()
    text_of(painting, tmp_path / "a.svg", 600)
    height, width = painting.size_of(None, 600)
    own = ("--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={tmp_path / 'own'}")
    words = (f"--window-size={width},{height}", f"--screenshot={tmp_path / 'a.png'}", (tmp_path / "a.svg").as_uri())
    subprocess.run([str(CHROMIUM), "--headless", *own, *words], capture_output=True, timeout=120, check=True)
    with Image.open(tmp_path / "a.png") as image:
        shown = np.asarray(image.convert("RGB")) / 255
    ours = painting.render(size=600, threads=1) / 255
    ours = ours[..., :3] * ours[..., 3:] + 1 - ours[..., 3:]  # a browser's page is white
    off = np.abs(shown - ours).mean()
    print(f"{look}: {off:.4f}")
    assert off < most
