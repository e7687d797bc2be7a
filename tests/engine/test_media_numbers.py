"""What media are made of: kept paintings look as they did only as long as these numbers stay, and sliders do what
they say."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.media import MEDIA, Absorbing, Medium, Textured, line_colour, medium_of, refuse_mixtures
from impasto.engine.texture.numbers import Bristles
from impasto.engine.texture.settings import MediumSettings
from impasto.engine.wash.numbers import Wash

NUMBERS = json.loads((Path(__file__).parent / "media_numbers.json").read_text(encoding="utf-8"))


def numbers_of(medium: type[Medium]) -> dict[str, Any]:
    if issubclass(medium, Textured):
        return {"bristles": asdict(medium.usual), "shine": asdict(medium.shine)}
    if issubclass(medium, Absorbing):
        return {"nature": asdict(medium.nature), "colour": list(medium.colour)}
    return {}


def test_media_are_what_they_were() -> None:
    """A medium whose numbers are changed shows the paintings that people have in another way: that takes a new name,
    or a reason that is worth it."""
    found = {kind: numbers_of(MEDIA[kind]) for kind in MEDIA.names}
    assert found == NUMBERS["media"]
    assert {str(radius): asdict(Wash.of(radius)) for radius in (0.002, 0.008, 0.03, 0.1)} == NUMBERS["washes"]


SLIDERS = {
    "bristles": {"spacing": -1}, "dryness": {"dry": 1, "run_dry": 1}, "ragged": {"ragged": 1, "start": 1, "lift": 1},
    "drag": {"drag": 1}, "variety": {"streak": 1, "mix": 1, "vary": 1, "broken": 1}, "body": {"body": 1},
}  # fmt: skip


@pytest.mark.parametrize("slider", SLIDERS)
@pytest.mark.parametrize("kind", ["oil", "dry", "pointillist"])
def test_a_slider_changes_what_it_says_and_nothing_else(kind: str, slider: str) -> None:
    medium = medium_of(kind, 0.01, 0.1, MediumSettings.model_validate({"kind": kind, slider: 1.5}))
    assert isinstance(medium, Textured)
    for field in fields(Bristles):
        usual, now = getattr(medium.usual, field.name), getattr(medium.bristles, field.name)
        power = SLIDERS[slider].get(field.name, 0)
        assert now == pytest.approx(usual * 1.5**power), field.name


def test_no_brush_drags_along_more_than_there_is() -> None:
    medium = medium_of("knife", 0.01, 0.1, MediumSettings(kind="knife", drag=2))
    assert isinstance(medium, Textured) and medium.usual.drag > 0.5 and medium.bristles.drag == 1


def test_lines_have_the_colour_of_their_stick() -> None:
    assert line_colour("pencil") == (0.38, 0.38, 0.40) and line_colour("pen") == (0.10, 0.095, 0.115)
    assert line_colour("oil") == line_colour("pen")


@pytest.mark.parametrize("kinds", [("oil", "ink"), ("flat", "pen"), ("flat", "oil", "watercolour")])
def test_what_covers_and_what_does_not_do_not_mix(kinds: tuple[str, ...]) -> None:
    with pytest.raises(ImpastoError, match=r"lets the paper through, and in (flat|oil), which covers"):
        refuse_mixtures(kinds)
    refuse_mixtures(["flat", "oil", "knife"])
    refuse_mixtures(["ink", "pen", "charcoal"])
