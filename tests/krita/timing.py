"""What the plugin costs the user, in the real Krita: `pytest -n0 -s tests/krita/timing.py` prints it as Markdown.

The driver looks every 20 ms, so gaps are that much too long at most. Run it on a quiet machine.
"""

from pathlib import Path

import pytest

PHOTO = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.mark.parametrize("regions", ["no", "yes"])
@pytest.mark.parametrize("size", [512, 1024, 2048])
def test_time(in_window, tmp_path, size, regions):
    from PIL import Image

    path = tmp_path / "photo.png"
    Image.open(PHOTO).resize((size, size)).save(path)
    found = in_window("timing", photo=path, regions=regions)
    assert found["how"] == ["done"]
    gaps = ", ".join(f"{stage} {1000 * gap:.0f}" for stage, gap in found["gaps"].items())
    calls = "; ".join(f"{1000 * seconds:.0f} {name} ({stage})" for seconds, stage, name in found["calls"][:5])
    print(f"\n| {size}², regions: {regions} | {found['first']:.2f} s | {found['seconds']:.1f} s | {gaps} | {calls} |")
