"""No code of the plugin's takes long between two turns of Krita's event loop, however large the picture."""

from statistics import median

import pytest

PHOTO_SIZE = (4000, 4000)
MOST = 0.03  # seconds of the thread; none was seen above half of it
RUNS = 3
DONE = {
    "painted by regions within a selection, and applied": {"regions": "yes", "selected": "yes", "applied": "yes"},
    "cut into layers": {"regions": "yes", "action": "impasto_segment_into_layers"},
}


@pytest.mark.nightly
@pytest.mark.parametrize("what", DONE)
def test_turns_are_short_at_4000_pixels(what, in_window, photo):
    """By seconds of its thread, whoever else is at work: the longest of each run, and of these the median."""
    longest = []
    for _ in range(RUNS):
        found = in_window("timing", photo=photo, strokes="400", effort="draft", **DONE[what])
        assert set(found["how"]) == {"done"} and found["size"] == [4000, 4000]
        assert len(found["calls"]) == 16, "nothing was measured"
        longest.append(found["calls"][0])
    print("\n", what, [[round(1000 * own), where, stage] for own, _, stage, where, *_ in longest])
    assert median(own for own, *_ in longest) < MOST, longest
