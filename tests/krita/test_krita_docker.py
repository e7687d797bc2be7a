"""The docker in the real Krita: what is chosen there is what the engine paints; engines elsewhere; what goes wrong."""

from pathlib import Path

import numpy as np
import pytest
from test_plugin_parameters import plain

from engine.painting import Painting
from engine.styles import changed_style, load_style, preset_names, varied

PHOTO = Path(__file__).parents[2] / "examples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photo small enough to be painted in a moment."""
    from PIL import Image

    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.open(PHOTO).resize((256, 256)).save(path)
    return path


def test_what_is_chosen_in_the_docker_is_what_is_painted(in_window, engine, photo):
    found = in_window("docker", photo=photo)
    assert found["styles"] == found["known"] == preset_names()
    assert found["pictures"] == [[112, 112]] * len(found["styles"]) and found["distinct"]
    assert all(tip == f"{name}\n{load_style(name).description}" for name, tip in zip(preset_names(), found["tips"]))
    assert found["own"] == ["of my own", 112]
    assert found["slid"] == ["abstract", 1000, pytest.approx(2**0.5, abs=1e-3), -0.25]
    values = load_style("abstract").model_dump(mode="json")
    assert set(found["paths"]) == set(plain(values)) - {"name", "description", "strokes"}
    assert found["sizes"] == [1, 30]
    changes = {"shape/aspect": 7.5, "shape/straight": False, "passes/1/radius": 0.0777, "loss": "l2",
               "background": "#102030"}  # fmt: skip
    assert found["changes"] == changes and found["bold"] == sorted(changes)
    assert found["after reset"] == sorted(changes)
    first, second, shown = found["rolled"]
    assert first != second == shown
    assert found["painted"] == ["done", "", 0]
    (job,) = found["jobs"]
    painting = Painting.load(engine.folder / "spool" / job / "result.impasto")
    words = ["shape.aspect=7.5", "shape.straight=false", "passes.2.radius=0.0777", "loss=l2", "background='#102030'"]
    style = varied(changed_style(load_style("abstract"), words), found["slid"][2], -0.25)
    assert painting.style == style.model_dump(mode="json")
    assert (len(painting.strokes), painting.seed) == (1000, second)
    assert np.median(painting.strokes.table[:, 6:8]) > 0
    assert found["other"] == [{}, 0] and found["again"] == sorted(changes) and found["reset"] == {}
    for width, viewport, needed, hidden, height in found["widths"]:
        assert needed <= viewport <= width and hidden == 0, f"at {width} pixels it does not fit"
        assert height > 60
    narrow, wide = (each[4] for each in found["widths"])
    assert narrow > wide, "more columns need fewer rows"
