"""Files of older versions: finished ones look as they did, unfinished ones go on.

In `older/`, made by the version before lattices: paintings of `scene(96, 128)`, 60 strokes, in each preset as it was
then, with their pixels; some of them stopped in the second pass and in the finish; and one with regions, 90 strokes.
"""

from pathlib import Path

import numpy as np
import pytest
import test_painter_regions
from PIL import Image
from quick_paintings import scene

from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.painting import Painting

OLDER = Path(__file__).parent / "older"
ERROR = {"realistic": 1.888, "painterly": 6.399, "regions": 2.401}  # levels, of those that were never stopped


@pytest.mark.parametrize("name", ["realistic", "painterly", "abstract", "expressionist"])
def test_a_finished_painting_looks_as_it_did(name):
    assert np.array_equal(
        Painting.load(OLDER / f"{name}.impasto").render(), np.asarray(Image.open(OLDER / f"{name}.png"))
    )


@pytest.mark.parametrize("where", ["pass", "finish"])
@pytest.mark.parametrize("name", ERROR)
def test_an_unfinished_painting_goes_on_where_it_was(name, where):
    """With the canvases its style names, and lattices in the finish; and becomes no worse than it would have been."""
    picture = test_painter_regions.scene() if name == "regions" else scene(96, 128)
    begun = Painting.load(OLDER / f"{name}-{where}.impasto")
    assert begun.checkpoint is not None
    state, strokes = begun.checkpoint.state, len(begun.strokes)
    heard = [
        event for event in Painter.resume(begun, picture, threads=1).paint() if not isinstance(event, events.Preparing)
    ]
    start, first, last = heard[0], heard[1], heard[-1]
    assert isinstance(start, events.Started) and start.resumed and start.plan[state["phase"]]["iterations"] > 11
    assert isinstance(first, events.PassStarted) and (first.index, first.strokes) == (state["phase"] + 1, strokes)
    assert isinstance(last, events.Finished) and last.strokes == state["total"] and not last.cancelled
    rest = sum(phase["iterations"] for phase in start.plan[state["phase"] :]) - state["iteration"]
    assert last.iterations <= state["steps"] + rest
    error = np.abs(last.painting.render()[..., :3].astype(float) - picture.rgb).mean()
    assert error < 1.1 * ERROR[name]  # of so few strokes one rounding changes a tenth
