"""An animated layer in the real Krita, painted frame by frame by the engine's films."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

PHOTO_SIZE = (96, 64)
STEP = 3  # pixels a frame


def frame(number):
    """Spots that move, and then a cut."""
    rows, columns = np.mgrid[:64, :96]
    if number == 4:
        return np.random.default_rng(9).integers(0, 256, (8, 12, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    spots = [128 + 90 * np.sin((columns + STEP * number) / (5 + k) + rows / (9 - 2 * k)) for k in range(3)]
    return np.stack(spots, -1).astype(np.uint8)


@pytest.mark.nightly
def test_the_frames_of_an_animated_layer_are_painted_without_flicker(in_window, photo, tmp_path):
    for number in range(5):
        Image.fromarray(frame(number)).save(tmp_path / f"{number}.png")
    found = in_window("animation", photo=photo, pictures=tmp_path)
    assert found["plain"][0] == "failed" and "choose an animated paint layer" in found["plain"][1]
    assert found["how"][0] == "done" and found["how"][1].startswith("5 frames are painted, in "), found["how"]
    assert found["again"][0] == "failed" and "choose another" in found["again"][1]
    assert found["after"] == [True, 4]
    assert {f"frame {k} of 5" for k in (1, 3, 5)} <= set(found["words"])
    paths = sorted((tmp_path / "new/frames").iterdir())
    assert [path.name for path in paths] == [f"frame-{time:04d}.png" for time in found["times"]]
    shown = [np.asarray(Image.open(path).convert("RGB")).astype(float) for path in paths]
    carried = np.mean([np.abs(b[:, :-STEP] - a[:, STEP:]).mean() for a, b in pairwise(shown[:4])])
    still = np.mean([np.abs(b - a).mean() for a, b in pairwise(shown[:4])])
    assert carried < 0.5 * still  # the strokes go with the picture
    near = [np.abs(each - frame(k)).mean() for k, each in enumerate(shown)]
    assert near[4] < 0.6 * np.abs(shown[3] - frame(4)).mean()
