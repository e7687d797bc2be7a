"""A larger brush and a looser hand: what they change, how far, and that they change it in the painting."""

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.events import Finished
from impasto.engine.painter.painter import Painter
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, changed_style, load_style, preset_names, validate_style, varied

CORNERS = [(0.5, 0), (2, 0), (1, -1), (1, 1), (0.5, -1), (2, 1), (1.3, 0.4)]


@pytest.mark.parametrize("name", preset_names())
def test_the_middle_of_both_sliders_is_the_style_itself(name):
    style = load_style(name)
    assert varied(style) is style


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize(("brush", "looseness"), CORNERS)
def test_whatever_is_asked_for_is_a_sound_style(name, brush, looseness):
    style = load_style(name)
    found = varied(style, brush, looseness)
    assert found != style
    assert validate_style(found.model_dump(mode="json"), "varied") == found
    assert (found.name, found.strokes, len(found.passes)) == (style.name, style.strokes, len(style.passes))


@pytest.mark.parametrize("extreme", [
    {"shape.smallest": "0.5", "shape.largest": "0.5"}, {"shape.smallest": "0.0005", "shape.width": "5"},
    {"shape.aspect": "30", "shape.bend": "1", "shape.curl": "1", "shape.angle": "180", "shape.flow_size": "20"},
    {"shape.aspect": "1", "learning.position": "1", "learning.opacity": "0.5", "passes.1.iterations": "10000"},
])  # fmt: skip
@pytest.mark.parametrize(("brush", "looseness"), CORNERS)
def test_nothing_leaves_its_range(extreme, brush, looseness):
    style = changed_style(load_style("realistic"), [f"{name}={value}" for name, value in extreme.items()])
    found = varied(style, brush, looseness)
    assert validate_style(found.model_dump(mode="json"), "varied") == found


@pytest.mark.parametrize(("brush", "looseness", "word"), [
    (0.49, 0, "brush 0.49"), (2.1, 0, "brush 2.1"), (float("nan"), 0, "brush"), (1, -1.1, "looseness -1.1"),
    (1, 1.1, "looseness 1.1"), (1, float("nan"), "looseness"),
])  # fmt: skip
def test_more_than_that_is_refused(brush, looseness, word):
    with pytest.raises(ImpastoError, match=word):
        varied(load_style("painterly"), brush, looseness)


def painted(style: Style) -> Finished:
    """A photo of soft shapes."""
    y, x = np.mgrid[:96, :96] / 96
    rgb = np.stack([np.sin(9 * x * y), np.cos(7 * x - 4 * y), np.sin(5 * x + 8 * y)], -1) * 0.5 + 0.5
    style = changed_style(style, [f"passes.{k + 1}.iterations=12" for k in range(4)] + ["finish=12"])
    *_, last = Painter(Picture(np.round(rgb * 255).astype(np.uint8)), style, strokes=300).paint()
    assert isinstance(last, Finished)
    return last


def radius(done: Finished) -> float:
    return float(np.median(done.painting.strokes.table[:, 6:8]))


def length(done: Finished) -> float:
    table = done.painting.strokes.table
    return float(np.median(np.hypot(*(table[:, 4:6] - table[:, :2]).T)))


def test_brushes_are_larger_and_hands_looser_in_the_painting():
    style = load_style("painterly")
    small, usual, large = (painted(varied(style, brush)) for brush in (0.5, 1, 2))
    assert radius(small) < 0.8 * radius(usual) and radius(large) > 1.3 * radius(usual)
    tight, loose = (painted(varied(style, 1, looseness)) for looseness in (-1, 1))
    assert 1.1 * length(tight) < length(usual) < length(loose) / 1.1
    assert tight.loss < usual.loss < loose.loss / 1.2
