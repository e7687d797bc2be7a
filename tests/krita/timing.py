"""What the plugin costs the user, in the real Krita: `pytest -n0 -s tests/krita/timing.py` prints it as Markdown.

The driver looks every 20 ms, so gaps are that much too long at most. Run it on a quiet machine; only what the plugin
does between two turns of the event loop is told in seconds of its thread, and those of Krita's calls beside it.
"""

from pathlib import Path

import pytest

PHOTO = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.mark.parametrize("regions", ["no", "yes"])
@pytest.mark.parametrize("size", [512, 1024, 2048, 4000])
def test_time(in_window, tmp_path, size, regions):
    from PIL import Image

    path = tmp_path / "photo.png"
    Image.open(PHOTO).resize((size, size)).save(path)
    found = in_window("timing", photo=path, regions=regions)
    assert found["how"] == ["done"]
    gaps = ", ".join(f"{stage} {1000 * gap:.0f}" for stage, gap in found["gaps"].items())
    own = "; ".join(f"{1000 * call[0]:.0f} {call[3]} ({call[2]})" for call in found["calls"][:6])
    theirs = "; ".join(f"{name} {1000 * cpu:.0f} ({1000 * wall:.0f})" for name, (cpu, wall) in found["kritas"].items())
    print(f"\n| {size}², regions: {regions} | {found['first']:.2f} s | {found['seconds']:.1f} s | {gaps} |")
    print(f"the plugin's own, ms: {own}\nKrita's, ms of the thread (on the clock): {theirs}")
