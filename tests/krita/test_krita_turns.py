"""No code of the plugin's takes long between two turns of Krita's event loop, however large the picture."""

from statistics import median

import pytest

PHOTO_SIZE = (4000, 4000)
MOST = 0.03  # seconds of the thread
RUNS, FRAMES = 3, "frames of an animation"
DONE = {
    "painted by regions within a selection, and applied": {"regions": "yes", "selected": "yes", "then": "apply"},
    "cut into layers": {"regions": "yes", "action": "impasto_segment_into_layers"},
    FRAMES: {"regions": "no"},
    "as shapes, and a selection painted again": {"regions": "no", "selected": "yes", "then": "shape repaint"},
}


@pytest.mark.nightly
@pytest.mark.parametrize("what", DONE)
def test_turns_are_short_at_4000_pixels(what, in_window, photo, tmp_path):
    """By seconds of its thread, whoever else is at work: the longest of each run, and of these the median. Progress is
    told while the picture is read.
    """
    longest, told, theirs = [], [], []
    for number in range(RUNS):
        frames = {"frames": tmp_path / f"painted{number}"} if what == FRAMES else {}
        found = in_window("timing", photo=photo, strokes="400", effort="draft", **DONE[what], **frames)
        assert set(found["how"]) == {"done"} and found["size"] == [4000, 4000]
        assert len(found["calls"]) == 16, "nothing was measured"
        longest.append(found["calls"][0])
        told.append(found["told"])
        theirs.append(found["kritas"])
        assert told[-1][1] == "reading", "how far it is, is told later than it could be"
    print("\n", what, [[round(1000 * own), where, stage] for own, _, stage, where, *_ in longest])
    print(" progress from", [round(each[0], 2) for each in told], "s on; Krita's calls, ms of its thread (clock):")
    for name in sorted(set().union(*theirs)):
        took = [kritas[name] for kritas in theirs if name in kritas]
        print(f"  {name}:", *(f"{1000 * own:.0f} ({1000 * clock:.0f})" for own, clock in took))
    assert median(own for own, *_ in longest) < MOST, longest
