"""How a painting came about, as an animated layer of Krita's."""

import numpy as np
import pytest
from shots import SHOTS, keep_file

PHOTO_SIZE = (512, 512) if SHOTS else (256, 256)


@pytest.mark.matrix
def test_how_a_painting_came_about_on_the_timeline(in_window, killing, photo, tmp_path):
    found = in_window("timeline", killing, photo=photo)
    if found["why not"]:
        message, is_enabled, reason, busy = found["refused"]
        assert message == reason == found["why not"] and not is_enabled and not busy
        return
    assert found["not yet"] is False and found["painted"] == found["filmed"] == ["done", ""]
    assert found["unsaved"] == ["failed", "Save all documents first: Krita itself may end while it reads frames."]
    # from 5.3 on a longer time is a step of its own, below that of the layer: one undo takes that away
    assert (
        found["steps"] in ((1,) if found["version"] < [5, 3] else (1, 2))
        and found["active"]
        and "how it came about" in found["name"]
    )
    assert found["frames"] == [0, 3, 6, 9, 12, 15] and found["end"] == 15 + 150 and found["differ"] == 3
    first, half, last = (
        np.frombuffer((tmp_path / f"frame{frame}.raw").read_bytes(), np.uint8).reshape(*PHOTO_SIZE, 4).astype(int)
        for frame in (0, 9, 15)
    )
    assert np.abs(first - last).mean() > np.abs(half - last).mean() > 0
    assert found["undone"] == [True, True] and found["again"] == [1, True]
    assert found["gone"] == [True, True]
    assert "take more than 1 GB of memory; choose fewer" in found["too many"]
    assert found["cancelled"] == ["cancelled", ""] and found["kept"] == [True, 1]
    assert found["closed"][0] == "failed" and "closed" in found["closed"][1] and found["left"] == 0
    assert found["kept then"] == [True, 0, 1]
    assert found["no engine"][0] == "failed" and "engine" in found["no engine"][1]
    keep_file(tmp_path / "timeline.png", "timeline")
